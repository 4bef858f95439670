"""Switching a unit's supply."""

from pathlib import Path

import pytest

from harness.lab import power
from harness.lab.power import CommandPower, OperatorPower
from harness.model.bench import PowerSwitch
from harness.model.errors import UsageError


def switch(off: str, on: str = "true") -> CommandPower:
    return CommandPower(PowerSwitch(off=off, on=on, off_s=2))


def test_commands_are_run_by_the_shell(tmp_path: Path) -> None:
    made = switch(f"echo off >> {tmp_path}/said", f"echo on >> {tmp_path}/said")
    made.off()
    made.on()
    assert (tmp_path / "said").read_text().split() == ["off", "on"]
    assert (made.way, made.off_s) == ("commands", 2)


def test_a_command_that_fails_is_told_with_its_words() -> None:
    with pytest.raises(UsageError, match=r"power.off ended with status 3 \(no such relay\); try it by hand"):
        switch("echo no such relay >&2; exit 3").off()
    with pytest.raises(UsageError, match=r"status 1 \(no words\)"):
        switch("false").off()


def test_a_command_that_does_not_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power, "COMMAND_S", 0.1)
    with pytest.raises(UsageError, match="did not end within"):
        switch("sleep 5").off()


def test_a_person_is_asked_elsewhere() -> None:
    made = OperatorPower(PowerSwitch(by="operator", off_s=5))
    made.off()
    made.on()
    assert (made.way, made.off_s) == ("operator", 5)
