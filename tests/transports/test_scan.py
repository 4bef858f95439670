"""Port scans over the loopback: open, refused, silent, out of scope, no way."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.model.errors import OutOfScope
from harness.transports import neighbour
from harness.transports.scan import scan
from tests.builders.devices import HERE, Desk


@pytest.fixture
def listening() -> Iterator[list[int]]:
    """Three open ports."""
    with ExitStack() as held:
        yield sorted(held.enter_context(socket.create_server((HERE, 0))).getsockname()[1] for _ in range(3))


def test_open_ports_are_found_among_closed_ones(tmp_path: Path, listening: list[int]) -> None:
    around = sorted({port + step for port in listening for step in range(-3, 4)})
    seen = scan(Desk(tmp_path).access, HERE, around)
    assert set(listening) <= set(seen.open)
    assert (seen.asked, seen.silent, seen.unreachable) == (len(around), 0, False)
    assert seen.per_s > 0


def test_a_port_that_takes_no_more_is_silent_after_two_tries(tmp_path: Path) -> None:
    """A full backlog drops what comes."""
    with socket.create_server((HERE, 0), backlog=0) as full, ExitStack() as held:
        port = full.getsockname()[1]
        for _ in range(4):
            one = held.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex((HERE, port))
        seen = scan(Desk(tmp_path).access, HERE, (port,), within=0.1)
    assert (seen.open, seen.silent) == ((), 1)


def test_nothing_is_sent_to_what_the_bench_does_not_name(tmp_path: Path) -> None:
    with pytest.raises(OutOfScope, match=r"192\.0\.2\.1 is not an address"):
        scan(Desk(tmp_path).access, "192.0.2.1", (80,))


def test_where_no_way_leads_nothing_is_open(tmp_path: Path) -> None:
    """An IPv6 address that is in scope, with no route to it."""
    desk = Desk(tmp_path, address="2001:db8::1")
    seen = scan(desk.access, "2001:db8::1", (80, 81))
    assert (seen.open, seen.unreachable or seen.silent == 2) == ((), True)


ARP = """IP address       HW type     Flags       HW address            Mask     Device
192.168.77.20    0x1         0x2         02:00:00:ca:00:01     *        lab0
192.168.77.21    0x1         0x0         00:00:00:00:00:00     *        lab0
"""


def test_the_other_address_of_a_neighbour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Made from its hardware address; only of a unit in scope, and then in scope too."""
    (tmp_path / "arp").write_text(ARP)
    monkeypatch.setattr(neighbour, "ARP", tmp_path / "arp")
    assert neighbour.link_local("192.168.77.20") == "fe80::ff:feca:1%lab0"
    assert neighbour.link_local("192.168.77.21") == neighbour.link_local("192.0.2.1") == ""
    access = Desk(tmp_path, address="192.168.77.20").access
    assert not access.in_scope("fe80::ff:feca:1%lab0")
    assert access.link_local("192.0.2.1") == ""
    assert access.in_scope(access.link_local("192.168.77.20"))
