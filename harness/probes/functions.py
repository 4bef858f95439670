"""Functions of a device's HTTP interface: which there are, what its owner gets of each, and what somebody without a session gets."""

import json
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from itertools import islice

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.action import Undone
from harness.model.api import ApiCall, ApiEndpoint, Effect
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.impact import above
from harness.model.profile import HTTP_PROTOCOLS, LogIntf
from harness.model.recipe import NO_SESSION, ActionName
from harness.model.secret import NOBODY, Credential
from harness.model.storage import Copy
from harness.probes import device, storage
from harness.probes.actions import change
from harness.probes.actions.outcome import Decided, State
from harness.probes.actions.recipe import holds
from harness.probes.actions.restore import Restored, restore
from harness.probes.function_answers import (
    REFUSED,
    Compared,
    Leaves,
    Seen,
    changed,
    differences,
    disclosed,
    judged,
    judged_head,
    leaves_of,
    pattern_of,
)
from harness.probes.function_answers import alike as same
from harness.probes.function_keys import NOTHING, Asker, memory_of
from harness.probes.function_manners import Manner, by_method, by_rewriting
from harness.probes.function_paths import begun_in, is_dangerous, is_presentation, named_in, named_in_program, variants
from harness.probes.images import volumes
from harness.transports.http import Headers, HttpReply, HttpRequest, text_of

MISSING = "/camlabel-no-such-path"
PAGES_MOST, PATHS_MOST = 40, 120
CHUNKS_MOST = 64
DOORS = 2
OWNERS_ACTIONS: tuple[ActionName, ...] = ("read_log", "read_settings", "list_viewers", "list_recordings", "export")
SETTLE_S = 1.0


class Function(Frozen):
    """One method at one path of a service; `origin`: where we know it from."""

    service: str
    method: str
    path: str
    origin: str
    does: Effect
    declared: bool = True

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.method} {self.path} ({self.origin})"


class LeftOut(Frozen):
    """What is not asked, and why."""

    path: str
    why: str


class Found(Frozen):
    """All functions: those behind the log-in, those that are open by declaration, those that nobody declared."""

    guarded: tuple[Function, ...]
    free: tuple[Function, ...]
    undeclared: tuple[Function, ...]
    pages: tuple[str, ...]
    left_out: tuple[LeftOut, ...] = ()

    @property
    def all(self) -> tuple[Function, ...]:
        """Declared or not."""
        return (*self.guarded, *self.free, *self.undeclared)

    @property
    def giving(self) -> tuple[Function, ...]:
        """Those behind the log-in that only give something, also those that nobody declared."""
        return tuple(each for each in (*self.guarded, *self.undeclared) if each.does == "read")

    @property
    def doing(self) -> tuple[Function, ...]:
        """Those that do something."""
        return tuple(each for each in (*self.guarded, *self.undeclared) if each.does != "read")


class Named(Frozen):
    """Addresses that the unit's software names; `troubles`: what of it could not be read."""

    paths: tuple[str, ...]
    files: int
    troubles: tuple[str, ...] = ()


class There(Frozen):
    """Is there something at an address that software names, and is it declared?"""

    asked: str
    declared: bool
    answers: bool

    @property
    def hidden(self) -> bool:
        """There, and nowhere in the profile."""
        return self.answers and not self.declared


class Given(Decided):
    """What the owner got."""

    function: Function


class Obeyed(Decided):
    """What came of an order that nobody may give."""


class Answer(Frozen):
    """One try without a valid session; `silent`: there was no answer."""

    shown: str
    path: str
    state: State
    why: str
    silent: bool = False


class Tried(Frozen):
    """All tries of one function; `changed` are places of the device's state that differ since."""

    asked: str
    function: Function
    answers: tuple[Answer, ...]
    changed: tuple[str, ...] = ()

    @property
    def served(self) -> bool:
        """Was it granted once, or obeyed whatever the answer said? Undecided where an answer is unclear."""
        if self.changed or any(each.state == "granted" for each in self.answers):
            return True
        unclear = next((each for each in self.answers if each.state == "unclear"), None)
        if unclear is not None:
            raise Undecided(f"{self.asked} with {unclear.shown}: {unclear.why}")
        return False


