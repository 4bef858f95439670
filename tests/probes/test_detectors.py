"""Detectors by inspection, by the serial line and by the capture."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible
from harness.model.traffic import Destination, Traffic, Unseen
from harness.probes.detectors import contacts, inspection, line
from harness.probes.life import ORDINARY_DAY
from harness.transports.console import Chunk, Window
from harness.transports.operator import Scripted
from tests.builders.devices import Desk
from tests.builders.profiles import profile


def bench(tmp_path: Path, **means: Any) -> Bench:
    return replace(Desk(tmp_path).bench(profile(), {}), **means)


@pytest.mark.parametrize(
    ("answer", "seen", "complete"),
    [("yes", True, True), ("no", False, True), ("in-part", False, False)],
    ids=["there", "not there", "in part"],
)
def test_an_inspection(tmp_path: Path, answer: str, seen: bool, complete: bool) -> None:
    """The question's key is the thing's name; who answered is told."""
    found = inspection.look(bench(tmp_path, operator=Scripted({"sd_card": answer}, tmp_path)), "sd_card", "memory-card slot")
    assert (bool(found.seen), found.complete) == (seen, complete)
    assert not seen or "scripted" in found.seen[0]


def test_nobody_looks(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="nobody can be asked"):
        inspection.look(bench(tmp_path), "sd_card", "memory-card slot")
    with pytest.raises(NotPossible, match=r"operator\.answers\.uart"):
        inspection.look(bench(tmp_path, operator=Scripted({"sd_card": "no"}, tmp_path)), "uart", "a serial line")


class Heard:
    """A serial line that said this."""

    url, baud, lost = "/dev/ttyX", 115200, 0

    def __init__(self, data: bytes) -> None:
        self._data = data

    def mark(self) -> int:
        """The end."""
        return len(self._data)

    def window(self, begin: int, end: int | None = None) -> Window:
        """In one read."""
        return Window(begin, len(self._data), (Chunk(0.0, self._data[begin:end]),))


BOOT = b"\r\n\x1b[2JU-Boot 2019.07 (Mar 02 2026)\r\nDRAM: 64 MiB\r\nStarting kernel ...\r\n"


@pytest.mark.parametrize(("said", "seen"), [(BOOT, True), (b"", False), (b"\r\n", False), (bytes(range(128, 256)) * 4, False)])
def test_a_line_that_speaks_is_there_and_one_that_does_not_may_be(tmp_path: Path, said: bytes, seen: bool) -> None:
    found = line.look(bench(tmp_path, console=Heard(said)))
    assert not found.complete
    assert found.seen == (("/dev/ttyX speaks at 115200 baud: U-Boot 2019.07 (Mar 02 2026)",) if seen else ())


def test_without_a_line_nothing_is_heard(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="no UART on the bench"):
        line.look(bench(tmp_path))
    with pytest.raises(NotPossible, match="in use"):
        line.look(bench(tmp_path, lacks={"console": "the port is in use"}))


TIME = Destination(address="198.19.0.1", port=123, transport="udp", resolved=("time.example",))
NAME = Destination(address="192.168.77.1", port=53, transport="dns", shown="x.example")
SERVER = Destination(address="198.19.0.2", port=443, transport="tcp", shown="api.example")


def seen_by(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *, day: bool = True, **traffic: Any) -> contacts.Contacts:
    monkeypatch.setattr(contacts, "traffic", lambda *_: Traffic(asked="all", **traffic))
    on = bench(tmp_path)
    if day:
        on.happened.add(ORDINARY_DAY, 0.0, 1.0)
    return contacts.contacts(on)


def test_names_and_time_are_no_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody else was contacted, all day and without a gap: whatever needs a service is absent."""
    found = seen_by(monkeypatch, tmp_path, destinations=(TIME, NAME))
    assert found == contacts.Contacts(servers=())
    for thing in (*contacts.SERVICE, *contacts.BY_SERVICE):
        assert contacts.looked_for(thing, found).complete


def test_a_server_is_a_service_and_hides_what_it_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = seen_by(monkeypatch, tmp_path, destinations=(TIME, SERVER))
    assert contacts.looked_for("cloud_service", found).seen == (SERVER.asked,)
    told = contacts.looked_for("telemetry", found)
    assert (told.seen, told.complete) == ((), False)
    assert "inside TLS" in told.left_out


@pytest.mark.parametrize(
    ("more", "doubt"),
    [
        ({"day": False}, "an ordinary day"),
        ({"lost": ("3 frames were dropped",)}, "3 frames were dropped"),
        ({"unseen": (Unseen(at=0, address="198.19.0.2", port=443, transport="tcp"),)}, "more reached the stand-in"),
    ],
)
def test_a_gap_earns_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more: dict[str, Any], doubt: str) -> None:
    found = contacts.looked_for("cloud_service", seen_by(monkeypatch, tmp_path, **more))
    assert (found.seen, found.complete) == ((), False)
    assert doubt in found.left_out


def test_a_capture_does_not_show_everything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match="does not show geo"):
        contacts.looked_for("geo", seen_by(monkeypatch, tmp_path))
