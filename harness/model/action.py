"""Frozen data of actions and their answers, shared by profile, probes and gate."""

from harness.model.base import Frozen


class Surface(Frozen):
    """One place where a log-in is asked: `id` and `interface` of an auth_mech entry (web, rtsp, onvif, …)."""

    id: str
    interface: str

    def __str__(self) -> str:
        """For people."""
        return f"log-in surface {self.id}"


class Undone(Frozen):
    """Base of what an undo answers, where it may find what nobody has seen before: the runner notes the offender as FAIL."""

    offence: str = ""
    offender: str = ""


class Session(Frozen):
    """A reference to something a log-in opened: a web session, a playing stream, a stored credential. The live object stays in the gate."""

    id: str
    surface: str
    kind: str  # "session", "stream" or "token"
