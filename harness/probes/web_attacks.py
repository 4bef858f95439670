"""What other pages, and other people's text, can do with the web interface of a device."""

import json
import re
import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Literal, get_args
from urllib.parse import urlencode

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.model.recipe import NO_SESSION, ActionName, Recipe
from harness.probes.actions import login
from harness.probes.actions.outcome import Decided, Outcome, State
from harness.probes.actions.recipe import Play, WebSession, holds, target_of
from harness.probes.web_links import links
from harness.probes.web_text import framing, is_code, is_markup, markup_sinks, may_be_framed, token_places
from harness.transports.auth import Authorizer
from harness.transports.http import Headers, HttpReply, HttpRequest, Target, cookie_header, exchange, text_of
from harness.transports.templates import NOT_TRIED, Variables, fill

Way = Literal[
    "as text",
    "as a form",
    "as text from nowhere",
    "as a form from nowhere",
    "as text from a name that begins like its own",
    "as a form from a name that begins like its own",
    "as it is, if its preflight allows",
    "as an address",
]
WAYS: tuple[Way, ...] = get_args(Way)
Place = Literal["a path", "a query", "a name that failed to log in"]
PLACES: tuple[Place, ...] = ("a path", "a query", "a name that failed to log in")
CHANGES: tuple[ActionName, ...] = ("trigger_event", "check_update")
ANSWER_S = 6.0
PAGES_MOST, LINKS_MOST, LONGEST = 16, 24, 300
ELSEWHERE = "https://camlabel-elsewhere.example"
FOREIGN: Headers = (("Origin", ELSEWHERE), ("Referer", f"{ELSEWHERE}/"), ("Sec-Fetch-Site", "cross-site"))
NOWHERE: Headers = (("Origin", "null"), ("Sec-Fetch-Site", "cross-site"))  # as from a frame in a sandbox
SIMPLE = {"as text": "text/plain", "as a form": "application/x-www-form-urlencoded"}
PARAMETERS = (
    "q",
    "msg",
    "message",
    "error",
    "err",
    "lang",
    "url",
    "next",
    "redirect",
    "id",
    "name",
    "user",
    "page",
    "title",
    "text",
    "search",
)
_OURS = ("host", "content-type", "content-length", "accept", "user-agent", "connection")


class Change(Frozen):
    """A request that changes something, as the profile's recipe has it."""

    action: ActionName
    way: str

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.action} by {self.way}"


class Page(Frozen):
    """One answer: the headers that keep other pages away, and which of its code writes text as markup."""

    asked: str
    status: int
    kind: str
    framing: tuple[str, ...] = ()
    frameable: bool = False
    sinks: tuple[str, ...] = ()


class Returned(Frozen):
    """Where a marker came back as markup; `shown` counts the answers that were looked at."""

    asked: str
    came_back: tuple[str, ...] = ()
    looked_at: int = 0

    @property
    def offends(self) -> bool:
        """Undecided where no answer could be looked at."""
        if not self.looked_at:
            raise Undecided(f"{self.asked}: nothing was answered")
        return bool(self.came_back)


class Addresses(Frozen):
    """Addresses in which the value of a session stands; `unclear` names some that look so and open nothing alone."""

    asked: str
    found: tuple[str, ...] = ()
    unclear: tuple[str, ...] = ()

    @property
    def hold_tokens(self) -> bool:
        """Undecided where an address only looks so."""
        if not self.found and self.unclear:
            raise Undecided(f"{self.asked}: {'; '.join(self.unclear)}")
        return bool(self.found)


@reads()
def changes(bench: Bench) -> tuple[Change, ...]:
    """What the page's user can have done without harm, by the profile."""
    return tuple(Change(action=name, way=way) for name in CHANGES for way in bench.profile.actions.get(name, {}))


@acts("change")
def by_the_page(bench: Bench, change: Change) -> Outcome:
    """The same request inside the session, from the page's own origin."""
    recipe, session, variables = _of(bench, change)
    target = target_of(bench, recipe.steps[-1].service)
    own = (("Origin", target.url("").rstrip("/")), ("Referer", target.url("/")), ("Sec-Fetch-Site", "same-origin"))
    session = replace(session, headers=(*session.headers, *own), shown=(*session.shown, *own))
    return Play(bench, recipe, variables, change.asked, session).run().outcome


