"""Brings an account's first password back, wherever a change or a crash left it."""

from collections.abc import Iterator
from itertools import islice

from harness.gate.bench import Bench
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes.actions.change import PATIENCE_S, ask, prepare, ways
from harness.probes.actions.login import let_in, reachable
from harness.probes.actions.outcome import label_of

FIRST = 1
LOOKS_MAX = 8
SYNC_MAX = 3


class Restored(Frozen):
    """Version 1 is valid on every surface; `found` was valid when we came, `way` brought the first one back (empty: nothing to do)."""

    found: int
    way: str = ""


def restore(bench: Bench, who: Credential) -> Restored:
    """Look, change back if needed, look again; NotRestored when that cannot be verified, DeviceSilent when nobody answers."""
    looked = islice(_likely(bench, who), LOOKS_MAX)
    found = next((version for version in looked if _taken_everywhere(bench, who.at(version))), None) or _made_one(bench, who)
    if found is None:
        raise NotRestored(
            f"no known version of {who.unit}/{who.role}'s password is taken by all surfaces; "
            "try their values in private/secrets.jsonl of this run, also cut short, or reset it by hand, then settle"
        )
    bench.password_is(who.at(found))
    if found == FIRST:
        return Restored(found=found)
    way = next((way for way in ways(bench) if _changed(bench, way, who.at(found), who.at(FIRST))), None)
    if way is None:
        raise NotRestored(f"{label_of(bench, who.at(found))} is valid, and no way changes it back to {label_of(bench, who.at(FIRST))}")
    return Restored(found=found, way=way)


def _likely(bench: Bench, who: Credential) -> Iterator[int]:
    """What the ledger believes, the first, then the newest; each miss counts towards a lock."""
    yield from dict.fromkeys((bench.current_version(who), FIRST, *reversed(bench.versions(who))))


def _made_one(bench: Bench, who: Credential) -> int | None:
    """Surfaces that hold different passwords are given one that is new to all, by any way that still opens."""
    for version in tuple(islice(_likely(bench, who), SYNC_MAX)):
        for way in ways(bench):
            new = bench.new_password(who)
            if _changed(bench, way, who.at(version), new):
                return new.version
    return None


def _changed(bench: Bench, way: str, present: Credential, new: Credential) -> bool:
    """Ask by one way; is the new one taken everywhere then?"""
    try:
        answered = ask(bench, prepare(bench, way, present), present, present, new).state
    except DeviceSilent:
        raise
    except (Undecided, NotPossible):
        return False
    if answered == "granted":
        bench.password_is(new)
    taken = _taken_in_time(bench, new, PATIENCE_S if answered == "granted" else PATIENCE_S[:1])
    bench.password_is(new if taken else present)
    return taken


def _taken_in_time(bench: Bench, who: Credential, patience: tuple[float, ...]) -> bool:
    for pause in patience:
        bench.clock.wait(pause)
        if _taken_everywhere(bench, who):
            return True
    return False


def _taken_everywhere(bench: Bench, who: Credential) -> bool:
    """Does every surface let this credential in? Asks no further after the first that does not; of no surface, no."""
    surfaces = reachable(bench)
    return bool(surfaces) and all(let_in(bench, surface, who).state == "granted" for surface in surfaces)
