"""Plays a profile's recipe: requests in order, what is taken from their answers, and what the last answer means."""

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, UsageError
from harness.model.recipe import Conditions, Recipe, Request, SessionTemplate, Step, Take
from harness.model.secret import NOBODY, Credential, Secret
from harness.probes.actions.outcome import Outcome, label_of, state_of
from harness.transports.auth import Authorizer
from harness.transports.http import (
    Headers,
    HttpReply,
    HttpRequest,
    SetCookie,
    Target,
    cookie_header,
    cookies_of,
    exchange,
    set_cookies,
    text_of,
    with_cookies,
)
from harness.transports.templates import NOT_TRIED, Variables, fill, fill_session, fill_values

VALUE_MAX = 4096


@dataclass
class WebSession:
    """What later requests of a session carry; `shown` and `labels` are the same with labels for values, `cookies` were set at the log-in.

    `authorizer`: answers HTTP's own challenges, with a nonce that is used on. Copies of a session count their requests together.
    `renewed` is what it is filled with anew when an answer gives other values; None where none does.
    """

    headers: Headers = ()
    shown: Headers = ()
    cookies: tuple[SetCookie, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    authorizer: Authorizer | None = None
    numbers: Iterator[int] = field(default_factory=lambda: count(1), compare=False)
    renewed: "Renewed | None" = None


@dataclass
class Renewed:
    """A session's template and the variables that fill it."""

    template: SessionTemplate
    variables: Variables


@dataclass
class Exchange:
    """One step as it went: what was sent, with labels for secrets, what came back, what was taken (by its label), what was missing.

    `logged_in`: by which of HTTP's own log-ins.
    """

    url: str
    sent: HttpRequest
    reply: HttpReply
    logged_in: str = ""
    took: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Played:
    """The outcome, what was taken where nothing of it is secret, the session that a log-in opened, and every step."""

    outcome: Outcome
    facts: Mapping[str, str] = field(default_factory=dict)
    session: WebSession | None = None
    exchanges: tuple[Exchange, ...] = ()


@dataclass
class Play:
    """One recipe on one bench, inside a session if there is one; `secret_takes`: what is taken is masked from then on."""

    bench: Bench
    recipe: Recipe
    variables: Variables
    name: str
    session: WebSession = field(default_factory=WebSession)
    secret_takes: bool = True
    _exchanges: list[Exchange] = field(default_factory=list)
    _facts: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, Secret] = field(default_factory=dict)
    _set: dict[str, SetCookie] = field(default_factory=dict)
    _own: Authorizer | None = None
    _number: int = 0
    _chance: str = field(default_factory=lambda: secrets.token_hex(16))

    def run(self) -> Played:
        """Every step, unless an answer on the way lacks what the next one needs."""
        *before, last = self.recipe.steps
        for step in before:
            reply, asked = self._ask(step)
            if not self._take(step, reply):
                return self._judge(reply, asked, complete=False)
        reply, asked = self._ask(last)
        self._take(last, reply)
        return self._judge(reply, asked, complete=True)

    def _ask(self, step: Step) -> tuple[HttpReply, str]:
        access, target, request = self.bench.access, target_of(self.bench, step.service), step.request
        self._number = next(self.session.numbers)
        sent, shown_cookies = self._jar(request)
        shown = fill(access, request, self._labels(), with_cookies(self.session.shown, shown_cookies))
        if shown.curl(target) not in self.bench.hints:
            self.bench.note_retry_hint(shown.curl(target))
        filled = fill(access, request, self._known(), with_cookies(self.session.headers, sent))
        authorizer = self._authorizer(request.auth)
        reply = exchange(access, target, filled, authorizer=authorizer)
        self._exchanges.append(Exchange(target.url(shown.path), shown, reply, authorizer.told if authorizer else ""))
        self._keep_cookies(reply)
        self._renew(reply)
        return reply, f"{self.name}: {request.method} {target.url(shown.path)}"

    def _jar(self, request: Request) -> tuple[dict[str, str], dict[str, str]]:
        """Cookies that earlier steps were given go along, as in a browser, unless the request says itself which do; and their labels."""
        if any(name.lower() == "cookie" for name in request.headers):
            return {}, {}
        values = {name: self.bench.access.reveal(secret) for name, secret in self._cookies.items()}
        return values, {name: secret.label for name, secret in self._cookies.items()}

    def _keep_cookies(self, reply: HttpReply) -> None:
        """An empty one takes its name away."""
        self._set |= {each.name: each for each in set_cookies(reply)}
        for name, value in cookies_of(reply).items():
            self._cookies.pop(name, None)
            self._cookies |= {name: self._kept(f"cookie-{name}", value)} if value else {}

    def _known(self) -> Variables:
        """What the session knows, what was taken since, and what is new with each request."""
        inside = {name: value for name, value in self.session.values.items() if name not in self.variables.taken}
        always = {"count": str(self._number), "chance": self._chance}
        return replace(self.variables, plain={**inside, **always, **self.variables.plain})

    def _authorizer(self, scheme: str | None) -> Authorizer | None:
        """The session's; else one for all steps, so that a nonce is used on."""
        ours = self.session.authorizer
        if ours is not None and scheme in (None, *ours.schemes):
            return ours
        if scheme and (self._own is None or scheme not in self._own.schemes):
            who, surface = self.variables.accounts.get("password", (NOBODY, ""))
            exact = who.at(self.bench.current_version(who)) if who.which == "current" else who
            self._own = Authorizer(self.bench.access, exact, surface, (scheme,))
        return self._own if scheme else None

    def _renew(self, reply: HttpReply) -> None:
        """Where a session says so, an answer gives what the next request shows; a refusal does not."""
        renewed = self.session.renewed
        found = taken_values(renewed.template.take, reply) if renewed and reply.status < 400 else {}
        if renewed and found:
            renewed.variables = renewed.variables.with_taken({name: self._kept(name, value) for name, value in found.items()})
            self._fit(self.session, renewed)

    def _take(self, step: Step, reply: HttpReply) -> bool:
        """False when something is missing."""
        values = taken_values(step.take, reply)
        self._exchanges[-1].missing = tuple(name for name in step.take if name not in values)
        if self.secret_takes:
            taken = {name: self._kept(name, value) for name, value in values.items()}
            self._exchanges[-1].took = {name: secret.label for name, secret in taken.items()}
            self.variables = self.variables.with_taken(taken)
        else:
            self._facts |= values
            self._exchanges[-1].took = values
            self.variables = replace(self.variables, plain={**self.variables.plain, **values})
        return set(values) == set(step.take)

    def _kept(self, name: str, value: str) -> Secret:
        return self.bench.access.keep_secret(f"{self.bench.sample.name}/{name}", value)

    def _judge(self, reply: HttpReply, asked: str, *, complete: bool) -> Played:
        granted, refused = holds(self.recipe.granted_when, reply) and complete, holds(self.recipe.refused_when, reply)
        state, why = state_of(granted, refused), _why(reply, granted=granted, refused=refused, complete=complete)
        if reply.truncated and looks_inside(self.recipe):
            state, why = "unclear", f"status {reply.status}; the body was cut off and the recipe looks into it"
        if state == "refused" and is_locked_out(reply):
            state, why = "unclear", f"status {reply.status}; refused for now: locked out"
        outcome = Outcome(state=state, why=why, asked=asked, sent_at=reply.sent_at, answered_at=reply.answered_at)
        return Played(outcome, self._facts, self._session() if state == "granted" else None, tuple(self._exchanges))

    def _session(self) -> WebSession | None:
        """By the recipe's template; without one, the cookies that were set."""
        access, template = self.bench.access, self.recipe.session
        if template is not None:
            session = WebSession(cookies=tuple(self._set.values()), authorizer=self._own if template.auth else None)
            session.numbers = self.session.numbers
            whole = self._fit(session, Renewed(template, replace(self._known(), accounts=self.variables.accounts)))
            return session if whole and (session.headers or session.values or session.authorizer) else None
        if not self._cookies:
            return None
        values = {name: access.reveal(secret) for name, secret in self._cookies.items()}
        labels = {name: secret.label for name, secret in self._cookies.items()}
        cookies = tuple(self._set.values())
        headers, shown = ((("Cookie", cookie_header(each)),) for each in (values, labels))
        return WebSession(headers, shown, cookies, numbers=self.session.numbers)

    def _fit(self, session: WebSession, renewed: Renewed) -> bool:
        """Fill what a session carries; False when something that it needs was not taken."""
        access, labels = self.bench.access, self._labels_of(renewed.variables)
        headers, values = (
            fill_session(access, renewed.template, renewed.variables),
            fill_values(access, renewed.template, renewed.variables),
        )
        session.headers, session.shown = headers or (), fill_session(access, renewed.template, labels) or ()
        session.values, session.labels = values or {}, fill_values(access, renewed.template, labels) or {}
        session.renewed = renewed if renewed.template.take else None
        return headers is not None and values is not None

    def _labels(self) -> Variables:
        """The variables as people may read them; of nobody there is nothing to show."""
        inside = {name: label for name, label in self.session.labels.items() if name not in self.variables.taken}
        return self._labels_of(self._known(), inside)

    def _labels_of(self, variables: Variables, more: Mapping[str, str] | None = None) -> Variables:
        known = {name: who for name, (who, _) in variables.accounts.items() if who.which != "nobody"}
        return variables.labelled({**(more or {}), **{name: self._shown(name, who) for name, who in known.items()}})

    def _shown(self, name: str, who: Credential) -> str:
        """A user's name is no secret."""
        login = self.bench.access.login(who, NOT_TRIED) if name == "user" else None
        return login.user if login else label_of(self.bench, who)


