"""Every change is owed before it is made, and undone in reverse, also by the next process."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.gate.attempt import running
from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.gate.obligations import Obligations, arguments, open_obligations
from harness.gate.outcome import ProbeBroke
from harness.journal.reader import read
from harness.model.base import Frozen
from harness.model.errors import CamlabelError, NotRestored
from harness.model.secret import Credential
from tests.builders.children import unmeasured
from tests.builders.toy import Done, Gate, attempt, break_for_good, change, fail_to_put_back, gate, put_back, toy_of

OWNER = Credential(unit="cam-1", role="owner")


class Blob(Frozen):
    """Bytes in a model."""

    data: bytes


@acts("change")
def undo_all(bench: Bench, who: Credential, names: Sequence[str], more: Mapping[str, int], blob: Blob) -> Done:
    """Takes what JSON does not know."""
    toy_of(bench).call(f"{type(who).__name__} {list(names)} {dict(more)} {blob.data!r}")
    return Done(value=0)


@acts("change", undo=undo_all)
def do_all(bench: Bench, who: Credential, names: Sequence[str], more: Mapping[str, int], blob: Blob, extra: int = 0) -> Done:
    """Takes one argument more than its undo."""
    return Done(value=extra)


@acts("change")
def undo_bytes(bench: Bench, data: bytes) -> Done:
    """Bare bytes do not come back as they were."""
    return Done(value=0)


@acts("change", undo=undo_bytes)
def do_bytes(bench: Bench, data: bytes) -> Done:
    """Must not be done."""
    toy_of(bench).call("do_bytes")
    return Done(value=0)


@acts("change")
def undo_unhinted(bench, name):  # type: ignore[no-untyped-def]
    """Nobody knows what it takes."""


@acts("change", undo=undo_unhinted)
def do_unhinted(bench: Bench, name: str) -> Done:
    """Must not be done."""
    toy_of(bench).call("do_unhinted")
    return Done(value=0)


@acts("reset")
def restore_everything(bench: Bench) -> Done:
    """As strong as the act that it undoes."""
    toy_of(bench).call("restore_everything")
    return Done(value=0)


@acts("reset", undo=restore_everything)
def factory_reset(bench: Bench) -> Done:
    """Strong."""
    return Done(value=0)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as opened:
        yield opened


def settle(desk: Gate) -> None:
    """As the runner does, in reverse."""
    known: dict[str, Any] = {f"tests.builders.toy:{each.__name__}": each for each in (put_back, fail_to_put_back)}
    known |= {f"tests.gate.test_obligations:{each.__name__}": each for each in (undo_all, restore_everything)}
    for owed in reversed(tuple(desk.live.obligations.open)):
        desk.live.settle(attempt(f"(runner) {owed.id}"), owed, known[owed.undo])


def test_owed_before_the_act(desk: Gate) -> None:
    """Durably: it is in the file when the act begins."""
    seen: list[list[str]] = []
    desk.toy.on_call = lambda _: seen.append(desk.kinds())
    with running(attempt()):
        desk.observe()(change, "a", 5)
    assert seen == [["obligation", "intent"]]
    [owed] = desk.live.obligations.open
    assert (owed.undo, owed.args, owed.case) == ("tests.builders.toy:put_back", '["a"]', "test_toy")
    assert owed.sentence == 'tests.builders.toy:put_back("a")'


def test_equal_ones_are_owed_once(desk: Gate) -> None:
    with running(attempt()):
        for value in (5, 6, 7):
            desk.observe()(change, "a", value)
        desk.observe()(change, "b", 5)
    assert [owed.args for owed in desk.live.obligations.open] == ['["a"]', '["b"]']
    assert desk.kinds("obligation") == ["obligation"] * 2


def test_they_are_undone_in_reverse_and_discharged(desk: Gate) -> None:
    with running(attempt()):
        for name in "abc":
            desk.observe()(change, name, 5)
    settle(desk)
    assert desk.toy.calls[-3:] == ["put_back c", "put_back b", "put_back a"]
    assert desk.toy.settings == {"a": 1, "b": 1, "c": 1}
    assert desk.live.obligations.open == open_obligations(desk.lines) == []
    assert [body["why"] for body in desk.bodies("discharged")] == ["undone and verified"] * 3


def test_what_was_discharged_is_owed_again_when_it_is_done_again(desk: Gate) -> None:
    for _ in range(2):
        with running(attempt()):
            desk.observe()(change, "a", 5)
        settle(desk)
    assert desk.kinds("obligation", "discharged") == ["obligation", "discharged"] * 2


def test_an_undo_that_fails_leaves_it_open(desk: Gate) -> None:
    """Those behind it are not lost."""
    with running(attempt()):
        desk.observe()(change, "a", 5)
        desk.observe()(break_for_good, "b")
    with pytest.raises(ProbeBroke, match="NotRestored: b cannot be put back"):
        settle(desk)
    assert [owed.args for owed in desk.live.obligations.open] == ['["a"]', '["b"]']
    assert desk.kinds("discharged") == []


def test_the_next_process_owes_what_the_first_one_left(tmp_path: Path) -> None:
    with gate(tmp_path) as first, running(attempt()):
        first.observe()(change, "a", 5)
        first.observe()(do_all, OWNER, ["x", "y"], {"n": 1}, Blob(data=b"\xff\xfe"), extra=3)
        before = list(first.live.obligations.open)
    device = first.toy
    with gate(tmp_path, toy=device) as second:
        assert second.live.obligations.open == before
        settle(second)
        assert device.calls[-2:] == ["Credential ['x', 'y'] {'n': 1} b'\\xff\\xfe'", "put_back a"]
        assert second.live.obligations.open == []
    assert open_obligations(read(tmp_path / "journal")) == []


def test_a_process_killed_while_it_undoes_leaves_it_open(tmp_path: Path) -> None:
    code = """
