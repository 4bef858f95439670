"""What a look for a capability found: the answer of every detector."""

from harness.model.base import Frozen
from harness.model.operator import Answer


class Looked(Frozen):
    """`kind` is the detector's (survey, inspection, …).

    `complete`: nothing was left out, so that seeing nothing earns absence; else `left_out` says what was. `answer` is that of the
    person who looked.
    """

    kind: str
    complete: bool
    seen: tuple[str, ...] = ()
    left_out: str = ""
    answer: Answer | None = None
