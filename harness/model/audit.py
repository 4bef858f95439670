"""What a producer says of its device's log of security events (IXIT table log)."""

from typing import Literal, get_args

from pydantic import ConfigDict, Field, JsonValue

from harness.model.base import Frozen

EventKind = Literal["log-in", "password", "user added", "user removed", "setting", "update", "reset"]
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)
RecordField = Literal["time", "event", "actor", "source", "result"]
Result = Literal["granted", "refused"]


class LogTable(Frozen):
    """The table log; other fields are free.

    `records`: JMESPath from the answer of `actions.read_log` to the list of records; `fields`: JMESPath in one record, for each field.
    `events` and `results`: regular expressions by which a record's event and result are known.
    """

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, JsonValue]

    records: str = ""
    fields: dict[RecordField, str] = Field(default_factory=dict)
    events: dict[EventKind, str] = Field(default_factory=dict)
    results: dict[Result, str] = Field(default_factory=dict)
