"""A tiny device in memory, probes that ask it, and a real gate with a real journal in front of it."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from harness.gate.access import GateAccess
from harness.gate.attempt import Attempt, running
from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock, Clock
from harness.gate.governor import Governor
from harness.gate.health import Health, Patience
from harness.gate.ledger import Ledger
from harness.gate.live import Live
from harness.gate.marks import acts, reads
from harness.gate.obligations import Obligations
from harness.gate.observe import Observe, Source
from harness.gate.playback import Playback
from harness.gate.recorder import Attached
from harness.gate.secrets import SecretStore
from harness.journal.artefacts import Artefacts
from harness.journal.reader import Line, read
from harness.journal.writer import Journal
from harness.model.base import Frozen
from harness.model.bench import GovernorLimits, Sample
from harness.model.errors import DeviceSilent, NotRestored, Undecided
from harness.model.profile import BruteForce, Profile
from harness.model.verdict import CaseVerdict
from harness.runner.judge import conclude, note_exception
from harness.transports.operator import Operator

HERE = "127.0.0.1"
ACCOUNT = ("cam-1", "owner")
OWNERS_PASSWORD = "Correct-Horse-7"
IMPATIENT = Patience(away_s=0.0)
PROFILE = Profile.model_validate(
    {
        "schema": "camlabel-profile/1",
        "dut": {"producer": "us", "model": "toy", "hardware_revision": "1", "firmware_version": "1"},
        "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
        "capabilities": {"rtsp": "yes", "uart": {"absent": "no pads"}},
        "ixit": {
            "log_intf": [
                {"id": "web", "protocol": "https", "port": 443},
                {"id": "onvif", "protocol": "onvif", "port": 80, "path": "/onvif", "before_login": ["tds:GetServices"]},
            ],
            "auth_mech": [{"id": "web", "interface": "page", "service": "web"}],
            "stream": [{"id": "main", "protocol": "rtsp", "service": "web", "path": "/live"}],
        },
    }
)


class Level(Frozen):
    """A setting as it is now."""

    asked: str
    value: int

    @property
    def high(self) -> bool:
        """Undecided where the device gave no number."""
        if self.value < 0:
            raise Undecided(f"{self.asked} is unclear")
        return self.value > 5


class Done(Frozen):
    """What an act left."""

    value: int


@dataclass
class Toy:
    """Settings change by acts alone; `ripe_at` is when what was changed last has taken effect."""

    settings: dict[str, int] = field(default_factory=lambda: dict.fromkeys("abc", 1))
    knocks: int = 0
    ripe_at: float = 0.0
    calls: list[str] = field(default_factory=list)
    away: bool = False
    on_call: Callable[[str], None] = lambda _: None

    def call(self, name: str) -> None:
        """Remember who asked."""
        self.calls.append(name)
        self.on_call(name)
        if self.away:
            raise DeviceSilent("the toy is away")


def toy_of(bench: Bench) -> Toy:
    """The device behind the bench; whoever asks it exchanges something."""
    bench.access.sent("memory://toy", b"asked")
    return cast("Toy", bench.live("toy#1"))


@reads()
def level(bench: Bench, name: str) -> Level:
    """Look at one setting."""
    toy_of(bench).call(f"level {name}")
    return Level(asked=f"level {name}", value=toy_of(bench).settings[name])


@reads()
def ripe(bench: Bench) -> bool:
    """Has the last change taken effect?"""
    toy_of(bench).call("ripe")
    return bench.clock.now() >= toy_of(bench).ripe_at


@reads(once=True)
def facts(bench: Bench) -> Level:
    """All settings together; expensive."""
    toy_of(bench).call("facts")
    return Level(asked="facts", value=sum(toy_of(bench).settings.values()))


@acts("change")
def put_back(bench: Bench, name: str) -> Done:
    """Every setting was 1."""
    toy_of(bench).call(f"put_back {name}")
    toy_of(bench).settings[name] = 1
    return Done(value=1)


@acts("change")
def fail_to_put_back(bench: Bench, name: str) -> Done:
    """An undo that cannot be verified."""
    toy_of(bench).call(f"fail_to_put_back {name}")
    raise NotRestored(f"{name} cannot be put back")


@acts("change", undo=put_back)
def change(bench: Bench, name: str, value: int) -> Done:
    """Change one setting; it takes effect two seconds later."""
    toy_of(bench).call(f"change {name} {value}")
    toy_of(bench).settings[name] = value
    toy_of(bench).ripe_at = bench.clock.now() + 2.0
    return Done(value=value)


@acts("change", undo=fail_to_put_back)
def break_for_good(bench: Bench, name: str) -> Done:
    """What nobody can undo."""
    toy_of(bench).settings[name] = 9
    return Done(value=9)


@acts("login")
def knock(bench: Bench) -> Done:
    """Counted by the device; settings stay."""
    toy_of(bench).call("knock")
    toy_of(bench).knocks += 1
    return Done(value=toy_of(bench).knocks)


@reads()
def knocks(bench: Bench) -> Done:
    """How many knocks there were."""
    toy_of(bench).call("knocks")
    return Done(value=toy_of(bench).knocks)


def poke(bench: Bench) -> Done:
    """Nobody marked it, and it changes a setting."""
    toy_of(bench).call("poke")
    toy_of(bench).settings["a"] += 3
    return Done(value=0)


@acts("reset")
def reset(bench: Bench) -> Done:
    """More than most cases may."""
    toy_of(bench).call("reset")
    return Done(value=0)


@dataclass
class Gate:
    """A live gate on a toy, and what judges an attempt on it."""

    live: Live
    toy: Toy
    folder: Path

    @property
    def lines(self) -> list[Line]:
        """What is in the journal by now."""
        return read(self.folder / "journal")

    def kinds(self, *wanted: str) -> list[str]:
        """Kinds of lines in order."""
        return [line.kind for line in self.lines if not wanted or line.kind in wanted]

    def bodies(self, kind: str) -> list[dict[str, Any]]:
        """Bodies of one kind."""
        return [line.body for line in self.lines if line.kind == kind]

    def observe(self) -> Observe:
        """What cases hold."""
        return Observe(self.live)


class Settled(AdvancedClock):
    """A camera's clock: it moves when told to, and all waits are advances; real time does not count."""

    def __init__(self) -> None:
        super().__init__(lambda _: None, shortest=0.0)

    def now(self) -> float:
        """Seconds that were advanced."""
        return self._ahead


