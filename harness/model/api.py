"""What a producer says of its device's HTTP interface (IXIT table api): every function that a client can call."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, model_validator

from harness.model.base import Frozen
from harness.model.impact import Impact
from harness.model.recipe import Aliased, Conditions, Method, Status
from harness.model.vocabulary import YesNo

Effect = Literal["read", "change", "restart", "reset", "update"]
NEEDED: dict[str, Impact] = {
    "read": "login",
    "change": "change",
    "restart": "reboot",
    "reset": "reset",
    "update": "reboot",  # none is sent that could be installed
}


class ApiCall(Aliased):
    """One request, in full: it is sent as it stands."""

    method: Method = "POST"
    path: Annotated[str, Field(pattern="^/")]
    json_body: JsonValue = Field(default=None, alias="json")


class ApiEndpoint(Aliased):
    """One function. `json` is a body that its owner may send any time: it should change nothing, or `undo` takes it back.

    `role`: who may call it; `anyone` is an exception from the log-in. `effect`: restart, reset and update are never asked with a session.
    `granted`: statuses of an answer to somebody who may call it, for instance 422 where the body is refused by then; any 2xx where
    nothing is said. `refused_when`: how a refusal looks that has no status of its own. `state`: its answer holds settings or accounts.
    """

    method: Method = "GET"
    path: Annotated[str, Field(pattern="^/")]
    service: str = ""
    role: Literal["anyone", "viewer", "owner"] = "owner"
    sensitive: YesNo | None = None
    effect: Effect | None = None
    json_body: JsonValue = Field(default=None, alias="json")
    granted: tuple[Status, ...] = ()
    refused_when: Conditions | None = None
    undo: ApiCall | None = None
    state: YesNo = False

    @property
    def does(self) -> Effect:
        """What it does; where nothing is said, GET and HEAD read and all others change."""
        return self.effect or ("read" if self.method in ("GET", "HEAD") else "change")

    @property
    def needs(self) -> Impact:
        """The impact that a bench must permit, since a flawed device may obey anybody."""
        return NEEDED[self.does]


class Export(Frozen):
    """One kind of file that its owner takes out of the device: settings, or diagnostics for support; `id` is also the name of its recipe.

    `key`: its user gives a key, without which nobody reads it. `imported`: the device takes it back (the recipe `import` of this id).
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    kind: Literal["settings", "diagnostics"] = "settings"
    key: YesNo = False
    imported: YesNo = False


class Recorded(Frozen):
    """Links to stored recordings or pictures, of one kind. `listed_by` names the recipe of actions.list_recordings whose last answer holds
    them, where `links` (JMESPath) or `regex` (its first group) finds them.

    `life_s`: each opens by itself for so long; without it a link is good inside a session only. `outlives_log_out`: it stays good for that
    long though who got it has logged out. `role`: who is given them.
    """

    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    listed_by: Annotated[str, Field(min_length=1)]
    links: str = ""
    regex: str = ""
    service: str = ""
    role: Literal["viewer", "owner"] = "owner"
    life_s: Annotated[float, Field(gt=0)] | None = None
    outlives_log_out: YesNo = False

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"links {self.id}"

    @model_validator(mode="after")
    def _found_and_ended(self) -> Self:
        if bool(self.links) == bool(self.regex):
            raise ValueError("does not say where links are found; give exactly one of links and regex")
        if self.outlives_log_out and self.life_s is None:
            raise ValueError("outlives a log-out and has no life_s; say for how long a link opens by itself")
        return self


class Api(Frozen):
    """The table api; the other fields are free."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    endpoints: tuple[ApiEndpoint, ...] = ()
    export: tuple[Export, ...] = ()
    recordings: tuple[Recorded, ...] = ()
