"""Texts that a user stores: shown as text they are no offence, as markup they are, and all are put back."""

import json
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.probes import stored_text, web_attacks
from tests.builders.devices import OWNERS_PASSWORD
from tests.builders.emulated import emulated
from tests.probes.test_web_attacks import Answer, Asked, site

PAGES = ("/",)


def came_back(bench: Bench) -> tuple[str, ...]:
    found = stored_text.stored(bench, PAGES)
    assert found.offends is bool(found.came_back)
    return found.came_back


@pytest.mark.once
@pytest.mark.parametrize(("flaws", "places"), [((), []), (("web-stored-place",), ["name of POST /api/place: in GET /"])])
def test_a_place_is_shown_as_text_or_not(flaws: tuple[str, ...], places: list[str], tmp_path: Path) -> None:
    with emulated(tmp_path, *flaws) as (bench, camera):
        assert list(came_back(bench)) == places
        token = camera.log_in(OWNERS_PASSWORD)
        assert "clx" in camera.ask("/api/place", token=token).json["name"]
        assert "texts were put back" in stored_text.put_back(bench, PAGES).found
        assert camera.ask("/api/place", token=token).json["name"] == ""
        assert [each["user"] for each in camera.ask("/api/accounts", token=token).json["accounts"]] == ["admin"]


def test_an_answer_that_a_browser_takes_for_a_page_counts(tmp_path: Path) -> None:
    kept: dict[str, object] = {}
    sent: list[tuple[str, dict[str, object]]] = []

    def answer(asked: Asked) -> Answer | None:
        if asked["method"] == "POST" and asked["path"] in ("/api/accounts", "/api/accounts/remove"):
            sent.append((asked["path"], json.loads(asked["body"])))
            if asked["path"] == "/api/accounts":
                kept["user"] = sent[-1][1]["user"]
        if asked["method"] == "GET" and asked["path"] == "/api/accounts":
            return 200, {"Content-Type": "text/html"}, str(kept).encode()
        return None

    with site(tmp_path, answer) as bench:
        assert [each.partition(": ")[2] for each in came_back(bench)] == ["in GET /api/accounts"]
        marked = next(body["user"] for path, body in sent if path == "/api/accounts")
        stored_text.put_back(bench, PAGES)
        assert ("/api/accounts/remove", {"user": marked}) in sent
        assert ("/api/accounts/remove", {"user": "camlabel-probe"}) in sent
        assert all(set(body) == {"user", "password"} for path, body in sent if path == "/api/accounts")


def test_a_device_that_takes_no_text_shows_none(tmp_path: Path) -> None:
    def answer(asked: Asked) -> Answer | None:
        return (422, {}, b"{}") if asked["method"] == "POST" and asked["path"] != "/api/login" else None

    with site(tmp_path, answer) as bench:
        assert web_attacks.pages(bench)
        found = stored_text.stored(bench, PAGES)
        assert (found.offends, found.asked) == (False, "a marker in 0 texts that its user stores")