@acts("change")
def forged(bench: Bench, change: Change, way: Way) -> Decided:
    """The request as another page has the user's browser send it: with what the browser adds, and nothing that only the page knows."""
    recipe, session, variables = _of(bench, change)
    step = recipe.steps[-1]
    target, filled = target_of(bench, step.service), fill(bench.access, step.request, variables)
    asked = f"{change.asked} from another page, {way}"
    if way.startswith("as it is"):
        why = _preflight(bench, target, filled)
        if why:
            return Decided(state="refused", why=f"a browser would not send it: {why}", asked=asked)
    cookies = _sent_along(session, way)
    origin = _origin(way, target)
    request = _as_sent(filled, way, (*((("Cookie", cookie_header(cookies)),) if cookies else ()), *origin))
    shown = (("Cookie", cookie_header(dict.fromkeys(cookies, "THE-USERS"))),) if cookies else ()
    bench.note_retry_hint(_as_sent(filled, way, (*shown, *origin)).curl(target))
    authorizer = Authorizer(bench.access, bench.credential("owner"), NOT_TRIED, (step.request.auth,)) if step.request.auth else None
    reply = exchange(bench.access, target, request, authorizer=authorizer, within=ANSWER_S)
    return Decided(state=_state(recipe, reply), why=f"status {reply.status}", asked=asked)


@acts("login")
def pages(bench: Bench) -> tuple[str, ...]:
    """The first page, and what it leads to on its port."""
    target = target_of(bench, "")
    found, left = dict[str, None](), ["/"]
    while left and len(found) < PAGES_MOST:
        path = left.pop(0)
        if path in found:
            continue
        found[path] = None
        reply = _exchanged(bench, target, HttpRequest("GET", path), _by_http(bench))
        if reply is not None and is_markup(reply):
            left += links(reply, target, LINKS_MOST)
        if reply is not None and 300 <= reply.status < 400:
            left += [path for path in (_onward(reply, target),) if path]
    return tuple(found)


@acts("login")
def page(bench: Bench, path: str) -> Page:
    """What one of them says to browsers."""
    target, request = target_of(bench, ""), HttpRequest("GET", path)
    reply = exchange(bench.access, target, request, authorizer=_by_http(bench), within=ANSWER_S)
    bench.note_retry_hint(request.curl(target))
    framed = is_markup(reply) and reply.status < 400 and may_be_framed(reply)
    code = markup_sinks(text_of(reply.body)) if is_code(reply) or is_markup(reply) else ()
    kind = (reply.header("Content-Type") or "")[:60]
    return Page(asked=f"GET {path}", status=reply.status, kind=kind, framing=framing(reply), frameable=framed, sinks=code)


@acts("login")
def injected(bench: Bench, place: Place, shown: tuple[str, ...]) -> Returned:
    """Put a marker there, and look for it as markup in the answer and in every page, before a log-in and after."""
    target, mark = target_of(bench, ""), f"clx{secrets.token_hex(4)}"
    text = f"\"'><{mark}>"
    answers: list[tuple[str, HttpReply]] = []
    if place == "a name that failed to log in":
        _fail_to_log_in(bench, text)
        answers += pages_with(bench, shown)
    else:
        encoded = urlencode({"": text})[1:]
        query = "&".join(f"{name}={encoded}" for name in PARAMETERS)
        for path in (f"/{encoded}",) if place == "a path" else tuple(f"{each}{'&' if '?' in each else '?'}{query}" for each in shown):
            answers += _answered(bench, target, HttpRequest("GET", path))
    back = tuple(name for name, reply in answers if is_markup(reply) and f"<{mark}" in text_of(reply.body))
    by_address = place != "a name that failed to log in"
    address = target.url(back[0].removeprefix("GET ") if back else "/%22%3E%3Cmark%3E")
    bench.note_retry_hint(f"curl -sk '{address}' | grep '<clx'" if by_address else f"look for <mark> after {place}")
    return Returned(
        asked=f"a marker in {place}{': in ' if back else ''}{', '.join(back)}"[:LONGEST],
        came_back=tuple(name[:LONGEST] for name in back),
        looked_at=len(answers),
    )


