"""Port pairs give the device's packets and nobody else's, and always come to an end."""

import socket
import threading
from pathlib import Path

import pytest

from harness.model.errors import OutOfScope
from harness.transports.udp import open_pair, own_addresses, pair
from tests.builders.devices import HERE, Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_ports_are_neighbours_and_even_first(desk: Desk) -> None:
    with pair(desk.access, HERE) as ours:
        assert ours.ports[0] % 2 == 0
        assert ours.ports[1] == ours.ports[0] + 1


def test_packets_come_with_their_port_and_kind(desk: Desk) -> None:
    with pair(desk.access, HERE) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera, desk.recorded() as tape:
        camera.bind((HERE, 0))
        port = camera.getsockname()[1]
        ours.send(port, b"punch")
        assert camera.recv(99) == b"punch"
        camera.sendto(b"media", (HERE, ours.ports[0]))
        camera.sendto(b"report", (HERE, ours.ports[1]))
        packets = ours.drain(0.0)
    assert {(packet.data, packet.control, packet.port) for packet in packets} == {(b"media", False, port), (b"report", True, port)}
    assert (tape.chunks[0][1], tape.chunks[0][2]) == ("sent", f"udp://{HERE}:{port}")


def test_packets_of_others_are_dropped(desk: Desk) -> None:
    with pair(desk.access, HERE) as ours, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.9", 0))
        other.sendto(b"not from the camera", (HERE, ours.ports[0]))
        assert ours.drain(0.05) == ()


def test_a_flood_does_not_hold_us(desk: Desk) -> None:
    stop = threading.Event()

    def flood(port: int) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as camera:
            while not stop.is_set():
                camera.sendto(b"x", (HERE, port))

    with pair(desk.access, HERE) as ours:
        flooding = threading.Thread(target=flood, args=(ours.ports[0],))
        flooding.start()
        packets = ours.drain(0.05, most=500)
        stop.set()
        flooding.join()
    assert 0 < len(packets) <= 501


def test_the_scope_holds_for_udp_too(desk: Desk) -> None:
    with pytest.raises(OutOfScope):
        open_pair(desk.access, "192.0.2.1")


def test_closing_twice_is_fine(desk: Desk) -> None:
    ours = open_pair(desk.access, HERE)
    ours.close()
    ours.close()


def test_our_address_as_a_host_sees_it() -> None:
    assert own_addresses("127.0.0.9") == ("127.0.0.1",)
    assert own_addresses("::ffff:300.1.1.1") == ()
