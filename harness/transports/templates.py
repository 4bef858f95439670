"""Fills a recipe's request with what it needs; here, and in auth, handles become values.

What a template may hold is decided in harness.profile.templates; it is asked again here, since this is where it runs.
"""

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import quote, urlencode

from jinja2 import Template, TemplateError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from pydantic import JsonValue

from harness.model.errors import Undecided, UsageError
from harness.model.recipe import Request, SessionTemplate, Upload
from harness.model.secret import Credential, Secret
from harness.profile.templates import CHOICES, TEXTS
from harness.transports.access import Access
from harness.transports.http import Headers, HttpRequest, cookie_header

TIMES_MAX = 10_000
NOT_TRIED = ""  # the surface of a password that is set or named, not tried: it cannot fail, so it is not counted
_PATH_SAFE = "/%:@!$&'()*+,;=~-._?[]"


@dataclass(frozen=True)
class Variables:
    """What templates may name: accounts (with the surface that a failure counts for), secrets taken before, plain text. `package` is what
    an upload sends."""

    accounts: Mapping[str, tuple[Credential, str]] = field(default_factory=dict)
    taken: Mapping[str, Secret] = field(default_factory=dict)
    plain: Mapping[str, str] = field(default_factory=dict)
    package: bytes = b""

    def with_taken(self, taken: Mapping[str, Secret]) -> "Variables":
        """The same and what one more answer gave."""
        return replace(self, taken={**self.taken, **taken})

    def labelled(self, names: Mapping[str, str]) -> "Variables":
        """For people to read: every value is its name or label."""
        labels = {name: secret.label for name, secret in self.taken.items()}
        return Variables(plain={**labels, **self.plain, **names})

    def revealed(self, access: Access, names: Iterable[str]) -> dict[str, str]:
        """Values of just these names; what nobody has stays undefined."""
        pairs = ((name, self._value(access, name)) for name in names)
        return {name: value for name, value in pairs if value is not None}

    def _value(self, access: Access, name: str) -> str | None:
        if name in self.plain:
            return self.plain[name]
        if name in self.taken:
            return access.reveal(self.taken[name])
        if name not in self.accounts:
            return None
        login = access.login(*self.accounts[name])
        if login is None:
            return None
        return login.user if name == "user" else login.password


def fill(access: Access, request: Request, variables: Variables, session: Headers = ()) -> HttpRequest:
    """The request as it goes out; members, fields and headers that use only undefined variables are left out."""
    filler = _Filler(access, variables, request)
    path = quote(filler.text(request.path), safe=_PATH_SAFE)
    query = filler.texts(request.query)
    kind, body = _upload(filler, request, request.upload, variables.package) if request.upload else _body(filler, request)
    headers = (*session, *filler.texts(request.headers).items())
    named = any(name.lower() == "content-type" for name, _ in headers)
    if kind and not named:
        headers = (*headers, ("Content-Type", kind))
    if query:
        path += ("&" if "?" in path else "?") + urlencode(query)
    return HttpRequest(request.method, path, headers, body, _by_curl(request.upload))


def rendered(template: str, values: Mapping[str, str]) -> str:
    """A template that needs no secret."""
    try:
        return _compiled(template).template.render(values)
    except (TemplateError, TypeError, ValueError) as problem:
        raise UsageError(f"the template {template!r} cannot be filled: {problem}; correct it in the profile") from problem


def fill_session(access: Access, template: SessionTemplate, variables: Variables) -> Headers | None:
    """Headers of a session; None when something that they need was not taken."""
    filler = _Filler(access, variables, template)
    headers, cookies = filler.texts(template.headers), filler.texts(template.cookies)
    if set(headers) != set(template.headers) or set(cookies) != set(template.cookies):
        return None
    return (*headers.items(), *((("Cookie", cookie_header(cookies)),) if cookies else ()))


def fill_values(access: Access, template: SessionTemplate, variables: Variables) -> dict[str, str] | None:
    """What recipes inside a session may name; None when something that it needs was not taken."""
    values = _Filler(access, variables, template).texts(template.values)
    return values if set(values) == set(template.values) else None


def _body(filler: "_Filler", request: Request) -> tuple[str, bytes]:
    if request.json_body is not None:
        return "application/json", json.dumps(filler.json(request.json_body), ensure_ascii=False).encode()
    if request.form:
        return "application/x-www-form-urlencoded", urlencode(filler.texts(request.form)).encode()
    return "", filler.text(request.body).encode()


def _upload(filler: "_Filler", request: Request, upload: Upload, package: bytes) -> tuple[str, bytes]:
    """The package alone, or as the last part of a form."""
    if not upload.field:
        return upload.type, package
    boundary = f"camlabel-{hashlib.sha256(package).hexdigest()[:32]}"
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{value}' for name, value in filler.texts(request.form).items()]
    file = f'Content-Disposition: form-data; name="{upload.field}"; filename="{upload.name}"\r\nContent-Type: {upload.type}\r\n\r\n'
    before = "".join(f"--{boundary}\r\n{part}\r\n" for part in parts) + f"--{boundary}\r\n{file}"
    return f"multipart/form-data; boundary={boundary}", before.encode() + package + f"\r\n--{boundary}--\r\n".encode()


