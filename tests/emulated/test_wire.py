"""What the camera reads of name and time servers: other people's bytes, and garbage."""

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest
from dnslib import QTYPE, RR, A, DNSRecord
from hypothesis import given
from hypothesis import strategies as st

from harness.emulated.camera.clock import HURRY, Clock
from harness.emulated.camera.network.dns_message import PTR, BadMessage, Message, Question, decode, encode_name
from harness.emulated.camera.network.resolver import Resolver
from harness.emulated.camera.network.time_client import read_answer, set_time
from harness.emulated.camera.network.unreachable import Unreachable
from tests.emulated.units import HERE

NAME = "api.camlabel.example"
COOKIE = (1, 2)


@contextmanager
def server(answers: Callable[[bytes], list[bytes]]) -> Iterator[tuple[str, int]]:
    """A name or time server that answers one datagram with several, or none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind((HERE, 0))

        def serve() -> None:
            while len(data_peer := bound.recvfrom(4096)) and data_peer[0] != b"end":
                for answer in answers(data_peer[0]):
                    bound.sendto(answer, data_peer[1])

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield bound.getsockname()
        finally:
            bound.sendto(b"end", bound.getsockname())
            thread.join()


def resolve(*servers: tuple[str, int]) -> str:
    async def live() -> str:
        return await Resolver(Clock(), HERE, servers).resolve(NAME)

    return asyncio.run(live())


def answer_to(query: bytes, name: str = NAME, address: str = "192.0.2.9") -> DNSRecord:
    reply = DNSRecord.parse(query).reply()
    reply.add_answer(RR(name, QTYPE.A, rdata=A(address)))
    return reply


def test_only_the_answer_to_the_question_is_believed() -> None:
    def answers(query: bytes) -> list[bytes]:
        forged = answer_to(query, address="192.0.2.66")
        forged.header.id ^= 1
        other = DNSRecord.parse(DNSRecord.question("other.example").pack())
        other.header.id = DNSRecord.parse(query).header.id
        good = answer_to(query).pack()
        return [b"", b"\0", query, forged.pack(), answer_to(other.pack(), "other.example").pack(), good]

    with server(answers) as at:
        assert resolve(at) == "192.0.2.9"


def test_a_name_that_nobody_knows_is_said() -> None:
    with server(lambda query: [DNSRecord.parse(query).reply().pack()]) as at, pytest.raises(Unreachable, match="knows no address"):
        resolve(at)
    with pytest.raises(Unreachable, match=f"{NAME}: no name server"):
        resolve()


def test_the_next_server_is_asked_when_one_is_away() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind((HERE, 0))
        nobody = closed.getsockname()
    with server(lambda query: [answer_to(query).pack()]) as at:
        assert resolve(nobody, at) == "192.0.2.9"


@given(st.binary(max_size=300))
def test_garbage_is_bad_and_nothing_worse(data: bytes) -> None:
    for noise in (data, struct.pack("!6H", 1, 0x8180, 1, 2, 0, 0) + data):
        with suppress(BadMessage):
            decode(noise)


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("!6H", 1, 0, 200, 0, 0, 0),
        struct.pack("!6H", 1, 0, 1, 0, 0, 0) + b"\xc0\x0c\0\1\0\1",
        struct.pack("!6H", 1, 0, 1, 0, 0, 0) + (b"\x3f" + b"a" * 63) * 5 + b"\0\0\1\0\1",
        struct.pack("!6H", 1, 0, 0, 1, 0, 0) + b"\0\0\1\0\1\0\0\0\1\0\xff",
    ],
    ids=["too many", "a loop", "too long", "cut"],
)
def test_bad_messages(data: bytes) -> None:
    with pytest.raises(BadMessage):
        decode(data)


def test_names_are_written_as_others_read_them() -> None:
    asked = DNSRecord.parse(Message(7, 0x0100, (Question("_rtsp._tcp.local", PTR),)).encode())
    assert (asked.header.id, str(asked.q.qname), asked.q.qtype) == (7, "_rtsp._tcp.local.", PTR)
    with pytest.raises(ValueError, match="too long"):
        encode_name("a" * 64 + ".example")


def packet(first: int = 0x24, stratum: int = 2, cookie: tuple[int, int] = COOKIE, seconds: int = 3_990_000_000) -> bytes:
    return struct.pack("!BBbb11I", first, stratum, 0, 0, 0, 0, 0, 0, 0, *cookie, 0, 0, seconds, 1 << 31)


def test_a_time_is_read_and_what_is_no_answer_is_not() -> None:
    assert read_answer(packet(), COOKIE) == 3_990_000_000 - 2_208_988_800 + 0.5
    assert read_answer(packet(seconds=100), COOKIE) == (1 << 32) + 100 - 2_208_988_800 + 0.5
    for bad in (packet()[:47], packet(0x23), packet(0xE4), packet(stratum=0), packet(stratum=16), packet(cookie=(1, 3)), packet(seconds=0)):
        assert read_answer(bad, COOKIE) is None


def test_a_time_that_cannot_be_is_not_shown() -> None:
    async def live(at: tuple[str, int]) -> None:
        clock = Clock()
        before = clock.now() - clock.uptime()
        with pytest.raises(Unreachable, match="cannot be"):
            await set_time(clock, HERE, at)
        assert clock.now() - clock.uptime() == pytest.approx(before, abs=0.1)

    with server(lambda query: [packet(cookie=struct.unpack("!2I", query[40:48]), seconds=3_000_000_000)]) as at:
        asyncio.run(live(at))


def test_peers_are_waited_for_less_while_time_is_moved_on() -> None:
    async def live() -> tuple[float, float]:
        clock = Clock()
        waits: list[float] = []

        async def look() -> None:
            waits.append(clock.patience(6))

        clock.call_later(5, lambda: clock.work(look()))
        await clock.advance(10)
        return waits[0], clock.patience(6)

    assert asyncio.run(live()) == (6 / HURRY, 6)


def test_between_two_moves_they_are_waited_for_as_little() -> None:
    """What becomes due by itself while the lab prepares the next move."""

    async def live() -> tuple[float, float]:
        clock = Clock()
        await clock.advance(10, more=True)
        between = clock.patience(6)
        await clock.advance(0)
        return between, clock.patience(6)

    assert asyncio.run(live()) == (6 / HURRY, 6)


def test_a_set_clock_moves_no_timer() -> None:
    async def live() -> tuple[list[str], float]:
        clock, fired = Clock(), []
        clock.call_later(50, lambda: fired.append("timer"))
        clock.set(clock.now() + 1000)
        await clock.advance(10)
        assert fired == []
        await clock.advance(45)
        return fired, clock.due() or 0.0

    assert asyncio.run(live()) == (["timer"], 0.0)