class Told(Frozen):
    """What an open function tells, or changes, of what is behind the log-in."""

    asked: str
    tells: tuple[str, ...]


class TakenBack(Undone):
    """The owner's session works, and what was made is gone."""

    found: str


@acts("login")
def find(bench: Bench) -> Found:
    """From the profile's table api, and from a walk over pages and scripts of each service, as nobody and as owner."""
    endpoints = bench.profile.ixit.api.endpoints
    if not endpoints:
        raise Undecided("the profile's table api.endpoints is empty; the functions of the interface should stand there")
    known = [declared(bench, each) for each in endpoints] + _pictures(bench, endpoints)
    listed = {(each.service, each.path) for each in known} | set(_in_recipes(bench))
    undeclared: list[Function] = []
    left_out: list[LeftOut] = []
    pages: list[str] = []
    for service in http_services(bench):
        walk = Walk(bench, service)
        undeclared += walk.functions(listed)
        pages += walk.pages
        left_out += walk.left_out
    free = tuple(each for each in known if _is_free(bench, each))
    guarded = tuple(each for each in known if each not in free)
    return Found(guarded=guarded, free=free, undeclared=tuple(undeclared), pages=tuple(pages), left_out=tuple(left_out))


@reads()
def named_in_firmware(bench: Bench, taken: Copy) -> Named:
    """Addresses in pages, scripts and programs of the file systems of an image; each file is read to a bound."""
    paths: dict[str, None] = {}
    files, troubles = 0, list(taken.troubles)
    with volumes.opened(storage.file_of(bench, taken)) as image:
        for reading in volumes.readings(image, troubles):
            for entry in reading.entries():
                if entry.kind != "file" or len(paths) >= PATHS_MOST:
                    continue
                files += 1
                data = b"".join(islice(reading.content(entry), CHUNKS_MOST))
                paths |= dict.fromkeys(_named(entry.path, data))
            troubles += reading.troubles
    return Named(paths=tuple(paths)[:PATHS_MOST], files=files, troubles=tuple(troubles[:20]))


@acts("login")
def look_at(bench: Bench, path: str) -> There:
    """On each service of the interface; nothing is sent that could make it act."""
    services = http_services(bench)
    default = bench.profile.http_service
    listed = {path for _, path in (*_in_recipes(bench), *((each.service, each.path) for each in bench.profile.ixit.api.endpoints))}
    listed |= {each.path for each in bench.profile.ixit.stream} | {each.path for each in bench.profile.ixit.log_intf if each.path}
    known = path in listed or path.rstrip("/") in listed
    dangerous = is_dangerous(path) or default is None
    answers = not known and not dangerous and any(Walk(bench, service, whole=False).answers(path) for service in services)
    return There(asked=f"GET {path}, named in firmware", declared=known, answers=answers)


@acts("login")
def read_as_owner(bench: Bench, function: Function) -> Given:
    """Ask for what a function gives, with the owner's session."""
    return as_owner(bench, function)


@acts("change")
def take_back(bench: Bench, function: Function) -> TakenBack:
    """Undo what a granted call made, by the profile's word; a device that was reset by it is set up again."""
    endpoint = endpoint_of(bench, function)
    if not device.answers_again(bench):
        raise Undecided("the device does not answer any more")
    reached = _in_use_again(bench)
    if endpoint is not None and endpoint.undo is not None:
        reply = Asker(bench, function.service).as_owner(request_of_call(endpoint.undo))
        return TakenBack(found=f"{reached.how}; undone: status {reply.status}")
    return TakenBack(found=reached.how)


def _in_use_again(bench: Bench) -> device.Reached:
    """What was asked may have counted as guessing: a lock is waited for once, as long as the profile says that it lasts."""
    try:
        return device.bring_to(bench, "normal")
    except Undecided:
        locks = [each.brute_force.lock_s for each in bench.profile.ixit.auth_mech if each.brute_force]
        if not locks:
            raise
        bench.wait(max(locks) + SETTLE_S)
        return device.bring_to(bench, "normal")


