"""Connections end in time whatever the device does, and say in a sentence what it did."""

import socket
import ssl
import threading
from pathlib import Path

import pytest

from harness.model.errors import DeviceSilent, OutOfScope, Undecided
from harness.transports.tcp import connect, name_of, open_connection
from tests.builders import devices
from tests.builders.devices import HERE, Desk, device


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_reads_by_marker_by_count_and_to_the_orderly_end(desk: Desk) -> None:
    with device(devices.answering(b"head\r\n\r\nbodyrest")) as port, desk.recorded() as tape, connect(desk.access, HERE, port) as asked:
        asked.send(b"question\r\n\r\n")
        assert asked.receive_until(b"\r\n\r\n") == b"head\r\n\r\n"
        assert asked.receive_exactly(4) == b"body"
        assert asked.receive() == b"rest"
        assert asked.receive() == b""
    assert [(direction, data) for _, direction, _, data in tape.chunks] == [
        ("sent", b"question\r\n\r\n"),
        ("received", b"head\r\n\r\nbodyrest"),
    ]
    assert asked.to == f"tcp://{HERE}:{port}"
    assert asked.local_address == HERE


def test_a_silent_device_is_named_with_what_was_asked(desk: Desk) -> None:
    with device(devices.silent) as port, connect(desk.access, HERE, port) as asked:
        asked.send(b"hello")
        assert asked.listen(within=0.02) is None
        with pytest.raises(DeviceSilent, match=r"did not answer within 0.02 s \(asked 5 bytes, 0 came back\)"):
            asked.receive(within=0.02)


def test_a_partial_answer_is_kept(desk: Desk) -> None:
    with device(devices.answering(b"half")) as port, connect(desk.access, HERE, port) as asked:
        asked.send(b"hello\r\n\r\n")
        with pytest.raises(DeviceSilent, match="ended the connection before 8 bytes had come") as raised:
            asked.receive_exactly(8)
    assert raised.value.received == b"half"


def test_an_end_that_is_too_far_is_undecided_and_not_silence(desk: Desk) -> None:
    with device(devices.endless(b"", b"x" * 1000)) as port, connect(desk.access, HERE, port) as asked:
        asked.send(b"hello\r\n\r\n")
        with pytest.raises(Undecided, match="4096 bytes and more without the expected") as raised:
            asked.receive_until(b"\n", limit=4096)
    assert not isinstance(raised.value, DeviceSilent)


def test_a_drip_of_bytes_does_not_hold_us(desk: Desk) -> None:
    with device(devices.endless(b"", b"x", pause=0.01)) as port, connect(desk.access, HERE, port, lifetime=0.2) as asked:
        asked.send(b"hello\r\n\r\n")
        with pytest.raises(DeviceSilent, match="did not come to an end"):
            asked.receive_exactly(10**6, within=60)


def test_a_reset_is_silence(desk: Desk) -> None:
    cut = pytest.raises(DeviceSilent, match="cut the connection")
    with device(devices.resetting) as port, cut, connect(desk.access, HERE, port) as asked:
        asked.receive()


def test_refused_and_closed_connections_are_silence(desk: Desk) -> None:
    with pytest.raises(DeviceSilent, match="refused the connection"), connect(desk.access, HERE, 1):
        pass
    with device(devices.silent) as port, connect(desk.access, HERE, port) as asked:
        asked.close()
        with pytest.raises(DeviceSilent, match="closed by ourselves"):
            asked.receive()


def test_a_device_that_takes_nothing_more_is_silent(desk: Desk) -> None:
    done = threading.Event()
    with device(lambda _: bool(done.wait(9))) as port, connect(desk.access, HERE, port) as asked:
        with pytest.raises(DeviceSilent, match="took no more data"):
            asked.send(b"x" * 64 * 1024 * 1024, within=0.05)
        done.set()


def test_places_are_given_back_also_after_trouble(desk: Desk) -> None:
    for _ in range(20):
        with pytest.raises(DeviceSilent):
            open_connection(desk.access, HERE, 1)
    with device(devices.silent) as port:
        for _ in range(20):
            open_connection(desk.access, HERE, port).close()


@pytest.mark.parametrize("host", ["192.0.2.1", "localhost", "camera.example", "127.0.0.2"])
def test_nothing_is_sent_outside_the_scope(desk: Desk, host: str) -> None:
    with pytest.raises(OutOfScope), connect(desk.access, host, 80):
        pass


def test_tls_is_spoken_with_any_certificate_and_recorded_as_plain_text(desk: Desk, tmp_path: Path) -> None:
    talk = devices.answering(b"secret")
    with device(talk, tls=True, tmp_path=tmp_path) as port, desk.recorded() as tape, connect(desk.access, HERE, port, tls=True) as asked:
        asked.send(b"hello\r\n\r\n")
        assert asked.receive_exactly(6) == b"secret"
        facts = asked.tls_facts
    assert facts is not None
    assert facts.version == "TLSv1.3"
    assert ssl.DER_cert_to_PEM_cert(facts.certificate).startswith("-----BEGIN")
    assert tape.chunks[1][2:] == (f"tls://{HERE}:{port}", b"secret")


def after_hello(answer: bytes) -> devices.Talk:
    """Reads the client's first record and answers these bytes."""

    def talk(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    return talk


@pytest.mark.parametrize(
    ("talk", "sentence"),
    [
        (after_hello(b"HTTP/1.1 400 no TLS here\r\n\r\n"), "something that is not TLS"),
        (after_hello(bytes(range(7, 200))), "something that is not TLS"),
        (after_hello(b""), "cut the"),
        (devices.resetting, "cut the"),
        (after_hello(b"\x15\x03\x03\x00\x02\x02\x28"), "refused or cut the TLS handshake"),
    ],
)
def test_tls_trouble_is_told_apart(desk: Desk, talk: devices.Talk, sentence: str) -> None:
    with device(talk) as port, pytest.raises(DeviceSilent, match=sentence):
        open_connection(desk.access, HERE, port, tls=True)


def test_a_handshake_that_never_ends_is_silence(desk: Desk) -> None:
    with device(devices.silent) as port, pytest.raises(DeviceSilent, match="did not finish the TLS handshake"):
        open_connection(desk.access, HERE, port, tls=True, within=0.05)


def test_addresses_are_written_as_people_write_them() -> None:
    assert name_of("fe80::1", 443, tls=True) == "tls://[fe80::1]:443"
    assert name_of("192.0.2.7", 5004, transport="udp") == "udp://192.0.2.7:5004"
