"""The operator's answers and photos, found wherever a probe put them."""

import hashlib
from pathlib import Path
from typing import Any

from harness.journal.reader import Line
from harness.runner.answers import answers, photos

AT = "2026-08-22T10:15:00.000+00:00"
PICTURE = b"\xff\xd8\xff picture"


def answer(key: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "kind": "choice", "value": "yes", "who": "li", "at": 1.0, "scripted": False, **more}


def photo(data: bytes, media_type: str = "image/jpeg") -> dict[str, Any]:
    digest = hashlib.sha256(data).hexdigest()
    return answer("uart", kind="photo", value="pads.jpg", digest=digest, size=len(data), media_type=media_type)


def lines(*results: Any) -> list[Line]:
    return [Line(n, "", {"kind": "observation", "at": AT, "case": "test_x", "result": result}) for n, result in enumerate(results)]


def test_answers_are_found_on_their_own_and_inside() -> None:
    assert [each.key for each in answers(answer("a"))] == ["a"]
    assert [each.key for each in answers({"seen": [{"by": answer("a")}, answer("b")]})] == ["a", "b"]
    assert list(answers({"key": "x", "value": 1, "who": [], "scripted": "?"})) == []
    assert list(answers(None)) == []


def test_a_thing_that_is_nested_too_deep_is_let_be() -> None:
    deep: Any = answer("a")
    for _ in range(2000):
        deep = [deep]
    assert list(answers(deep)) == []


def test_a_photo_is_told_once_and_shown_when_it_is_what_it_was(tmp_path: Path) -> None:
    given = photo(PICTURE)
    (tmp_path / given["digest"]).write_bytes(PICTURE)
    lost, odd = photo(b"lost"), photo(b"<svg/>", media_type="image/svg+xml")
    found = list(photos(lines(given, given, lost, odd, answer("plain"), None), tmp_path))
    assert [(each.name, each.data) for each in found] == [("pads.jpg", PICTURE), ("pads.jpg", b""), ("pads.jpg", b"")]


def test_large_photos_are_linked_only(tmp_path: Path) -> None:
    large = photo(b"\xff\xd8\xff" + bytes(2_000_000))
    (tmp_path / large["digest"]).write_bytes(b"\xff\xd8\xff" + bytes(2_000_000))
    [found] = photos(lines(large), tmp_path)
    assert (found.digest, found.data) == (large["digest"], b"")
