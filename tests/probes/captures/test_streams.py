"""A direction of TCP in order, whatever the order of its segments; with bounded memory."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from harness.probes.captures.streams import PIECES_MAX, WAITING_MAX, Stream

WRAP = 1 << 32


def played(segments: list[tuple[int, bytes]], begin: int, keep: int = 0) -> tuple[list[bytes | None], Stream]:
    got: list[bytes | None] = []
    stream = Stream(got.append, keep)
    stream.begins_at(begin)
    for number, data in segments:
        stream.add(number % WRAP, data)
    return got, stream


@given(st.data())
def test_any_order_and_any_overlap_give_the_same_bytes(data: st.DataObject) -> None:
    said = data.draw(st.binary(min_size=1, max_size=200))
    begin = data.draw(st.sampled_from([0, 1000, WRAP - 50]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(said)), max_size=10)) | {0, len(said)})
    pieces = [(begin + a, said[a:b]) for a, b in pairwise(cuts)]
    again = [
        (begin + a, said[a : a + data.draw(st.integers(1, 60))]) for a in data.draw(st.lists(st.integers(0, len(said) - 1), max_size=6))
    ]
    segments = data.draw(st.permutations([*pieces, *again]))
    got, stream = played(segments, begin, keep=1000)
    assert b"".join(part or b"!" for part in got) == said
    assert stream.holes == 0
    assert not stream.repeated_otherwise


def test_a_stream_without_a_beginning_begins_where_it_is_first_seen() -> None:
    got: list[bytes | None] = []
    stream = Stream(got.append)
    stream.add(500, b"abc")
    stream.add(503, b"def")
    assert got == [b"abc", b"def"]


def test_other_bytes_in_a_repeat_are_noticed() -> None:
    assert played([(0, b"abcdef"), (2, b"cX")], 0, keep=100)[1].repeated_otherwise
    assert played([(5, b"fgh"), (5, b"fgX"), (0, b"abcde")], 0, keep=100)[1].repeated_otherwise
    assert played([(3, b"dXf"), (0, b"abcde")], 0, keep=100)[1].repeated_otherwise
    assert played([(3, b"Xef"), (0, b"abcd"), (3, b"def")], 0, keep=100)[1].repeated_otherwise
    assert not played([(0, b"abcdef"), (2, b"cd")], 0, keep=100)[1].repeated_otherwise
    assert not played([(0, b"abcdef"), (2, b"cX")], 0)[1].repeated_otherwise  # nothing was kept


def test_a_byte_that_keeps_a_connection_alive_is_no_repeat() -> None:
    got, stream = played([(0, b"abc"), (2, b"\0"), (2, b"\0"), (3, b"def")], 0, keep=100)
    assert b"".join(part or b"" for part in got) == b"abcdef"
    assert not stream.repeated_otherwise
    assert played([(0, b"abc"), (1, b"\0")], 0, keep=100)[1].repeated_otherwise


def test_a_hole_is_passed_over_when_too_much_waits() -> None:
    got, stream = played([(0, b"ab"), *((10 + 1000 * n, bytes(1000)) for n in range(WAITING_MAX // 1000 + 2))], 0, keep=10)
    assert got[:2] == [b"ab", None]
    assert stream.holes == 1
    many, stream = played([(10 + 2 * n, b"x") for n in range(PIECES_MAX + 2)], 0)
    assert stream.holes >= 1
    assert many[0] is None


def test_the_end_gives_what_waits() -> None:
    got, stream = played([(0, b"ab"), (5, b"fg"), (9, b"jk")], 0)
    stream.finish()
    assert got == [b"ab", None, b"fg", None, b"jk"]
    assert stream.holes == 2


def test_without_anybody_who_listens() -> None:
    stream = Stream(None)
    stream.add(0, b"abc")
    stream.add(9, b"jkl")
    stream.finish()
    assert stream.holes == 1
