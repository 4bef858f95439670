"""What a bench file names and this machine lacks: told with line and remedy, and nothing of a bench that is whole."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.profile import wiring
from harness.profile.read import not_here, read_bench, read_profile
from tests.builders.papers import DESK, PROFILE, ROUTER, edited, line_of, write

DECLARED = read_profile(PROFILE)


@pytest.fixture
def port() -> Iterator[str]:
    """A line that is there."""
    ours, theirs = os.openpty()
    yield os.ttyname(theirs)
    os.close(ours)
    os.close(theirs)


def told(folder: Path, text: str) -> list[str]:
    """Without the name of the file."""
    path = write(folder, text)
    return [str(each).partition("paper.yaml:")[2] for each in not_here(path, DECLARED, read_bench(path, DECLARED))]


def wired(more: str) -> str:
    return edited(DESK, "    ports: {443: 8443}\n", f"    ports: {{443: 8443}}\n    {more}\n")


def test_a_bench_whose_things_are_all_here_is_silent(tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "CARDS", tmp_path)
    (tmp_path / "eth1").touch()
    (tmp_path / "card.img").write_bytes(b"x")
    assert told(tmp_path, ROUTER) == []
    for more in (
        f"serial: {{url: {port}}}",
        "serial: {url: 'socket://192.0.2.1:4001'}",
        "card: {file: card.img}",
        "flash: {command: 'X=1 sh -c true'}",
        "flash: {command: 'dd if=/dev/null of=$CAMLABEL_IMAGE'}",
        "power: {on: 'echo 1', off: '$SWITCH off'}",
        "power: {on: \"'\", off: 'cd /; ./off'}",
        "power: {by: operator}",
    ):
        assert told(tmp_path, wired(more)) == [], more


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("serial: {url: /dev/ttyCAM7}", "there is no '/dev/ttyCAM7', plug the adapter in"),
        ("serial: {url: /etc/passwd}", "'/etc/passwd' is no serial port, name the adapter's port"),
        ("card: {file: card.img}", "'card.img' is no file, put it into "),
        ("card: {command: 'dd if=/dev/cardCAM of=$CAMLABEL_IMAGE'}", "there is no '/dev/cardCAM', plug it in"),
        ("flash: {command: 'flashcam -r $CAMLABEL_IMAGE'}", "there is no program 'flashcam', install it"),
        ("power: {on: 'A=1 relaycam on', off: 'true'}", "there is no program 'relaycam'"),
    ],
)
def test_what_is_not_here_is_told_with_its_line(tmp_path: Path, more: str, what: str) -> None:
    text = wired(more)
    [one] = told(tmp_path, text)
    assert what in one
    assert one.startswith(f"{line_of(text, more.partition(':')[0] + ':')}: samples[0].")


def test_a_port_that_may_not_be_opened(tmp_path: Path, port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    [one] = told(tmp_path, wired(f"serial: {{url: {port}}}"))
    assert "may not be opened by you, sudo usermod -aG dialout $USER" in one


def test_cards_and_captures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cards = tmp_path / "net"
    cards.mkdir()
    for number in range(8):
        (cards / f"eth{number + 2}").touch()
    monkeypatch.setattr(wiring, "CARDS", cards)
    [card] = told(tmp_path, ROUTER)
    assert card.startswith("3: router.interface: this machine has no network card 'eth1', ")
    assert card.endswith("plug it in, or name one of eth2, eth3, eth4, eth5, eth6, eth7 and 2 more")
    (tmp_path / "empty.pcap").touch()
    captures = told(tmp_path, edited(DESK, "lab: desk", "lab: desk\ncaptures: [none.pcap, empty.pcap]"))
    assert ["is no file" in captures[0], "'empty.pcap' is empty" in captures[1]] == [True, True]
    monkeypatch.setattr(wiring, "CARDS", tmp_path / "nowhere")
    assert "none is here" in told(tmp_path, edited(DESK, "lab: desk", "lab: desk\nmirror: eth9"))[0]
