"""Does a bench file fit together and to its profile?"""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.catalogue.source import Source
from harness.catalogue.wording import nearest
from harness.model.bench import BenchFile, Sample
from harness.model.mistake import Loc, Mistake, Step
from harness.model.profile import Profile
from harness.profile.passwords import weakness

OWNER = "owner"


@dataclass(frozen=True)
class BenchLook:
    """What the checks work on."""

    bench: BenchFile
    profile: Profile
    source: Source

    def place(self, sample: Sample, *inside: Step) -> Loc:
        """Where a sample was written."""
        samples = self.source.at(("samples",))
        rows = enumerate(samples if isinstance(samples, list) else [])
        number = next((n for n, row in rows if isinstance(row, dict) and row.get("name") == sample.name), 0)
        return ("samples", number, *inside)


def lab(look: BenchLook) -> Iterator[Mistake]:
    """An emulated lab says which device, and only an emulated one."""
    bench, mistake = look.bench, look.source.mistake
    if bench.lab == "emulated" and bench.emulated is None:
        yield mistake(("lab",), "is emulated, but no device is named", "add emulated: {device: fast}")
    if bench.lab != "emulated" and bench.emulated is not None:
        yield mistake(("emulated",), f"is given with lab: {bench.lab}", "remove it, or write lab: emulated")


def samples(look: BenchLook) -> Iterator[Mistake]:
    """Names and places of samples are unique."""
    names = [sample.name for sample in look.bench.samples]
    places = [(sample.address, sample.ports) for sample in look.bench.samples]
    for number, sample in enumerate(look.bench.samples):
        if sample.name in names[:number]:
            yield look.source.mistake(("samples", number, "name"), f"{sample.name} is there twice", "give each unit a name of its own")
        elif places[number] in places[:number]:
            loc = look.place(sample, "address")
            yield look.source.mistake(loc, f"{sample.address} is there twice", "give each unit an address or ports of its own")


def ports(look: BenchLook) -> Iterator[Mistake]:
    """Forwarded ports are ports that the profile declares."""
    declared = {entry.port for entry in look.profile.ixit.log_intf}
    for sample in look.bench.samples:
        for port in sample.ports.keys() - declared:
            remedy = nearest(str(port), map(str, declared))
            yield look.source.mistake(look.place(sample, "ports", str(port)), "is no port of ixit.log_intf in the profile", remedy)


def accounts(look: BenchLook) -> Iterator[Mistake]:
    """There is an owner where passwords are used, with a password where the lab makes none, and none is weak."""
    for sample in look.bench.samples:
        if look.profile.has("password_auth") and OWNER not in sample.accounts:
            yield look.source.mistake(look.place(sample, "accounts"), "has no owner", "add owner: {user: …, password: …}")
        for role, account in sample.accounts.items():
            loc = look.place(sample, "accounts", role, "password")
            if account.password is None:
                if look.bench.lab != "emulated":
                    yield look.source.mistake(loc, "is missing", f"add the password of {account.user}")
            elif weak := weakness(account.user, account.password.get_secret_value()):
                yield look.source.mistake(loc, weak, "set a longer one of your own on the unit, then write it here")
