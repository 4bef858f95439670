"""UDP ports over the loopback: who answers, who is closed, who is silent."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.model.errors import OutOfScope
from harness.transports import udp_scan
from harness.transports.udp_scan import UdpScanned, scan_udp
from tests.builders.devices import HERE, Desk


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(udp_scan, "WITHIN_S", 0.1)


@contextmanager
def service(answers: bool) -> Iterator[int]:
    """One UDP port that answers, or hears in silence."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind((HERE, 0))
        bound.settimeout(0.05)
        over = threading.Event()

        def serve() -> None:
            while not over.is_set():
                try:
                    data, peer = bound.recvfrom(2048)
                except TimeoutError:
                    continue
                if answers:
                    bound.sendto(b"echo " + data, peer)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield int(bound.getsockname()[1])
        finally:
            over.set()
            thread.join()


def closed(count: int) -> list[int]:
    """Ports that nobody has."""
    held = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(count)]
    for each in held:
        each.bind((HERE, 0))
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


def scanned(tmp_path: Path, ports: list[int], longest_s: float = 20.0) -> UdpScanned:
    return scan_udp(Desk(tmp_path).access, HERE, dict.fromkeys(ports, b"hello"), longest_s)


def test_who_answers_is_open_and_the_rest_is_closed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with service(answers=True) as port, desk.access.recorder.recording() as tape:
        seen = scan_udp(desk.access, HERE, dict.fromkeys([port, *closed(40)], b"hello"))
    assert (seen.open, seen.closed, seen.silent, seen.unasked) == ((port,), 40, (), 0)
    assert b"echo hello" in tape.transcript(lambda text: text)


def test_one_silent_port_among_closed_ones_is_silent(tmp_path: Path) -> None:
    """It was asked alone too: nobody's refusals were too many."""
    with service(answers=False) as port:
        seen = scanned(tmp_path, [port, *closed(60)])
    assert (seen.open, seen.closed, seen.silent) == ((), 60, (port,))


def test_a_device_that_tells_nothing_is_given_up_soon(tmp_path: Path) -> None:
    """Behind a filter every port is silent; a few, asked one by one, show that."""
    with service(answers=False) as one, service(answers=False) as two:
        seen = scanned(tmp_path, [one, two])
    assert (seen.closed, seen.silent, seen.unasked) == (0, tuple(sorted((one, two))), 0)


def test_what_the_time_does_not_suffice_for_is_not_settled(tmp_path: Path) -> None:
    seen = scanned(tmp_path, closed(5), longest_s=0.0)
    assert (seen.closed, seen.unasked) == (0, 5)


def test_nothing_is_sent_to_what_the_bench_does_not_name(tmp_path: Path) -> None:
    with pytest.raises(OutOfScope):
        scan_udp(Desk(tmp_path).access, "192.0.2.1", {53: b"x"})


def test_a_device_that_tells_of_few_a_second_is_asked_slowly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the kernel of most cameras: one refusal a while, whatever is asked. All ports are settled all the same."""
    monkeypatch.setattr(udp_scan, "WITHIN_S", 0.0)
    asking = udp_scan._Asking(Desk(tmp_path).access, HERE, dict.fromkeys(range(1, 61), b""), 1e6)
    batches: list[int] = []

    def refuses_one(ports: list[int]) -> list[int]:
        batches.append(len(ports))
        asking.closed += 1
        return list(ports)[1:]

    monkeypatch.setattr(asking, "_ask", refuses_one)
    asking.run(float("inf"))
    assert (asking.closed, asking.silent, asking.open) == (60, [], [])
    assert batches[0] > batches[-1] == 1
