"""Conversations that are over, by link, server and protocol; which of them were ours while something of interest was done."""

from collections.abc import Sequence

from harness.model.traffic import Done, Flow
from harness.probes.captures import protocols
from harness.probes.captures.around import Around, spelled
from harness.probes.captures.conversation import Conversation
from harness.probes.captures.layers import TCP, UDP

FLOWS_MAX = 2_000
_Key = tuple[str, str, int, str, str, str]


class Flows:
    """Rows grow with what is contacted, not with the capture."""

    def __init__(self, around: Around, done: Sequence[Done]) -> None:
        self._around, self._done = around, done
        self._rows: dict[_Key, Flow] = {}
        self.met: set[Done] = set()
        self.made_room = False

    @property
    def rows(self) -> tuple[Flow, ...]:
        """In the order of their first packet."""
        return tuple(sorted(self._rows.values(), key=lambda flow: (flow.first, flow.packet)))

    def add(self, talk: Conversation) -> None:
        """Count one: of ours only what lasted while one of the acts was done."""
        if talk.with_us:
            if not self._in_an_act(talk):
                return
        elif talk.protocol not in (TCP, UDP) or self._is_the_labs(talk):
            return
        by_unit = talk.begun == "unit" or (talk.begun == "unseen" and not talk.with_us)
        port = talk.port if by_unit else talk.own_port
        client, server = (head.data for head in (talk.heads if by_unit else reversed(talk.heads)))
        spoken = protocols.of_stream(client, server) if talk.protocol == TCP else protocols.of_datagrams(port, client, quic=talk.quic)
        if talk.with_us and not protocols.served(spoken, server):
            return
        self._row(talk, "unit" if by_unit else "peer", port, spoken, "with us" if talk.with_us else "with others")

    def _is_the_labs(self, talk: Conversation) -> bool:
        """Names, addresses and time of the lab's router; and datagrams that stay on the network, by which nothing is managed."""
        if talk.protocol == UDP and self._around.is_local(talk.peer):
            return True
        return self._around.is_labs(talk.protocol, talk.peer, talk.port, talk.own_port)

    def _in_an_act(self, talk: Conversation) -> bool:
        """TCP to the port of a service while it was used."""
        if talk.protocol != TCP or talk.begun == "unit":
            return False
        met = {each for each in self._done if talk.own_port in each.ports and talk.began <= each.end and talk.seen >= each.begin}
        self.met |= met
        return bool(met)

    def _row(self, talk: Conversation, begun: str, port: int, spoken: str, link: str) -> None:
        key = (link, spelled(talk.peer), port, talk.transport, begun, spoken)
        before = self._rows.get(key)
        if before is None and len(self._rows) >= FLOWS_MAX:
            self.made_room = True
            return
        names = tuple(getattr(talk.naming, "names", ())[:1]) or talk.resolved[:1]
        now = Flow(
            link=link,
            peer=key[1],
            port=port,
            transport=talk.transport,
            begun=begun,
            protocol=spoken,
            name=names[0] if names else "",
            first=talk.began,
            last=talk.seen,
            times=1,
            file=talk.file,
            packet=talk.packet,
        )
        self._rows[key] = _both(before, now) if before else now


def _both(one: Flow, other: Flow) -> Flow:
    first, later = (one, other) if one.first <= other.first else (other, one)
    more = {"last": max(first.last, later.last), "times": one.times + other.times, "name": first.name or later.name}
    return first.model_copy(update=more)
