"""What a producer says of its device's HTTP interface (IXIT table api): every function that a client can call."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, JsonValue

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


class Api(Frozen):
    """The table api; the other fields are free."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    endpoints: tuple[ApiEndpoint, ...] = ()
    export: tuple[Export, ...] = ()
