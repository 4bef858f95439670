"""Hellos of our own, and what servers say to them: whole, cut, odd."""

import ssl
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.probes.captures import hello as captured
from harness.probes.tls_hello import SSL2, SSL3, TLS10, TLS12, TLS13, WORDS, Answer, client_hello, read
from harness.probes.tls_suites import KINDS, NAMES, is_13, is_aead, is_ephemeral, is_grease, is_signal, name_of, weakness


def record(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + b"\x03\x03" + struct.pack("!H", len(body)) + body


def message(kind: int, body: bytes) -> bytes:
    return bytes([kind]) + struct.pack("!I", len(body))[1:] + body


def server_hello(version: int, suite: int, chosen: int = 0) -> bytes:
    more = struct.pack("!HHHH", 6, 43, 2, chosen) if chosen else b""
    return message(2, struct.pack("!H", version) + bytes(32) + b"\0" + struct.pack("!H", suite) + b"\0" + more)


CHAIN = message(11, b"\0\0\x0c" + b"\0\0\x03one" + b"\0\0\x03two")
DONE = message(14, b"")

ANSWERS = [
    (
        record(22, server_hello(TLS12, 0xC02B) + CHAIN + DONE),
        Answer(said="hello", version=TLS12, suite=0xC02B, certificates=(b"one", b"two")),
    ),
    (record(22, server_hello(TLS10, 5)) + record(22, message(12, b"x")), Answer(said="hello", version=TLS10, suite=5)),
    (record(22, server_hello(TLS12, 0x1301, TLS13)), Answer(said="hello", version=TLS13, suite=0x1301)),
    (record(21, b"\x02\x28"), Answer(said="alert", alert=40)),
    (record(22, server_hello(TLS12, 5)) + record(21, b"\x02\x50"), Answer(said="alert", alert=80)),
    (
        record(21, b"\x01\x70") + record(22, server_hello(TLS12, 5) + CHAIN),
        Answer(said="hello", version=TLS12, suite=5, certificates=(b"one", b"two")),
    ),
    (b"HTTP/1.1 400 Bad Request\r\n", Answer(said="plain")),
    (b"\x80\x23\x04\x00\x01\x00\x02\x00\x00", Answer(said="hello", version=SSL2)),
    (b"\x80\x23\x09\x00\x01\x00\x02\x00\x00", Answer(said="plain")),
    (record(22, message(2, b"short")), Answer(said="other")),
    (record(22, message(1, bytes(40))), Answer(said="other")),
]


@pytest.mark.parametrize(("data", "answer"), ANSWERS)
def test_an_answer_is_read_as_soon_as_it_is_whole(data: bytes, answer: Answer) -> None:
    assert read(data, ended=False) == answer


@pytest.mark.parametrize(("data", "answer"), [(b"", "closed"), (record(21, b"\x01\x00"), "alert"), (record(22, b"\x02\0\0")[:-1], "other")])
def test_the_end_settles_what_was_open(data: bytes, answer: str) -> None:
    assert read(data, ended=False) is None
    ended = read(data, ended=True)
    assert ended is not None
    assert ended.said == answer


def test_a_hello_alone_waits_for_the_certificate() -> None:
    data = record(22, server_hello(TLS12, 0xC02B))
    assert read(data, ended=False) is None
    assert read(data, ended=True) == Answer(said="hello", version=TLS12, suite=0xC02B)


def test_messages_may_be_cut_at_every_byte() -> None:
    flight = server_hello(TLS12, 0xC02B) + CHAIN + DONE
    records = b"".join(record(22, flight[at : at + 1]) for at in range(len(flight)))
    assert read(records, ended=False) == ANSWERS[0][1]


@given(st.binary(max_size=400), st.booleans())
def test_garbage_is_read_without_trouble(data: bytes, ended: bool) -> None:
    for start in (b"", b"\x16\x03\x03", b"\x80"):
        read(start + data, ended=ended)


@pytest.mark.parametrize("version", [SSL3, TLS10, TLS12, TLS13])
def test_our_hello_says_what_it_should(version: int) -> None:
    """Read by the reader of captures; small enough for old servers."""
    said = client_hello(version, tuple(range(0xC001, 0xC041)) if version != TLS13 else (0x1301,))
    found = captured.client_hello(said[5:])
    assert found is not None
    assert found.offer.highest == min(version, TLS12)
    assert found.offer.listed == ((TLS13,) if version == TLS13 else ())
    assert found.offer.suites[0] in (0xC001, 0x1301)
    assert len(said) < 260


def test_openssl_takes_our_hello() -> None:
    """Its answer to the one of TLS 1.3 is a ServerHello."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_ciphers("AECDH:@SECLEVEL=0")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    came, went = ssl.MemoryBIO(), ssl.MemoryBIO()
    came.write(client_hello(TLS12, (0xC018,)))
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(came, went, server_side=True).do_handshake()
    answer = read(went.read(), ended=False)
    assert answer == Answer(said="hello", version=TLS12, suite=0xC018)


def test_suites_are_what_their_names_say() -> None:
    kinds = {weakness(suite) for suite in NAMES}
    assert kinds == {"", *KINDS}
    assert weakness(0x0017) == "anonymous"
    assert (weakness(0xC0B4), weakness(0x000A), weakness(0x0005), weakness(0x0009), weakness(0xC02B)) == ("null", "3DES", "RC4", "DES", "")
    assert is_ephemeral(0xC02B)
    assert is_ephemeral(0x1301)
    assert not is_ephemeral(0x009C)
    assert is_aead(0xCCA9)
    assert not is_aead(0xC023)
    assert not is_aead(0xC0B4)
    assert is_13(0x1302)
    assert name_of(0x1A1A) == "0x1A1A"
    assert is_grease(0x1A1A)
    assert not is_grease(0x1A2A)
    assert is_signal(0x00FF)
    assert len(NAMES) > 300


def test_every_name_is_the_registrys() -> None:
    """Against another table, where that knows the number."""
    suites = pytest.importorskip("scapy.layers.tls.crypto.suites")
    known = suites._tls_cipher_suites
    assert {number: name for number, name in NAMES.items() if number in known} == {
        number: known[number] for number in NAMES if number in known
    }
    assert WORDS[TLS13] == "TLS 1.3"