@acts("change", undo=take_back)
def do_as_owner(bench: Bench, function: Function) -> Given:
    """Call what does something, with the owner's session; of what restarts, resets or updates only see that it is there."""
    if function.does in ("restart", "reset", "update"):
        return _is_there(bench, function)
    given = as_owner(bench, function)
    endpoint = endpoint_of(bench, function)
    if endpoint is not None and endpoint.undo is not None:
        Asker(bench, function.service).as_owner(request_of_call(endpoint.undo))
    return given


@acts("login")
def read_without(bench: Bench, function: Function) -> Tried:
    """Ask for it with no session and with false ones, also at addresses written otherwise."""
    return Tried(asked=function.asked, function=function, answers=tuple(_tries(bench, function)))


@acts("change", undo=take_back)
def do_without(bench: Bench, function: Function) -> Tried:
    """The same for what does something; settings and accounts are compared before and after."""
    endpoint = endpoint_of(bench, function)
    if endpoint is not None and above(endpoint.needs, bench.impact):
        raise NotPossible(f"{function.asked}: a flawed device may obey, and the bench permits acts up to {bench.impact}")
    before, volatile = state_of(bench), volatile_of(bench)
    answers = tuple(_tries(bench, function))
    if function.does != "change":
        bench.wait(SETTLE_S)
        device.answers_again(bench)
    return Tried(asked=function.asked, function=function, answers=answers, changed=changed(before, state_or_none(bench), volatile))


@acts("change")
def password_back(bench: Bench, who: Credential) -> Restored:
    """Make the account's first password valid again."""
    return restore(bench, who)


@acts("change", undo=password_back)
def set_password_as_nobody(bench: Bench, who: Credential) -> Obeyed:
    """Ask ONVIF's SetUser for a new password without any log-in; whether it was set is told by log-ins."""
    (tried,) = change.look_again(bench, who, (change.try_unproven(bench, "onvif", who, NOBODY, 0),))
    return Obeyed(state=tried.state, why=tried.why, asked=f"set a password of {who.role} by ONVIF as nobody")


@acts("change", undo=take_back)
def ask_free(bench: Bench, function: Function) -> Told:
    """What is open by declaration, asked by nobody: does it tell or change something that is behind the log-in?

    That is also what the profile itself calls sensitive, and what its actions give the owner in a session. What would restart, reset or
    update the device for anybody is not asked.
    """
    if function.does in ("restart", "reset", "update"):
        return Told(asked=function.asked, tells=(f"declared so that anybody may {function.does} the device",))
    before = state_of(bench)
    reply = Asker(bench, function.service).as_nobody(request_of(bench, function))
    seen = Seen.of(reply)
    tells = [f"a picture ({seen.kind})"] if seen.kind else []
    tells += disclosed(reply.body, _guarded_leaves(bench, before))
    tells += _owners_own(bench, function, reply)
    tells += [f"changed: {place}" for place in changed(before, state_or_none(bench), volatile_of(bench))]
    return Told(asked=function.asked, tells=tuple(tells))


def _owners_own(bench: Bench, function: Function, reply: HttpReply) -> Iterator[str]:
    """What other parts of the profile say that only its owner is given."""
    endpoint, default = endpoint_of(bench, function), bench.profile.http_service
    if endpoint is not None and endpoint.sensitive and 200 <= reply.status < 300:
        yield "what the profile calls sensitive"
    for action in OWNERS_ACTIONS:
        for recipe in bench.profile.actions.get(action, {}).values():
            last = recipe.steps[-1]
            place = last.service or (default.id if default else ""), last.request.method, last.request.path.partition("?")[0]
            asked = function.service, function.method, function.path
            if recipe.inside != NO_SESSION and place == asked and holds(recipe.granted_when, reply):
                yield f"what {action} gives the owner in a session"


