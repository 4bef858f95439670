"""Captures on a desk: files of others, and a card on which frames are repeated."""

import hashlib
import json
import os
import struct
import sys
from pathlib import Path

import pytest

from harness.lab.desk import BY_A_SWITCH, BY_OTHERS, Files, mirror
from harness.lab.recorder import _earlier
from harness.lab.sniffer import HEAD
from harness.model.errors import NotPossible, UsageError
from tests.lab.worlds import Person


def test_a_file_of_others_is_copied_at_each_cut(tmp_path: Path) -> None:
    source = tmp_path / "theirs.pcap"
    source.write_bytes(HEAD)
    files = Files([source], tmp_path / "recordings")
    first = files.cut()
    source.write_bytes(HEAD + b"more")
    second = files.cut()
    assert first.files == second.files == (tmp_path / "recordings/desk-0-theirs.pcap",)
    assert second.files[0].read_bytes() == HEAD + b"more"
    assert second.files[0].stat().st_mode & 0o777 == 0o600
    assert not second.whole
    assert (second.lost, second.gaps) == (None, (BY_OTHERS,))
    assert files.mark() <= files.cut().ended


def test_the_journal_is_told_the_digest_of_what_was_read(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(HEAD)
    (tmp_path / "b.pcapng").write_bytes(b"ng")
    said = Files([tmp_path / "a.pcap", tmp_path / "b.pcapng"], tmp_path / "recordings").stop()
    assert [each["sha256"] for each in said["files"]] == [hashlib.sha256(data).hexdigest() for data in (HEAD, b"ng")]
    assert said["lost"] is None


def test_a_capture_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no\.pcap: there is no such capture"):
        Files([tmp_path / "no.pcap"], tmp_path / "recordings")


def test_a_resumed_run_has_its_copy(tmp_path: Path) -> None:
    source = tmp_path / "theirs.pcap"
    source.write_bytes(HEAD)
    Files([source], tmp_path / "recordings").cut()
    source.unlink()
    assert Files([source], tmp_path / "recordings").cut().files[0].read_bytes() == HEAD


def test_a_card_that_is_not_there_cannot_be_listened_to(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root opens packet sockets")
    with pytest.raises(NotPossible, match="capture on no-card-0: No such device"):
        mirror("no-card-0", tmp_path)


def test_without_the_right_it_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("socket.socket", refused)
    with pytest.raises(NotPossible, match="run as root"):
        mirror("eth2", tmp_path)


MIRROR = """
import socket, struct, tempfile
from pathlib import Path
from harness.lab.desk import mirror
folder = Path({folder!r})
{before}
recorder = mirror("lo", folder)
for _ in range(3):
    socket.socket(2, 2).sendto(b"mirrored", ("127.0.0.1", 9))
cut = recorder.cut()
names = [file.name for file in cut.files]
say(told=recorder.told, files=names, gaps=cut.gaps, lost=cut.lost, whole=cut.whole, stopped=recorder.stop()["files"])
"""


@pytest.fixture
def myself() -> Person:
    person = Person("myself", (sys.executable,))
    if person.run("").returncode:
        pytest.skip("no private world here")
    return person


def test_a_mirror_port_is_recorded_and_what_it_may_lack_is_said(myself: Person, tmp_path: Path) -> None:
    ended = myself.run(MIRROR.format(folder=str(tmp_path), before=""))
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert (seen["gaps"], seen["lost"], seen["whole"]) == ([BY_A_SWITCH], 0, False)
    assert tmp_path.joinpath(seen["files"][0]).read_bytes().count(b"mirrored") >= 3


def test_what_earlier_processes_recorded_comes_first(myself: Person, tmp_path: Path) -> None:
    for number, lost in ((0, 2), (1, 3)):
        (tmp_path / f"capture-{number}.json").write_text(json.dumps({"began": 100.0 + number, "lost": lost, "broke": ""}))
    for name in ("capture-0-10.pcap", "capture-0-9.pcap", "capture-1-0.pcap"):
        (tmp_path / name).write_bytes(HEAD)
    ended = myself.run(MIRROR.format(folder=str(tmp_path), before=""))
    seen = json.loads(ended.stdout)
    assert seen["files"] == ["capture-0-9.pcap", "capture-0-10.pcap", "capture-1-0.pcap", "capture-2-0.pcap"]
    assert seen["lost"] == 5
    assert [each["file"] for each in seen["told"]["earlier"]] == seen["files"][:3]
    assert {each["sha256"] for each in seen["told"]["earlier"]} == {hashlib.sha256(HEAD).hexdigest()}
    assert [each["file"] for each in seen["stopped"]] == ["capture-2-0.pcap"]


@pytest.mark.parametrize("torn", range(1, 30))
def test_a_frame_in_whose_middle_the_recorder_was_killed_is_cut_off(tmp_path: Path, torn: int) -> None:
    frame = struct.pack("=IIII", 1, 2, 14, 60) + bytes(14)
    file = tmp_path / "capture-0-0.pcap"
    (tmp_path / "capture-0.json").write_text(json.dumps({"began": 100.0, "lost": 0, "broke": ""}))
    for whole in (0, 3):
        file.write_bytes(HEAD + frame * whole + frame[:torn])
        (earlier,) = _earlier(tmp_path)
        assert earlier.files == (file,)
        assert file.read_bytes() == HEAD + frame * whole
    file.write_bytes(HEAD[: torn % 24])
    assert _earlier(tmp_path)[0].files == ()


FULL = """
from harness.lab import recorder as module
from harness.lab.namespaces import socket_in
import socket, subprocess
folder = Path({folder!r})
subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "none", str(folder)], check=True)
heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
recorder = module.Recorder(heard, "lo", folder, most={most})
for _ in range({count}):
    socket.socket(2, 2).sendto(bytes(8000), ("127.0.0.1", 9))
cut = recorder.cut()
data = cut.files[0].read_bytes() if cut.files else b""
say(gaps=cut.gaps, lost=cut.lost, size=len(data), whole=whole(data))
recorder.stop()
"""
WHOLE = """
import struct
from pathlib import Path
def whole(data):
    at = 24
    while at < len(data):
        _, _, kept, _ = struct.unpack_from("=IIII", data, at)
        at += 16 + kept
    return at == max(24, len(data))
"""


@pytest.mark.parametrize(("most", "words"), [(1 << 30, "cannot be written"), (20_000, "more than 20000 bytes")], ids=["disk", "bound"])
def test_where_no_more_can_be_written_frames_are_counted_as_lost(myself: Person, tmp_path: Path, most: int, words: str) -> None:
    ended = myself.run(WHOLE + FULL.format(folder=str(tmp_path), most=most, count=40))
    if "mount" in ended.stderr and ended.returncode:
        pytest.skip(ended.stderr[-200:])
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["whole"]
    assert seen["lost"] > 0
    assert words in seen["gaps"][0]


def test_a_recorder_that_was_killed_is_told(myself: Person, tmp_path: Path) -> None:
    program = f"""
import os, signal
from pathlib import Path
from harness.lab.desk import mirror
recorder = mirror("lo", Path({str(tmp_path)!r}))
os.kill(recorder._servant._process.pid, signal.SIGKILL)
try:
    recorder.cut()
except Exception as error:
    say(kind=type(error).__name__, text=str(error))
"""
    seen = json.loads(myself.run(program).stdout)
    assert seen["kind"] == "UsageError"
    assert "the recorder of the cable ended (status -9)" in seen["text"]


MIRRORED = """
from pathlib import Path
from harness.lab import desk
import socket, subprocess
subprocess.run(["ip", "address", "add", "192.168.77.50/32", "dev", "lo"], check=True)
recorder = desk.mirror("lo", Path({folder!r}))
socket.socket().connect_ex(("192.168.77.50", 9))
syn = b"".join(file.read_bytes() for file in recorder.cut().files)
socket.socket(2, 2).sendto(bytes(8000), ("192.168.77.50", 9))
kept = b"".join(file.read_bytes() for file in recorder.cut().files)
say(syn=syn.count(socket.inet_aton("192.168.77.50")), size=len(kept))
recorder.stop()
"""


def test_on_a_network_of_others_the_labs_address_is_anybodys(myself: Person, tmp_path: Path) -> None:
    """A unit's attempt to reach it, which only a SYN shows, and all that it says there are kept."""
    ended = myself.run(MIRRORED.format(folder=str(tmp_path)))
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["syn"]
    assert seen["size"] > 8000
