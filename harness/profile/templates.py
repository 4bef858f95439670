"""Do the templates, JMESPaths and regular expressions of recipes compile, and use only what is known?

A template may hold text, names, filters, `~`, comparisons and `if`; loops, calls, attributes and arithmetic are refused, so that
a profile from elsewhere can neither reach anything nor keep the harness busy.
"""

import re
import warnings
from collections.abc import Collection, Iterator

import jmespath
from jinja2 import TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment
from jmespath.exceptions import JMESPathError
from pydantic import JsonValue

from harness.catalogue.wording import nearest, shown
from harness.model.mistake import Loc, Mistake
from harness.model.recipe import PLAIN_ACTIONS, ActionName, Conditions, Recipe, Request, Take
from harness.profile.look import Look

# Where a password is changed, `password` would show the right one in place of the one that is asked for.
VARIABLES: dict[ActionName, tuple[str, ...]] = {
    "set_up": ("user", "password", "address"),
    "log_in": ("user", "password", "address"),
    "use_session": ("user", "address"),
    "log_out": ("user", "address"),
    "change_password": ("user", "current", "new", "address"),
    "identity": ("user", "address"),
    "read_settings": ("user", "address"),
    "change_setting": ("user", "address"),
    "read_log": ("user", "address"),
    "add_viewer": ("user", "address", "viewer", "word"),
    "remove_viewer": ("user", "address", "viewer"),
    "plant": ("user", "address", "canary"),
    "list_viewers": ("user", "address"),
    "list_recordings": ("user", "address"),
    "export": ("user", "address", "key"),
    "import": ("user", "address", "key", "size", "sha256", "md5"),
    "offer_update": ("user", "address", "version", "size", "sha256", "md5"),
    **dict.fromkeys(PLAIN_ACTIONS, ("user", "address")),
}
EVERYWHERE = ("count", "chance")  # the number of this request in its session; 32 hexadecimal digits, new each time a recipe is played
SERVED = ("version", "size", "sha256", "md5")  # what an answer of the update server may name
FILTERS = ("lower", "upper", "trim", "urlencode", "tojson", "default", "length", "md5", "sha1", "sha256", "b64encode", "number")
TEXTS = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Const, nodes.Name, nodes.Concat, nodes.Filter)
CHOICES = (nodes.If, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Test, nodes.And, nodes.Or, nodes.Not)
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,40}")
HEADER = re.compile(r"[A-Za-z0-9-]+:.*\S.*")


def recipes(look: Look) -> Iterator[Mistake]:
    """Everything in the recipes that is compiled when it is used."""
    environment = SandboxedEnvironment()
    for action, way, loc, recipe in look.recipes():
        log_in = look.profile.recipe("log_in", recipe.inside or way) if action != "log_in" else None
        inside = set(log_in.session.values) if log_in and log_in.session else set()
        for place, text, known in _templates(action, loc, recipe, inside):
            for what, remedy in _problems(environment, text, known):
                yield look.mistake(place, what, remedy)
        for number, step in enumerate(recipe.steps):
            for name, take in step.take.items():
                yield from _take(look, (*loc, "steps", number, "take", name), take)
                yield from _name(look, (*loc, "steps", number, "take", name), name)
        for name, take in (recipe.session.take if recipe.session else {}).items():
            yield from _take(look, (*loc, "session", "take", name), take)
        for name, conditions in (("granted_when", recipe.granted_when), ("refused_when", recipe.refused_when)):
            yield from _conditions(look, (*loc, name), conditions)


def servers(look: Look) -> Iterator[Mistake]:
    """What the update server answers, and to what."""
    environment = SandboxedEnvironment()
    for row, mechanism in enumerate(look.profile.ixit.upd_mech):
        for number, answer in enumerate(mechanism.server):
            loc: Loc = ("ixit", "upd_mech", row, "server", number)
            yield from _regex(look, (*loc, "target"), answer.target)
            for place, text in ((("body",), answer.body), *_leaves(("json",), answer.json_body)):
                for what, remedy in _problems(environment, text, SERVED):
                    yield look.mistake((*loc, *place), what, remedy)


def recorded(look: Look) -> Iterator[Mistake]:
    """Where links to recordings are found."""
    for row, kind in enumerate(look.profile.ixit.api.recordings):
        loc: Loc = ("ixit", "api", "recordings", row)
        yield from _jmespath(look, (*loc, "links"), kind.links)
        yield from _regex(look, (*loc, "regex"), kind.regex, groups=1)


