"""Which record of a log tells of which event, pure: each event has one of its own, with who, whence, when and how it ended."""

import json
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from harness.model.audit import EventKind, LogTable, Result
from harness.model.base import Frozen
from harness.model.errors import Undecided, UsageError

RECORDS_MOST, TEXT_MOST = 5000, 200
MILLISECONDS = 1e11  # seconds since 1970 are fewer for the next thousand years
FIELDS = ("time", "event", "actor", "source", "result")


class Record(Frozen):
    """One record, its fields as text; a time that cannot be read is None."""

    event: str
    actor: str
    source: str
    result: str
    time: float | None


class Caused(Frozen):
    """One event that we brought about, when by the right time, what the device answered, and what was new in the log then.

    `table` is the profile's, so that the records can be judged again.
    """

    asked: str
    kind: EventKind
    result: Result
    actor: str
    source: str
    began: float
    ended: float
    happened: bool
    why: str
    fresh: tuple[Record, ...] = ()
    table: LogTable = LogTable()

    def lacks(self, bound: float) -> str:
        """What no record tells of it: the best of those that are new counts; empty where one tells all."""
        found = [_lacks(self, record, bound) for record in recorded(self.kind, self.result, self.fresh, self.table)]
        fewest = sorted(found, key=len)[:1]
        return ", ".join(fewest[0]) if fewest else "no record of it"


def records_in(body: bytes, table: LogTable) -> tuple[Record, ...]:
    """All records of an answer; Undecided when there is no list where the profile says."""
    try:
        found: JsonValue = jmespath.search(table.records, json.loads(body))
    except (ValueError, RecursionError, JMESPathError) as problem:
        raise Undecided(f"the log cannot be read as the profile says: {problem}") from None
    if not isinstance(found, list):
        raise Undecided(f"there is no list of records at {table.records!r} in the log")
    return tuple(_record(each, table) for each in found[-RECORDS_MOST:])


def new_since(before: Iterable[Record], after: Iterable[Record]) -> tuple[Record, ...]:
    """Records that were not there before; the same words twice are two."""
    left = Counter(before)
    fresh: list[Record] = []
    for record in after:
        if left[record] > 0:
            left[record] -= 1
        else:
            fresh.append(record)
    return tuple(fresh)


def recorded(kind: EventKind, result: Result, records: Iterable[Record], table: LogTable) -> list[Record]:
    """Those of its kind and result, else those of its kind that tell no result: a refusal does not tell of what was granted."""
    known = table.events.get(kind)
    same = [each for each in records if known and matches(known, each.event)]
    ended = table.results.get(result, "")
    fitting = [each for each in same if ended and matches(ended, each.result)]
    return fitting or [each for each in same if not any(matches(word, each.result) for word in table.results.values())]


def _lacks(event: Caused, record: Record, bound: float) -> tuple[str, ...]:
    """What is missing or wrong in it."""
    result = event.table.results.get(event.result, "")
    problems = {
        "its time": record.time is None,
        f"a time within {bound:g} s": record.time is not None and not event.began - bound <= record.time <= event.ended + bound,
        f"who did it ({event.actor or 'anybody'})": record.actor != event.actor if event.actor else not record.actor,
        f"where it came from ({event.source or 'anywhere'})": event.source not in record.source if event.source else not record.source,
        f"that it was {event.result}": not (result and matches(result, record.result)),
    }
    return tuple(words for words, missing in problems.items() if missing)


def matches(pattern: str, text: str) -> bool:
    """A regular expression of the profile, on a bounded text."""
    try:
        return re.search(pattern, text[:TEXT_MOST]) is not None
    except re.error as problem:
        raise UsageError(f"the regular expression {pattern!r} cannot be read: {problem}; correct it in ixit.log") from problem


def _record(entry: JsonValue, table: LogTable) -> Record:
    values = {name: _found(table.fields[name], entry) if name in table.fields else None for name in FIELDS}
    texts = {name: str(value)[:TEXT_MOST] if isinstance(value, str | int | float) else "" for name, value in values.items()}
    return Record(event=texts["event"], actor=texts["actor"], source=texts["source"], result=texts["result"], time=moment(values["time"]))


def _found(expression: str, entry: JsonValue) -> JsonValue:
    try:
        value: JsonValue = jmespath.search(expression, entry)
    except (ValueError, TypeError, JMESPathError):
        return None
    return value


def moment(value: JsonValue) -> float | None:
    """Seconds since 1970 of a number, of a text that is one, or of a date and time; without a zone it is UTC."""
    if isinstance(value, str):
        text = value
        try:
            value = float(text)
        except ValueError:
            return _date(text)
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        return None
    return value / 1000 if abs(value) > MILLISECONDS else float(value)


def _date(text: str) -> float | None:
    try:
        made = datetime.fromisoformat(text.strip()[:TEXT_MOST].replace("/", "-"))
        return (made if made.tzinfo else made.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
