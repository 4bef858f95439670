"""A run that is killed goes on: the camera is never lost, no verdict differs, at most the case in flight is repeated."""

import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from harness.cases.applicability import LOOK
from harness.cases.registry import scan
from harness.emulated.camera.flash import Flash, FlashBusy
from harness.gate.obligations import open_obligations
from harness.journal.reader import read
from harness.runner.places import ROOT
from tests.system.command import (
    AT_FULL_EFFORT,
    IN_A_HURRY,
    NEEDS_THE_WHOLE_BENCH,
    WHOLE,
    WITH_A_CASE,
    Finished,
    camlabel,
    command,
    run_folder,
)

POINTS, SOME_POINTS = 100, 50
LINES = 230  # that an undisturbed run of SYS-07 writes, and some more
SOME_S = 30.0
ROADS = ("NET-11", "SYS-07", "PHY-01", "NET-24")  # between them every means of a bench


def begin(out: Path) -> subprocess.Popen[bytes]:
    """Start a run of SYS-07."""
    words = command("run", "--json", *IN_A_HURRY, "--select", "SYS-07", "--out", str(out))
    return subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def kill_at(process: subprocess.Popen[bytes], out: Path, lines: int, jitter_s: float) -> None:
    """SIGKILL a moment after the newest segment has so many lines; a run that ends first is left."""
    while process.poll() is None and newest_lines(out) < lines:
        time.sleep(0.0005)
    time.sleep(jitter_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for_silence(out)


def wait_for_silence(out: Path) -> None:
    """The private world dies a moment after the process that was killed: until then it may still write a line."""
    before = -1
    while before != (before := sum(path.stat().st_size for path in out.glob("*/journal/*.jsonl"))):
        time.sleep(0.3)


def once_it_is_off(chip: Path) -> Flash:
    """The camera dies a moment after the process that was killed."""
    for _ in range(100):
        with suppress(FlashBusy):
            return Flash(chip)
        time.sleep(0.1)
    raise AssertionError("the camera outlived its lab")


def newest_lines(out: Path) -> int:
    """Lines of the newest segment of the one run."""
    segments = sorted(out.glob("*/journal/*.jsonl"), key=lambda path: int(path.stem))
    return segments[-1].read_bytes().count(b"\n") if segments else -1


def resume(folder: Path) -> Finished:
    """Go on to the end."""
    return camlabel("run", "--json", "--resume", str(folder))


def sound_in_the_end(folder: Path, done: Finished) -> None:
    """The verdict of an undisturbed run, nothing owed, one finished attempt of each case."""
    assert done.verdicts["SYS-07"] == "PASS", (done.requirement("SYS-07"), done.err)
    lines = read(folder / "journal")
    assert not open_obligations(lines)
    finished = [line.body["verdict"]["case"] for line in lines if line.kind == "verdict"]
    cases = [case for case in finished if not case.startswith(LOOK)]
    assert sorted(cases) == sorted(info.name for info in scan(ROOT / "testcases").of("SYS-07"))
    assert camlabel("rejudge", str(folder), "--json").document == done.document


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow) if seed % 25 else seed for seed in range(POINTS)])
def test_killed_once(seed: int, tmp_path: Path) -> None:
    """At a seeded place with jitter; every fifth run is killed again while it recovers or goes on, some with a torn last line."""
    chance = random.Random(seed)
    process = begin(tmp_path)
    kill_at(process, tmp_path, 3 + seed * LINES // POINTS, chance.uniform(0, 0.03))
    folder = run_folder(tmp_path)
    if seed % 5 == 0:
        tear(folder, chance)
        again = subprocess.Popen(command("run", "--resume", str(folder)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        kill_at(again, tmp_path, chance.randrange(1, 30), chance.uniform(0, 0.03))
    sound_in_the_end(folder, resume(folder))


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=pytest.mark.slow) if seed else seed for seed in range(SOME_POINTS)])
def test_a_run_of_four_killed_anywhere(seed: int, tmp_path: Path) -> None:
    """Also within a cold boot, a set-up, an ordinary day: what was decided stands, the rest is decided as it would have been."""
    chance = random.Random(seed)
    four = ROADS if seed % 5 == 0 else tuple(chance.sample((*WITH_A_CASE, *NEEDS_THE_WHOLE_BENCH), 4))
    words = command("run", *WHOLE, "--select", ",".join(four), "--out", str(tmp_path))
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and newest_lines(tmp_path) < 1:
        time.sleep(0.01)
    time.sleep(chance.uniform(0, SOME_S))
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for_silence(tmp_path)
    folder = run_folder(tmp_path)
    done = resume(folder)
    found = {name: done.requirement(name)["verdict"] for name in four}
    expected = {name: "INCONCLUSIVE" if name in AT_FULL_EFFORT else "PASS" for name in found}
    assert found == expected, ({name: done.requirement(name)["reason"] for name in found}, done.err[-2000:])
    assert not open_obligations(read(folder / "journal"))


def tear(folder: Path, chance: random.Random) -> None:
    """Cut into the last line, as a power failure may."""
    newest = max((folder / "journal").glob("*.jsonl"), key=lambda path: int(path.stem))
    whole = newest.read_bytes()
    last = whole.rstrip(b"\n").rfind(b"\n") + 1
    if len(whole) > last + 2:
        newest.write_bytes(whole[: chance.randrange(last + 1, len(whole))])


def test_an_undo_that_cannot_be_verified_stops_the_run(tmp_path: Path) -> None:
    """The owner's password was changed behind our back after a kill: status 3, the obligation stays open until it is settled by hand."""
    process = begin(tmp_path)
    while process.poll() is None and not owes(tmp_path):
        time.sleep(0.001)
    process.send_signal(signal.SIGKILL)
    process.wait()
    folder = run_folder(tmp_path)
    flash = once_it_is_off(folder / "device/flash")
    flash.remove("accounts.json")
    flash.close()
    stopped = resume(folder)
    owed = camlabel("settle", str(folder)).out
    if stopped.status == 3:
        assert "could not be put back" in stopped.err
        assert "1 open" in owed
        number = owed.split(":")[0]
        assert camlabel("settle", str(folder), "--discharge", number, "--why", "reset by hand").status == 0
        assert "0 open" in camlabel("settle", str(folder)).out
    else:
        assert stopped.verdicts["SYS-07"] in {"PASS", "INCONCLUSIVE"}


def owes(out: Path) -> bool:
    """Is anything owed now."""
    return any(b'"kind":"obligation"' in path.read_bytes() for path in out.glob("*/journal/*.jsonl"))
