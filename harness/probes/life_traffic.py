"""What a device sends to the outside when nothing is asked of it, so that what an act set going stands out."""

from collections import Counter
from dataclasses import dataclass, field

from harness.gate.bench import Bench

Place = tuple[str, int]
SETTLED = 1  # looks after which a device that just started is back to its habits


@dataclass(frozen=True)
class Sent:
    """Up to one moment: connections and bytes of payload, by place."""

    connections: Counter[Place]
    size: Counter[Place]

    def since(self, before: "Sent") -> "Sent":
        """What was added."""
        return Sent(self.connections - before.connections, self.size - before.size)


def sent_by(bench: Bench) -> Sent | None:
    """By what the stand-in internet received from this unit; None without one."""
    if bench.stand_in is None:
        return None
    connections, size = Counter[Place](), Counter[Place]()
    for each in bench.stand_in.received():
        if each.source == bench.sample.address:
            place = (each.name or each.address, each.port)
            connections[place] += 1
            size[place] += each.sent
    return Sent(connections, size)


@dataclass
class Habits:
    """Looks at equal distances while the device idles."""

    bench: Bench
    looks: list[Sent] = field(default_factory=list)

    def look(self) -> None:
        """Once more."""
        if (sent := sent_by(self.bench)) is not None:
            self.looks.append(sent)

    def unusual(self, before: Sent) -> str:
        """A place to which more went since `before` than in any slice of idling; empty when there is none."""
        now = sent_by(self.bench)
        usual = [later.since(earlier) for earlier, later in zip(self.looks[SETTLED:], self.looks[SETTLED + 1 :], strict=False)]
        if now is None or not usual:
            return ""
        added = now.since(before)
        for place, size in added.size.items():
            if size > max(each.size[place] for each in usual):
                return f"{size} bytes to {place[0]} port {place[1]}, more than in any {len(usual)} slices of idling"
        return ""
