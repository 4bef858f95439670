"""Values that are written otherwise are found, and where none stands none is."""

import codecs
import gzip
import hashlib
import random
from collections.abc import Callable

import pytest

from harness.probes.export_ciphers import hidden
from harness.probes.images.needles import Needles

WORD, PLANTED = "k3YqLw_8vTzR2mXb", "Planted-Secret-Of-The-Run-2931"
VALUES = {"the password": WORD, "what was planted": PLANTED}
SETTINGS = [
    f"[section{number}]\nname=camera {number}\nmode=auto\nbrightness={number * 7 % 100}\nserver=time{number}.example.org"
    for number in range(9)
]
TEXT = "\n".join((*SETTINGS[:4], f"admin.password={WORD}", *SETTINGS[4:], f"guest.password={PLANTED}", "end=yes")).encode()
HARMLESS = "\n".join(SETTINGS).encode()


def under(key: bytes, data: bytes) -> bytes:
    return bytes(byte ^ key[place % len(key)] for place, byte in enumerate(data))


def chance(length: int, seed: int = 3) -> bytes:
    return random.Random(seed).randbytes(length)


@pytest.mark.parametrize(
    ("written", "how"),
    [
        (lambda data: codecs.encode(data.decode(), "rot13").encode(), "letters moved by 13"),
        (
            lambda data: data.translate(
                bytes.maketrans(
                    b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
                    b"bcdefghijklmnopqrstuvwxyzaBCDEFGHIJKLMNOPQRSTUVWXYZA1234567890",
                )
            ),
            "letters moved by 1",
        ),
        (lambda data: bytes((byte + 7) % 256 for byte in data), "bytes moved by the same number"),
        (lambda data: under(chance(5), data), "XOR with 5 bytes"),
        (lambda data: under(chance(10), data), "XOR with 10 bytes"),
        (lambda data: b"HEAD0001" + under(b"camera-one", data), "XOR with 10 bytes"),
    ],
)
def test_what_is_written_otherwise_is_found(written: Callable[[bytes], bytes], how: str) -> None:
    found = set(hidden(written(TEXT), VALUES))
    assert found == {(label, how) for label in VALUES}
    assert not set(hidden(written(HARMLESS), VALUES))
    assert not Needles(VALUES).look(iter([written(TEXT)]), "it")


@pytest.mark.parametrize(
    "data",
    [
        b"",
        TEXT,  # as it is: others find that
        HARMLESS,
        chance(6000),
        gzip.compress(TEXT * 9),
        b"".join(hashlib.sha256(bytes([number])).digest() for number in range(200)),
        b"\0" * 3000,
        bytes(range(256)) * 20,
        chance(300) + bytes(2000) + TEXT + b"\0" * 700,
        b"".join(number.to_bytes(4, "little") for number in range(3000)),
    ],
)
def test_where_nothing_is_hidden_nothing_is_found(data: bytes) -> None:
    assert list(hidden(data, VALUES)) == []


def test_short_values_are_not_looked_for() -> None:
    assert list(hidden(under(chance(5), TEXT), {"the name": "admin", "digits": "1" * 20})) == []
