"""NET-04's probes: what was done, what is searched for, and what of it is unprotected."""

import dataclasses
import socket
import time
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.action import Session, Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.traffic import Flow
from harness.probes import device, links
from harness.probes.account import LogIn
from harness.transports.recorders import Recording
from tests.builders import frames
from tests.builders.devices import HERE, OWNERS_PASSWORD, Desk
from tests.builders.webcam import webcam
from tests.probes.captures.test_traffic import Tape


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def entry(bench: Bench, at: float) -> LogIn:
    """A log-in on the page."""
    surface = Surface(id="web", interface="page")
    opened = Session(id=bench.keep("web", object()), surface="web", kind="session")
    return LogIn(state="granted", why="", asked="log in", surface=surface, opened=opened, sent_at=at, answered_at=at + 1)


def flow(protocol: str) -> Flow:
    return Flow(link="with others", peer="203.0.113.5", port=443, transport="tcp", begun="unit", protocol=protocol)


@pytest.mark.parametrize(("protocol", "is_managed", "offends"), [
    ("TLS", True, False), ("QUIC", True, False), ("HTTP", True, True), ("MQTT", True, True), ("text", True, True),
    ("DNS", False, True), ("RTSP", False, True), ("nothing", False, True),
])  # fmt: skip
def test_what_is_management_and_what_is_in_the_clear(protocol: str, is_managed: bool, offends: bool) -> None:
    assert links.manages(flow(protocol)) == is_managed
    assert links.in_the_clear(flow(protocol)) == offends


def test_no_known_protocol_is_undecided() -> None:
    assert links.manages(flow("unknown"))
    with pytest.raises(Undecided, match="no protocol that is known"):
        links.in_the_clear(flow("unknown"))


def test_use_has_log_ins_the_change_between_them_and_the_set_up(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        with pytest.raises(Undecided, match="before this process recorded"):
            links.use_of(bench, (entry(bench, 10.0),), (entry(bench, 20.0),))
        bench.happened.add(device.SET_UP, 1.0, 2.0)
        use = links.use_of(bench, (entry(bench, 10.0),), (entry(bench, 20.0),))
    by_name = {each.what: (each.begin, each.end) for each in use.done}
    assert by_name["change of the password"] == (11.0 - links.DOUBT_S, 20.0 + links.DOUBT_S)
    assert by_name["set-up"] == (1.0 - links.DOUBT_S, 2.0 + links.DOUBT_S)
    assert [each.what for each in use.done].count("log-in on web") == 2
    assert len(use.sessions) == 2


def test_what_is_planted_goes_over_the_cable_in_the_clear(desk: Desk) -> None:
    with webcam(desk) as (bench, _), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as heard:
        heard.bind((HERE, 0))
        heard.settimeout(5)
        with pytest.raises(NotPossible, match="no capture"):
            links.plant(bench)
        recording = dataclasses.replace(bench, capture=Tape(Recording((), 0.0, 1.0)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(links, "_DISCARD", heard.getsockname()[1])
            planted = links.plant(recording)
        assert heard.recv(100).decode() == bench.access.reveal(planted.secret)


def recorded(tmp_path: Path, bench: Bench, *sent: bytes) -> Bench:
    """A capture in which the unit sent these."""
    packets = [*frames.boot(), *frames.connect("203.0.113.5", 443, *sent)]
    path = frames.write(tmp_path / "capture-0.pcap", packets)
    sample = bench.sample.model_copy(update={"address": frames.UNIT, "mac": frames.UNIT_MAC})
    return dataclasses.replace(bench, sample=sample, capture=Tape(Recording((path,), frames.START - 1, time.time())))


def test_the_owners_password_and_what_was_planted_are_searched_for(desk: Desk, tmp_path: Path) -> None:
    with webcam(desk) as (bench, _):
        bench.happened.add(device.SET_UP, 1.0, 2.0)
        planted = links.Planted(secret=bench.access.keep_secret("cam-1/planted", "b0a1c2d3e4f5a6b7"))
        use = links.use_of(recorded(tmp_path, bench), (entry(bench, 10.0),), (entry(bench, 20.0),))
        clean = links.seen(recorded(tmp_path, bench, frames.hello(), b"b0a1c2d3e4f5a6b7"), use, planted)
        leaky = links.seen(recorded(tmp_path, bench, frames.hello(), OWNERS_PASSWORD.encode().hex().encode()), use, planted)
    assert [bool(each.found) for each in clean.secrets] == [False]
    assert clean.control_seen
    assert {each.what for each in clean.missing} == {"log-in on web", "set-up", "change of the password"}
    assert [bool(each.found) for each in leaky.secrets] == [True]
    assert "hex" in leaky.secrets[0].asked
    assert not leaky.control_seen


def test_what_is_too_short_cannot_be_searched_for(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(links, "SHORTEST", 99)
    with webcam(desk) as (bench, _):
        planted = links.Planted(secret=bench.access.keep_secret("cam-1/planted", "b0a1c2d3e4f5a6b7"))
        with pytest.raises(NotPossible, match="too short"):
            links.seen(recorded(tmp_path, bench), links.Use(done=()), planted)


def test_without_streams_nothing_is_played(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        assert links.view(bench) == ()