def _tries(bench: Bench, function: Function) -> Iterator[Answer]:
    """With each false key and in each guise at the address as it is, with none at other ways to write it and in other manners."""
    asker, request = Asker(bench, function.service), request_of(bench, function)
    owners = memory_of(bench, function.service).answers.get(f"{function.method} {function.path}")
    for shown, headers in asker.false_keys():
        yield _try(bench, function, request, (shown, headers), owners)
    for path, words in variants(function.path):
        yield _try(bench, function, _at(request, path), (f"{NOTHING}, {words}", ()), owners)
    for guise in asker.guises():
        yield _try(bench, function, request, guise, owners)
    for key in asker.named_keys(function.path) if _is_door(bench, function) else ():
        yield _try(bench, function, request, key, owners)
    if function.method == "GET" and function.does == "read":
        yield from _by_method(bench, function, request, owners)
    for manner in by_rewriting(request, MISSING, _open_places(bench, function)):
        yield _try(bench, function, manner.request, (f"{NOTHING}, {manner.words}", ()), owners, manner.nothing)


def _by_method(bench: Bench, function: Function, request: HttpRequest, owners: object) -> Iterator[Answer]:
    """HEAD is looked at by its head; others are a matter of the whole server, so a few functions tell."""
    head, *others = by_method(request, MISSING)
    yield _by_head(bench, function, head, owners)
    for manner in others if _is_door(bench, function) else ():
        answer = _try(bench, function, manner.request, (f"{NOTHING}, {manner.words}", ()), owners, manner.nothing)
        yield answer.model_copy(update={"state": "refused"}) if answer.silent else answer


def _by_head(bench: Bench, function: Function, manner: Manner, owners: object) -> Answer:
    asker, shown = Asker(bench, function.service), f"{NOTHING}, {manner.words}"
    try:
        seen = Seen.of(asker.as_nobody(manner.request))
    except DeviceSilent as silence:
        return Answer(shown=shown, path=function.path, state="refused", why=f"{silence}: nothing was given", silent=True)
    whole = Seen.of(asker.as_nobody(request_of(bench, function))) if seen.fine else None
    if whole is not None and whole.fine:
        return Answer(shown=shown, path=function.path, state="refused", why=f"status {seen.status}, as by GET, which is judged by itself")
    nothing = _nothing(bench, function, (shown, ()), manner.nothing, manner.nothing)
    state, why = judged_head(seen, Compared(owners=owners if isinstance(owners, Seen) else None, nothing=nothing))
    if state == "granted":
        bench.note_retry_hint(f"curl -k --head {asker.target.url(function.path)}")
    return Answer(shown=shown, path=function.path, state=state, why=why)


def _is_door(bench: Bench, function: Function) -> bool:
    """One of the first that only read: what is a matter of the whole server, or may count towards a lock, is tried there."""
    rows = [each for each in bench.profile.ixit.api.endpoints if each.role != "anyone" and each.does == "read"]
    return function.path in [each.path for each in rows if service_of(bench, each) == function.service][:DOORS]


def _open_places(bench: Bench, function: Function) -> tuple[str, ...]:
    """Where anybody may ask by this method: the page, and for what reads the first function that is open."""
    rows = [each for each in bench.profile.ixit.api.endpoints if each.role == "anyone" and each.does == "read" and each.method == "GET"]
    free = [each.path for each in rows if service_of(bench, each) == function.service]
    return tuple(dict.fromkeys(("/", *(free[:1] if function.method == "GET" else ()))))


def _try(
    bench: Bench,
    function: Function,
    request: HttpRequest,
    key: tuple[str, Headers],
    owners: object,
    missing: HttpRequest | None = None,
) -> Answer:
    """`missing` asks in the same way for what does not exist, where that is not only another path."""
    asker, (shown, headers) = Asker(bench, function.service), key
    try:
        reply = asker.as_nobody(request, headers)
        nothing = _nothing(bench, function, key, request, missing)
    except DeviceSilent as silence:
        return Answer(shown=shown, path=request.path, state="unclear", why=str(silence), silent=True)
    except Undecided as doubt:
        return Answer(shown=shown, path=request.path, state="unclear", why=str(doubt))
    endpoint = endpoint_of(bench, function)
    to = Compared(
        owners=owners if isinstance(owners, Seen) else None,
        nothing=nothing,
        refused_when=endpoint.refused_when if endpoint else None,
        granted=endpoint.granted if endpoint else (),
    )
    state, why = judged(Seen.of(reply), to)
    if state == "granted" and shown.startswith(NOTHING):
        bench.note_retry_hint(HttpRequest(request.method, request.path, (*headers, *request.headers), request.body).curl(asker.target))
    return Answer(shown=shown, path=request.path, state=state, why=why)