def target_of(bench: Bench, service: str) -> Target:
    """Where a step goes: its service, or the first that speaks HTTP."""
    default = bench.profile.http_service
    if not service and default is None:
        raise NotPossible("the profile's log_intf table has no http or https service for recipes")
    endpoint = bench.address(service or (default.id if default else ""))
    return Target(endpoint.host, endpoint.port, endpoint.tls)


def is_locked_out(reply: HttpReply) -> bool:
    """A refusal that is meant for the client and for now says nothing of the credential."""
    return reply.status == 429 or reply.header("Retry-After") is not None


def holds(conditions: Conditions, reply: HttpReply) -> bool:
    """Do all of them hold for this answer?"""
    return (
        (not conditions.status or reply.status in conditions.status)
        and (not conditions.jmespath or bool(searched(conditions.jmespath, reply)))
        and (not conditions.regex or _found(conditions.regex, text_of(reply.body)) is not None)
        and (not conditions.header or _header_holds(conditions.header, reply))
    )


def looks_inside(recipe: Recipe) -> bool:
    """Does its verdict hang on the body?"""
    return any(each.jmespath or each.regex for each in (recipe.granted_when, recipe.refused_when))


def taken_values(takes: Mapping[str, Take], reply: HttpReply) -> dict[str, str]:
    """What the answer holds of what is to be taken; what is not there, empty or overlong is left out."""
    found = ((name, _taken(take, reply)) for name, take in takes.items())
    return {name: value for name, value in found if value and len(value) <= VALUE_MAX}


