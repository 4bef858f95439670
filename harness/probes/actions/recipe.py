"""Plays a profile's recipe: requests in order, what is taken from their answers, and what the last answer means."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, UsageError
from harness.model.recipe import Conditions, Recipe, Step, Take
from harness.model.secret import NOBODY, Secret
from harness.probes.actions.outcome import Outcome, state_of
from harness.transports.auth import Authorizer
from harness.transports.http import Headers, HttpReply, Target, cookies_of, exchange, text_of
from harness.transports.templates import Variables, fill, fill_session

VALUE_MAX = 4096
DECIDED_BY_BODY = "its body was cut off and the recipe looks into it"


@dataclass(frozen=True)
class Played:
    """The outcome, what was taken (as handles), and what later requests of the session carry."""

    outcome: Outcome
    taken: Mapping[str, Secret] = field(default_factory=dict)
    facts: Mapping[str, str] = field(default_factory=dict)
    session: Headers | None = None


@dataclass
class Play:
    """One recipe on one bench. `surface` counts its failed log-ins, `session` is carried by every request."""

    bench: Bench
    recipe: Recipe
    variables: Variables
    name: str
    surface: str = ""
    session: Headers = ()
    secret_takes: bool = True
    _facts: dict[str, str] = field(default_factory=dict)
    _cookies: dict[str, str] = field(default_factory=dict)

    def run(self) -> Played:
        """Every step, unless an answer on the way lacks what the next one needs."""
        variables, played = self.variables, None
        for number, step in enumerate(self.recipe.steps, 1):
            reply, asked = self._ask(step, variables)
            values = taken_values(step.take, reply)
            variables = variables.with_taken(self._handles(values))
            last = number == len(self.recipe.steps)
            if last or set(values) != set(step.take):
                played = self._judge(reply, asked, variables, complete=last)
                break
        assert played is not None  # noqa: S101 - a recipe has at least one step
        return played

    def _ask(self, step: Step, variables: Variables) -> tuple[HttpReply, str]:
        target = target_of(self.bench, step.service)
        request = step.request
        authorizer = self._authorizer(request.auth, variables)
        reply = exchange(self.bench.access, target, fill(self.bench.access, request, variables, self.session), authorizer=authorizer)
        self._cookies |= cookies_of(reply)
        return reply, f"{self.name}: {request.method} {target.url(request.path)}"

    def _authorizer(self, scheme: str | None, variables: Variables) -> Authorizer | None:
        if scheme is None:
            return None
        who, surface = variables.accounts.get("password", (NOBODY, ""))
        return Authorizer(self.bench.access, who, surface, (scheme,))

    def _handles(self, values: Mapping[str, str]) -> dict[str, Secret]:
        if not self.secret_takes:
            self._facts |= values
        keep = self.bench.access.keep_secret
        return {name: keep(f"{self.bench.sample.name}/{name}", value) for name, value in values.items() if self.secret_takes}

    def _judge(self, reply: HttpReply, asked: str, variables: Variables, *, complete: bool) -> Played:
        granted, refused = holds(self.recipe.granted_when, reply) and complete, holds(self.recipe.refused_when, reply)
        state, why = state_of(granted, refused), _why(reply, granted=granted, refused=refused, complete=complete)
        if reply.truncated and looks_inside(self.recipe):
            state, why = "unclear", DECIDED_BY_BODY
        outcome = Outcome(state=state, why=why, asked=asked, sent_at=reply.sent_at, answered_at=reply.answered_at)
        return Played(outcome, variables.taken, self._facts, self._session(variables) if state == "granted" else None)

    def _session(self, variables: Variables) -> Headers | None:
        """By the recipe's template; without one, the cookies that were set."""
        if self.recipe.session is not None:
            return fill_session(self.bench.access, self.recipe.session, variables)
        for name, value in self._cookies.items():
            self.bench.access.keep_secret(f"{self.bench.sample.name}/cookie-{name}", value)
        return (("Cookie", "; ".join(f"{name}={value}" for name, value in self._cookies.items())),) if self._cookies else None


def target_of(bench: Bench, service: str) -> Target:
    """Where a step goes: its service, or the first that speaks HTTP."""
    default = bench.profile.http_service
    if not service and default is None:
        raise NotPossible("the profile's log_intf table has no http or https service for recipes")
    endpoint = bench.address(service or (default.id if default else ""))
    return Target(endpoint.host, endpoint.port, endpoint.tls)


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
    except (ValueError, RecursionError, JMESPathError):
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
