"""Weak passwords, offered through every way of changing a password: which are taken."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Undone
from harness.model.base import Frozen
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes import viewers
from harness.probes.actions import change
from harness.probes.actions.login import let_in
from harness.probes.actions.outcome import Outcome
from harness.transports.templates import NOT_TRIED

QUICK, ENOUGH = 4, 3
UNUSUAL = "q7!Kz-mW4.xR9_vT2#pL6"  # nobody's password; cut to length it breaks no rule but that
KINDS = {"small letters": "qmzxwvkrtplsgh", "capital letters": "QMZXWVKRTPLSGH", "digits": "73918264051728"}
LONGEST = 300
NOT_WEIGHED = ("401", "404", "405", "408", "429", "500", "502", "503", "504")
_STATUS = re.compile(r"\bstatus (\d{3})")
PAUSES_S = (0.0, 1.0, 3.0)


class Rules(Frozen):
    """What the device must at least ask of a password, and how many of the most common ones are looked through."""

    length_min: int
    classes_min: int
    listed: int


class Weak(Frozen):
    """One password that is to be refused, and why."""

    word: str
    why: str

    def __str__(self) -> str:
        return f"{self.word or '(empty)'} ({self.why})"


class Offer(Frozen):
    """What came of all weak passwords by one way of changing it."""

    way: str
    asked: str
    offered: int
    taken: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    left_out: str = ""

    @property
    def whole(self) -> bool:
        """Was every one offered, and answered for what it is? Undecided where an answer was about something else."""
        if self.unheard and not self.taken:
            raise Undecided(
                f"{self.way}: {len(self.unheard)} of {self.offered} got an answer that is not about the password: {self.unheard[0]}"
            )
        return not self.left_out


@dataclass
class _Offering:
    """One session for many changes, another one when it ended."""

    bench: Bench
    way: str
    who: Credential
    prepared: change.Prepared | None = None

    def offer(self, word: str) -> Outcome:
        """Once; anew when the answer is about the session."""
        answer = self._once(word)
        if answer.state == "granted" or _weighed(answer):
            return answer
        self.prepared = None
        return self._once(word)

    def _once(self, word: str) -> Outcome:
        try:
            self.prepared = self.prepared or change.prepare(self.bench, self.way, self.who)
            return change.ask(self.bench, self.prepared, self.who, self.who, self.who.listed(word))
        except Undecided as undecided:
            return Outcome(state="unclear", why=str(undecided), asked=f"change the password by {self.way}")


class Kept(Undone):
    """How the owner's own password is valid again."""

    how: str


def rules_of(length_min: float, classes_min: float, listed: float) -> Rules:
    """Thresholds of the catalogue. No probe by itself."""
    return Rules(length_min=int(length_min), classes_min=int(classes_min), listed=int(listed))


@reads()
def ways(bench: Bench) -> tuple[str, ...]:
    """Every declared way of changing a password."""
    return change.known_ways(bench)