def searched(expression: str, reply: HttpReply) -> JsonValue:
    """What a JMESPath expression finds in the body; None when the body is not JSON or the path does not fit."""
    try:
        found: JsonValue = jmespath.search(expression, json.loads(reply.body))
    except (ValueError, TypeError, RecursionError, JMESPathError):
        return None
    return found


def _taken(take: Take, reply: HttpReply) -> str:
    if take.jmespath:
        value = searched(take.jmespath, reply)
        return str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
    if take.header:
        return reply.header(take.header) or ""
    if take.cookie:
        return cookies_of(reply).get(take.cookie, "")
    match = _found(take.regex, text_of(reply.body))
    return (match[1] if match.re.groups else match[0]) or "" if match else ""


def _header_holds(condition: str, reply: HttpReply) -> bool:
    name, _, pattern = condition.partition(":")
    return any(_found(pattern.strip(), value) for value in reply.all_headers(name.strip()))


def _found(pattern: str, text: str) -> re.Match[str] | None:
    try:
        return re.search(pattern, text)
    except re.error as problem:
        raise UsageError(f"the regular expression {pattern!r} cannot be read: {problem}; correct it in the profile") from problem


def _why(reply: HttpReply, *, granted: bool, refused: bool, complete: bool) -> str:
    if not complete:
        return f"status {reply.status}; what the next step needs is not in the answer"
    if granted == refused:
        return f"status {reply.status}; {'both' if granted else 'neither'} of granted_when and refused_when hold{'' if granted else 's'}"
    return f"status {reply.status}; {'granted_when' if granted else 'refused_when'} holds"
