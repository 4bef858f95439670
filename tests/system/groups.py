"""Which flaws share a camera on each commit: starting camera, router and run costs more than most checks."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from hashlib import sha256

from harness.emulated.camera.flaws import Flaw

MOST = 4

# Pairs of flaws that no camera shows at the same time, and why.
APART: tuple[tuple[str, str, str], ...] = (
    ("tls-static-suite", "tls-short-second-key", "one second certificate at a time"),
    ("tls-static-suite", "tls-null-suite", "one list of suites at a time"),
    ("tls-static-suite", "tls-anonymous-suite", "one list of suites at a time"),
    ("tls-cbc-first", "tls-old-versions", "one list of suites at a time"),
    ("cloud-cbc-first", "cloud-old-unlisted", "one list of suites at a time"),
)


def groups(flaws: Sequence[Flaw], most: int = MOST, apart: Iterable[Sequence[str]] = APART) -> tuple[tuple[Flaw, ...], ...]:
    """Each flaw in one group, whose requirements are disjoint; a function of the names alone, so that a new flaw moves few others."""
    hiding = {frozenset(pair[:2]) for pair in apart}
    homes: list[list[Flaw]] = [[] for _ in range(needed(flaws, most))]
    for flaw in sorted(flaws, key=lambda each: (-len(each.breaks), digest(each.name))):
        free = [number for number, home in enumerate(homes) if len(home) < most and all(agree(flaw, other, hiding) for other in home)]
        if free:
            homes[min(free, key=lambda number: digest(f"{flaw.name} {number}"))].append(flaw)
        else:
            homes.append([flaw])
    return tuple(tuple(home) for home in homes if home)


def needed(flaws: Sequence[Flaw], most: int) -> int:
    """How many groups there must be: for all flaws, and for those of one requirement."""
    same = Counter(name for flaw in flaws for name in flaw.breaks)
    return max(-(-len(flaws) // most), *same.values(), 0)


def agree(one: Flaw, other: Flaw, hiding: Collection[frozenset[str]]) -> bool:
    """May both be in one camera, so that each FAIL is of one of them?"""
    return not set(one.breaks) & set(other.breaks) and frozenset((one.name, other.name)) not in hiding


def digest(text: str) -> bytes:
    """An order that has nothing to do with that of the list."""
    return sha256(text.encode()).digest()
