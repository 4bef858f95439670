"""The serial line over TCP: one client, both ways, and nobody hears what was sent to somebody else."""

import os
import select
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from harness.lab.serial_server import SerialServer
from harness.lab.uart import Uart


@dataclass
class Bench:
    """A line with its server, and its device's end."""

    uart: Uart
    server: SerialServer

    def client(self) -> socket.socket:
        """Somebody who dials in."""
        port = int(self.server.url.rpartition(":")[2])
        dialled = socket.create_connection(("127.0.0.1", port), 5)
        self.server.step(1)
        return dialled

    def until(self, holds: Callable[[], bool]) -> bool:
        """Carry until it holds."""
        deadline = time.monotonic() + 5
        while not holds() and time.monotonic() < deadline:
            self.server.step(0.02)
        return holds()


@pytest.fixture
def bench() -> Iterator[Bench]:
    uart = Uart()
    made = Bench(uart, SerialServer(uart.url))
    yield made
    made.server.close()
    made.server.close()
    uart.close()


def readable(end: socket.socket | int) -> bool:
    return bool(select.select([end], [], [], 0)[0])


def test_bytes_go_both_ways(bench: Bench) -> None:
    """As they are, escape codes and NUL too."""
    client = bench.client()
    os.write(bench.uart.device_end, b"boot\x00\x1b[6n\r\n")
    assert bench.until(lambda: readable(client))
    assert client.recv(100) == b"boot\x00\x1b[6n\r\n"
    client.sendall(b"root\r")
    assert bench.until(lambda: readable(bench.uart.device_end))
    assert os.read(bench.uart.device_end, 100) == b"root\r"
    client.close()


def test_a_second_client_is_turned_away_until_the_first_hangs_up(bench: Bench) -> None:
    first = bench.client()
    second = bench.client()
    assert second.recv(10) == b""
    second.close()
    first.close()
    bench.server.step(1)
    third = bench.client()
    os.write(bench.uart.device_end, b"x")
    assert bench.until(lambda: readable(third))
    assert third.recv(10) == b"x"
    third.close()


def test_what_is_heard_without_a_client_is_lost(bench: Bench) -> None:
    os.write(bench.uart.device_end, b"nobody hears this")
    bench.server.step(1)
    client = bench.client()
    bench.server.step(0.05)
    assert not readable(client)
    client.close()


def test_a_client_that_is_gone_or_stalls_does_not_hold_the_line_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is dropped, and the next is served."""
    client = bench.client()
    assert bench.server._client
    bench.server._client.settimeout(0.05)
    for _ in range(2000):
        if bench.server._client is None:
            break
        os.write(bench.uart.device_end, b"y" * 2000)
        bench.server.step(0.05)
    assert bench.server._client is None
    client.close()