def weak_passwords(user: str, rules: Rules) -> tuple[Weak, ...]:
    """Too short, of too few classes, the account's own name, and those of a list that the other rules would let through."""
    length, classes_min = rules.length_min, rules.classes_min
    short = (Weak(word=UNUSUAL[:most], why=f"{most} characters") for most in (length - 1, length // 2, 1))
    kinds = (Weak(word=word[: max(length + 2, 10)], why=f"only {kind}") for kind, word in KINDS.items() if classes_min > 1)
    some = common_passwords()[: rules.listed]
    fitting = [word for word in some if len(word) >= length and classes_of(word) >= classes_min]
    plain = [word for word in some if len(word) >= length and classes_of(word) < classes_min][:QUICK]
    found = (*short, *kinds, Weak(word=user, why="the account's name"), *(Weak(word=word, why="listed") for word in (*fitting, *plain)))
    return tuple({each.word: each for each in found}.values())


def classes_of(word: str) -> int:
    """Small letters, capital letters, digits, others."""
    kinds = (str.islower, str.isupper, str.isdigit, lambda each: not each.isalnum())
    return sum(any(map(kind, word)) for kind in kinds)


@acts("change")
def keep_own(bench: Bench, who: Credential, way: str, rules: Rules) -> Kept:
    """The owner's own password again, whichever weak one was taken."""
    if _lets_in(bench, way, who):
        return Kept(how="the owner's own password is valid")
    for weak in (Weak(word=_good(rules), why="conforming"), *_all(bench, who, rules)):
        if _given_back(bench, who, weak.word):
            return Kept(how=f"changed back from {weak}")
    raise NotRestored("the owner's password was changed to a weak one and could not be changed back; reset it by hand, then settle")


@acts("change", undo=keep_own)
def offer_weak(bench: Bench, who: Credential, way: str, rules: Rules) -> Offer:
    """Change to each weak password with the right current one. What the answers say is checked by a log-in: is the own one still valid?"""
    every = _all(bench, who, rules)
    some = [each for each in every if each.why != "listed"] + [each for each in every if each.why == "listed"][:QUICK]
    offered = some if bench.effort == "quick" else list(every)
    left_out = _spared(bench, len(offered), len(every))
    offering, taken, unheard = _Offering(bench, way, who), list[str](), list[str]()
    for weak in offered:
        hints = len(bench.hints)
        answer = offering.offer(weak.word)
        if answer.state != "granted":
            del bench.hints[hints:]  # one for each password would hide those that matter
        if answer.state == "granted" and _given_back(bench, who, weak.word):
            taken.append(str(weak))
            offering.prepared = None
        elif answer.state != "granted" and not _weighed(answer):
            unheard.append(f"{weak}: {answer.why}"[:LONGEST])
        if len(taken) == ENOUGH:
            left_out = f"ended after {ENOUGH} were taken"
            break
    if not _lets_in(bench, way, who):
        found = next((weak for weak in reversed(offered) if _given_back(bench, who, weak.word)), None)
        if found is None:
            raise Undecided(f"{way}: the owner's own password is not valid any more, and none of those that were offered is")
        taken.append(str(found))
    asked = f"{len(offered)} weak passwords by {way}" + (f": takes {', '.join(taken[:5])}" if taken else "")
    return Offer(way=way, asked=asked, offered=len(offered), taken=tuple(taken), unheard=tuple(unheard[:10]), left_out=left_out)


@acts("change", undo=keep_own)
def offer_good(bench: Bench, who: Credential, way: str, rules: Rules) -> Outcome:
    """A conforming password is taken, and changed back: a way that refuses everything refuses nothing."""
    good = _good(rules)
    answer = _Offering(bench, way, who).offer(good)
    taken = _let_in_after(bench, way, who.listed(good))
    back = _given_back(bench, who, good) if taken else True
    if not back:
        raise NotRestored(f"a conforming password was taken by {way} and could not be changed back")
    return answer.model_copy(
        update={"state": "granted" if taken else "refused", "why": f"{answer.why}; a log-in {'takes' if taken else 'refuses'} it"}
    )


@reads()
def viewer_ways(bench: Bench) -> tuple[str, ...]:
    """Every declared way of making an account for a second person; none is fine."""
    return tuple(bench.profile.actions.get("add_viewer", {}))


@acts("change")
def keep_viewer_away(bench: Bench, way: str, rules: Rules) -> Kept:  # noqa: ARG001 - an undo is given what its act was
    """No account of a second person, whatever its password."""
    with suppress(Undecided, NotPossible):
        viewers.remove(bench, _removing(bench, way))
    return Kept(how=viewers.make_sure_removed(bench).found)


@acts("change", undo=keep_viewer_away)
def offer_weak_viewer(bench: Bench, way: str, rules: Rules) -> Offer:
    """Make a second person's account with each weak password; one that is made is taken away at once. At last one with a good password."""
    viewer = bench.credential(viewers.VIEWER)
    every, name = _all(bench, viewer, rules), f"{way}, a new account"
    listed = [each for each in every if each.why == "listed"]
    offered = [each for each in every if each.why != "listed"] + (listed if bench.effort == "full" else listed[:QUICK])
    left_out = _spared(bench, len(offered), len(every))
    taken, unheard = list[str](), list[str]()
    for weak in offered:
        answer = viewers.add(bench, way, viewer.listed(weak.word))
        if answer.state == "granted":
            taken.append(str(weak))
            viewers.remove(bench, _removing(bench, way))
        elif not _weighed(answer):
            unheard.append(f"{weak}: {answer.why}"[:LONGEST])
        if len(taken) == ENOUGH:
            left_out = f"ended after {ENOUGH} were taken"
            break
    if not taken and viewers.add(bench, way).state != "granted":
        raise Undecided(f"{name}: one with a good password is not made either")
    viewers.remove(bench, _removing(bench, way))
    asked = f"{len(offered)} weak passwords by {name}" + (f": takes {', '.join(taken[:5])}" if taken else "")
    return Offer(way=name, asked=asked, offered=len(offered), taken=tuple(taken), unheard=tuple(unheard[:10]), left_out=left_out)


def _spared(bench: Bench, offered: int, of: int) -> str:
    """What effort quick leaves out, also said to the case."""
    if offered == of:
        return ""
    return f"{bench.spare(f'{offered} of {of} weak passwords')}; --effort full offers all"


def _removing(bench: Bench, way: str) -> str:
    """Where there is one of the same name, else the first."""
    known = viewers.ways(bench, "remove_viewer")
    return way if way in known else known[0]


def _good(rules: Rules) -> str:
    return UNUSUAL[: rules.length_min + 6]


def _let_in_after(bench: Bench, way: str, who: Credential) -> bool:
    """Is it taken, after a moment at most?"""
    for pause in PAUSES_S:
        bench.wait(pause)
        if _lets_in(bench, way, who):
            return True
    return False


def _all(bench: Bench, who: Credential, rules: Rules) -> tuple[Weak, ...]:
    account = bench.access.login(who, NOT_TRIED)
    if account is None:
        raise NotPossible("nobody has no password to change")
    return weak_passwords(account.user, rules)


def _weighed(answer: Outcome) -> bool:
    """Is a refusal one of the password? None that says who is asked for, to wait, or nothing."""
    status = next(iter(_STATUS.findall(answer.why)), "")
    return bool(answer.answered_at) and status not in NOT_WEIGHED and "NotAuthorized" not in answer.why


def _given_back(bench: Bench, who: Credential, word: str) -> bool:
    """Where this one is valid, by any declared way."""
    present = who.listed(word)
    for way in change.known_ways(bench):
        with suppress(Undecided, NotPossible):
            if not _lets_in(bench, way, present):
                continue
            change.ask(bench, change.prepare(bench, way, present), who, present, who)
            if _let_in_after(bench, way, who):
                return True
    return False


def _lets_in(bench: Bench, way: str, who: Credential) -> bool:
    """On a surface that must take a password changed this way; undecided when that is unclear."""
    surfaces = change.takers(bench, way)
    if not surfaces:
        raise Undecided(f"no surface takes a password that is changed by {way}")
    return let_in(bench, surfaces[0], who).granted


@cache
def common_passwords() -> tuple[str, ...]:
    """The most common first."""
    lines = files("harness.probes").joinpath("common_passwords.txt").read_text(encoding="utf-8").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))
