"""What log-ins opened in this run, and what is known of it; lives in the gate."""

from dataclasses import dataclass, field

from harness.gate.bench import Bench
from harness.model.action import Session
from harness.probes.actions.outcome import close_live

KEPT = "opened"


@dataclass
class Opened:
    """Sessions in order: `dead_early` before any change, `outlived` one way of changing; `taken`: surfaces that took an old password."""

    sessions: list[Session] = field(default_factory=list)
    dead_early: dict[str, str] = field(default_factory=dict)
    outlived: dict[str, str] = field(default_factory=dict)
    taken: dict[str, str] = field(default_factory=dict)
    _again: dict[str, str] = field(default_factory=dict)

    def live(self, bench: Bench, session: Session) -> object:
        """The live object; of a session that was opened again, the new one."""
        return bench.live(self._again.get(session.id, session.id))

    def replace(self, bench: Bench, session: Session, live: object) -> None:
        """Opened again: close the old one."""
        close_live(self.live(bench, session))
        self._again[session.id] = bench.keep(f"{session.surface}-again", live)

    def forget(self, bench: Bench) -> None:
        """All of it is over: leave everything and begin anew."""
        for session in self.sessions:
            close_live(self.live(bench, session))
        for known in (self.sessions, self.dead_early, self.outlived, self.taken, self._again):
            known.clear()


def opened_in(bench: Bench) -> Opened:
    """Of this bench."""
    return bench.remembered(KEPT, Opened)
