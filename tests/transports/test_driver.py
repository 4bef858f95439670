"""A driver is a child process: given an order, asked for one answer, and not trusted with anything else."""

import time
from pathlib import Path

import pytest

from harness.model.errors import Undecided
from harness.transports.driver import Driver, DriverAnswer

ORDER = {"action": "restart", "address": "127.0.0.1", "ports": {443: 8443}, "user": "admin", "password": "Correct-Horse-7"}


def driver(folder: Path, text: str, timeout_s: float = 20.0) -> Driver:
    (folder / "driver.py").write_text(text)
    return Driver(folder / "driver.py", ("restart",), timeout_s)


def test_it_gets_the_order_and_its_answer_is_taken(tmp_path: Path) -> None:
    text = """\
import json, sys
order = json.load(sys.stdin)
print(json.dumps({"state": "granted", "why": f"{order['action']} of {order['address']}:{order['ports']['443']} as {order['user']}"}))
"""
    answer = driver(tmp_path, text).run(ORDER)
    assert answer == DriverAnswer(state="granted", why="restart of 127.0.0.1:8443 as admin")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "print('yes')",
        "print('{}')",
        'print(\'{"state": "perhaps"}\')',
        "import sys; sys.exit(3)",
        "raise SystemExit('no')",
        "while True: print('x' * 65536)",
        "import sys; sys.stdout.buffer.write(b'\\xff\\xfe')",
        "import json; print(json.dumps({'state': 'granted', 'why': 'x' * 70000}))",
    ],
)
def test_anything_else_is_no_answer(tmp_path: Path, text: str) -> None:
    with pytest.raises(Undecided, match=r"driver\.py"):
        driver(tmp_path, text).run(ORDER)


def test_one_that_does_not_end_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    text = "import os, pathlib, time\nos.fork()\npathlib.Path(__file__).with_name(str(os.getpid())).touch()\ntime.sleep(60)\n"
    with pytest.raises(Undecided, match="within 1 s"):
        driver(tmp_path, text, 1.0).run(ORDER)
    pids = [int(path.name) for path in tmp_path.iterdir() if path.name.isdecimal()]
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(running(pid) for pid in pids):
        time.sleep(0.02)
    assert len(pids) == 2
    assert not any(running(pid) for pid in pids)


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_it_sees_nothing_of_our_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET_OF_OURS", "x")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    text = "import json, os, sys\nprint(json.dumps({'state': 'unclear', 'why': ' '.join(os.environ) + ' '.join(sys.path)}))\n"
    said = driver(tmp_path, text).run(ORDER).why
    assert "A_SECRET_OF_OURS" not in said
    assert str(tmp_path) not in said


def test_its_digest_is_that_of_the_file(tmp_path: Path) -> None:
    one = driver(tmp_path, "pass")
    first = one.sha256
    one.path.write_text("pass ")
    assert len(first) == 64
    assert one.sha256 != first
