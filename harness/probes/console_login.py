"""Listed log-ins and commands on a serial line: what is tried, and what came of it."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.probes.console_talk import Talk, new_canary
from harness.probes.console_text import is_locked, known_logins, lets_in, prompt_of, refuses

ANSWER_S = 25.0  # a log-in may well take ten seconds
COMMAND_S = 3.0
SETTLED_S = 0.6
REACT_S = 1.0
WAITS = 5
SURFACE = "uart"
ASKS = ("login", "password")


@dataclass
class Tried:
    """`ran`: where a command of ours ran; `taken`: log-ins that were let in; `open_questions`: what was asked and stays unclear."""

    count: int = 0
    ran: list[str] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    open_questions: list[str] = field(default_factory=list)
    prompts: list[str] = field(default_factory=list)
    doubted: bool = False


def command(bench: Bench, talk: Talk, tried: Tried, where: str) -> bool:
    """Does the line run commands? A prompt that takes them and shows nothing of ours is an open question."""
    canary = new_canary()
    for line in canary.lines:
        talk.say(f"{line}\r\n".encode())
        if canary.ran(talk.hear(COMMAND_S, canary.ran, quiet=SETTLED_S)):
            tried.ran.append(where)
            bench.note_retry_hint(f"on {talk.console.url} at {talk.console.baud} baud, {where}: {line}")
            return True
    return False


def log_in(bench: Bench, talk: Talk, tried: Tried, most: int) -> None:
    """Offer the list to the prompt that waits; ends with the first that is let in, or when the line asks no more."""
    for user, password in _pairs(tried, most):
        bench.access.may_fail_log_in(surface_of(bench), user or "(no name)")
        tried.count += 1
        if not _offer(bench, talk, tried, user, password):
            return


def surface_of(bench: Bench) -> str:
    """The log-in surface of the serial line, if the profile declares one: its limit on guessing holds."""
    return next((entry.id for entry in bench.profile.ixit.auth_mech if entry.interface == SURFACE), SURFACE)


def _pairs(tried: Tried, most: int) -> Iterator[tuple[str, str]]:
    """As the prompt asks: name and password, or the password alone."""
    seen: set[tuple[str, str]] = set()
    alone = prompt_of(tried.prompts[-1])[0] == "password" if tried.prompts else False
    for user, password in known_logins(most):
        pair = ("", password) if alone else (user, password)
        if pair not in seen:
            seen.add(pair)
            yield pair


def _offer(bench: Bench, talk: Talk, tried: Tried, user: str, password: str) -> bool:
    """One pair. True when it was refused and the next may be tried."""
    label = f"{user or '(no name)'}/{password or '(empty)'}"
    said = _answer(talk, user) if user else ""
    asks_password = not user or prompt_of(said)[0] == "password"
    if asks_password:
        said = _answer(talk, password)
    else:
        label = f"{user}, without a password"
    refused = refuses(said)
    if is_locked(said):
        tried.open_questions.append(f"the line locked itself after {tried.count} listed log-ins")
        return False
    if refuses(said) and not lets_in(said) and not prompt_of(said)[0]:
        said = _next_prompt(talk) or said
    if not lets_in(said) and prompt_of(said)[0] in ASKS:
        return refused or not _is_none(bench, talk, tried)
    if command(bench, talk, tried, f"logged in as {label}") or lets_in(said) or _stays(talk, prompt_of(said)[1]):
        _let_in(bench, talk, tried, label)
        return False
    if prompt_of(talk.hear(REACT_S, quiet=SETTLED_S))[0] not in ASKS:
        tried.open_questions.append(f"the answer to {label} is neither a refusal nor a prompt")
    return _asks_again(talk, tried)


def _let_in(bench: Bench, talk: Talk, tried: Tried, label: str) -> None:
    tried.taken.append(label)
    bench.note_retry_hint(f"on {talk.console.url} at {talk.console.baud} baud: log in as {label}")
    talk.say(b"\x03\rexit\r")
    talk.hear(COMMAND_S, quiet=SETTLED_S)


def _is_none(bench: Bench, talk: Talk, tried: Tried) -> bool:
    """A prompt that asks again and says no word of refusal may be a command line that only looks like a log-in: tried once."""
    if tried.doubted:
        return False
    tried.doubted = True
    ran = command(bench, talk, tried, "at a prompt that looks like a log-in")
    return ran or not _asks_again(talk, tried)


def _stays(talk: Talk, prompt: str) -> bool:
    """Does the same prompt answer another Enter?"""
    talk.say(b"\r")
    return bool(prompt) and prompt_of(talk.hear(REACT_S, quiet=SETTLED_S))[1] == prompt


def _answer(talk: Talk, typed: str) -> str:
    """What came after the line that was typed, up to the next prompt; its echo is no answer, and half a line no prompt."""
    talk.say(f"{typed}\r".encode())
    said = ""
    for _ in range(WAITS):
        before = said
        said += talk.hear(ANSWER_S, lambda text, before=before: bool(prompt_of(_without_echo(before + text, typed))[0]))  # type: ignore[misc]
        if prompt_of(_without_echo(said, typed))[0] not in ("shell", "loader"):
            break
        more = talk.hear(SETTLED_S, bool)
        if not more:
            break
        said += more
    return _without_echo(said, typed)


def _without_echo(text: str, typed: str) -> str:
    head, found, rest = text.partition("\n")
    return rest if found and head.strip().endswith(typed.strip()) else "" if not found and text.strip() == typed.strip() else text


def _next_prompt(talk: Talk) -> str:
    """After a refusal the prompt may need a moment, and a key; empty when none comes."""
    for _ in range(3):
        said = talk.hear(ANSWER_S, lambda text: bool(prompt_of(text)[0]), quiet=ANSWER_S / 2)
        if prompt_of(said)[0]:
            return said
        talk.say(b"\r")
    return ""


def _asks_again(talk: Talk, tried: Tried) -> bool:
    if prompt_of(_next_prompt(talk))[0] in ASKS:
        return True
    tried.open_questions.append(f"the line asked no more after {tried.count} listed log-ins")
    return False
