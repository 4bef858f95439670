"""Passwords that more than one unit takes: public pairs, the declared default, another unit's own."""

import hashlib
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from ruamel.yaml import YAML

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Surface
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes.actions import login
from harness.probes.actions.outcome import Outcome, label_of, name_of
from harness.probes.disclosure import known_of, names_of
from harness.transports.templates import NOT_TRIED

QUICK_PAIRS, HASTY_PAIRS = 10, 2  # hasty: effort quick does not wait for locks on a real clock
LOCKED_S = (60.0, 600.0, 3600.0)  # how long one that is locked out waits before it asks once more
LONGEST = 300
_DEFAULT = re.compile(r"\b([A-Za-z0-9._-]{1,32})/([^\s/,;\"']{0,32})")


class Trial(Frozen):
    """What came of a list of passwords on one surface; `left_out` says what was not tried, `unclear` what got no answer that counts."""

    surface: Surface
    asked: str
    tried: int
    taken: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()
    left_out: str = ""
    list_sha256: str = ""

    @property
    def checked(self) -> bool:
        """Was every one of them really refused or taken? Undecided where one got no answer that counts."""
        if self.unclear and not self.taken:
            raise Undecided(f"{len(self.unclear)} of {self.tried} got no answer that counts: {self.unclear[0]}")
        return not self.left_out


@acts("login")
def offer_listed(bench: Bench, surface: Surface, who: Credential, pairs_max: float) -> Trial:
    """Show the declared default and public pairs, an empty password for the account among them; each until it is answered."""
    most = int(pairs_max)
    account = bench.access.login(who, NOT_TRIED)
    pairs = tuple(pair for pair in _pairs(bench, surface, most) if not account or pair != (account.user, ""))
    some = pairs[: HASTY_PAIRS if hasty(bench) else QUICK_PAIRS] if bench.effort == "quick" else pairs
    offered = [who.listed(""), *(who.listed(word, user) for user, word in some)]
    spared = bench.spare(f"{len(some)} of {len(pairs)} listed pairs") if len(some) < len(pairs) else ""
    left_out = f"{spared}; --effort full tries them all" if spared else ""
    digest = hashlib.sha256(repr(pairs).encode()).hexdigest()
    told = tried(bench, surface, offered, f"{len(some)} listed pairs on {surface.id}")
    return told.model_copy(update={"left_out": left_out, "list_sha256": digest})


@acts("login")
def offer_others(bench: Bench, surface: Surface, who: Credential, other: str) -> Trial:
    """Show the password of the same account of another unit."""
    return tried(bench, surface, [who.of_other(other)], f"the password of {other} on {surface.id}")


@acts("login")
def offer_identifiers(bench: Bench, surface: Surface, who: Credential) -> Trial:
    """Show what tells the unit from others for the password: its serial number, its MAC address and the end of that. Where any other word
    is taken too, no identifier is the key; that such a surface is open is for others to judge."""
    words = names_of(known_of(bench, "normal"))
    if not words:
        raise Undecided("neither its serial number nor its MAC address is known")
    told = tried(bench, surface, [who.listed(word) for word in words], f"{len(words)} identifiers on {surface.id}")
    if told.taken and _asked(bench, surface, who.wrong).state == "granted":
        return told.model_copy(update={"taken": (), "asked": f"{surface.id}: takes whatever is shown, identifiers too"})
    return told


def tried(bench: Bench, surface: Surface, offered: list[Credential], asked: str) -> Trial:
    """Each of them until it is answered; no probe by itself."""
    taken: list[str] = []
    unclear: list[str] = []
    for each in offered:
        hints = len(bench.hints)
        outcome = _settled(bench, surface, each)
        del bench.hints[hints:]  # one for each pair would hide those that matter
        if outcome.state == "granted" and _is_let_in(bench, surface, each):
            taken.append(f"{surface.id}: {name_of(bench, each)}"[:LONGEST])
            bench.note_retry_hint(f"log in on {surface.id} as {name_of(bench, each)}")
        elif outcome.state == "unclear":
            unclear.append(f"{name_of(bench, each)}: {outcome.why}"[:LONGEST])
    asked += f": takes {', '.join(taken)}" if taken else ""
    return Trial(surface=surface, asked=asked[:LONGEST], tried=len(offered), taken=tuple(taken), unclear=tuple(unclear[:10]))


def _settled(bench: Bench, surface: Surface, who: Credential) -> Outcome:
    """Once, and again after a lock: what a lock refused was not tried."""
    outcome = _asked(bench, surface, who)
    for pause in LOCKED_S if outcome.state == "unclear" and not hasty(bench) else ():
        bench.wait(pause)
        outcome = _asked(bench, surface, who)
        if outcome.state != "unclear":
            break
    return outcome


def hasty(bench: Bench) -> bool:
    """Would waiting take real time that effort quick does not give? No probe by itself."""
    return bench.effort == "quick" and bench.clock.way == "waited"


def _asked(bench: Bench, surface: Surface, who: Credential) -> Outcome:
    try:
        return login.let_in(bench, surface, who)
    except Undecided as undecided:
        return Outcome(state="unclear", why=str(undecided), asked=f"log in on {surface.id} with {label_of(bench, who)}")


def _is_let_in(bench: Bench, surface: Surface, who: Credential) -> bool:
    """All that a log-in gives; a stage that is open to everybody says nothing of this password."""
    entry = login.log_in(bench, surface, who)
    entry.close()
    return entry.outcome.state == "granted"


def _pairs(bench: Bench, surface: Surface, most: int) -> tuple[tuple[str, str], ...]:
    """What the profile says of a default comes first."""
    return tuple(dict.fromkeys((*_declared(bench, surface), *known_pairs())))[:most]


def _declared(bench: Bench, surface: Surface) -> Iterator[tuple[str, str]]:
    mechanism = bench.profile.surface(surface.id)
    for found in _DEFAULT.finditer(mechanism.default_state if mechanism else ""):
        yield found[1], found[2]


@cache
def known_pairs() -> tuple[tuple[str, str], ...]:
    """User names and passwords that cameras are known to share."""
    data = YAML(typ="safe").load(files("harness.probes").joinpath("network_logins.yaml").read_text(encoding="utf-8"))
    return tuple((str(user), str(password)) for user, password in data["pairs"])
