"""Does a bench file fit together and to its profile?"""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network, ip_address

from harness.catalogue.files import digest
from harness.catalogue.source import Source
from harness.catalogue.wording import nearest, shown
from harness.model.bench import BenchFile, Sample
from harness.model.mistake import Loc, Mistake, Step
from harness.model.profile import Profile
from harness.profile.passwords import weakness

OPEN = "?"  # what a first bench file says
OWNER = "owner"
OPEN = "?"  # what a first bench file says
EMULATED_UNITS = 2
NETWORK = IPv4Network("192.168.77.0/24")
TAKEN = frozenset({"192.168.77.0", "192.168.77.1", *(f"192.168.77.{ours}" for ours in range(50, 54)), "192.168.77.255"})


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
    if bench.emulated and bench.emulated.units > len(bench.samples):
        yield mistake(("emulated", "units"), f"is {bench.emulated.units}, and one sample is named", "name two units under samples")
    if bench.emulated and len(bench.samples) > EMULATED_UNITS:
        yield mistake(("samples",), f"has {len(bench.samples)} units", f"an emulated lab has {EMULATED_UNITS} at most; remove the others")


def router(look: BenchLook) -> Iterator[Mistake]:
    """A router needs the card, and of every unit the address of its own card and a place in the router's network."""
    bench, mistake = look.bench, look.source.mistake
    if bench.lab != "router":
        if bench.router is not None:
            yield mistake(("router",), f"is given with lab: {bench.lab}", "remove it, or write lab: router")
        return
    if look.source.at(("router",)) is None:
        yield mistake(("lab",), "is router, but no network card is named", "add router: {interface: eth1}")
    for sample in bench.samples:
        if sample.mac is None:
            yield mistake(look.place(sample), f"{sample.name} has no mac", "add mac: the address on its label, in small letters")
        if ip_address(sample.address) not in NETWORK or sample.address in TAKEN:
            remedy = "write one of 192.168.77.2 to 254, but not 50 to 53"
            yield mistake(look.place(sample, "address"), f"{sample.address} is not one that the router can give", remedy)


def desk(look: BenchLook) -> Iterator[Mistake]:
    """Captures of others are for networks that are not ours."""
    bench, mistake = look.bench, look.source.mistake
    for key, given in (("captures", bench.captures), ("mirror", bench.mirror)):
        if given and bench.lab != "desk":
            yield mistake((key,), f"is given with lab: {bench.lab}, where the lab records itself", "remove it, or write lab: desk")
    if bench.captures and bench.mirror:
        yield mistake(("mirror",), "is given beside captures", "keep one of the two")


def macs(look: BenchLook) -> Iterator[Mistake]:
    """A card has one address, which no other has; a unit is no group."""
    known: set[str] = set()
    for sample in look.bench.samples:
        if sample.mac is None:
            continue
        if sample.mac in known:
            yield look.source.mistake(look.place(sample, "mac"), f"{sample.mac} is there twice", "each unit has a card of its own")
        if int(sample.mac[:2], 16) & 1:
            yield look.source.mistake(
                look.place(sample, "mac"), f"{sample.mac} is a group address", "write the address on the unit's label"
            )
        known.add(sample.mac)


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
    ixit = look.profile.ixit
    declared = {entry.port for entry in ixit.log_intf} | {row.port for row in ixit.user_dec if row.port is not None}
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
            elif account.password.get_secret_value() == OPEN:
                yield look.source.mistake(loc, "is still to be answered", f"write the password of {account.user}")
            elif weak := weakness(account.user, account.password.get_secret_value()):
                yield look.source.mistake(loc, weak, "set a longer one of your own on the unit, then write it here")


def operator(look: BenchLook) -> Iterator[Mistake]:
    """Answers are written beforehand only where the device is ours too: elsewhere somebody looks."""
    if look.bench.operator.answers and look.bench.lab != "emulated":
        loc = ("operator", "answers")
        yield look.source.mistake(loc, f"are given with lab: {look.bench.lab}", "remove them; the operator is asked at the terminal")


def packages(look: BenchLook) -> Iterator[Mistake]:
    """Packages are files with something in them; an emulated lab brings its own. Two with the same version show no update."""
    named, mistake = look.bench.packages, look.source.mistake
    for kind, package in named.items():
        loc, path = ("packages", kind), look.source.path.parent / package.file
        if look.bench.lab == "emulated":
            yield mistake(loc, "is given with lab: emulated, which brings its own", "remove it")
        elif not path.is_file() or not path.stat().st_size:
            yield mistake((*loc, "file"), f"{shown(package.file)} is {'empty' if path.is_file() else 'no file'}", "put the package there")
        elif package.sha256 and package.sha256 != digest(path):
            yield mistake((*loc, "file"), f"{shown(package.file)} has another sha256", "fetch it again; it may be cut or another version")
        if kind in {"official", "current"} and not package.version:
            yield mistake(loc, "has no version", "add version: what the device says once it is installed")
    if "official" in named and "current" in named and named["official"].version == named["current"].version:
        yield mistake(("packages", "official", "version"), "is that of packages.current", "give a package of another version")


def lines(look: BenchLook) -> Iterator[Mistake]:
    """Each unit has a serial line of its own; an emulated lab brings line and power itself."""
    mistake, urls = look.source.mistake, [sample.serial and sample.serial.url for sample in look.bench.samples]
    for number, sample in enumerate(look.bench.samples):
        for key, given in (("serial", sample.serial), ("power", sample.power)):
            if given is not None and look.bench.lab == "emulated":
                yield mistake(("samples", number, key), "is given with lab: emulated, which brings its own", "remove it")
        if sample.serial and sample.serial.url in urls[:number]:
            yield mistake(("samples", number, "serial", "url"), f"{sample.serial.url} is there twice", "give each unit a line of its own")