def _by_curl(upload: Upload | None) -> tuple[str, ...]:
    """How a person sends the file; it lies in the observation's artefacts."""
    if upload is None:
        return ()
    return ("-F", f"{upload.field}=@{upload.name};type={upload.type}") if upload.field else ("--data-binary", f"@{upload.name}")


class _Filler:
    """Renders the templates of one request; reveals only what they name, each once."""

    def __init__(self, access: Access, variables: Variables, request: Request | SessionTemplate) -> None:
        names = {name for text in strings_of(request.model_dump(by_alias=True, exclude={"take"})) for name in _compiled(text).names}
        self._values: dict[str, str] = variables.revealed(access, sorted(names))
        self._context = {**self._values, _KEEP: access.keep_secret}

    def text(self, template: str) -> str:
        """One text; undefined variables are empty."""
        try:
            return _compiled(template).template.render(self._context)
        except (TemplateError, TypeError, ValueError) as problem:
            raise UsageError(f"the template {template!r} cannot be filled: {problem}; correct it in the profile") from problem

    def texts(self, templates: Mapping[str, str]) -> dict[str, str]:
        """Those that have something to say."""
        return {name: self.text(template) for name, template in templates.items() if self._speaks(template)}

    def json(self, value: JsonValue) -> JsonValue:
        """A JSON value with its texts filled."""
        if isinstance(value, str):
            return _number(self.text(value)) if _compiled(value).number else self.text(value)
        if isinstance(value, list):
            return [self.json(each) for each in value]
        if isinstance(value, dict):
            return {name: self.json(each) for name, each in value.items() if not isinstance(each, str) or self._speaks(each)}
        return value

    def _speaks(self, template: str) -> bool:
        names = _compiled(template).names
        return not names or bool(names & set(self._values))


@dataclass(frozen=True)
class _Compiled:
    """A template and the names in it; `number`: nothing but one value that is to be a number of JSON."""

    template: Template
    names: frozenset[str]
    number: bool


def strings_of(value: object) -> Iterator[str]:
    """All texts inside a JSON value; every one may be a template."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from strings_of(each)
    elif isinstance(value, list | tuple):
        for each in value:
            yield from strings_of(each)


@lru_cache(maxsize=1024)
def _compiled(text: str) -> _Compiled:
    """UsageError when it is no template, or more than one."""
    try:
        tree = _ENVIRONMENT.parse(text)
        strange = next((node for node in tree.find_all(nodes.Node) if not isinstance(node, (*TEXTS, *CHOICES))), None)
        if strange is not None:
            raise UsageError(f"the template {text!r} uses {type(strange).__name__}; only names, filters, ~ and if are allowed")
        names = frozenset(node.name for node in tree.find_all(nodes.Name))
        return _Compiled(_ENVIRONMENT.from_string(tree), names, _is_number(tree))
    except TemplateError as problem:
        raise UsageError(f"the template {text!r} cannot be read: {problem}; correct it in the profile") from problem


def _is_number(tree: nodes.Template) -> bool:
    outputs = [part for output in tree.body if isinstance(output, nodes.Output) for part in output.nodes]
    return len(tree.body) == 1 and len(outputs) == 1 and isinstance(outputs[0], nodes.Filter) and outputs[0].name == "number"


def _number(text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise Undecided(f"{text[:40]!r} is no number, and the recipe sends it as one")
    return int(text)


def _environment() -> SandboxedEnvironment:
    environment = SandboxedEnvironment(autoescape=False, keep_trailing_newline=True)
    environment.globals.clear()
    plain = {name: environment.filters[name] for name in ("lower", "upper", "trim", "urlencode", "tojson", "default", "length")}
    environment.filters.clear()
    environment.filters |= plain | {name: _derived(name, made) for name, made in _DERIVED.items()} | {"number": str}
    return environment


def _derived(name: str, made: Callable[[bytes], str]) -> Callable[[Context, object], str]:
    """A filter whose result is masked like the secret that it is made of; `times`: made of its own result so often."""

    @pass_context
    def filtered(context: Context, value: object, times: object = 1) -> str:
        result = str(value)
        for _ in range(_times(times)):
            result = made(result.encode())
        context[_KEEP](f"derived/{name}", result)
        return result

    return filtered


def _times(times: object) -> int:
    """A device may say how often; not without end."""
    if not _INTEGER.fullmatch(str(times)) or not 1 <= int(str(times)) <= TIMES_MAX:
        raise Undecided(f"a hash is to be made {str(times)[:40]!r} times; 1 to {TIMES_MAX} are possible")
    return int(str(times))


_KEEP = "keep a secret"  # no template can name this variable
_INTEGER = re.compile(r"-?[0-9]{1,18}", re.ASCII)
_DERIVED: dict[str, Callable[[bytes], str]] = {
    "md5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "sha1": lambda data: hashlib.sha1(data, usedforsecurity=False).hexdigest(),
    "sha256": lambda data: hashlib.sha256(data).hexdigest(),
    "b64encode": lambda data: base64.b64encode(data).decode(),
}
_ENVIRONMENT = _environment()
