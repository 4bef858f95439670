"""Logging in by RTSP: a stream that plays; whether a password is taken is also told by what it opens and a wrong one does not."""

import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes.actions.outcome import Entry, Outcome, State, label_of, name_of
from harness.probes.rtsp_attempt import REFUSED, WHOLE, Attempt
from harness.probes.rtsp_client import Conversation
from harness.probes.rtsp_description import is_description, track_urls
from harness.probes.rtsp_paths import Path, declared_paths, endpoint_of, service_of, url_of
from harness.probes.rtsp_stream import open_stream
from harness.transports.auth import Authorizer
from harness.transports.templates import NOT_TRIED

TURNS = "rtsp-turns"
STAGES = ("DESCRIBE", "SETUP", "PLAY")


@dataclass
class Turns:
    """Which declared stream is played next: log-ins go through all of them; lives in the gate."""

    next: int = 0


def log_in(bench: Bench, surface: Surface, credential: Credential) -> Entry:
    """Play a declared stream and go on playing it; the valid password takes them in turn, others are shown to the first."""
    paths = _paths(bench, surface)
    path = paths[_turn(bench) % len(paths)] if credential.which == "current" else paths[0]
    opened = open_stream(bench, path, credential)
    _hint(bench, path, credential)
    state, why = _state(opened.attempt)
    if opened.stream is not None and state != "granted":
        opened.stream.close()
    if state == "unclear" and opened.attempt.given and credential.which == "version":
        state, why = _more_than_wrong(bench, path, opened.attempt, credential)
    told = opened.attempt
    asked = f"play {url_of(bench, path)} over {told.transport} as {name_of(bench, credential)}"
    outcome = Outcome(state=state, why=why, asked=asked, sent_at=told.sent_at, answered_at=told.answered_at)
    return Entry(outcome, "stream", opened.stream if state == "granted" else None)


def let_in(bench: Bench, surface: Surface, credential: Credential, authorizer: Authorizer | None = None) -> Outcome:
    """Only ask for the description: one log-in, nothing played; by what the device asks for, or by this authorizer."""
    path = _paths(bench, surface)[0]
    url, began = url_of(bench, path), time.time()
    shown = authorizer or Authorizer(bench.access, credential, surface.id)
    with Conversation(bench.access, endpoint_of(bench, path), shown, hidden=True) as conversation:
        answer = conversation.ask("DESCRIBE", url, (("Accept", "application/sdp"),))
        if answer.reply is None:
            raise conversation.silence or Undecided(f"{url}: {answer.trouble}")
    asked = f"DESCRIBE {url} as {name_of(bench, credential)}"
    state: State = "granted" if is_description(answer.reply.body) else "unclear"
    if answer.status in REFUSED and not answer.reply.header("Retry-After"):
        state = "refused"
    return Outcome(state=state, why=f"DESCRIBE {answer.status}", asked=asked, sent_at=began, answered_at=time.time())


def _paths(bench: Bench, surface: Surface) -> tuple[Path, ...]:
    """The declared streams of the surface's service."""
    mechanism = bench.profile.surface(surface.id)
    service = mechanism.service if mechanism else ""
    paths = tuple(path for path in declared_paths(bench) if not service or service_of(bench, path).id == service)
    if not paths:
        raise Undecided(f"the profile declares no RTSP stream for the surface {surface.id}; what it should say is needed here")
    return paths


def _hint(bench: Bench, path: Path, credential: Credential) -> None:
    login = bench.access.login(credential, NOT_TRIED)
    name = f"{login.user}:{label_of(bench, credential)}@" if login else ""
    bench.note_retry_hint(f"ffprobe -v error -show_streams {url_of(bench, path).replace('://', f'://{name}', 1)}")


def _turn(bench: Bench) -> int:
    turns = bench.remembered(TURNS, Turns)
    turns.next += 1
    return turns.next - 1


def _state(attempt: Attempt) -> tuple[State, str]:
    """Everything given: granted. Nothing given and a log-in refused: refused. Some of it, or a lock: unclear."""
    answers = ", ".join(f"{each.method} {each.status or each.trouble}" for each in attempt.exchanges if each.method in STAGES)
    refused = any(each.method in STAGES and each.status in REFUSED for each in attempt.exchanges)
    if set(attempt.given) >= WHOLE:
        return "granted", f"played, {attempt.media_packets} media packets"
    if attempt.given or not refused or any(each.locked for each in attempt.exchanges):
        return "unclear", f"{answers}; given: {', '.join(attempt.given) or 'nothing'}"
    return "refused", answers


def _more_than_wrong(bench: Bench, path: Path, attempt: Attempt, credential: Credential) -> tuple[State, str]:
    """A stage that is open to everybody says nothing of this password; one that is open to it alone does."""
    wrong = open_stream(bench, path, credential.wrong)
    if wrong.stream is not None:
        wrong.stream.close()
    more = set(attempt.given) - set(wrong.attempt.given) - {"media"}
    if more:
        return "granted", f"gave {', '.join(sorted(more))}, which a wrong password does not get"
    return "refused", f"gave {', '.join(attempt.given)}, as it does for a wrong password"


class Guesses:
    """Log-ins that only show a credential: DESCRIBE, or SETUP where anybody gets the description; on one connection or on new ones."""

    def __init__(self, bench: Bench, surface: Surface) -> None:
        self._bench, self._surface = bench, surface
        self._path = _paths(bench, surface)[0]
        self._talk: Conversation | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._talk is not None:
            self._talk.close()
        self._talk = None

    def guess(self, credential: Credential, *, anew: bool) -> Outcome:
        """Show it once; `anew`: on a connection of its own."""
        if anew:
            self.close()
        authorizer = Authorizer(self._bench.access, credential, self._surface.id)
        if self._talk is None:
            self._talk = Conversation(self._bench.access, endpoint_of(self._bench, self._path), authorizer, lifetime=None, hidden=True)
        self._talk.authorizer = authorizer
        url, began = url_of(self._bench, self._path), time.time()
        answer = self._talk.ask("DESCRIBE", url, (("Accept", "application/sdp"),))
        if answer.reply is not None and answer.reply.ok and not answer.carried:
            track = next(iter(track_urls(answer.reply, url)), url)
            answer = self._talk.ask("SETUP", track, (("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1"),))
        if answer.reply is None:
            raise self._talk.silence or Undecided(f"{url}: {answer.trouble}")
        state: State = "granted" if answer.reply.ok else "unclear"
        if answer.status in REFUSED and not answer.reply.header("Retry-After"):
            state = "refused"
        asked = f"{answer.method} {url} as {name_of(self._bench, credential)}"
        return Outcome(state=state, why=f"{answer.method} {answer.status}", asked=asked, sent_at=began, answered_at=time.time())
