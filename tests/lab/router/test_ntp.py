"""The router's time, packet by packet."""

import random
import struct
import time

import pytest

from harness.lab.router.moved import MovedClock
from harness.lab.router.ntp import answer

TO_1900 = 2_208_988_800


def asked(version: int = 4, mode: int = 3) -> bytes:
    return bytes([version << 3 | mode, 0, 6]) + bytes(37) + b"whenwent"


@pytest.mark.parametrize("ahead", [0.0, 86_400.0 * 400])
def test_a_client_is_told_the_moved_time(ahead: float) -> None:
    clock = MovedClock()
    clock.advance(ahead)
    reply = answer(asked(), clock)
    assert len(reply) == 48
    assert (reply[0] & 7, reply[0] >> 3 & 7, reply[1]) == (4, 4, 2)
    assert reply[24:32] == b"whenwent"
    seconds = struct.unpack("!I", reply[40:44])[0] - TO_1900
    assert abs(seconds - (time.time() + ahead)) < 5


def test_the_version_is_the_clients() -> None:
    assert answer(asked(3), MovedClock())[0] >> 3 & 7 == 3


def test_time_never_goes_back() -> None:
    clock = MovedClock()
    clock.advance(-1e9)
    assert clock.ahead == 0


def test_only_clients_are_answered() -> None:
    assert answer(asked(mode=4), MovedClock()) == b""
    assert answer(asked()[:47], MovedClock()) == b""
    assert answer(b"", MovedClock()) == b""


def test_garbage_ends_nothing() -> None:
    chance = random.Random(3)
    for _ in range(1000):
        answer(chance.randbytes(chance.randrange(100)), MovedClock())
