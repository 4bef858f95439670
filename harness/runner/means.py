"""What a run reaches a unit by besides its network services: made first, then recorded, then switched on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.gate.secrets import SecretStore
from harness.lab import desk, emulated
from harness.lab.desk import Files
from harness.lab.home import NOT_HERE, Home
from harness.lab.keeper import Keeper
from harness.lab.lan import OURS_TOO
from harness.lab.namespaces import outside
from harness.lab.packages import FiledPackages, MadePackages
from harness.lab.power import CommandPower, EmulatedPower, OperatorPower
from harness.lab.recorder import Recorder, digested
from harness.lab.reset import EmulatedReset
from harness.lab.storage import BenchStorage, EmulatedStorage, Images
from harness.model.bench import BenchFile, ImageSource, Sample
from harness.model.errors import CamlabelError, NotPossible, UsageError
from harness.model.profile import Profile
from harness.model.secret import Credential
from harness.model.storage import Medium
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.transports.console import Power
from harness.transports.operator import Operator
from harness.transports.packages import Packages
from harness.transports.recorders import StandIn
from harness.transports.reset import ResetButton
from harness.transports.serial import BAUD, SerialConsole
from harness.transports.storage import Storage

LOOPBACKS = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
RATES = range(300, 4000001)


@dataclass
class Means:
    """Of one unit. `lacks` says of each means that is not here why; `began` are the journal lines of recorders that started."""

    sample: Sample
    device: emulated.Device | None = None
    power: Power | None = None
    console: SerialConsole | None = None
    operator: Operator | None = None
    reset: ResetButton | None = None
    storage: Storage | None = None
    packages: Packages | None = None
    home: Home | None = None
    capture: Recorder | Files | None = None
    lacks: dict[str, str] = field(default_factory=dict)
    began: list[dict[str, Any]] = field(default_factory=list)
    sibling: "Means | None" = None

    @property
    def units(self) -> tuple["Means", ...]:
        """This one and, where it takes part, the other."""
        return (self, self.sibling) if self.sibling else (self,)

    @property
    def limits(self) -> tuple[str, ...]:
        """What this lab cannot do."""
        return (*(self.device.limits if self.device else ()), *(self.home.limits if self.home else ()))

    @property
    def sources(self) -> tuple[str, ...]:
        """Further addresses of ours from which a unit can be asked."""
        if self.home:
            return OURS_TOO
        return LOOPBACKS if self.device and self.device.address == emulated.LOOPBACK else ()

    @property
    def stand_in(self) -> StandIn | None:
        """The internet as the unit meets it."""
        return self.home.services if self.home else None

    def start_recorders(self, folder: Path, inputs: Inputs) -> None:
        """Before power is given: nothing that the unit says is missed. One that cannot start is named, and the run goes on."""
        self._record_cable(folder, inputs)
        for each in self.units:
            each.record_console(folder, inputs.profile)
        self.began += self.sibling.began if self.sibling else []

    def _record_cable(self, folder: Path, inputs: Inputs) -> None:
        bench = inputs.bench
        if self.home is None:
            self.lacks["stand_in"] = NOT_HERE
        try:
            if self.home:
                self.capture = self.home.record(folder)
            elif bench.mirror:
                self.capture = desk.mirror(bench.mirror, folder)
            elif bench.captures:
                self.capture = desk.Files([inputs.bench_path.parent / name for name in bench.captures], folder)
            else:
                self.lacks["capture"] = NOT_HERE
        except NotPossible as error:
            self.lacks["capture"] = str(error)
        if self.capture:
            self.began.append({"recorder": "capture", **self.capture.told})
        if self.home:
            self.home.borrow()

    def record_console(self, folder: Path, profile: Profile) -> None:
        """The serial line of this unit."""
        url = self.device.uart.url if self.device and self.device.uart else self.sample.serial.url if self.sample.serial else ""
        if not url:
            self.lacks["console"] = "no UART on the bench"
            return
        baud = (self.sample.serial.baud if self.sample.serial else None) or declared_baud(profile) or BAUD
        file = _unused(folder, f"console-{self.sample.name}")
        earlier = [digested(each) for each in sorted(folder.glob(f"console-{self.sample.name}-*.raw"))]
        try:
            self.console = (_here if self.device else outside)(lambda: SerialConsole(url, file, baud=baud))
        except NotPossible as error:
            self.lacks["console"] = str(error)
            return
        told = {"recorder": "console", "url": url, "baud": baud, "file": self.console.file.name}
        self.began.append({**told, **({"earlier": earlier} if earlier else {})})

    def power_on(self) -> None:
        """Switch the unit on, where the lab can; where nobody switches, it is taken to be on."""
        if self.power is None:
            self.lacks["power"] = "no power switch on the bench"
        elif self.power.way != "operator":
            self.power.on()
        if self.device:
            self.device.await_ready()
            self.sample = self.sample.model_copy(update={"address": self.device.address, "ports": dict(self.device.ports)})
        if self.sibling:
            self.sibling.power_on()
        for each in self.units:
            if self.home and not each.device and each.sample.mac:
                self.home.await_unit(each.sample.address, each.sample.mac)

    def advance(self, seconds: float) -> None:
        """Time passes for all units alike."""
        emulated.advance([each.device for each in self.units if each.device], seconds)

    def stop_recorders(self) -> Iterator[dict[str, Any]]:
        """The journal lines of what was recorded, with its digest."""
        if self.console:
            yield {"recorder": "console", **self.console.close().model_dump()}
            self.console = None
        if self.sibling:
            yield from self.sibling.stop_recorders()
        if self.capture:
            yield {"recorder": "capture", **_stopped(self.capture)}
            self.capture = None
        if self.home:
            self.home.keep_received()

    def close(self) -> None:
        """Switch off what we started; the unit of a real bench stays on."""
        if self.sibling:
            self.sibling.close()
        if self.console:
            self.console.close()
        if self.device:
            self.device.stop()
        if self.home:
            self.home.close()
        elif self.capture:
            _stopped(self.capture)


def make_means(inputs: Inputs, folder: RunFolder, secrets: SecretStore, keeper: Keeper | None = None) -> Means:
    """Everything there is for the units that take part; nothing is on yet."""
    home = _home_on_card(inputs.bench, folder, keeper) if inputs.bench.router else _home(folder) if inputs.bench.emulated else None
    made: list[Means] = []
    try:
        made.extend(_unit(inputs, folder, secrets, number, home) for number in range(inputs.units))
    except BaseException:
        for each in made:
            each.close()
        if home:
            home.close()
        raise
    first, *others = made
    first.home, first.sibling = home, others[0] if others else None
    return first


def _unit(inputs: Inputs, folder: RunFolder, secrets: SecretStore, number: int, home: Home | None) -> Means:
    bench, sample = inputs.bench, inputs.bench.samples[number]
    if not bench.emulated:
        return Means(
            sample,
            power=switch_of(sample),
            storage=_storage(sample, folder, inputs.bench_path.parent),
            packages=FiledPackages(bench.packages, inputs.bench_path.parent),
        )
    address, mac = emulated.UNITS[number]
    memory = folder.device / sample.name if number else folder.device
    flaws = inputs.settings.flaws or bench.emulated.flaws
    login = secrets.login(Credential(unit=sample.name, role="owner"), 1)
    device = emulated.make(bench.emulated.device, memory, flaws=flaws, login=login, address=address, mac=mac, home=home)
    if home:
        sample = sample.model_copy(update={"mac": mac})
    reset = EmulatedReset(device) if device.has_clock else None
    storage = EmulatedStorage(device, Images(folder.images, sample.name)) if device.kind.media else None
    packages = MadePackages(device.kind, folder.device / "packages", flaws)
    return Means(sample, device, EmulatedPower(device), reset=reset, storage=storage, packages=packages)


def _storage(sample: Sample, folder: RunFolder, beside: Path) -> BenchStorage | None:
    """What the bench file says of flash and card."""
    named: dict[Medium, ImageSource | None] = {"flash": sample.flash, "card": sample.card}
    sources = {medium: source for medium, source in named.items() if source}
    return BenchStorage(sources, Images(folder.images, sample.name), beside) if sources else None


def _home_on_card(bench: BenchFile, folder: RunFolder, keeper: Keeper | None) -> Home:
    """The router of real units, which cannot be reached without it."""
    leases = {sample.mac: sample.address for sample in bench.samples if sample.mac}
    card = bench.router.interface if bench.router else ""
    try:
        return Home(folder.private / "router", leases, keeper, card)
    except NotPossible as error:
        raise UsageError(f"lab: router is not possible here: {error}; run as root") from error


def _home(folder: RunFolder) -> Home | None:
    """The router of an emulated bench, where we may have one; the device says what is lost without."""
    try:
        return Home(folder.private / "router", {mac: address for address, mac in emulated.UNITS})
    except NotPossible:
        return None


def _here(make: Callable[[], SerialConsole]) -> SerialConsole:
    return make()


def _stopped(capture: Recorder | Files) -> dict[str, Any]:
    """What was recorded; a recorder that is gone is said, and ends nothing."""
    try:
        return capture.stop()
    except CamlabelError as error:
        return {"files": [], "lost": None, "broke": str(error)}


def switch_of(sample: Sample) -> Power | None:
    """Who or what switches the power of a unit on a real bench."""
    if sample.power is None:
        return None
    return OperatorPower(sample.power) if sample.power.by else CommandPower(sample.power)


def declared_baud(profile: Profile) -> int | None:
    """The rate of the serial line as the producer declares it."""
    table = profile.ixit.free.get("phy_intf", ())
    rows = [table] if isinstance(table, dict) else table
    rates = [row.get("baud") for row in rows if row.get("type") == "uart"]
    return next((int(rate) for rate in rates if isinstance(rate, int | str) and str(rate).isdecimal() and int(rate) in RATES), None)


def _unused(folder: Path, stem: str) -> Path:
    """A file of this process: an earlier one's recording stays."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return next(path for number in range(10000) if not (path := folder / f"{stem}-{number}.raw").exists())
