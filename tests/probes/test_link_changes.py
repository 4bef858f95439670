"""Links in other words, and what answers to them hold: pure."""

import pytest

from harness.probes.link_answers import judged, media_of, owners_state
from harness.probes.link_changes import Links, climbing, later, neighbours, otherwise, path_of, swapped, without
from harness.transports.http import HttpReply

TWO = Links(("/film/0007.mp4?t=aaaa&_=1", "/film/0009.mp4?t=bbbb&_=1"))
FILM = b"\0\0\0\x18ftypmp42" + b"x" * 200
OWN_FORMAT = b"\x01\x02camera's own" + b"y" * 200


def answer(status: int, body: bytes = b"", *headers: tuple[str, str], truncated: bool = False) -> HttpReply:
    return HttpReply(status=status, reason="", headers=headers, body=body, truncated=truncated, sent_at=0, answered_at=0)


def test_only_what_varies_is_made_up() -> None:
    changed = otherwise(TWO.paths[0], TWO.values)
    assert changed != TWO.paths[0]
    assert changed.startswith("/film/000")
    assert changed.endswith("&_=1")
    assert Links(("/a", "/a")).values == ()
    assert TWO.joined(TWO.values) == ("7.mp4?t=aaaa&_=1", "9.mp4?t=bbbb&_=1")


def test_numbers_are_counted_on_where_they_count() -> None:
    found = dict(neighbours(TWO.paths[0], TWO.values))
    assert "/film/0008.mp4?t=aaaa&_=1" in found.values()
    assert all(path.endswith("_=1") for path in found.values())
    assert len(found) == 4
    assert dict(neighbours("/film/0001.mp4", Links(("/film/0001.mp4", "/film/0002.mp4")).values))["0001 minus 1"] == "/film/0000.mp4"


def test_parts_are_swapped_where_more_than_one_differs() -> None:
    assert [path for _, path in swapped(*TWO.paths, TWO.values)] == ["/film/0009.mp4?t=aaaa&_=1", "/film/0007.mp4?t=bbbb&_=1"]
    assert list(swapped("/film/1.mp4?t=a", "/film/2.mp4?t=a", TWO.values)) == []
    assert list(swapped("/film/1.mp4", "/film/2.mp4?t=a", TWO.values)) == []


def test_what_a_link_is_checked_by_is_left_out() -> None:
    assert [path for _, path in without(TWO.paths[0], TWO.values)] == ["/film/0007.mp4?_=1", "/film/0007.mp4?t=&_=1"]
    assert [path for _, path in without("/f?t=a", Links(("/f?t=a", "/f?t=b")).values)] == ["/f", "/f?t="]


def test_ends_are_moved_and_left_out() -> None:
    found = {path for _, path in later("/f?end=1700000000&ms=1700000000000&t=x")}
    assert "/f?end=1700604800&ms=1700000000000&t=x" in found
    assert "/f?end=1700000000&ms=1700604800000&t=x" in found
    assert "/f?ms=1700000000000&t=x" in found
    assert [path for _, path in later("/f?end=5")][-1] == "/f"


def test_climbing_goes_out_of_path_and_query() -> None:
    found = [path for _, path in climbing("/get?dir=a&name=b.mp4")]
    up = "../" * 8
    assert {f"/{up}etc/passwd?dir=a&name=b.mp4", f"/get?dir={up}etc/passwd&name=b.mp4", f"/get?dir=a&name={up}etc/passwd"} <= set(found)
    assert len(found) == 39


@pytest.mark.parametrize(
    ("link", "path"),
    [
        ("/a b?c=d", "/a%20b?c=d"),
        ("a.mp4", "/a.mp4"),
        ("https://cam:443/a", "/a"),
        ("https://elsewhere/a", None),
        ("ftp://cam/a", None),
        ("http://[bad", None),
        ("/" + "x" * 2000, None),
    ],
)
def test_a_link_leads_to_the_device_or_nowhere(link: str, path: str | None) -> None:
    assert path_of(link, ("cam", "cam:443")) == path


@pytest.mark.parametrize(
    ("reply", "owners", "state"),
    [
        (answer(200, FILM), FILM, "granted"),
        (answer(206, FILM[:100]), FILM, "granted"),
        (answer(200, OWN_FORMAT), OWN_FORMAT, "granted"),
        (answer(200, b"\xff\xd8\xff\xe0 another picture"), FILM, "granted"),
        (answer(200, b"\x47" + b"z" * 187 + b"\x47"), FILM, "granted"),
        (answer(403, FILM), FILM, "refused"),
        (answer(400), FILM, "refused"),
        (answer(302, b"", ("Location", "/login")), FILM, "refused"),
        (answer(200, b"<html>log in</html>", ("Content-Type", "text/html")), FILM, "refused"),
        (answer(200), FILM, "refused"),
        (answer(404, b"nothing"), OWN_FORMAT, "refused"),
        (answer(429), FILM, "unclear"),
        (answer(416), FILM, "unclear"),
        (answer(500), FILM, "unclear"),
        (answer(200, b"<html>log in</html>", ("Content-Type", "text/html")), OWN_FORMAT, "unclear"),
        (answer(200, b"something else", ("Content-Type", "video/mp4")), FILM, "unclear"),
        (answer(200, truncated=True), FILM, "unclear"),
    ],
)
def test_an_answer_is_judged_by_what_it_holds(reply: HttpReply, owners: bytes, state: str) -> None:
    assert judged(reply, owners, answer(404, b"nothing"))[0] == state


def test_the_owner_must_get_more_than_a_link_to_nothing_gives() -> None:
    page = answer(200, b"<html>the one page of this camera</html>")
    assert owners_state(page, page)[0] == "unclear"
    assert owners_state(answer(200, OWN_FORMAT), answer(404))[0] == "granted"
    assert owners_state(answer(404), answer(404))[0] == "refused"
    assert owners_state(answer(503), answer(404))[0] == "unclear"
    assert judged(page, OWN_FORMAT, page)[0] == "refused"
    assert media_of(b"DHAV....") == "dav"
