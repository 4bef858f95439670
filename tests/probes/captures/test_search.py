"""Planted values in traffic, in every encoding, wherever they are cut."""

import base64
from pathlib import Path
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.gate.masking import encodings
from harness.probes.captures import search as search_module
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.search import Search
from harness.probes.captures.survey import Survey
from tests.builders import frames
from tests.builders.frames import UDP, Raw, connect, out
from tests.builders.surveys import around

VALUE = "cnry-7k2m9p4q8r3s5t6v"
SECRETS = {"⟦canary-1⟧": VALUE, "⟦canary-2⟧": 'tür/ß & "quoted" <1234>'}


def found(search: Search) -> set[tuple[str, str]]:
    return {(each.label, each.encoding) for each in search.found}


@pytest.mark.parametrize("value", SECRETS.values(), ids=SECRETS)
def test_every_form_is_found_at_every_place(value: str) -> None:
    for form in encodings(value):
        for before in range(9):
            search = Search(SECRETS)
            search.look(bytes(before) + form + b"\1" * 9, "here")
            assert search.found, (form, before)


@given(cuts=st.lists(st.integers(1, 40), max_size=30), before=st.integers(0, 40))
def test_a_value_is_found_across_pieces(cuts: list[int], before: int) -> None:
    search = Search(SECRETS)
    take = search.stream("to 203.0.113.5")
    data = b"." * before + base64.b64encode(b"x" + VALUE.encode() + b"yz") + b"." * 30
    at = 0
    for cut in [*cuts, len(data)]:
        if data[at : at + cut]:
            take(data[at : at + cut])
        at += cut
    take(data[at:])
    search.finish()
    assert ("⟦canary-1⟧", "base64 2") in found(search)


def test_a_hole_is_not_bridged() -> None:
    search = Search(SECRETS)
    take = search.stream("to 203.0.113.5")
    take(VALUE[:10].encode())
    take(None)
    take(VALUE[10:].encode())
    search.finish()
    assert not search.found


def test_what_is_held_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "HELD_MAX", 5000)
    search = Search(SECRETS)
    takes = [search.stream(f"stream {number}") for number in range(100)]
    for take in takes:
        take(b"." * 100 + VALUE[:8].encode())
    assert search._holding <= 5000
    for take in takes:
        take(VALUE[8:].encode())
    search.finish()
    assert len(search.found) == 100
    assert search._holding == 0


def test_a_value_that_is_everywhere_is_not_kept_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_module, "FOUND_MAX", 3)
    search = Search(SECRETS)
    for number in range(9):
        search.look(VALUE.encode(), str(number))
    assert len(search.found) == 3


def test_short_values_are_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 7 characters"):
        Search({"pin": "123456"})
    with pytest.raises(ValueError, match="fewer than 7"):
        Search({})
    assert Search({"pin": "1234567"})._width == 4


def test_values_in_a_capture(tmp_path: Path) -> None:
    body = b"GET /?v=" + quote(SECRETS["⟦canary-2⟧"]).encode() + b" HTTP/1.1\r\nHost: a.example\r\n\r\n"
    packets = connect("203.0.113.5", 80, body[:20], body[20:], own=50000)
    packets[2], packets[3] = packets[3], packets[2]
    packets.append(out(UDP(sport=9, dport=99) / Raw(VALUE.encode().hex().encode())))
    search = Search(SECRETS)
    survey = Survey(around(), search)
    survey.read(CaptureFile(frames.write(tmp_path / "frames.pcap", packets)))
    survey.finish()
    assert {(each.label, each.place) for each in search.found} == {
        ("⟦canary-2⟧", "to 203.0.113.5 port 80 (own port 50000)"),
        ("⟦canary-1⟧", "frames.pcap packet 5"),
    }
