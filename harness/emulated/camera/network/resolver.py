"""Addresses of names, asked of the router."""

import secrets
import socket

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.network.dns_message import IN, A, BadMessage, Message, Question, decode
from harness.emulated.camera.network.udp import Address, ask
from harness.emulated.camera.network.unreachable import Unreachable

_RECURSION = 0x0100
_TRIES, _WAIT_S = 2, 1.5


class Resolver:
    """Asks the servers in turn; keeps nothing, so each new connection asks again."""

    def __init__(self, clock: Clock, local: str, servers: tuple[Address, ...]) -> None:
        self._clock, self._local, self._servers = clock, local, servers

    async def resolve(self, name: str) -> str:
        """An IPv4 address; Unreachable when nobody knows one."""
        problem = Unreachable(f"{name}: no name server")
        for server in self._servers * _TRIES:
            try:
                return await self._ask(server, name)
            except Unreachable as unanswered:
                problem = unanswered
        raise Unreachable(f"{name}: {problem}")

    async def _ask(self, server: Address, name: str) -> str:
        query = Message(secrets.randbelow(1 << 16), _RECURSION, (Question(name, A),))

        def understand(data: bytes) -> Message | None:
            try:
                answer = decode(data)
            except BadMessage:
                return None
            same = [question.name.lower() for question in answer.questions] == [name.lower()]
            return answer if answer.is_answer and answer.id == query.id and same else None

        answer = await ask(self._local, server, query.encode(), understand, self._clock.patience(_WAIT_S))
        addresses = [record.data for record in answer.records if (record.kind, record.of_class, len(record.data)) == (A, IN, 4)]
        if answer.rcode or not addresses:
            raise Unreachable(f"the name server knows no address of it (rcode {answer.rcode})")
        return socket.inet_ntoa(addresses[0])