@acts("login")
def addresses(bench: Bench, shown: tuple[str, ...]) -> Addresses:
    """Do redirects, pages or code put a session's value into an address, and does that address open something?"""
    target, found, unclear = target_of(bench, ""), list[str](), list[str]()
    texts = [(name, reply) for path in shown for name, reply in _answered(bench, target, HttpRequest("GET", path))]
    for session in _sessions(bench):
        values = tuple(value for value in _values(session) if len(value) >= 8)
        inside = [each for path in shown for each in _answered(bench, target, HttpRequest("GET", path, session.headers))]
        found += [f"an address in the answer to {name}" for name, reply in inside if _has_address_with(reply, values)]
        for name, reply in texts:
            for path, word in token_places(text_of(reply.body)) if is_code(reply) or is_markup(reply) else ():
                opened = any(_opens(bench, target, path, word, value) for value in values)
                (found if opened else unclear).append(f"{path}?{word}=… in {name}")
                bench.note_retry_hint(f"curl -sk '{target.url(path)}?{word}=TOKEN'")
    asked = f"session values in addresses{': ' if found else ''}{'; '.join(dict.fromkeys(found))}"
    return Addresses(asked=asked[:LONGEST], found=tuple(dict.fromkeys(found)), unclear=tuple(dict.fromkeys(unclear)))


def pages_with(bench: Bench, shown: tuple[str, ...]) -> list[tuple[str, HttpReply]]:
    """Every page, before a log-in and after. No probe by itself."""
    target, answers = target_of(bench, ""), list[tuple[str, HttpReply]]()
    for headers in ((), *(session.headers for session in _sessions(bench))):
        for path in shown:
            answers += _answered(bench, target, HttpRequest("GET", path, headers))
    return answers


def _of(bench: Bench, change: Change) -> tuple[Recipe, WebSession, Variables]:
    recipe, owner = bench.profile.actions[change.action][change.way], bench.credential("owner")
    hints = len(bench.hints)
    session = WebSession() if recipe.inside == NO_SESSION else login.session_of(bench, recipe.inside or change.way, owner)
    del bench.hints[hints:]  # how its user logs in is no part of the forgery
    return recipe, session, Variables({"user": (owner, NOT_TRIED)}, plain={"address": bench.sample.address})


def _sent_along(session: WebSession, way: Way) -> dict[str, str]:
    """The cookies that a browser adds by their SameSite; to a link it adds lax ones too. One that says nothing goes along."""
    kept = ("strict",) if way == "as an address" else ("strict", "lax")
    return {each.name: each.value for each in session.cookies if each.value and each.same_site not in kept}


def _origin(way: Way, target: Target) -> Headers:
    """What the browser says of the page that sends it."""
    if way.endswith("from nowhere"):
        return NOWHERE
    if way.endswith("like its own"):
        origin = f"https://{target.host.replace(':', '-')}.{ELSEWHERE.removeprefix('https://')}"
        return (("Origin", origin), ("Referer", f"{origin}/"), ("Sec-Fetch-Site", "cross-site"))
    return FOREIGN


def _as_sent(filled: HttpRequest, way: Way, added: Headers) -> HttpRequest:
    """With what the browser adds in this way."""
    if way == "as an address":
        members = _members(filled)
        query = f"{'&' if '?' in filled.path else '?'}{urlencode(members)}" if members else ""
        return HttpRequest("GET", filled.path + query, added)
    kind = next((kind for simple, kind in SIMPLE.items() if way.startswith(simple)), "")
    if kind:
        body = urlencode(_members(filled) or {}).encode() if way.startswith("as a form") and filled.body[:1] == b"{" else filled.body
        return replace(filled, headers=(*added, ("Content-Type", kind)), body=body)
    return replace(filled, headers=(*added, *filled.headers))


def _members(filled: HttpRequest) -> dict[str, str]:
    """Of a JSON object, as a form would have them."""
    with suppress(ValueError):
        body = json.loads(filled.body or b"{}")
        if isinstance(body, dict):
            return {str(name): str(value) for name, value in body.items()}
    return {}


