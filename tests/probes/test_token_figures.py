"""Chance counts in full, whatever its spelling; counters, clocks and copies of themselves count little or nothing."""

import base64
import hashlib
import random
import uuid
from collections.abc import Callable

import pytest

from harness.probes.token_figures import Figures, bits_of, figures_of, known_again
from harness.probes.token_hashes import Known

NUMBER, NOW = 200, 1_790_000_000
Maker = Callable[[random.Random, int], str]


def given(make: Maker, number: int = NUMBER, seed: int = 1) -> list[str]:
    """Tokens in order."""
    chance = random.Random(seed)
    return [make(chance, at) for at in range(number)]


def jwt(chance: random.Random, at: int) -> str:
    """A token with a head, the time, and a signature."""
    body = base64.urlsafe_b64encode(f'{{"iat":{NOW + at},"sub":"admin"}}'.encode()).decode().rstrip("=")
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.{base64.urlsafe_b64encode(chance.randbytes(32)).decode().rstrip('=')}"


CHANCE: dict[str, tuple[Maker, float]] = {
    "hex": (lambda chance, _: chance.randbytes(16).hex(), 128),
    "HEX in a header": (lambda chance, _: f"Bearer {chance.randbytes(16).hex().upper()}", 128),
    "base64, padded": (lambda chance, _: base64.b64encode(chance.randbytes(16)).decode(), 128),
    "base64 for URLs": (lambda chance, _: base64.urlsafe_b64encode(chance.randbytes(24)).decode(), 192),
    "base64, quoted for a cookie": (lambda chance, _: base64.b64encode(b"0" + chance.randbytes(17)).decode().replace("+", "%2B"), 136),
    "a decimal number": (lambda chance, _: str(chance.getrandbits(128)), 128),
    "a random UUID": (lambda chance, _: f"Bearer {uuid.UUID(bytes=chance.randbytes(16), version=4)}", 128),
    "behind the time": (lambda chance, at: f"{NOW + at:x}{chance.randbytes(16).hex()}", 128),
    "two values": (lambda chance, _: f"{chance.randbytes(8).hex()}|{chance.randbytes(8).hex()}", 128),
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", CHANCE)
def test_chance_counts_in_full(name: str, seed: int) -> None:
    make, bits = CHANCE[name]
    told = figures_of(given(make, seed=seed), Known((("user name", "admin"),), (NOW,)))
    assert (told.repeats, told.rule) == (0, "")
    assert bits <= told.bits <= bits + 12


def test_a_signed_token_counts_by_its_signature() -> None:
    assert 256 <= bits_of(given(jwt)) <= 266


LITTLE: dict[str, tuple[Maker, float]] = {
    "32 bits": (lambda chance, _: chance.randbytes(4).hex(), 32),
    "32 bits behind what stays": (lambda chance, _: "5e55" * 7 + chance.randbytes(4).hex(), 32),
    "64 bits, twice": (lambda chance, _: chance.randbytes(8).hex() * 2, 64),
    "64 bits, and as another alphabet": (
        lambda chance, _: (text := chance.randbytes(8).hex()) + text.translate(str.maketrans("0123456789abcdef", "ghijklmnopqrstuv")),
        64,
    ),
    "half of the alphabet": (lambda chance, _: "".join(chance.choice("01234567") for _ in range(32)), 96.1),
    "letters of a small set": (lambda chance, _: "".join(chance.choice("ab") for _ in range(64)), 64),
    "the user and the time": (lambda _, at: f"admin{NOW + at * 7}", 14),
    "no more than one": (lambda _, at: "the same", 0),
}


@pytest.mark.parametrize("name", LITTLE)
def test_what_is_not_chance_does_not_count(name: str) -> None:
    make, most = LITTLE[name]
    assert bits_of(given(make)) <= most


def test_a_register_that_is_shifted_gives_one_new_character() -> None:
    chance = random.Random(5)
    text = chance.randbytes(16).hex()
    tokens = [text := text[1:] + chance.choice("0123456789abcdef") for _ in range(NUMBER)]
    assert bits_of(tokens) <= 8


Spelled = Callable[[float, bytes], str]


def behind_the_time(spelled: Spelled, chance_bytes: int) -> tuple[list[str], list[float]]:
    """Given every 20 to 40 ms, which another clock shows some milliseconds late."""
    chance, at, tokens, times = random.Random(9), float(NOW), [], []
    for _ in range(NUMBER):
        at += chance.uniform(0.02, 0.04)
        tokens.append(spelled(at, chance.randbytes(chance_bytes)))
        times.append(at - NOW + 5_000 + chance.uniform(0.001, 0.03))
    return tokens, times


TIMED: dict[str, Spelled] = {
    "microseconds in hex": lambda at, chance: f"{int(1e6 * at):014x}{chance.hex()}",
    "milliseconds, behind a constant": lambda at, chance: f"cam-0007{int(1e3 * at):x}{chance.hex()}",
    "microseconds since 2000": lambda at, chance: f"{chance.hex()}{int(1e6 * (at - 946684800)):013x}",
    "decimal milliseconds": lambda at, chance: f"{int(1e3 * at)}.{chance.hex()}",
    "milliseconds and chance in base64": lambda at, chance: base64.b64encode(f"{int(1e3 * at)}:{chance.hex()}".encode()).decode(),
    "eight bytes of microseconds in base64": lambda at, chance: base64.urlsafe_b64encode(
        int(1e6 * at).to_bytes(8, "big") + chance
    ).decode(),
}


@pytest.mark.parametrize("name", TIMED)
def test_a_time_that_is_spelled_in_a_token_is_no_chance(name: str) -> None:
    """112 bits of chance look like more with the time; 128 are enough without it."""
    for chance_bytes in (14, 16):
        tokens, times = behind_the_time(TIMED[name], chance_bytes)
        told = figures_of(tokens, times=times)
        assert told.timed
        assert 0 <= told.bits - 8 * chance_bytes <= 2, (told, bits_of(tokens))


@pytest.mark.parametrize("every_s", [0.001, 0.03, 1.0, 30.0])
@pytest.mark.parametrize("name", CHANCE)
def test_chance_does_not_run_with_a_clock(name: str, every_s: float) -> None:
    make, bits = CHANCE[name]
    for number in (24, NUMBER):
        clock = random.Random(number)
        times = [NOW + every_s * at + clock.uniform(0, every_s) for at in range(number)]
        told = figures_of(given(make, number), times=times)
        assert told.bits >= bits if number == NUMBER else told.bits >= 0.7 * bits
        assert not told.timed or name == "behind the time"


FIRST, STEP = 0x1234567890ABCDEF << 60, 0xFEDCBA9876543210F << 50
RULES: dict[str, tuple[Maker, str]] = {
    "a counter": (lambda _, at: f"d0d0d0d0d0d0d0d0{at:08x}", "the one before and 1,"),
    "a decimal counter": (lambda _, at: f"id={41 + 3 * at}", "the one before and 3,"),
    "a base64 counter": (lambda _, at: base64.urlsafe_b64encode((FIRST + at).to_bytes(24, "big")).decode(), "the one before and 1,"),
    "a counter with gaps": (lambda chance, at: f"{at + chance.choice((0, 0, 0, 1)):032x}", "the one before and 1,"),
    "a number and a constant": (lambda _, at: f"{(FIRST + at * STEP) % (1 << 128):032x}", "the one before and "),
    "the hash of a counter": (lambda _, at: hashlib.md5(f"{at + 77}".encode()).hexdigest(), "made of a count: md5 of it"),
    "the hash of user and counter": (lambda _, at: hashlib.sha256(f"admin:{at}".encode()).hexdigest(), "sha256 of it and the user name"),
    "the hash of the time": (lambda _, at: hashlib.sha1(f"{NOW + at}".encode()).hexdigest().upper(), "the time in seconds: sha1 of it"),
    "the hash of the time in milliseconds": (
        lambda _, at: hashlib.sha256(f"{1000 * NOW + 100_400 + 7 * at}".encode()).hexdigest(),
        "the time in milliseconds: sha256 of it",
    ),
    "the hash of user and time with a fraction": (
        lambda _, at: hashlib.md5(f"admin{NOW + 101}.{at:03}".encode()).hexdigest(),
        "the time in milliseconds: md5 of it and the user name",
    ),
    "the hash of the time in base64": (
        lambda _, at: base64.b64encode(hashlib.sha1(f"{NOW + at}admin".encode()).digest()).decode(),
        "the time in seconds: sha1 of it and the user name",
    ),
    "the hash of a count in base64": (
        lambda _, at: base64.b64encode(hashlib.md5(f"{at + 77}".encode()).digest()).decode(),
        "made of a count: md5 of it",
    ),
    "the hash of serial number and time": (
        lambda _, at: hashlib.sha256(f"SN-7-{NOW + at}".encode()).hexdigest(),
        "the time in seconds: sha256 of it and the serial number",
    ),
    "the hash of time and card in milliseconds": (
        lambda _, at: hashlib.md5(f"{1000 * NOW + 100_400 + at}_02:00:5e:00:00:01".encode()).hexdigest(),
        "the time in milliseconds: md5 of it and the card's address",
    ),
    "the hash of the time in microseconds": (
        lambda _, at: hashlib.md5(f"{1_000_000 * NOW + 100_500_123 + 9 * at}".encode()).hexdigest(),
        "the time in microseconds: md5 of it",
    ),
    "the hash of uniqid": (
        lambda _, at: hashlib.sha1(f"{NOW + 100:08x}{500_123 + 9 * at:05x}".encode()).hexdigest(),
        "the time in microseconds: sha1 of it",
    ),
    "the hash of the time as a UUID": (
        lambda _, at: str(uuid.UUID(bytes=hashlib.md5(f"SN-7{NOW + at}".encode()).digest())),
        "the time in seconds: md5 of it and the serial number",
    ),
    "the hash of the time in base64, longer": (
        lambda _, at: base64.b64encode(hashlib.sha256(f"{NOW + at}".encode()).digest()).decode(),
        "the time in seconds: sha256 of it",
    ),
}


KNOWN = Known(
    (("user name", "admin"), ("serial number", "SN-7"), ("card's address", "02:00:5e:00:00:01")),
    (NOW + 100.5,),
    ((NOW + 100.5, NOW + 100.51),),
)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_is_told(name: str) -> None:
    make, told = RULES[name]
    for number in (24, NUMBER):
        figures = figures_of(given(make, number), KNOWN)
        assert told in figures.rule, figures
        assert figures.bits == 0


def test_what_came_twice_is_counted() -> None:
    make, _ = CHANCE["hex"]
    tokens = given(make, 20)
    assert figures_of([*tokens, tokens[3], tokens[3]]).repeats == 2
    assert figures_of([]) == Figures(0.0, 0)


def test_parts_that_come_and_go_are_read_as_one() -> None:
    """And what is no number has no steps."""
    tokens = given(lambda chance, at: chance.randbytes(16).hex() + (".x" if at % 2 else ""), 40)
    assert bits_of(tokens) >= 128
    assert figures_of([f"{each}é" for each in tokens]).rule == ""


@pytest.mark.parametrize("name", CHANCE)
def test_chance_of_another_start_is_not_known_again(name: str) -> None:
    make, _ = CHANCE[name]
    assert known_again(given(make, 40), [make(chance, 0) for chance in [random.Random(2)] for _ in range(40)]) == 0
    assert known_again(given(make, 4), given(make, 4)) == 4


def test_a_stream_that_begins_anew_is_known_at_another_place() -> None:
    """Some bytes were taken for something else; a signed token's head, which stays, is no likeness."""
    stream = random.Random(3).randbytes(16 * 13)
    one, other = ([f"Bearer {stream[begin : begin + 16].hex()}" for begin in range(first, 16 * 12, 16)] for first in (0, 4))
    assert known_again(one, other) == 12
    assert known_again(given(jwt, 12, seed=1), given(jwt, 12, seed=2)) == 0
    assert known_again(["a1", "a2"], ["a3", "a4"]) == known_again([], []) == 0
