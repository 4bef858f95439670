"""NET-24's case on days and traffic of every kind: what is FAIL, what is not decided, and that only the whole of it passes."""

import importlib.util
from collections.abc import Callable
from typing import Any

import pytest

from harness.cases.dut import Declared, Dut, Limits
from harness.gate.attempt import Attempt, running
from harness.model.errors import NotPossible, Undecided
from harness.model.traffic import Destination, Traffic, Unseen
from harness.model.verdict import Verdict
from harness.probes import capture, life
from harness.runner import places
from tests.builders.profiles import profile

API = "api.maker.example"
ROW = {"host": API, "port": 443, "protocol": "https", "purpose": "control", "region": "CN"}
GOOD = Destination(address="203.0.113.5", port=443, transport="tcp", shown=API, resolved=(API,), file="a.pcap", packet=4)
SOUND = Traffic(asked="all", destinations=(GOOD,), packets=9)
DAY = life.Day(phases=(), left_out=(), device_s=7200, way="waited")
OTHER = GOOD.model_copy(update={"shown": "other.example", "packet": 7})


def case_function() -> Callable[..., None]:
    spec = importlib.util.spec_from_file_location("net24", places.testcases() / "network_communication/test_only_declared_servers.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    function: Callable[..., None] = module.test_only_declared_servers_are_contacted
    return function


def notes(traffic: Traffic = SOUND, day: life.Day = DAY, *rows: dict[str, Any]) -> list[tuple[Verdict, str]]:
    """What the case notes of these answers."""
    answers: dict[Any, Any] = {life.ordinary_day: day, capture.traffic: traffic}
    declared = Declared(profile(cloud={"endpoints": rows or [ROW]}))
    attempt = Attempt("net24", "NET-24", "device", 1, "reboot")
    with running(attempt):
        case_function()(Dut("cam-1", declared, ("owner",)), lambda probe, *_: answers[probe], Limits("NET-24", {"capture_s_min": 7200}))
    return [(note.verdict, f"{note.what}: {note.item}") for note in attempt.notes]


def test_declared_servers_only_is_a_pass() -> None:
    assert notes() == []


def test_each_undeclared_destination_is_an_offender_with_its_packet() -> None:
    found = notes(SOUND.model_copy(update={"destinations": (GOOD, OTHER)}))
    assert found == [
        (Verdict.FAIL, "destinations not declared: other.example at 203.0.113.5 port 443/tcp, no answer (a.pcap packet 7)"),
    ]


@pytest.mark.parametrize("lacking", ["purpose", "region"])
def test_a_server_declared_without_purpose_or_region_is_an_offender(lacking: str) -> None:
    row = {name: value for name, value in ROW.items() if name != lacking}
    assert notes(SOUND, DAY, row) == [(Verdict.FAIL, f"destinations declared without purpose or region: {API} 443/https")]


@pytest.mark.parametrize(
    "traffic",
    [
        SOUND.model_copy(update={"destinations": ()}),
        SOUND.model_copy(update={"lost": ("3 frames were dropped",)}),
        SOUND.model_copy(update={"unseen": (Unseen(at=1.0, address="203.0.113.9", port=443, transport="tcp"),)}),
        SOUND.model_copy(update={"destinations": (GOOD, GOOD.model_copy(update={"resolved": ()}))}),
        SOUND.model_copy(
            update={"destinations": (GOOD, Destination(address="192.168.77.1", port=53, transport="dns", resolved=("x.example",)))}
        ),
    ],
    ids=["nothing was contacted", "frames were dropped", "more was received", "a name by its own word", "a name was only asked for"],
)
def test_what_does_not_settle_it_never_passes(traffic: Traffic) -> None:
    assert {verdict for verdict, _ in notes(traffic)} == {Verdict.INCONCLUSIVE}


def test_a_phase_that_was_left_out_never_passes_and_hides_no_offender() -> None:
    day = DAY.model_copy(update={"left_out": (life.LeftOut(phase="event", why="no action known"),)})
    assert [verdict for verdict, _ in notes(SOUND, day)] == [Verdict.INCONCLUSIVE]
    offended = notes(SOUND.model_copy(update={"destinations": (OTHER,)}), day)
    assert [verdict for verdict, _ in offended] == [Verdict.FAIL, Verdict.INCONCLUSIVE]


def test_without_a_capture_it_is_not_tested() -> None:
    def observe(probe: object, *_: object) -> object:
        if probe is capture.traffic:
            raise NotPossible("no capture on the bench")
        return DAY

    with running(Attempt("net24", "NET-24", "device", 1, "reboot")), pytest.raises(NotPossible):
        case_function()(Dut("cam-1", Declared(profile()), ()), observe, Limits("NET-24", {"capture_s_min": 7200}))
    assert not issubclass(NotPossible, Undecided)
