"""Exported files of the emulated camera and of one of another make: what counts as readable, taken, carried, and what is undecided."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.model.api import Export
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.profile import Profile
from harness.probes import device as device_probes
from harness.probes import exports
from harness.probes.exports import Carried, Made, Offered
from tests.builders.devices import OWNERS_PASSWORD, Desk, device, read_request
from tests.builders.emulated import emulated
from tests.builders.webcam import ACTIONS, WEB_PORT

SETTINGS, SUPPORT = Export(id="settings", kind="settings", key=True, imported=True), Export(id="support", kind="diagnostics")
PLAIN = Export(id="settings", kind="settings", imported=True)


@pytest.mark.once
def test_a_sound_camera_keeps_everything(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, camera):
        made, support = exports.make(bench, SETTINGS), exports.make(bench, SUPPORT)
        assert (made.readable, support.readable, made.marked) == (False, False, True)
        assert made.size > 100
        taken = exports.take_own(bench, made)
        assert taken.granted
        assert any("home_systems" in each for each in taken.changed)
        assert any("/api/accounts" in each for each in taken.changed)
        trial = exports.offer_altered(bench, made)
        assert len(trial.offered) > 12
        assert {each.state for each in trial.offered} == {"refused"}
        assert not any(each.taken for each in trial.offered)
        for how in exports.WITHOUT_KEY:
            assert not exports.carry(bench, made, how).carried
        assert exports.unplant(bench, SETTINGS).found
        assert exports.take_back(bench, made).found
        assert exports.take_back_there(bench, made, exports.NO_KEY).found
        assert camera.log_in(OWNERS_PASSWORD)


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "kind", "words"),
    [
        ("export-packed", SETTINGS, "base64 at byte 0, unpacked by gzip"),
        ("export-repeated-key", SETTINGS, " as XOR with 10 bytes in the file"),
        ("diagnostics-show-session", SUPPORT, "/token"),
        ("diagnostics-digest-file", SUPPORT, "as digest log-ins of 'camera' take it"),
        ("diagnostics-private-key", SUPPORT, "private key in PEM"),
    ],
)
def test_what_can_be_read_is_named_and_not_shown(flaw: str, kind: Export, words: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        made = exports.make(bench, kind)
        assert made.readable
        assert any(words in each for each in made.found)
        assert not any(OWNERS_PASSWORD in each for each in made.found)


@pytest.mark.once
@pytest.mark.parametrize("flaw", ["export-packed", "export-digest-only", "export-applied-first"])
def test_altered_files_that_have_an_effect_are_found(flaw: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        monkeypatch.setattr(exports, "TAKEN_MOST", 1)
        made = exports.make(bench, SETTINGS)
        offered = exports.offer_altered(bench, made).offered
        assert offered[-1].taken
        if flaw == "export-applied-first":
            assert {each.state for each in offered} == {"refused"}


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "expected"),
    [
        ("export-same-key", [True, True, True]),
        ("export-key-inside", [True, False, False]),
        ("export-key-cut", [False, False, True]),
    ],
)
def test_what_opens_without_the_key_is_found(flaw: str, expected: list[bool], tmp_path: Path) -> None:
    with emulated(tmp_path / "one", flaw) as (bench, _):
        made = exports.make(bench, SETTINGS)
        shared = bench.between
    with emulated(tmp_path / "two", flaw) as (bench, camera):
        there = replace(bench, between=shared)
        told = [exports.carry(there, made, how) for how in exports.WITHOUT_KEY]
        assert [each.carried for each in told] == expected
        assert any("planted account camlabel-probe" in each for each in told[expected.index(True)].opened)
        token = camera.log_in(OWNERS_PASSWORD)
        assert [each["user"] for each in camera.ask("/api/accounts", token=token).json["accounts"]] == ["admin"]


ORDER: dict[str, Any] = {"inside": "web", "granted_when": {"status": 200}, "refused_when": {"status": 400}}
CALLS: list[dict[str, Any]] = [
    {"path": "/config", "state": "yes"},
    {"method": "POST", "path": "/config", "json": {"wifi_psk": "planted-Psk-5"}, "undo": {"path": "/config", "json": {"wifi_psk": ""}}},
]


def profile(endpoints: list[dict[str, Any]], *, takes: bool = True) -> Profile:
    """Of a camera with one file, of JSON."""
    take = {**ORDER, "steps": [{"request": {"method": "POST", "path": "/import", "upload": {"field": "file"}}}]}
    take["granted_when"] = {"status": 200, "json": "ok"}
    give = {**ORDER, "steps": [{"request": {"method": "GET", "path": "/export"}}]}
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "cam", "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "web", "protocol": "http", "port": WEB_PORT}],
                "auth_mech": [{"id": "web", "interface": "page", "service": "web", "change": ["web"]}],
                "api": {"endpoints": endpoints, "export": [PLAIN.model_dump()]},
            },
            "actions": {
                "log_in": {"web": ACTIONS["log_in"]["web"]},
                "change_password": {"web": ACTIONS["change_password"]["web"]},
                "export": {"settings": give},
                **({"import": {"settings": take}} if takes else {}),
            },
        }
    )


@dataclass
class Backup:
    """The camera: a signature keeps its file; it says what a flaw has it say."""

    flaws: frozenset[str] = frozenset()
    psk: str = ""
    password: str = OWNERS_PASSWORD
    uploads: list[bytes] = field(default_factory=list)

    def talk(self, connection: socket.socket) -> None:
        """One request."""
        head, _, body = read_request(connection).partition(b"\r\n\r\n")
        if head:
            method, path = head.split(b" ")[0].decode(), head.split(b" ")[1].decode()
            status, answer = self.answer(method, path, body)
            if not (path == "/import" and "dies" in self.flaws):
                connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(answer), answer))

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes]:
        """What it says."""
        if path == "/login":
            right = json.loads(body).get("password") == self.password
            return (200, b'{"token": "t-0123456789"}') if right else (401, b"{}")
        if path == "/password":
            given = json.loads(body)
            self.password = given["new"] if given["current"] == self.password else self.password
            return 200, b'{"ok": true}'
        if path == "/config" and method == "POST":
            self.psk = json.loads(body)["wifi_psk"]
        if path == "/export":
            return (400, b"") if "gives-nothing" in self.flaws else (200, self.file())
        if path == "/import":
            return self.take(body.split(b"\r\n\r\n", 1)[1].rpartition(b"\r\n--")[0])
        return 200, json.dumps({"psk": self.psk}).encode()

    def file(self) -> bytes:
        """Psk in the clear where flawed; the rest stands for what is sealed."""
        return b"MARK" + (self.psk.encode() if "clear" in self.flaws else bytes(each ^ 0x80 for each in self.psk.encode()[::-1])) + b"END!"

    def take(self, data: bytes) -> tuple[int, bytes]:
        """Whole or not at all."""
        self.uploads.append(data)
        whole = data == b"MARK" + bytes(each ^ 0x80 for each in b"planted-Psk-5"[::-1]) + b"END!"
        if whole and "only-says-so" not in self.flaws:
            self.psk = "planted-Psk-5"
        if "another-owner" in self.flaws:
            self.password = "of-the-other-1"
        if "odd-answer" in self.flaws:
            return 500, b""
        return (200, b'{"ok": true}') if whole or "another-owner" in self.flaws else (400, b"{}")


@contextmanager
def backup(
    folder: Path, monkeypatch: pytest.MonkeyPatch, *flaws: str, endpoints: list[dict[str, Any]] | None = None, takes: bool = True
) -> Iterator[tuple[Bench, Backup]]:
    camera, desk = Backup(frozenset(flaws)), Desk(folder)
    monkeypatch.setattr(device_probes, "BACK_S", 0.0)
    desk.clock = AdvancedClock(lambda _: None)
    with device(camera.talk) as port:
        yield desk.bench(profile(CALLS if endpoints is None else endpoints, takes=takes), {WEB_PORT: port}), camera


def test_a_file_of_another_make_is_judged_by_its_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch) as (bench, camera):
        made = exports.make(bench, PLAIN)
        assert (made.readable, made.marked, camera.psk) == (False, True, "")
        assert exports.take_own(bench, made).granted
        assert camera.psk == ""
        offered = exports.offer_altered(bench, made).offered
        assert not any(each.taken for each in offered)
        assert len(camera.uploads) == len(offered) + 1


def test_a_planted_secret_in_the_clear_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch, "clear") as (bench, _):
        assert "the planted secret planted-Psk-5 in the file" in exports.make(bench, PLAIN).found


def test_a_success_message_without_effect_is_no_import(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch, "only-says-so") as (bench, _):
        taken = exports.take_own(bench, exports.make(bench, PLAIN))
    assert (taken.state, "nothing changed to what is in the file" in taken.why) == ("unclear", True)
    (tmp_path / "b").mkdir()
    with backup(tmp_path / "b", monkeypatch, "only-says-so", endpoints=[]) as (bench, camera):
        camera.psk = "planted-Psk-5"
        made = exports.make(bench, PLAIN)
        assert (made.marked, exports.take_own(bench, made).granted) == (False, True)


def test_an_answer_that_is_neither_yes_nor_no_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch, "odd-answer") as (bench, _):
        offered = exports.offer_altered(bench, exports.make(bench, PLAIN)).offered
        with pytest.raises(Undecided, match="status 500"):
            _ = offered[0].taken


def test_no_file_decides_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch, "gives-nothing", takes=False) as (bench, _):
        made = exports.make(bench, PLAIN)
        with pytest.raises(Undecided, match="no file"):
            _ = made.readable
        with pytest.raises(Undecided, match="there is no"):
            exports.take_own(bench, made)
    (tmp_path / "b").mkdir()
    with backup(tmp_path / "b", monkeypatch, takes=False) as (bench, _):
        with pytest.raises(NotPossible, match=r"no recipe actions\.import\.settings"):
            exports.take_own(bench, exports.make(bench, PLAIN))
        with pytest.raises(Undecided, match="gone"):
            exports.offer_altered(bench, Made(kind=PLAIN, unit="cam-1", state="granted", why="", asked="", live="exported#7"))


def test_the_first_units_owner_is_not_left_in_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that brings the owner's password along is found, and taken back."""
    with backup(tmp_path, monkeypatch, "another-owner") as (bench, camera):
        made = exports.make(bench, PLAIN).model_copy(update={"unit": "cam-2"})
        monkeypatch.setattr(exports, "let_in", lambda _, __, who: Made(kind=PLAIN, unit="", state=told(who), why="", asked=""))
        asked: list[Any] = []

        def ask(*words: Any) -> Made:
            asked.append(words)
            return Made(kind=PLAIN, unit="", state="granted", why="", asked="")

        monkeypatch.setattr(exports.change, "prepare", lambda *words: words)
        monkeypatch.setattr(exports.change, "ask", ask)
        monkeypatch.setattr(exports, "_each", lambda *_, **__: None)
        result = exports.carry(bench, made, exports.NO_KEY)
        assert result.opened == ("the owner's password of cam-2 on web",)
        assert result.carried
        assert len(asked) == 1
        assert camera.password == "of-the-other-1"


