"""A mistake in a file that people write: where it is, what it is, and what would be right."""

from collections.abc import Iterable
from pathlib import Path

from harness.model.base import Frozen
from harness.model.errors import UsageError

Step = str | int
Loc = tuple[Step, ...]

WHOLE_FILE: Loc = ()
SHOWN_MAX = 100


class Mistake(Frozen):
    """Printed as `file:line: path: what, remedy`."""

    file: str
    line: int
    path: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return printable(f"{self.file}:{self.line}: {self.path}: {self.what}, {self.remedy}")


def printable(text: str) -> str:
    """Text in which every character that could move a cursor or break a line is written out."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text)


def dotted(loc: Loc) -> str:
    """A place in a file as people write it: `ixit.log_intf[2].port`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in loc)
    return text.removeprefix(".") or "(file)"


def refusal(mistakes: Iterable[Mistake]) -> UsageError:
    """One UsageError that tells all mistakes, in the order of their lines."""
    ordered = sorted(set(mistakes), key=lambda m: (m.file, m.line, m.path, m.what))
    more = [f"… and {len(ordered) - SHOWN_MAX} more"] if len(ordered) > SHOWN_MAX else []
    return UsageError("\n".join([*map(str, ordered[:SHOWN_MAX]), *more]))


def file_mistake(path: Path, what: str, remedy: str) -> Mistake:
    """A mistake of the file as a whole."""
    return Mistake(file=str(path), line=1, path=dotted(WHOLE_FILE), what=what, remedy=remedy)
