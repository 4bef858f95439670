"""Shows the same name and password otherwise than the device asks for them: the name spelt in other ways, or by another scheme."""

from collections.abc import Iterator
from itertools import islice
from typing import Literal

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.secret import Credential
from harness.probes.actions import by_http, by_onvif, by_rtsp, session
from harness.probes.actions.outcome import Outcome, label_of
from harness.probes.actions.recipe import WebSession
from harness.transports.auth import Authorizer
from harness.transports.templates import NOT_TRIED

Other = Literal["name in other case", "name with blanks", "basic", "plain text"]
CASE: Other = "name in other case"
BLANKS: Other = "name with blanks"
BASIC: Other = "basic"
PLAIN: Other = "plain text"
SPELT: tuple[Other, ...] = (CASE, BLANKS)
SPELLINGS_MAX = 64


def others(bench: Bench, surface: Surface, who: Credential) -> tuple[Other, ...]:
    """What is worth trying on this surface; a scheme that the device asks for is none of them."""
    if surface.interface == "onvif":
        return (*SPELT, PLAIN, BASIC)
    if surface.interface == "rtsp":
        return SPELT if _asks_for_basic(bench, surface, who) else (*SPELT, BASIC)
    return (*SPELT, BASIC) if _has_a_session(bench, surface) or _is_digest(bench, surface) else SPELT


def spellings(name: str, way: Other) -> tuple[str, ...]:
    """Pure. The name in so many other ways; none where it has no letters."""
    made = (name + " " * more for more in range(1, SPELLINGS_MAX + 1)) if way == BLANKS else _cases(name)
    return tuple(islice(made, SPELLINGS_MAX))


def spelt(bench: Bench, who: Credential, way: Other, number: int) -> Credential | None:
    """The same password under the name in its next spelling; None where there is no other."""
    login = bench.access.login(who, NOT_TRIED)
    known = spellings(login.user, way) if login else ()
    return who.called(known[number % len(known)]) if known else None


def by_scheme(bench: Bench, surface: Surface, who: Credential, way: Other) -> Outcome:
    """Show it once by a scheme that the device may not have asked for."""
    if surface.interface == "onvif":
        return by_onvif.let_in(bench, surface, who, "plain" if way == PLAIN else "basic")
    shown = Authorizer.unasked(bench.access, who, surface.id)
    if surface.interface == "rtsp":
        return by_rtsp.let_in(bench, surface, who, shown)
    if surface.interface == "http":
        return by_http.let_in(bench, surface, who, shown)
    return session.use_web(bench, surface.id, WebSession(authorizer=shown), f"a session with HTTP basic and {label_of(bench, who)}")


def _cases(name: str) -> Iterator[str]:
    """All letters turned first, then ever fewer."""
    letters = [place for place, letter in enumerate(name) if len(letter.swapcase()) == 1 and letter.swapcase() != letter]
    turned = letters[:6]
    for kept in range(2 ** len(turned)):
        chosen = {place for bit, place in enumerate(turned) if not kept >> bit & 1} | set(letters[6:])
        if chosen:
            yield "".join(letter.swapcase() if place in chosen else letter for place, letter in enumerate(name))


def _asks_for_basic(bench: Bench, surface: Surface, who: Credential) -> bool:
    """Then every other way of guessing shows it already."""
    shown = Authorizer(bench.access, who, surface.id)
    by_rtsp.let_in(bench, surface, who, shown)
    return shown.challenge is not None and shown.challenge.scheme == "basic"


def _has_a_session(bench: Bench, surface: Surface) -> bool:
    """Something of the page is known that a session opens, and that session is not basic's."""
    opened = bench.profile.recipe("log_in", surface.id)
    if opened is None or bench.profile.recipe("use_session", surface.id) is None:
        return False
    return opened.session is None or opened.session.auth != "basic"


def _is_digest(bench: Bench, surface: Surface) -> bool:
    mechanism = bench.profile.surface(surface.id)
    pictures = (each for each in bench.profile.ixit.stream if mechanism and each.service == mechanism.service)
    return surface.interface == "http" and any(each.auth == "digest" for each in pictures)
