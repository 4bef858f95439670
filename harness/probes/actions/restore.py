"""Brings an account's first password back, wherever a change or a crash left it."""

from collections.abc import Iterable, Iterator
from itertools import islice

from harness.gate.bench import Bench
from harness.model.action import Undone
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes.actions.change import PATIENCE_S, ask, prepare, ways
from harness.probes.actions.login import let_in, reachable
from harness.probes.actions.outcome import label_of
from harness.transports.templates import NOT_TRIED

FIRST = 1
LOOKS_MAX = 20  # more than one case offers
SYNC_MAX = 3
CUTS = (8, 10, 12, 15, 16, 20, 24, 31, 32)
CUT_MAX = 3
CUT_LOOKS_MAX = 18
LATE = "changes of the password that were refused and took effect all the same"


class Restored(Undone):
    """Version 1 is valid on every surface; `found` was valid when we came, `way` brought the first one back (empty: nothing to do).

    `cut`: only so many first characters of `found` were valid, for the device had cut it short.
    """

    found: int
    way: str = ""
    cut: int = 0


def restore(bench: Bench, who: Credential) -> Restored:
    """Look, change back if needed, look again; NotRestored when that cannot be verified, DeviceSilent when nobody answers."""
    looked = islice(_likely(bench, who), LOOKS_MAX)
    whole = (who.at(version) for version in looked)
    found = _first_taken(bench, whole) or _first_taken(bench, islice(_cut_short(bench, who), CUT_LOOKS_MAX))
    late = _late(bench, who, found)
    found = found or _made_one(bench, who)
    if found is None:
        raise NotRestored(
            f"no known version of {who.unit}/{who.role}'s password is taken by all surfaces; "
            "try their values in private/secrets.jsonl of this run, also cut short, or reset it by hand, then settle"
        )
    bench.password_is(found)
    return Restored(found=found.version, way=_brought_back(bench, found), cut=found.cut, offence=LATE if late else "", offender=late)


def _late(bench: Bench, who: Credential, found: Credential | None) -> str:
    """What was offered without proof and is valid now, though nobody saw it: everywhere, or where surfaces differ, on one of them."""
    if found:
        return label_of(bench, found) if bench.is_unseen(found) else ""
    unseen = [each for version in bench.versions(who) if bench.is_unseen(each := who.at(version))][-LOOKS_MAX:]
    telling = [surface for surface in reachable(bench) if unseen and let_in(bench, surface, who.wrong).state == "refused"]
    taken = (each for each in unseen for surface in telling if let_in(bench, surface, each).state == "granted")
    return next((label_of(bench, each) for each in taken), "")


def _brought_back(bench: Bench, found: Credential) -> str:
    """The way by which the first one is valid again; empty when it was all along."""
    first = found.at(FIRST)
    if found == first:
        return ""
    way = next((way for way in ways(bench) if _changed(bench, way, found, first)), None)
    if way is None:
        raise NotRestored(
            f"{label_of(bench, found)} is valid, and no way changes it back to {label_of(bench, first)}{_kept_of(bench, first)}"
        )
    return way


def _kept_of(bench: Bench, first: Credential) -> str:
    """Where the device cuts the first one too, the owner must know."""
    kept = _first_taken(bench, (first.cut_to(length) for length in _cuts(bench, first)))
    return f"; of that, only the first {kept.cut} characters are valid now" if kept else ""


def _first_taken(bench: Bench, looked: Iterable[Credential]) -> Credential | None:
    return next((each for each in looked if _taken_everywhere(bench, each)), None)


def _cut_short(bench: Bench, who: Credential) -> Iterator[Credential]:
    """The newest ones, as a device may have kept them."""
    for version in (*islice(reversed(bench.versions(who)), CUT_MAX), FIRST):
        yield from (who.at(version).cut_to(length) for length in _cuts(bench, who.at(version)))


def _cuts(bench: Bench, who: Credential) -> tuple[int, ...]:
    """Usual bounds that are shorter than this password."""
    login = bench.access.login(who, NOT_TRIED)
    return tuple(length for length in CUTS if login and length < len(login.password))


def _likely(bench: Bench, who: Credential) -> Iterator[int]:
    """What the ledger believes, the first, then the newest; each miss counts towards a lock."""
    yield from dict.fromkeys((bench.current_version(who), FIRST, *reversed(bench.versions(who))))


def _made_one(bench: Bench, who: Credential) -> Credential | None:
    """Surfaces that hold different passwords are given one that is new to all, by any way that still opens."""
    for version in tuple(islice(_likely(bench, who), SYNC_MAX)):
        for way in ways(bench):
            new = bench.new_password(who)
            if _changed(bench, way, who.at(version), new):
                return new
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
        bench.wait(pause)
        if _taken_everywhere(bench, who):
            return True
    return False


def _taken_everywhere(bench: Bench, who: Credential) -> bool:
    """Does every surface let this credential in? Asks no further after the first that does not; of no surface, no."""
    surfaces = reachable(bench)
    return bool(surfaces) and all(let_in(bench, surface, who).state == "granted" for surface in surfaces)
