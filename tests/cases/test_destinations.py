"""Which destinations are declared: by every name that they have, by their address when they have none."""

from typing import Any

import pytest

from harness.cases.dut import Declared
from harness.model.errors import Undecided
from harness.model.traffic import Destination
from tests.builders.profiles import profile

ENDPOINTS = [
    {"host": "api.maker.example", "port": 443, "protocol": "https", "purpose": "control", "region": "CN"},
    {"host": "*.media.maker.example", "port": 443, "protocol": "tls"},
    {"host": "time.maker.example", "port": 123, "protocol": "ntp"},
    {"host": "192.0.2.7", "port": 8883, "protocol": "mqtts"},
    {"host": "192.0.2.53", "port": 53, "protocol": "dns"},
]
DECLARED = Declared(profile(cloud={"endpoints": ENDPOINTS, "device_auth": "certificate"}))
API = "api.maker.example"


def to(address: str = "198.51.100.1", port: int = 443, transport: str = "tcp", **more: Any) -> Destination:
    return Destination(address=address, port=port, transport=transport, **more)


COVERED = [
    to(resolved=(API,)),
    to(resolved=(API,), shown=API),
    to(resolved=(API, "other.example"), shown=API),  # two names on one server, and this one was shown
    to(resolved=("eu.media.maker.example",), shown="eu.media.maker.example"),
    to(resolved=("time.maker.example",), port=123, transport="udp"),
    to("192.0.2.7", 8883),
    to("192.0.2.7", 0, "icmp"),
    to("192.0.2.7", 8883, shown="192.0.2.7"),
    to("192.0.2.53", 53, "udp"),
    to("192.0.2.53", 53, "tcp"),
    to("192.0.2.53", 53, "dns", resolved=(API,)),
]
UNCOVERED = [
    to(),  # an address without any name
    to(resolved=("other.example",)),
    to(resolved=(API, "other.example")),  # either may be meant
    to(resolved=(API,), shown="other.example"),  # an undeclared name on a declared address
    to("192.0.2.7", 8883, shown="other.example"),
    to("192.0.2.7", 8883, resolved=("other.example",)),
    to(resolved=("other.example",), shown=API),  # a declared name in front of another server
    to(resolved=(API,), port=8443),
    to(resolved=(API,), transport="udp"),
    to(resolved=("media.maker.example",)),  # the star does not stand for nothing
    to(resolved=("evilapi.maker.example",)),
    to(resolved=("x.media.maker.example.evil.example",)),
    to("192.0.2.7", 443),
    to("192.0.2.7", 0, "ip-47"),
    to(shown="cover.example", hidden=True),
    to(resolved=("other.example",), hidden=True, shown=API),
]


@pytest.mark.parametrize("there", COVERED, ids=str)
def test_what_is_declared_is_covered(there: Destination) -> None:
    assert DECLARED.covers(there)


@pytest.mark.parametrize("there", UNCOVERED, ids=str)
def test_what_is_not_declared_is_not_covered(there: Destination) -> None:
    assert not DECLARED.covers(there)


@pytest.mark.parametrize(
    ("there", "words"),
    [
        (to(shown=API), "says that it contacts api.maker.example"),
        (to(shown=API, hidden=True, resolved=(API,)), "its TLS hello is encrypted"),
        (to("192.168.77.1", 53, "dns", resolved=("other.example",)), "other.example is not declared; it was asked for"),
    ],
)
def test_what_cannot_be_told_is_undecided(there: Destination, words: str) -> None:
    with pytest.raises(Undecided, match=words):
        DECLARED.covers(there)


def test_declared_destinations_are_at_least_one() -> None:
    assert DECLARED.destinations[0].purpose == "control"
    assert DECLARED.destinations[0].asked == "api.maker.example 443/https"
    with pytest.raises(Undecided, match=r"table cloud.endpoints is empty"):
        _ = Declared(profile()).destinations


def test_with_no_endpoint_nothing_is_covered() -> None:
    assert not Declared(profile()).covers(to(resolved=(API,)))


def test_a_destination_in_words() -> None:
    assert to(resolved=("a.example", "b.example")).asked == "a.example, b.example at 198.51.100.1 port 443/tcp, no answer"
    assert to(transport="udp", quic=True, answered=True).asked == "no name at 198.51.100.1 port 443/udp, QUIC"
    assert to("192.0.2.53", 53, "dns", resolved=("a.example",)).asked == "a.example, asked of 192.0.2.53 and not contacted"
