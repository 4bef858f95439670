"""The router's DHCP, message by message; a real client asks in test_home.py."""

import random
import struct
from ipaddress import IPv4Address

import pytest

from harness.lab.router.dhcp import Leases, parse

ROUTER = "192.168.77.1"
KNOWN, STRANGER = "02:00:00:ca:00:01", "02:00:00:00:00:99"
DISCOVER, OFFER, REQUEST, ACK, NAK, INFORM, RELEASE = 1, 2, 3, 5, 6, 8, 7


def leases() -> Leases:
    return Leases(ROUTER, {KNOWN: "192.168.77.20"})


def message(kind: int, mac: str = KNOWN, *, current: str = "0.0.0.0", asked: str = "", server: str = "", flags: int = 0) -> bytes:
    head = b"\x01\x01\x06\x00\xde\xad\xbe\xef\x00\x00" + struct.pack("!H", flags) + IPv4Address(current).packed + bytes(12)
    head += bytes.fromhex(mac.replace(":", "")).ljust(16, b"\0") + bytes(192)
    options = bytes((53, 1, kind))
    for code, value in ((50, asked), (54, server)):
        options += bytes((code, 4)) + IPv4Address(value).packed if value else b""
    return head + bytes.fromhex("63825363") + options + b"\xff"


def read(answer: tuple[bytes, str] | None) -> tuple[int, str, str]:
    """Kind, address given, where it is sent."""
    assert answer is not None
    data, to = answer
    assert data[:3] == b"\x02\x01\x06"
    assert data[4:8] == b"\xde\xad\xbe\xef"
    assert len(data) >= 300
    return data[242], str(IPv4Address(data[16:20])), to


def test_a_known_card_gets_its_address() -> None:
    given = leases()
    assert read(given.answer(message(DISCOVER))) == (OFFER, "192.168.77.20", "255.255.255.255")
    assert read(given.answer(message(REQUEST, asked="192.168.77.20", server=ROUTER))) == (ACK, "192.168.77.20", "255.255.255.255")
    assert read(given.answer(message(REQUEST, current="192.168.77.20"))) == (ACK, "192.168.77.20", "192.168.77.20")
    assert read(given.answer(message(REQUEST, current="192.168.77.20", flags=0x8000)))[2] == "255.255.255.255"


def test_the_answer_names_router_names_time_and_mask() -> None:
    answer = leases().answer(message(DISCOVER))
    assert answer
    router = IPv4Address(ROUTER).packed
    for option in (b"\x01\x04\xff\xff\xff\x00", b"\x03\x04" + router, b"\x06\x04" + router, b"\x2a\x04" + router, b"\x36\x04" + router):
        assert option in answer[0]


def test_another_address_is_refused() -> None:
    assert read(leases().answer(message(REQUEST, asked="192.168.77.99")))[:2] == (NAK, "0.0.0.0")


def test_strangers_get_what_is_free_and_keep_it() -> None:
    given = leases()
    first = [read(given.answer(message(DISCOVER, f"02:00:00:00:00:{number:02x}")))[1] for number in range(100)]
    again = [read(given.answer(message(DISCOVER, f"02:00:00:00:00:{number:02x}")))[1] for number in range(100)]
    assert len(set(first)) == 100
    assert first == again
    assert given.answer(message(DISCOVER, "02:00:00:00:01:00")) is None


def test_who_has_an_address_is_told_the_rest() -> None:
    assert read(leases().answer(message(INFORM, current="192.168.77.60"))) == (ACK, "0.0.0.0", "192.168.77.60")


@pytest.mark.parametrize("data", [message(RELEASE), message(REQUEST, server="192.168.77.9"), message(DISCOVER)[:200], b"", b"\x02" * 400])
def test_what_does_not_concern_us_is_not_answered(data: bytes) -> None:
    assert leases().answer(data) is None


def test_options_that_are_cut_short_end() -> None:
    good = message(DISCOVER)
    assert parse(good[:-1] + b"\x32\xff\x01") is not None
    assert parse(good[:240] + b"\x35") is None
    assert parse(good[:240] + b"\x00" * 300 + good[240:]) is not None


def test_garbage_ends_nothing() -> None:
    chance, given = random.Random(11), leases()
    for _ in range(5000):
        data = bytearray(
            chance.choice((message(DISCOVER), message(REQUEST, asked="192.168.77.20"), chance.randbytes(chance.randrange(500))))
        )
        for _ in range(chance.randrange(8)):
            if data:
                data[chance.randrange(len(data))] = chance.randrange(256)
        given.answer(bytes(data))
    assert read(given.answer(message(DISCOVER)))[1] == "192.168.77.20"