def _nothing(bench: Bench, function: Function, key: tuple[str, Headers], request: HttpRequest, missing: HttpRequest | None = None) -> Seen:
    """The answer to the same key for a path that does not exist, as if it were this one; asked once."""
    memory, (shown, headers) = memory_of(bench, function.service), key
    name = f"nothing {function.method} {shown}"
    found = memory.answers.get(name)
    if not isinstance(found, Seen):
        path = request.path.replace(function.path, MISSING) if function.path != "/" else MISSING
        path = MISSING.upper() if path == request.path else path
        found = Seen.of(Asker(bench, function.service).as_nobody(missing or _at(request, path), headers))
        memory.answers[name] = found
    return found


def as_owner(bench: Bench, function: Function) -> Given:
    """With the owner's session; the answer is kept. No probe by itself."""
    asker, endpoint = Asker(bench, function.service), endpoint_of(bench, function)
    request = request_of(bench, function)
    reply = asker.as_owner(request)
    seen = Seen.of(reply)
    memory_of(bench, function.service).answers[f"{function.method} {function.path}"] = seen
    nothing = Seen.of(asker.as_owner(_at(request, MISSING)))
    granted = endpoint.granted if endpoint else ()
    state, why = _owners_state(seen, nothing, granted)
    return Given(state=state, why=why, asked=f"{function.asked} as owner", function=function)


def owners_answer(bench: Bench, function: Function) -> Seen:
    """The one that is kept."""
    found = memory_of(bench, function.service).answers[f"{function.method} {function.path}"]
    assert isinstance(found, Seen)  # noqa: S101 - nothing else is kept under this name
    return found


def _owners_state(seen: Seen, nothing: Seen, granted: tuple[int, ...]) -> tuple[State, str]:
    told = f"status {seen.status}"
    if seen.status == nothing.status and same(seen, nothing):
        return "unclear", f"{told}, as for a path that does not exist"
    if seen.status in granted or (seen.fine and not granted):
        return "granted", told
    return ("refused" if seen.status in REFUSED else "unclear"), told


def _is_there(bench: Bench, function: Function) -> Given:
    """Told apart from a path that does not exist: by its answer to nobody, or to the owner who asks by another method."""
    asker, request = Asker(bench, function.service), request_of(bench, function)
    other = HttpRequest("OPTIONS" if function.method == "GET" else "GET", function.path)
    pairs = (
        ("to nobody", asker.as_nobody(request), asker.as_nobody(_at(request, MISSING))),
        (f"to the owner by {other.method}", asker.as_owner(other), asker.as_owner(_at(other, MISSING))),
    )
    for words, reply, nothing in pairs:
        if reply.status != nothing.status:
            why = f"{words} status {reply.status}, {nothing.status} for a path that does not exist; not called: it would {function.does}"
            return Given(state="granted", why=why, asked=f"{function.asked} as owner", function=function)
    why = "is not told apart from a path that does not exist, and cannot be called"
    return Given(state="unclear", why=why, asked=f"{function.asked} as owner", function=function)


def state_of(bench: Bench) -> dict[str, Leaves]:
    """What the owner reads at the endpoints that hold the state."""
    rows = [each for each in bench.profile.ixit.api.endpoints if each.state and each.does == "read"]
    if not rows:
        raise Undecided("no endpoint of the profile's table api is said to hold the state (state: yes): nothing tells what was changed")
    return {each.path: _leaves(bench, each) for each in rows}


