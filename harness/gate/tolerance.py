"""What a device stands, learned from connections that came to nothing and, begun more gently, were taken. No clock, no threads."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

GENTLE_S, GENTLEST_S, SHORTEST_S = 0.5, 2.0, 0.02
GENTLE_PER_S = 3.0
VAIN_MAX = 3


@dataclass(frozen=True)
class Course:
    """How a connection was begun: how many were open with it, and how long after the last one had begun or ended."""

    at_once: int
    gap_s: float


@dataclass
class Tolerance:
    """`at_once` and `gap_s` are what it stands, `per_s` the rate since it went down under a higher one; `drops`: no pace helps."""

    at_once: int
    per_s: float = math.inf
    gap_s: float = 0.0
    drops: bool = False
    _raises: int = 0
    _most: int = 1
    _answered: set[str] = field(default_factory=set)
    _vain: Counter[str] = field(default_factory=Counter)
    _spoke: set[str] = field(default_factory=set)
    _mute: Counter[str] = field(default_factory=Counter)

    @property
    def fragile(self) -> bool:
        """Was anything learned?"""
        return self.drops or self._raises > 0 or self.per_s < math.inf

    def pauses(self, what: str) -> tuple[float, ...]:
        """How long to rest before each further attempt at what came to nothing.

        What was answered before is worth more than what never was; a sound device is not asked everything twice, nor waited for always.
        """
        if self.drops:
            return SHORTEST_S, GENTLE_S, GENTLEST_S
        if self.fragile:
            gentle = max(GENTLE_S, 2 * self.gap_s)
            return (gentle, GENTLEST_S) if what in self._answered else (gentle,)
        if what in self._answered:
            return (GENTLE_S if self._vain[what] < VAIN_MAX else SHORTEST_S,)
        return (GENTLE_S,) if self._vain.total() < VAIN_MAX else ()

    def spoke(self, what: str) -> None:
        """It said something on a connection."""
        self._spoke.add(what)

    def went_mute(self, what: str) -> bool:
        """One more connection ended without a word: did more than a few do so, and none ever bring one? Then that is its answer."""
        self._mute[what] += 1
        return what not in self._spoke and self._mute[what] > VAIN_MAX

    def answered(self, what: str) -> None:
        """An attempt of this kind came to something."""
        self._answered.add(what)

    def is_known(self, what: str) -> bool:
        """Did an attempt of this kind come to something?"""
        return what in self._answered

    def in_vain(self, what: str) -> None:
        """Gentleness did not help: so this is what the device answers."""
        self._vain[what] += 1

    def stood(self, course: Course) -> None:
        """A connection was taken."""
        self._most = max(self._most, course.at_once)

    def learn(self, fell: Course, stood: Course) -> str:
        """The same came to nothing, and to something when it was begun more gently: the lesson in words, empty where there is none."""
        if fell.at_once > max(stood.at_once, self._most):
            self._raises += 1
            self.at_once = min(self.at_once, fell.at_once - 1)
            return f"stands {self.at_once} connections at a time"
        if self.drops or fell.gap_s >= stood.gap_s:
            return ""
        if fell.gap_s >= GENTLEST_S / 2:
            self.drops, self.gap_s = True, 0.0
            return "drops connections at any pace: each is tried again"
        rest = min(stood.gap_s, GENTLEST_S)
        steps = (math.sqrt(max(fell.gap_s, SHORTEST_S) * rest), (self.gap_s + rest) / 2, rest)
        self.gap_s = round(max(self.gap_s, steps[min(self._raises, 2)]), 3)
        self._raises += 1
        return f"wants {self.gap_s:g} s between connections"

    def went_away(self, lately_per_s: float) -> str:
        """It did not answer any more after so many connections a second; few can not be why."""
        rate = round(max(GENTLE_PER_S / 2, lately_per_s / 2), 3)
        if lately_per_s <= GENTLE_PER_S or rate >= self.per_s:
            return ""
        self.per_s = rate
        return f"went away under {lately_per_s:.1f} connections a second: {rate:g} from now on"

    def told(self) -> dict[str, Any]:
        """For the journal."""
        return {"at_once": self.at_once, "per_s": None if math.isinf(self.per_s) else self.per_s, "gap_s": self.gap_s, "drops": self.drops}

    def restore(self, told: Mapping[str, Any]) -> None:
        """What an earlier process learned."""
        self.at_once = min(self.at_once, int(told["at_once"]))
        self.per_s = math.inf if told["per_s"] is None else float(told["per_s"])
        self.gap_s, self.drops, self._raises = float(told["gap_s"]), bool(told["drops"]), max(self._raises, 1)
