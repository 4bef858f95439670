"""The ordinary day of the emulated camera in a whole run: whole, and begun anew where a kill cut it."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from harness.journal.reader import read
from tests.system.command import IN_A_HURRY, camlabel, command, run_folder
from tests.system.test_kill import wait_for_silence

pytestmark = [pytest.mark.once, pytest.mark.slow]

ARGUMENTS = ("--json", "--select", "NET-24", "--effort", "full")


def day_of(folder: Path) -> dict[str, list[dict[str, str]]]:
    """The last one."""
    seen = [line.body for line in read(folder / "journal") if line.kind == "observation" and line.body["probe"] == "life.ordinary_day"]
    found: dict[str, list[dict[str, str]]] = seen[-1]["result"]
    return found


@pytest.mark.parametrize("after_s", [0.5, 1.5, 3.0, 5.0])
def test_a_day_that_a_kill_cut_is_begun_anew(tmp_path: Path, after_s: float) -> None:
    bench = tmp_path / "bench.yaml"
    bench.write_text(Path(IN_A_HURRY[3]).read_text(encoding="utf-8").replace("impact: change", "impact: reset"), encoding="utf-8")
    out = tmp_path / "runs"
    words = command("run", *ARGUMENTS, *IN_A_HURRY[:2], "--bench", str(bench), "--out", str(out))
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(b"life.ordinary_day" in path.read_bytes() for path in out.glob("*/journal/*.jsonl")):
        time.sleep(0.01)
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    process.wait()
    wait_for_silence(out)
    folder = run_folder(out)
    done = camlabel("run", "--json", "--resume", str(folder))
    assert done.requirement("NET-24")["verdict"] == "PASS", (done.requirement("NET-24"), done.err)
    assert day_of(folder)["left_out"] == []
    asked = [line.body["probe"] for line in read(folder / "journal") if line.kind == "observation"]
    assert asked.count("device.reset") == 1, "a set-up that only the cut process recorded is made again"
