"""What an answer to somebody without a session says of a function, pure: compared with the owner's and with that to nothing at all."""

import json
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from pydantic import JsonValue

from harness.model.base import Frozen
from harness.model.recipe import Conditions
from harness.probes.actions.outcome import State
from harness.probes.actions.recipe import holds, is_locked_out
from harness.probes.snapshot_picture import kind_of
from harness.transports.http import HttpReply, text_of

REFUSED = frozenset({401, 403, 404, 405, 407, 410})
COMPARED, ALIKE, LEAVES_MOST = 4096, 0.9, 5000
FEW = 6
MANY_ALIKE = 0.6

Leaves = dict[str, str]


class Seen(Frozen):
    """One answer, as far as it is compared."""

    status: int
    kind: str
    body: bytes
    whole: HttpReply

    @classmethod
    def of(cls, reply: HttpReply) -> "Seen":
        """With its picture, if it is one."""
        return cls(status=reply.status, kind=kind_of(reply.body), body=reply.body, whole=reply)

    @property
    def fine(self) -> bool:
        """Success by its status."""
        return 200 <= self.status < 300


class Compared(Frozen):
    """What an answer is compared with: that to the owner (None where nobody asked), and that to the same key for a path that is none."""

    owners: Seen | None
    nothing: Seen
    refused_when: Conditions | None = None
    granted: tuple[int, ...] = ()


def judged(seen: Seen, to: Compared) -> tuple[State, str]:
    """Granted where it gives what the owner gets; refused by status, by the profile's word, or as what is not there is answered."""
    told = f"status {seen.status}"
    for state, why in _rules(seen, to):
        if why:
            return state, f"{told}{why}"
    return "unclear", f"{told}, neither a refusal nor what its owner gets"


def _rules(seen: Seen, to: Compared) -> Iterator[tuple[State, str]]:
    """In this order; the first that has something to say counts."""
    as_nothing = seen.status == to.nothing.status and alike(seen, to.nothing)
    owners = to.owners
    gives = owners is not None and owners.fine and alike(seen, owners) and (not seen.fine or not as_nothing)
    refuses = to.refused_when is not None and holds(to.refused_when, seen.whole)
    yield "granted", ", with what its owner gets" if gives else ""
    yield "unclear", ": locked out" if is_locked_out(seen.whole) else ""
    yield "refused", ", a refusal as the profile says" if refuses else ""
    yield "refused", ", a refusal" if seen.status in REFUSED else ""
    yield "refused", ", as for a path that does not exist" if as_nothing else ""
    yield "refused", f" to {(seen.whole.header('Location') or 'nowhere')[:100]}" if 300 <= seen.status < 400 else ""
    yield "granted", ", a picture" if seen.kind else ""
    yield "granted", ", as to somebody who may" if seen.fine and (owners is None or seen.status in to.granted) else ""


def judged_head(seen: Seen, to: Compared) -> tuple[State, str]:
    """Of an answer without a body: granted where its head is that of what the owner gets, and not that of what does not exist."""
    told = f"status {seen.status}"
    if is_locked_out(seen.whole):
        return "unclear", f"{told}: locked out"
    if not seen.fine:
        return "refused", f"{told}, which gives nothing"
    as_nothing = to.nothing.fine and _head(seen) == _head(to.nothing)
    owners = to.owners is None or _head(seen)[0] == _head(to.owners)[0]
    if as_nothing or not owners or _head(seen)[1] == "0":
        return "refused", f"{told}, {'as for a path that does not exist' if as_nothing else 'and tells of nothing that its owner gets'}"
    return "granted", f"{told}, with the head of what its owner gets"


def _head(seen: Seen) -> tuple[str, str]:
    kind = (seen.whole.header("Content-Type") or "").partition(";")[0].strip().lower()
    return kind, (seen.whole.header("Content-Length") or "").strip()


