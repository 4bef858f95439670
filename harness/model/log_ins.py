"""Log-ins that many cameras share, ready-made: a profile names the kind and what differs, and has the recipe for it."""

from typing import Annotated, Literal

from pydantic import Discriminator, Field, JsonValue, Tag, TypeAdapter, ValidationError

from harness.model.recipe import Aliased, Conditions, Recipe

Path = Annotated[str, Field(pattern="^/")]
Hash = Literal["md5", "md5-upper", "sha1", "sha1-upper", "sha256", "sha256-upper"]
PROOF = "{{ proof }}"


class ReadyLogIn(Aliased):
    """What all kinds have: the service, and conditions where the usual ones do not hold."""

    service: str = ""
    granted_when: Conditions | None = None
    refused_when: Conditions | None = None

    def _made(self, steps: list[dict[str, object]], session: dict[str, object] | None, granted: object, refused: object) -> Recipe:
        placed = [{"service": self.service, **step} for step in steps]
        conditions = {"granted_when": self.granted_when or granted, "refused_when": self.refused_when or refused}
        return Recipe.model_validate({"steps": placed, "session": session, **conditions})


class HttpLogIn(ReadyLogIn):
    """HTTP's own basic or digest (MD5 and SHA-256, with qop and a count that grows), shown at `path`, which nobody gets without it."""

    ready: Literal["basic", "digest"]
    path: Path

    def recipe(self) -> Recipe:
        """One request; the nonce that it was given is used on."""
        request = {"method": "GET", "path": self.path, "auth": self.ready}
        return self._made([{"request": request}], {"auth": self.ready}, {"status": 200}, {"status": [401, 403]})


class BearerLogIn(ReadyLogIn):
    """User and password in JSON for a token, which goes along in a header."""

    ready: Literal["bearer"]
    path: Path
    user: str = "user"
    password: str = "password"  # noqa: S105 - the name of a field
    more: dict[str, JsonValue] = Field(default_factory=dict)
    token: str = "token"  # noqa: S105 - where it stands
    header: str = "Authorization"
    scheme: str = "Bearer"

    def recipe(self) -> Recipe:
        """One request; `token` is a JMESPath."""
        body = {self.user: "{{ user }}", self.password: "{{ password }}", **self.more}
        step: dict[str, object] = {"request": {"method": "POST", "path": self.path, "json": body}, "take": {"token": {"json": self.token}}}
        headers = {self.header: f"{self.scheme} {{{{ token }}}}".strip()}
        return self._made([step], {"headers": headers}, {"status": 200, "json": self.token}, {"status": [401, 403]})


class CsrfToken(Aliased):
    """Where the page has the token (`regex`, `cookie` or `header`), by which field of the form it goes back, by which header it is sent."""

    field: str = ""
    sent_as: str = ""
    regex: str = ""
    cookie: str = ""
    header: str = ""

    def take(self) -> dict[str, str]:
        """As recipes have it."""
        return {name: value for name, value in (("regex", self.regex), ("cookie", self.cookie), ("header", self.header)) if value}


class FormLogIn(ReadyLogIn):
    """A page with a form: its cookies and its token against forged requests go along, and the session is `cookie`."""

    ready: Literal["form"]
    page: Path
    path: Path
    user: str = "username"
    password: str = "password"  # noqa: S105 - the name of a field
    fields: dict[str, str] = Field(default_factory=dict)
    csrf: CsrfToken | None = None
    cookie: str

    def recipe(self) -> Recipe:
        """The page, then the form."""
        csrf = self.csrf or CsrfToken()
        fields = {self.user: "{{ user }}", self.password: "{{ password }}", **self.fields}
        fields |= {csrf.field: "{{ csrf }}"} if csrf.field else {}
        headers = {csrf.sent_as: "{{ csrf }}"} if csrf.sent_as else {}
        page: dict[str, object] = {"request": {"method": "GET", "path": self.page}, "take": {"csrf": csrf.take()} if self.csrf else {}}
        form = {"method": "POST", "path": self.path, "form": fields, "headers": headers}
        session: dict[str, object] = {"cookies": {self.cookie: "{{ session }}"}, "headers": headers}
        sent: dict[str, object] = {"request": form, "take": {"session": {"cookie": self.cookie}}}
        return self._made([page, sent], session, {"status": [302, 303], "header": f"Set-Cookie: {self.cookie}="}, {"status": [401, 403]})