def _preflight(bench: Bench, target: Target, filled: HttpRequest) -> str:
    """Why a browser would not send it; empty where it would."""
    own = [name.lower() for name, _ in filled.headers if name.lower() not in _OURS]
    wanted = ", ".join(sorted({"content-type", *own}))
    headers = (*FOREIGN, ("Access-Control-Request-Method", filled.method), ("Access-Control-Request-Headers", wanted))
    reply = exchange(bench.access, target, HttpRequest("OPTIONS", filled.path, headers), within=ANSWER_S)
    allowed = {word.strip().lower() for value in reply.all_headers("Access-Control-Allow-Headers") for word in value.split(",")}
    if (
        reply.header("Access-Control-Allow-Origin") != ELSEWHERE
        or (reply.header("Access-Control-Allow-Credentials") or "").lower() != "true"
    ):
        return f"status {reply.status} to its preflight, which allows no other origin with the user's cookies"
    return "" if {"content-type", *own} <= allowed or "*" in allowed else "its preflight does not allow the headers"


def _state(recipe: Recipe, reply: HttpReply) -> State:
    """Whatever is not what the page gets when it succeeds, and is an error, is a refusal."""
    if holds(recipe.granted_when, reply) and not holds(recipe.refused_when, reply):
        return "granted"
    return "refused" if reply.status >= 400 and reply.status < 500 else "unclear"


def _sessions(bench: Bench) -> Iterator[WebSession]:
    """One of each log-in that opens one."""
    for way in bench.profile.actions.get("log_in", {}):
        hints = len(bench.hints)
        session = login.session_of(bench, way, bench.credential("owner"))
        del bench.hints[hints:]
        if session.headers:
            yield session


def _fail_to_log_in(bench: Bench, name: str) -> None:
    """By each recipe, as somebody with this name."""
    recipes = bench.profile.actions.get("log_in", {})
    if not recipes:
        raise NotPossible("no log_in recipe in the profile: no name can be given")
    for way, recipe in recipes.items():
        bench.access.may_fail_log_in(way, name)
        variables = Variables(plain={"user": name, "password": "not-the-password", "address": bench.sample.address})
        with suppress(Undecided):
            Play(bench, recipe, variables, f"log in by {way} as a marker").run()


def _answered(bench: Bench, target: Target, request: HttpRequest) -> list[tuple[str, HttpReply]]:
    reply = _exchanged(bench, target, request)
    return [(f"{request.method} {request.path}", reply)] if reply is not None else []


def _exchanged(bench: Bench, target: Target, request: HttpRequest, authorizer: Authorizer | None = None) -> HttpReply | None:
    with suppress(Undecided):
        return exchange(bench.access, target, request, authorizer=authorizer, within=ANSWER_S)
    return None


def _by_http(bench: Bench) -> Authorizer | None:
    """The owner's log-in where pages ask for one by HTTP itself."""
    surface = next((each for each in login.surfaces_of(bench) if each.interface == "http"), None)
    return Authorizer(bench.access, bench.credential("owner"), surface.id) if surface else None


def _onward(reply: HttpReply, target: Target) -> str:
    to = (reply.header("Location") or "").removeprefix(target.url(""))
    return to if re.fullmatch(r"/[!-~]{0,200}", to) and not to.startswith("//") else ""


def _values(session: WebSession) -> Iterator[str]:
    """What of a session's headers is of this session alone."""
    for name, value in session.headers:
        parts = [pair.partition("=")[2] for pair in value.split(";")] if name.lower() == "cookie" else value.split()[-1:]
        yield from (part.strip() for part in parts)


def _has_address_with(reply: HttpReply, values: tuple[str, ...]) -> bool:
    places = [*reply.all_headers("Location"), *re.findall(r"""(?:src|href|action)\s*=\s*["']([^"']{1,2000})""", text_of(reply.body))]
    return any(value in place for place in places for value in values)


def _opens(bench: Bench, target: Target, path: str, word: str, value: str) -> bool:
    """With the value in its address, and not without."""
    without = _exchanged(bench, target, HttpRequest("GET", path))
    reply = _exchanged(bench, target, HttpRequest("GET", f"{path}?{urlencode({word: value})}"))
    return reply is not None and without is not None and reply.status < 300 <= without.status
