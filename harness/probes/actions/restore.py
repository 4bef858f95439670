"""Brings an account's first password back, wherever a change or a crash left it."""

from collections.abc import Iterator

from harness.gate.bench import Bench
from harness.model.base import Frozen
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes.actions.change import ask, prepare, ways, works_everywhere
from harness.probes.actions.outcome import label_of

FIRST = 1
LOOKS_MAX = 8


class Restored(Frozen):
    """Version 1 is valid on every surface; `found` was valid when we came, `way` brought the first one back (empty: nothing to do)."""

    found: int
    way: str = ""


def restore(bench: Bench, who: Credential) -> Restored:
    """Look, change back if needed, look again; NotRestored when that cannot be verified."""
    found = next((version for version in _likely(bench, who) if works_everywhere(bench, who.at(version))), None)
    if found is None:
        raise NotRestored(f"no known version of {who.unit}/{who.role}'s password is taken by all surfaces; reset it by hand, then settle")
    bench.password_is(who.at(found))
    if found == FIRST:
        return Restored(found=found)
    way = next((way for way in ways(bench) if _brought_back(bench, way, who, found)), None)
    if way is None:
        raise NotRestored(f"{label_of(bench, who.at(found))} is valid, and no way changes it back to {label_of(bench, who.at(FIRST))}")
    return Restored(found=found, way=way)


def _likely(bench: Bench, who: Credential) -> Iterator[int]:
    """What the ledger believes, the first, then the newest; bounded, since each miss counts towards a lock."""
    order = dict.fromkeys((bench.current_version(who), FIRST, *reversed(bench.versions(who))))
    yield from list(order)[:LOOKS_MAX]


def _brought_back(bench: Bench, way: str, who: Credential, found: int) -> bool:
    present, first = who.at(found), who.at(FIRST)
    try:
        answered = ask(bench, prepare(bench, way, present), present, present, first).state
    except (Undecided, NotPossible):
        answered = "unclear"
    if answered == "granted":
        bench.password_is(first)
    back = works_everywhere(bench, first)
    bench.password_is(first if back else present)
    return back
