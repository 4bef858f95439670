"""Arguments as a probe needs them: what an observation learned and the gate masked is asked again as the device spelled it."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from harness.model.secret import Credential, Secret

OPENING = "⟦"


def revealed(value: Any, unmask: Callable[[bytes], bytes]) -> Any:
    """The same with labels in texts replaced by what they stand for; handles stay handles."""
    match value:
        case BaseModel() if not isinstance(value, Secret | Credential):
            fields = {name: getattr(value, name) for name in type(value).model_fields}
            return value.model_copy(update={name: revealed(each, unmask) for name, each in fields.items()})
        case str():
            return unmask(value.encode()).decode("utf-8", "replace") if OPENING in value else value
        case bytes():
            return unmask(value)
        case Mapping():
            return {revealed(name, unmask): revealed(each, unmask) for name, each in value.items()}
        case list() | tuple() | set() | frozenset():
            return type(value)([revealed(each, unmask) for each in value])
    return value
