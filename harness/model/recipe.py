"""Recipes: declarative requests by which a profile says how this camera is made to do something."""

from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, ConfigDict, Field, JsonValue, model_validator

from harness.model.base import Frozen

DrivenAction = Literal[  # a driver can do it as well as a recipe
    "live_view",
    "trigger_event",
    "check_update",
    "restart",
    "reset",
    "install_update",
    "sound_off",
    "sound_on",
    "privacy_on",
    "privacy_off",
    "clear_streams_warn",
    "clear_streams_on",
    "clear_streams_off",
]
ActionName = Literal[
    "set_up",
    "log_in",
    "use_session",
    "log_out",
    "change_password",
    "identity",
    "read_settings",
    "change_setting",
    "read_log",
    "add_viewer",
    "remove_viewer",
    "list_viewers",
    "is_factory",
    DrivenAction,
    "offer_update",
    "plant",
    "export",
    "import",
    "list_recordings",
]
PLAIN_ACTIONS: tuple[ActionName, ...] = ("is_factory", *get_args(DrivenAction))
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
Status = Annotated[int, Field(ge=100, le=599)]

NO_SESSION = "none"  # as `inside`: the steps carry all that they need


def _as_list(value: object) -> object:
    return [value] if isinstance(value, int) else value


class Aliased(Frozen):
    """Frozen data whose YAML key is a word that Python or pydantic keeps for itself."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)


class Upload(Frozen):
    """How a package or an exported file is sent: as the whole body, or as the file of a form's `field`, beside the request's `form`."""

    field: str = ""
    name: str = "update.bin"
    type: str = "application/octet-stream"


class Request(Aliased):
    """One HTTP request; path, query, headers and body are templates. At most one of json, form, body and upload, but a form may go with
    the file of a form."""

    method: Method
    path: str
    query: dict[str, str] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)
    json_body: JsonValue = Field(default=None, alias="json")
    form: dict[str, str] = Field(default_factory=dict)
    body: str = ""
    upload: Upload | None = None
    auth: Literal["basic", "digest"] | None = None

    @model_validator(mode="after")
    def _one_body(self) -> Self:
        form = bool(self.form) and not (self.upload and self.upload.field)
        if sum((self.json_body is not None, form, bool(self.body), self.upload is not None)) > 1:
            raise ValueError("has more than one body; keep one of json, form, body and upload")
        if not self.path.startswith("/"):
            raise ValueError(f"has the path {self.path!r}; begin it with / (host and port come from the service)")
        return self


class Take(Aliased):
    """Where a value of the answer is found: exactly one of JMESPath, header, cookie and regular expression (its first group)."""

    jmespath: str = Field(default="", alias="json")
    header: str = ""
    cookie: str = ""
    regex: str = ""

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if sum(map(bool, (self.jmespath, self.header, self.cookie, self.regex))) != 1:
            raise ValueError("does not name one place; give exactly one of json, header, cookie and regex")
        return self


class Conditions(Aliased):
    """What an answer must show, all of it: status, truthy JMESPath, regular expression on the body, `Name: regex` on a header."""

    status: Annotated[tuple[Status, ...], BeforeValidator(_as_list, json_schema_input_type=Status | tuple[Status, ...])] = ()
    jmespath: str = Field(default="", alias="json")
    regex: str = ""
    header: str = ""

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.status or self.jmespath or self.regex or self.header):
            raise ValueError("is true of every answer; give status, json, regex or header")
        return self


class Step(Frozen):
    """One request of a recipe and what is taken from its answer for later steps; `service` defaults to the first HTTP service."""

    service: str = ""
    request: Request
    take: dict[str, Take] = Field(default_factory=dict)


class SessionTemplate(Frozen):
    """What every later request of the session carries: headers, cookies, the HTTP log-in with its nonce. Recipes inside may name `values`;
    what `take` finds in later answers takes the place of what was taken before."""

    headers: dict[str, str] = Field(default_factory=dict)
    cookies: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str] = Field(default_factory=dict)
    take: dict[str, Take] = Field(default_factory=dict)
    auth: Literal["basic", "digest"] | None = None


class Recipe(Frozen):
    """Requests in order; the answer to the last one is granted, refused, or (neither or both) unclear.

    `inside` names the log-in whose session the steps run in; without it a recipe runs in the session of the log-in of its own name,
    with `none` in no session.
    """

    steps: tuple[Step, ...] = Field(min_length=1)
    granted_when: Conditions
    refused_when: Conditions
    session: SessionTemplate | None = None
    inside: str = ""

    @model_validator(mode="after")
    def _session_logs_in(self) -> Self:
        auth = self.session.auth if self.session else None
        if auth and all(step.request.auth != auth for step in self.steps):
            raise ValueError(f"has a session by {auth}, and no step asks with it; say auth: {auth} in a request")
        return self
