"""What the serial line gave away: the run's own secrets in any common encoding, and what looks like somebody's key, token or password."""

import re
from collections.abc import Sequence

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.action import Session
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.secret import Login
from harness.probes import life
from harness.probes.actions.outcome import label_of
from harness.probes.actions.recipe import WebSession
from harness.probes.console import ENOUGH, Line
from harness.probes.console_patterns import KINDS, Leak, Reader
from harness.probes.console_talk import GARBLED, GARBLED_FROM, Talk
from harness.probes.console_text import begins, readable, score
from harness.probes.password_store import proofs_of
from harness.transports.templates import NOT_TRIED

PLACES_MOST = 20
SHORTEST = 7
_TOKEN = re.compile(r"^(?=.*\d).{8,}$")  # what is shorter, or a word, keeps no secret: a language, a page
PROVING = ("restart", "power outage")


class Place(Frozen):
    """Where it was: the byte of the recording, when the read that showed it came (seconds since 1970), and how it was spelled."""

    offset: int
    at: float
    spelled: str = ""


class Sought(Frozen):
    """A secret by its label, or a kind of secret by its name, and the first places where it stood on the line."""

    what: str
    places: tuple[Place, ...] = ()

    @property
    def asked(self) -> str:
        """For people."""
        if not self.places:
            return self.what
        first, more = self.places[0], len(self.places) - 1
        spelled = f" as {first.spelled}" if first.spelled else ""
        return f"{self.what}{spelled} at byte {first.offset} of the recording{f', and {more} more' if more else ''}"


class Leaks(Frozen):
    """What the whole recording was searched for. What is `untold` is undecided: none of it may be called clean."""

    asked: str
    sought: tuple[Sought, ...]
    doubtful: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    heard: int = 0
    proof: str = ""

    @property
    def whole(self) -> bool:
        """Was all of the output read, and is nothing left that only a person can judge? Raises Undecided with what."""
        if self.untold or self.doubtful:
            raise Undecided("; ".join((*self.untold, *self.doubtful)))
        return True

    @property
    def proven(self) -> bool:
        """Was the line heard while the device started under our eyes?"""
        if not self.proof:
            raise Undecided("no output of a boot came when the device was restarted: whether the line is wired is not known")
        return True


@reads()
def search(bench: Bench, line: Line, sessions: Sequence[Session], day: life.Day) -> Leaks:
    """All that the line said since power-on, searched for the owner's passwords, tokens of sessions, and what looks like a secret."""
    talk, values, digests = Talk(bench), _values(bench, sessions), _digests(bench)
    reader = Reader({label: value for label, value in values.items() if len(value) >= SHORTEST}, digests)
    restarts = [(phase.begin, phase.end) for phase in day.phases if phase.name in PROVING]
    boots, garbled, at, end = "", 0, 0, talk.console.mark()
    while at < end:
        window = talk.console.window(at, end)
        if window.end == at:
            break
        bench.access.received(talk.to, window.data)
        reader.read(window)
        garbled += len(window.data) if len(window.data) >= GARBLED_FROM and score(window.data) < GARBLED else 0
        boots += readable(b"".join(each.data for each in window.chunks if any(begin <= each.at <= until for begin, until in restarts)))
        at = window.end
    bench.note_retry_hint(f"picocom -b {line.baud} {line.url}, while the device is set up, logged in to and restarted")
    untold = (*_untold(bench, talk, garbled, values), *(f"{left} (left out)" for left in day.left_out))
    return Leaks(
        asked=f"secrets on {line}",
        sought=tuple(
            _sought(bench, name, reader.found) for name in dict.fromkeys((*values, *(what for what, _ in digests.values()), *KINDS))
        ),
        doubtful=tuple(reader.doubtful),
        untold=untold,
        heard=end,
        proof="boot output at a restart" if begins(boots) else "",
    )


def _values(bench: Bench, sessions: Sequence[Session]) -> dict[str, str]:
    """Those, and a password that was never right."""
    return secrets_of(bench, sessions) | {label: login.password for label, login in _wrong(bench).items()}


def _wrong(bench: Bench) -> dict[str, Login]:
    wrong = bench.credential("owner").wrong
    login = bench.access.login(wrong, NOT_TRIED)
    return {label_of(bench, wrong): login} if login else {}


def _digests(bench: Bench) -> dict[str, tuple[str, str]]:
    """As hex: what opens a digest log-in without the password, of what it is, and under which name."""
    logins = _logins(bench) | _wrong(bench)
    return {
        made: (f"what digest log-ins make of {label}", f"that of {realm!r}")
        for label, login in logins.items()
        for realm, made in proofs_of(bench, login)
    }


def _logins(bench: Bench) -> dict[str, Login]:
    owner = bench.credential("owner")
    logins = {label_of(bench, who): bench.access.login(who, NOT_TRIED) for who in map(owner.at, bench.versions(owner))}
    return {label: login for label, login in logins.items() if login is not None}


def secrets_of(bench: Bench, sessions: Sequence[Session]) -> dict[str, str]:
    """By label: every password of the owner, and what the sessions carry. No probe by itself."""
    values = {label: login.password for label, login in _logins(bench).items()}
    for session in sessions:
        live = bench.live(session.id)
        if isinstance(live, WebSession):
            values |= {f"{name} of {session.id}": value for name, value in _carried(live) if _TOKEN.search(value)}
    return values


def _carried(live: WebSession) -> list[tuple[str, str]]:
    """The values of cookies, and the last word of any other header."""
    found = []
    for name, value in live.headers:
        if name.lower() == "cookie":
            found += [(f"cookie {key.strip()}", held) for key, _, held in (each.partition("=") for each in value.split(";"))]
        else:
            found.append((name, value.split()[-1] if value.split() else ""))
    return found


def _sought(bench: Bench, name: str, leaks: list[Leak]) -> Sought:
    """What only its shape tells is masked from now on: it may be a secret that is in use."""
    mine = [leak for leak in leaks if leak.what == name]
    for leak in mine:
        if leak.value:
            bench.access.keep_secret(f"{bench.sample.name}/on-the-line", leak.value)
    return Sought(what=name, places=tuple(Place(offset=each.offset, at=each.at, spelled=each.spelled) for each in mine[:PLACES_MOST]))


def _untold(bench: Bench, talk: Talk, garbled: int, values: dict[str, str]) -> list[str]:
    untold = [f"{name} is too short to be searched for" for name, value in values.items() if len(value) < SHORTEST]
    if garbled >= ENOUGH:
        untold.append(f"{garbled} bytes are no text at the rate at which they were recorded; give the line's rate in the bench file")
    if talk.console.lost:
        untold.append(f"{talk.console.lost} bytes of the line's output could not be kept")
    if bench.profile.has("wifi"):
        untold.append("the Wi-Fi passphrase is not known to the bench, so that it could not be searched for")
    return untold