def state_or_none(bench: Bench) -> dict[str, Leaves]:
    """The same; a device that does not let its owner in any more has changed altogether."""
    try:
        return state_of(bench)
    except DeviceSilent:
        raise
    except Undecided:
        return {}


def _leaves(bench: Bench, endpoint: ApiEndpoint) -> Leaves:
    reply = Asker(bench, service_of(bench, endpoint)).as_owner(request_of_call(endpoint))
    leaves = leaves_of(reply.body)
    if not 200 <= reply.status < 300:
        raise Undecided(f"{endpoint.path} does not tell its owner the state: status {reply.status}")
    return leaves if leaves is not None else {"": text_of(reply.body[:65536])}


def volatile_of(bench: Bench) -> frozenset[str]:
    """Places of the state that change though nobody does anything but ask."""
    service = bench.profile.ixit.api.endpoints[0]
    memory = memory_of(bench, service_of(bench, service))
    if memory.volatile is None:
        before = state_of(bench)
        Asker(bench, service_of(bench, service)).as_nobody(HttpRequest("GET", MISSING))
        memory.session = None
        memory.volatile = frozenset(pattern_of(place) for place in differences(before, state_of(bench)))
    return memory.volatile


def _guarded_leaves(bench: Bench, state: dict[str, Leaves]) -> dict[str, Leaves]:
    """What the owner was given behind the log-in, without what the product is called."""
    found = dict(state)
    for service in http_services(bench):
        for name, seen in memory_of(bench, service.id).answers.items():
            if isinstance(seen, Seen) and name.startswith("GET ") and (leaves := leaves_of(seen.body)) is not None:
                found[name.removeprefix("GET ")] = leaves
    free = {each.path for each in bench.profile.ixit.api.endpoints if each.role == "anyone"}
    public = {json.dumps(text) for text in bench.profile.dut.model_dump().values() if isinstance(text, str)}
    kept = ((path, leaves) for path, leaves in found.items() if path not in free)
    return {path: {name: value for name, value in leaves.items() if value not in public} for path, leaves in kept}


class Walk:
    """Pages and scripts of one service, from its front page on."""

    def __init__(self, bench: Bench, service: LogIntf, *, whole: bool = True) -> None:
        self._bench, self._service, self._asker = bench, service, Asker(bench, service.id)
        self.pages: list[str] = []
        self.left_out: list[LeftOut] = []
        self.begun: dict[str, None] = {}
        self._named: dict[tuple[str, str], None] = {}
        if whole:
            self._walk()

    @property
    def named(self) -> tuple[str, ...]:
        """All addresses that are named, also such as a script goes on with."""
        return tuple(dict.fromkeys((*(path for _, path in self._named), *self.begun)))

    def functions(self, listed: AbstractSet[tuple[str, str]]) -> Iterator[Function]:
        """Named addresses that are more than how the interface looks, that are not among those listed, and that are there."""
        for method, path in tuple(self._named)[:PATHS_MOST]:
            if path in self.pages or (self._service.id, path) in listed:
                continue
            if method == "GET" and is_dangerous(path):
                self.left_out.append(LeftOut(path=path, why="named like something that does harm when it is only looked at"))
            elif self.answers(path):
                does: Effect = "read" if method == "GET" else "change"
                origin = "named by the page, not declared"
                yield Function(service=self._service.id, method=method, path=path, origin=origin, does=does, declared=False)

    def _walk(self) -> None:
        waiting = ["/"]
        while waiting and len(self.pages) < PAGES_MOST:
            path = waiting.pop(0)
            text = self._presented(path)
            if text is None:
                continue
            self.pages.append(path)
            self.begun |= dict.fromkeys(begun_in(text))
            for method, place in named_in(text, path):
                if (method, place) not in self._named:
                    self._named[method, place] = None
                    waiting += [place] if method == "GET" and not is_dangerous(place) else []

    def _presented(self, path: str) -> str | None:
        """The text of a page, style or script, as anybody gets it, else as its owner does; None where it is none."""
        for reply in self._replies(path):
            if 200 <= reply.status < 300:
                return text_of(reply.body) if is_presentation(reply.header("Content-Type") or "", path) else None
        return None

    def _replies(self, path: str) -> Iterator[HttpReply]:
        request = HttpRequest("GET", path)
        yield self._asker.as_nobody(request)
        try:
            yield self._asker.as_owner(request)
        except DeviceSilent:
            raise
        except (Undecided, NotPossible):
            return

    def answers(self, path: str) -> bool:
        """Is it there: answered otherwise than a path that is not? Nothing is sent that could make it act."""
        asked, missing = HttpRequest("GET", path), HttpRequest("GET", MISSING)
        if self._asker.as_nobody(asked).status != self._asker.as_nobody(missing).status:
            return True
        try:
            owners, nothing = (Seen.of(self._asker.as_owner(each)) for each in (asked, missing))
        except DeviceSilent:
            raise
        except (Undecided, NotPossible):
            return False
        return owners.status != nothing.status or not same(owners, nothing)