import os, signal, sys
from pathlib import Path
from typing import Any
from harness.gate.attempt import running
from tests.builders.toy import attempt, change, gate
from tests.gate.test_obligations import settle
with gate(Path(sys.argv[1])) as desk:
    with running(attempt()):
        desk.observe()(change, "a", 5)
    desk.toy.on_call = lambda name: os.kill(os.getpid(), signal.SIGKILL)
    settle(desk)
"""
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False, env=unmeasured())
    assert child.returncode == -9, child.stderr.decode()
    assert [owed.args for owed in open_obligations(read(tmp_path / "journal"))] == ['["a"]']


@pytest.mark.parametrize(("probe", "argument"), [(do_bytes, b"\xff"), (do_unhinted, "a")])
def test_what_could_not_be_undone_by_its_record_is_not_done(desk: Gate, probe: object, argument: object) -> None:
    with running(attempt()), pytest.raises((TypeError, CamlabelError)):
        desk.observe()(probe, argument)  # type: ignore[arg-type]
    assert desk.toy.calls == []
    assert desk.lines == []


def test_arguments_that_do_not_fit_are_not_restored() -> None:
    for args in ('["a","b"]', "[]", "[1]"):
        with pytest.raises(NotRestored, match="put_back does not take"):
            arguments(put_back, args)


def test_an_undo_may_do_as_much_as_its_act(desk: Gate) -> None:
    with running(attempt(impact="flash")):
        desk.observe()(factory_reset)
    settle(desk)
    assert desk.toy.calls == ["restore_everything"]


def test_an_undo_is_tried_however_silent_the_device_was(tmp_path: Path) -> None:
    alive = True
    with gate(tmp_path, alive=lambda: alive) as desk:
        with running(attempt()):
            desk.observe()(change, "a", 5)
        desk.live.health._silent_s = 10_000.0
        settle(desk)
        assert desk.toy.settings["a"] == 1


def test_an_undo_ends_the_epoch(desk: Gate) -> None:
    with running(attempt()):
        desk.observe()(change, "a", 5)
    before = desk.live.epoch
    settle(desk)
    assert desk.live.epoch == before + 1


def test_a_discharge_by_hand_counts(desk: Gate) -> None:
    with running(attempt()):
        desk.observe()(change, "a", 5)
    [owed] = desk.live.obligations.open
    desk.live.journal.append("discharged", {"id": owed.id, "why": "by hand"})
    assert Obligations(desk.live.journal, desk.lines).open == []