def told(who: Any) -> str:
    return "granted" if who.which == "other" else "unclear"


def test_log_ins_that_tell_nothing_are_undecided(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mute(*_: Any) -> None:
        raise DeviceSilent("nothing came")

    with backup(tmp_path, monkeypatch) as (bench, _):
        made = exports.make(bench, PLAIN)
        monkeypatch.setattr(exports, "let_in", mute)
        with pytest.raises(Undecided, match="nothing came"):
            _ = exports.carry(bench, made, exports.NO_KEY).carried


def test_a_device_that_does_not_come_back_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with backup(tmp_path, monkeypatch) as (bench, _):
        made = exports.make(bench, PLAIN)
        monkeypatch.setattr(device_probes, "alive", lambda *_: False)
        with pytest.raises(Undecided, match="does not answer within"):
            exports.offer_altered(bench, made)
        with pytest.raises(NotRestored, match="recover it by its guide"):
            exports.take_back(bench, made)


def test_three_valued_answers() -> None:
    offered = Offered(how="bit of byte 0", asked="x", state="unclear", why="", sha256="")
    assert offered.model_copy(update={"changed": ("/config light",)}).taken
    assert Carried(asked="x", state="granted", why="", changed=("/config light",)).carried is False
    with pytest.raises(Undecided):
        _ = Carried(asked="x", state="unclear", why="").carried
    much = Made(kind=PLAIN, unit="cam-1", state="granted", why="", asked="x", untold=("more",))
    with pytest.raises(Undecided, match="more"):
        _ = much.readable