@contextmanager
def gate(
    folder: Path,
    *,
    toy: Toy | None = None,
    clock: Clock | None = None,
    alive: Callable[[], bool] | None = None,
    patience: Patience = IMPATIENT,
    operator: Operator | None = None,
    governed: tuple[GovernorLimits, Mapping[str, BruteForce]] = (GovernorLimits(connections_per_s=2000, away_s=0.5), {}),
) -> Iterator[Gate]:
    """A gate as the runner builds it, with what an earlier process left in the folder."""
    device, clock = toy or Toy(), clock or Settled()
    lines = read(folder / "journal")
    journal = Journal(folder / "journal")
    secrets = SecretStore(folder / "private", {ACCOUNT: ("admin", OWNERS_PASSWORD)})
    governor = Governor(governed[0], clock, governed[1], journal.append)
    ledger = Ledger([ACCOUNT], journal.append)
    access = GateAccess([HERE], governor, secrets, ledger)
    sample = Sample.model_validate({"name": "cam-1", "address": HERE, "ports": {443: 8443}, "accounts": {"owner": {"user": "admin"}}})
    artefacts = Artefacts(folder / "artefacts")
    attached = Attached(lambda data: artefacts.put(secrets.mask(data)))
    bench = Bench(PROFILE, sample, access, clock, ledger, attached=attached, operator=operator)
    health = Health(alive or (lambda: not device.away), journal.append, governor.spent, patience)
    live = Live(bench, access, journal, artefacts, secrets, Obligations(journal, lines), health, governor)
    assert bench.keep("toy", device) == "toy#1"
    try:
        yield Gate(live, device, folder)
    finally:
        journal.close()


def attempt(name: str = "test_toy", number: int = 1, impact: str = "change") -> Attempt:
    """An attempt of a case."""
    return Attempt(name, "NET-11", "device", number, impact)  # type: ignore[arg-type]


Case = Callable[[Observe], object]


def judged(source: Source, case: Case, of: Attempt | None = None) -> CaseVerdict:
    """Run a case as the plugin does."""
    now, ended = of or attempt(), True
    with running(now):
        try:
            case(Observe(source))
        except Exception as error:  # noqa: BLE001 - where cases are judged
            note_exception(now, error)
            ended = False
    return conclude(now, ended=ended)


def replayed(lines: Sequence[Line], case: Case, of: Attempt | None = None) -> CaseVerdict:
    """The same from a journal."""
    return judged(Playback(lines), case, of)


def in_thread(work: Callable[[], object]) -> threading.Thread:
    """Start it."""
    thread = threading.Thread(target=work)
    thread.start()
    return thread
