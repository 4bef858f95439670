"""Sessions over restarts: is one that was logged out there again, and are the tokens of one start those of the start before?"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential
from harness.probes.actions import session
from harness.probes.actions.recipe import WebSession
from harness.probes.life_phases import Left, restart
from harness.probes.session_doors import doors_of
from harness.probes.session_values import carried
from harness.probes.sessions import Ended, ended, fresh
from harness.probes.token_figures import known_again

STARTS, TOKENS, TOKENS_MIN = 2, 12, 4
WRITTEN_S = 60.0  # what is written now and then is written by then
WHY_MOST = 300


class Restarted(Frozen):
    """One surface over two restarts. `tokens`: how many were given after each, `again`: how many of the second start were known from
    the first.

    `no_way`: why nobody could log out, `unclear`: why of tokens nothing is said.
    """

    surface: Surface
    asked: str
    revived: Ended
    no_way: str = ""
    tokens: tuple[int, ...] = ()
    again: int = 0
    unclear: str = ""

    @property
    def repeats(self) -> bool:
        """Does each start give the same tokens? Undecided where few were given."""
        if not self.again and (self.unclear or min(self.tokens, default=0) < TOKENS_MIN):
            raise Undecided(f"{self.asked}: {self.unclear}")
        return self.again > 0

    @property
    def revives(self) -> bool:
        """Did a restart give back a session that was logged out?"""
        if self.no_way:
            raise NotPossible(self.no_way)
        return self.revived.outlived


@acts("reboot")
def over_restarts(bench: Bench, surfaces: Sequence[Surface], who: Credential) -> tuple[Restarted, ...]:
    """Log in and out on each surface, restart, use the old tokens and collect new ones; restart and collect once more."""
    if bench.effort == "quick":
        bench.spare("no restart")
        raise Undecided("the device was not restarted")
    over = [_Over(bench, surface, who) for surface in surfaces]
    trouble = ""
    for start in range(STARTS if over else 0):
        if not start:
            bench.wait(WRITTEN_S)
            for each in over:
                each.leave()
        trouble = trouble or _restarted(bench)
        for each in over if not trouble else ():
            if not start:
                each.look()
            each.collect()
    return tuple(each.told(trouble) for each in over)


def _restarted(bench: Bench) -> str:
    """Why it is not known that it restarted; empty where that showed."""
    try:
        restart(bench)
    except Left as why:
        return str(why)
    return ""


class _Over:
    """One surface: the session that is logged out, and the tokens of each start."""

    def __init__(self, bench: Bench, surface: Surface, who: Credential) -> None:
        self.bench, self.surface, self.who = bench, surface, who
        self.asked = f"use of a session of {surface.id} after its log-out and a restart"
        self.revived = Ended(surface=surface, asked=self.asked, unclear="the device did not restart")
        self.no_way, self.why = "", ""
        self.starts: list[list[str]] = []
        self.live: WebSession | None = None
        try:
            live = fresh(bench, surface, who)
            self.doors, self.live = doors_of(bench, surface, live), live
        except (NotPossible, Undecided) as why:
            self._nothing_from(why)

    def leave(self) -> None:
        """Log out; where that is not known or refused, there is nothing to come back."""
        if self.live is None:
            return
        try:
            outcome = session.log_out(self.bench, self.surface.id, replace(self.live))
        except (NotPossible, Undecided) as why:
            self._nothing_from(why)
            return
        if outcome.state == "refused":
            self._nothing_from(Undecided(f"the log-out was refused: {outcome.why}"))

    def look(self) -> None:
        """Use it again."""
        if self.live is None:
            return
        try:
            self.revived = ended(self.bench, self.surface, self.who, self.live, self.doors, self.asked)
        except Undecided as why:
            self._nothing_from(why)

    def collect(self) -> None:
        """The first tokens of this start, each left at once."""
        found: list[str] = []
        self.starts.append(found)
        try:
            while len(found) < TOKENS:
                live = fresh(self.bench, self.surface, self.who)
                found.append("|".join(carried(live).values()))
                with suppress(NotPossible, Undecided):
                    session.log_out(self.bench, self.surface.id, live)
        except (NotPossible, Undecided) as why:
            self.why = self.why or f"after {len(found)} log-ins: {why}"[:WHY_MOST]

    def told(self, trouble: str) -> Restarted:
        """What came of it."""
        tokens = tuple(map(len, self.starts))
        again = known_again(*self.starts) if len(tokens) == STARTS else 0
        return Restarted(
            surface=self.surface,
            asked=f"tokens of {self.surface.id} after {STARTS} restarts{f': {again} given again' if again else ''}",
            revived=self.revived,
            no_way=self.no_way,
            tokens=tokens,
            again=again,
            unclear=trouble or self.why,
        )

    def _nothing_from(self, why: NotPossible | Undecided) -> None:
        self.live = None
        self.no_way = self.no_way or (str(why) if isinstance(why, NotPossible) else "")
        self.revived = Ended(surface=self.surface, asked=self.asked, unclear=str(why)[:WHY_MOST])