class ChallengeLogIn(ReadyLogIn):
    """The device gives realm and nonce, and is shown a hash of user, nonce and the hash of user, realm and password.

    `ask` and `answer` are the two bodies; `{{ proof }}` in `answer` stands for the hash. `take` says where in the first answer realm,
    nonce and session stand. Later requests name the session by `{{ session }}` and their number, which grows, by `{{ count | number }}`.
    """

    ready: Literal["challenge"]
    path: Path
    ask: JsonValue
    answer: JsonValue
    take: dict[Literal["realm", "nonce", "session"], str]
    hash: Hash = "md5"
    order: Literal["user:nonce:secret", "user:secret:nonce", "nonce:secret", "secret:nonce"] = "user:nonce:secret"
    cookie: str = ""

    def recipe(self) -> Recipe:
        """Ask, then answer."""
        takes = {name: {"json": place} for name, place in self.take.items()}
        steps: list[dict[str, object]] = [
            {"request": {"method": "POST", "path": self.path, "json": self.ask}, "take": takes},
            {"request": {"method": "POST", "path": self.path, "json": _put_in(self.answer, f"{{{{ {self._proof()} }}}}")}},
        ]
        session: dict[str, object] = {
            "cookies": {self.cookie: "{{ session }}"} if self.cookie else {},
            "values": {"session": "{{ session }}"},
        }
        return self._made(steps, session, {"status": 200}, {"status": [401, 403]})

    def _proof(self) -> str:
        name, _, upper = self.hash.partition("-")
        hashed = f"|{name}{'|upper' if upper else ''}"
        parts = {"user": "user", "nonce": "nonce", "secret": f'((user ~ ":" ~ realm ~ ":" ~ password){hashed})'}
        joined = ' ~ ":" ~ '.join(parts[part] for part in self.order.split(":"))
        return f"({joined}){hashed}"


def _put_in(value: JsonValue, proof: str) -> JsonValue:
    if isinstance(value, str):
        return value.replace(PROOF, proof)
    if isinstance(value, list):
        return [_put_in(each, proof) for each in value]
    return {name: _put_in(each, proof) for name, each in value.items()} if isinstance(value, dict) else value


def _kind(value: object) -> str | None:
    ready = value.get("ready") if isinstance(value, dict) else getattr(value, "ready", None)
    return "http" if ready in ("basic", "digest") else ready if isinstance(ready, str) else None


Ready = Annotated[
    Annotated[HttpLogIn, Tag("http")]
    | Annotated[BearerLogIn, Tag("bearer")]
    | Annotated[FormLogIn, Tag("form")]
    | Annotated[ChallengeLogIn, Tag("challenge")],
    Discriminator(_kind),
]
_READY: TypeAdapter[HttpLogIn | BearerLogIn | FormLogIn | ChallengeLogIn] = TypeAdapter(Ready)
KINDS = ("basic", "digest", "bearer", "form", "challenge")


def as_recipe(value: object) -> object:
    """A ready-made log-in step by step; anything else as it is."""
    if not isinstance(value, dict) or "ready" not in value:
        return value
    if value["ready"] not in KINDS:
        raise ValueError(f"has a ready-made log-in that is not known; write ready: {', '.join(KINDS[:-1])} or {KINDS[-1]}")
    try:
        return _READY.validate_python(value).recipe()
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"] if part not in ("http", value["ready"]))
        raise ValueError(f"is no whole log-in of the kind {value['ready']}: {place}: {first['msg']}") from None