def alike(one: Seen, other: Seen) -> bool:
    """Do two answers hold the same kind of thing?"""
    if one.kind or other.kind:
        return bool(one.kind and other.kind)
    if one.body == other.body:
        return bool(one.body) or one.fine == other.fine
    first, second = leaves_of(one.body), leaves_of(other.body)
    if first is None or second is None:
        return first is None and second is None and _same_text(one.body, other.body)
    return _same_leaves(first, second)


def _same_text(one: bytes, other: bytes) -> bool:
    if not one or not other:
        return False
    return SequenceMatcher(None, text_of(one[:COMPARED]), text_of(other[:COMPARED]), autojunk=False).quick_ratio() >= ALIKE


def _same_leaves(one: Leaves, other: Leaves) -> bool:
    """Many of the same names; of few ones also half of the values, since refusals may come in the same dress."""
    names = set(one) & set(other)
    if not names or len(names) < MANY_ALIKE * len(set(one) | set(other)):
        return False
    return len(names) > FEW or sum(one[name] == other[name] for name in names) * 2 >= len(names)


def leaves_of(body: bytes) -> Leaves | None:
    """Every value of a JSON body by its path, those of lists under one name; None when it is none."""
    try:
        document: JsonValue = json.loads(body)
        leaves = dict(_walk(document, ""))
    except (ValueError, RecursionError):
        return None
    return leaves if isinstance(document, dict | list) else None


def _walk(value: JsonValue, path: str) -> Iterator[tuple[str, str]]:
    stack: list[tuple[JsonValue, str]] = [(value, path)]
    count = 0
    while stack and count < LEAVES_MOST:
        value, path = stack.pop()
        if isinstance(value, dict):
            stack += [(each, f"{path}.{name}") for name, each in value.items()]
        elif isinstance(value, list):
            stack += [(each, f"{path}[{number}]") for number, each in enumerate(value)]
            yield f"{path}.length", str(len(value))
        else:
            count += 1
            yield path, json.dumps(value)


def changed(before: Mapping[str, Leaves], after: Mapping[str, Leaves], volatile: frozenset[str]) -> tuple[str, ...]:
    """Places of the state that differ, by endpoint; those that change by themselves are left out."""
    return tuple(place for place in differences(before, after) if pattern_of(place) not in volatile)


def differences(before: Mapping[str, Leaves], after: Mapping[str, Leaves]) -> tuple[str, ...]:
    """All places that differ."""
    found: list[str] = []
    for name in before.keys() | after.keys():
        one, other = before.get(name, {}), after.get(name, {})
        found += [f"{name} {path}" for path in one.keys() | other.keys() if one.get(path) != other.get(path)]
    return tuple(sorted(found))


def pattern_of(place: str) -> str:
    """The same place in any entry of a list."""
    return "".join("[]" if part.startswith("[") else part for part in _split(place))


def _split(place: str) -> Iterator[str]:
    while "[" in place and "]" in place[place.index("[") :]:
        start = place.index("[")
        end = place.index("]", start)
        yield place[:start]
        yield place[start : end + 1]
        place = place[end + 1 :]
    yield place


def disclosed(body: bytes, guarded: Mapping[str, Leaves]) -> tuple[str, ...]:
    """What an answer to anybody tells of what is behind the log-in: the same names with the same telling values."""
    told = leaves_of(body)
    if told is None:
        return ()
    mine = {(_last(path), value) for path, value in told.items() if _tells(value)}
    pairs = ((name, path, value) for name, leaves in guarded.items() for path, value in leaves.items() if _tells(value))
    return tuple(sorted({f"{_last(path)} of {name}" for name, path, value in pairs if (_last(path), value) in mine}))


def _last(path: str) -> str:
    return path.rpartition(".")[2].partition("[")[0]


def _tells(value: str) -> bool:
    """A text of three characters or more; yes, no and small numbers are everywhere."""
    return value.startswith('"') and len(value) >= 5