def _problems(environment: SandboxedEnvironment, text: str, known: Collection[str]) -> Iterator[tuple[str, str]]:
    """What is wrong with one template."""
    try:
        found = list(environment.parse(text).find_all(nodes.Node))
    except (TemplateSyntaxError, RecursionError) as error:
        yield f"does not compile ({_reason(error)})", "mend the template"
        return
    for node in found:
        if isinstance(node, nodes.Name) and node.name not in known:
            yield f"{node.name!r} is no value known here", nearest(node.name, known)
        elif isinstance(node, nodes.Filter) and node.name not in FILTERS:
            yield f"the filter {node.name!r} is not known", nearest(node.name, FILTERS)
        elif not isinstance(node, (*TEXTS, *CHOICES)):
            yield f"uses {type(node).__name__}", "keep to names, filters, ~ and if"


def _templates(action: ActionName, loc: Loc, recipe: Recipe, inside: set[str]) -> Iterator[tuple[Loc, str, set[str]]]:
    """Every template with its place and the names known there; `inside`: values of the session that it runs in."""
    known = {*VARIABLES[action], *EVERYWHERE, *inside}
    for number, step in enumerate(recipe.steps):
        for place, text in _request(step.request):
            yield (*loc, "steps", number, "request", *place), text, known
        known = known | set(step.take)
    if recipe.session is not None:
        for name, values in (("headers", recipe.session.headers), ("cookies", recipe.session.cookies), ("values", recipe.session.values)):
            for key, text in values.items():
                yield (*loc, "session", name, key), text, known


def _request(request: Request) -> Iterator[tuple[Loc, str]]:
    yield ("path",), request.path
    yield ("body",), request.body
    for name, values in (("query", request.query), ("headers", request.headers), ("form", request.form)):
        for key, text in values.items():
            yield (name, key), text
    yield from _leaves(("json",), request.json_body)


def _leaves(loc: Loc, value: JsonValue) -> Iterator[tuple[Loc, str]]:
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves((*loc, key), inner)
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _leaves((*loc, number), inner)


def _name(look: Look, loc: Loc, name: str) -> Iterator[Mistake]:
    """What is taken hides nothing that is known already."""
    reserved = {*EVERYWHERE, *(known for names in VARIABLES.values() for known in names)}
    if name in reserved or not NAME.fullmatch(name):
        yield look.mistake(
            loc, f"{shown(name)} cannot be taken under this name", f"use letters, digits and _, and none of {', '.join(sorted(reserved))}"
        )


def _take(look: Look, loc: Loc, take: Take) -> Iterator[Mistake]:
    yield from _jmespath(look, (*loc, "json"), take.jmespath)
    yield from _regex(look, (*loc, "regex"), take.regex, groups=1)


def _conditions(look: Look, loc: Loc, conditions: Conditions) -> Iterator[Mistake]:
    yield from _jmespath(look, (*loc, "json"), conditions.jmespath)
    yield from _regex(look, (*loc, "regex"), conditions.regex)
    if conditions.header and not HEADER.fullmatch(conditions.header):
        yield look.mistake((*loc, "header"), f"is {shown(conditions.header)}", 'write "Name: regular expression"')
    else:
        yield from _regex(look, (*loc, "header"), conditions.header.partition(":")[2].strip())


def _jmespath(look: Look, loc: Loc, text: str) -> Iterator[Mistake]:
    try:
        if text:
            jmespath.compile(text)
    except (JMESPathError, RecursionError):
        yield look.mistake(loc, f"{shown(text)} is no JMESPath", "write one like data.token")


def _regex(look: Look, loc: Loc, text: str, groups: int = 0) -> Iterator[Mistake]:
    try:
        with warnings.catch_warnings(action="ignore"):
            found = re.compile(text).groups
    except (re.error, RecursionError, OverflowError) as error:
        yield look.mistake(loc, f"{shown(text)} is no regular expression ({_reason(error)})", "mend it")
        return
    if text and found < groups:
        yield look.mistake(loc, f"{shown(text)} has no group", "put what is to be taken between ( and )")


def _reason(error: Exception) -> str:
    return "nested too deeply" if isinstance(error, RecursionError) else str(error)
