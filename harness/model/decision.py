"""What a user may decide (table 26-UserDec): settings that protect, and functions that can be switched on."""

from typing import Annotated, Literal, get_args

from pydantic import ConfigDict, Field, JsonValue

from harness.model.base import Frozen
from harness.model.vocabulary import State, YesNo

Kind = Literal[
    "encryption",
    "authentication",
    "remote diagnostics",
    "anonymous viewing",
    "cleartext protocols",
    "port mapping",
    "third-party access",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
ShownBy = Literal["port", "media", "mapping", "tls", "login"]


class UserDec(Frozen):
    """One decision; other fields are free.

    `setting` is a name that `actions.read_settings` takes, `secure` the value that protects. `shown_by`: what can be seen of it without
    reading: an open `port`, `media` given to nobody, a request to the router for a port (`mapping`), `tls` of a `service`, a `login` asked
    for. `state`: where it exists in some states only. Where a function is not offered at all, `absent` says so; it is looked for too.
    `clear_streams`: it is the one by which RTSP without TLS is allowed, on this `port`.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    decision: Annotated[str, Field(min_length=1)]
    kind: Kind | None = None
    default: str = ""
    setting: str = ""
    secure: str = ""
    shown_by: ShownBy | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    service: str = ""
    state: tuple[State, ...] = ()
    absent: str = ""
    clear_streams: YesNo = False

    def __str__(self) -> str:
        """For people."""
        return f"{self.decision} ({self.kind})" if self.kind else self.decision
