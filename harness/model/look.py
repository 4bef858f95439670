"""What a look for a capability found: the answer of every detector."""

from harness.model.base import Frozen


class Looked(Frozen):
    """`kind` is the detector's (survey, inspection, …).

    `complete`: nothing was left out, so that seeing nothing earns absence; else `left_out` says what was.
    """

    kind: str
    complete: bool
    seen: tuple[str, ...] = ()
    left_out: str = ""
