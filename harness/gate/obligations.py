"""What is owed to the device: every change is journalled with its way back before it is made."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from harness.gate.question import Question, canonical, probe_name
from harness.journal.reader import Line
from harness.journal.writer import Journal
from harness.model.errors import NotRestored


@dataclass(frozen=True)
class Obligation:
    """Run `undo` with these arguments and verify, on the run's own unit or another."""

    id: int
    undo: str
    args: str
    case: str
    unit: str = ""

    @property
    def sentence(self) -> str:
        """For people."""
        return f"{self.undo}({self.args[1:-1]}){f' of {self.unit}' if self.unit else ''}"


class Obligations:
    """The open ones, oldest first; equal ones are owed once."""

    def __init__(self, journal: Journal, lines: Iterable[Line] = ()) -> None:
        self._journal = journal
        self.open = open_obligations(lines)

    def owe(self, question: Question, case: str) -> None:
        """Journal, durably, before the act. The undo gets as many of the act's arguments as it takes."""
        undo = question.mark.undo
        if undo is None:
            return
        name, args = probe_name(undo), canonical(question.values[: len(signature(undo).parameters) - 1])
        if canonical(arguments(undo, args)) != args:
            raise TypeError(f"{name} could not be given {args} again; correct its hints")
        if any((owed.undo, owed.args, owed.unit) == (name, args, question.unit) for owed in self.open):
            return
        of = {"unit": question.unit} if question.unit else {}
        number = self._journal.append("obligation", {"undo": name, "args": json.loads(args), "case": case, **of})
        self.open.append(Obligation(number, name, args, case, question.unit))

    def discharge(self, owed: Obligation, why: str) -> None:
        """Journal, durably, that it is settled."""
        self._journal.append("discharged", {"id": owed.id, "why": why})
        self.open.remove(owed)


def open_obligations(lines: Iterable[Line]) -> list[Obligation]:
    """What the journal of an earlier process leaves owed, oldest first."""
    owed: dict[int, Obligation] = {}
    for line in lines:
        if line.kind == "obligation":
            args = json.dumps(line.body["args"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
            owed[line.n] = Obligation(line.n, line.body["undo"], args, line.body["case"], line.body.get("unit", ""))
        if line.kind == "discharged":
            owed.pop(line.body["id"], None)
    return list(owed.values())


def arguments(undo: Callable[..., Any], args: str) -> tuple[Any, ...]:
    """Journalled arguments as the undo's own types; NotRestored when they do not fit it."""
    hints = get_type_hints(undo)
    names = tuple(signature(undo).parameters)[1:]
    try:
        pairs = zip(names, json.loads(args), strict=True)
        return tuple(TypeAdapter(hints[name]).validate_json(json.dumps(value)) for name, value in pairs)
    except (ValueError, KeyError) as error:
        raise NotRestored(f"{probe_name(undo)} does not take {args}: {error}") from error