def _named(name: str, data: bytes) -> tuple[str, ...]:
    """By what kind of file it is; how the interface looks is no function."""
    if is_presentation("", name):
        return tuple(path for _, path in named_in(text_of(data), "/") if not is_presentation("", path))
    return named_in_program(data)


def declared(bench: Bench, endpoint: ApiEndpoint) -> Function:
    """A row of the profile's table api."""
    service = service_of(bench, endpoint)
    return Function(service=service, method=endpoint.method, path=endpoint.path, origin="declared", does=endpoint.does)


def _pictures(bench: Bench, endpoints: Iterable[ApiEndpoint]) -> list[Function]:
    """Declared still pictures that the table api does not name too."""
    named = {each.path for each in endpoints}
    stills = [each for each in bench.profile.ixit.stream if each.protocol == "snapshot" and each.path not in named]
    return [Function(service=each.service, method="GET", path=each.path, origin="declared still picture", does="read") for each in stills]


def _in_recipes(bench: Bench) -> Iterator[tuple[str, str]]:
    """What the profile's recipes ask is declared too."""
    default = bench.profile.http_service
    for recipes in bench.profile.actions.values():
        for recipe in recipes.values():
            for step in recipe.steps:
                yield step.service or (default.id if default else ""), step.request.path.partition("?")[0]


def _is_free(bench: Bench, function: Function) -> bool:
    endpoint = endpoint_of(bench, function)
    return endpoint is not None and endpoint.role == "anyone"


def endpoint_of(bench: Bench, function: Function) -> ApiEndpoint | None:
    """Its row of the table; None where nobody declared it."""
    wanted = (function.service, function.method, function.path)
    return next((each for each in bench.profile.ixit.api.endpoints if (service_of(bench, each), each.method, each.path) == wanted), None)


def service_of(bench: Bench, endpoint: ApiEndpoint) -> str:
    """Where a declared function is asked."""
    default = bench.profile.http_service
    if not endpoint.service and default is None:
        raise NotPossible("the profile's log_intf table has no http or https service for its table api")
    return endpoint.service or (default.id if default else "")


def http_services(bench: Bench) -> tuple[LogIntf, ...]:
    """Those that are declared; no probe by itself."""
    return tuple(each for each in bench.profile.ixit.log_intf if each.protocol in HTTP_PROTOCOLS)


def request_of(bench: Bench, function: Function) -> HttpRequest:
    """The call as it goes out."""
    endpoint = endpoint_of(bench, function)
    if endpoint is not None:
        return request_of_call(endpoint)
    return HttpRequest(function.method, function.path, *(() if function.does == "read" else (_JSON, b"{}")))


_JSON: Headers = (("Content-Type", "application/json"),)


def request_of_call(call: ApiEndpoint | ApiCall) -> HttpRequest:
    """A declared call as it goes out."""
    if call.json_body is None:
        return HttpRequest(call.method, call.path)
    return HttpRequest(call.method, call.path, _JSON, json.dumps(call.json_body).encode())


def _at(request: HttpRequest, path: str) -> HttpRequest:
    return HttpRequest(request.method, path, request.headers, request.body)
