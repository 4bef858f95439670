"""Recordings as owner and viewer use them: by the page's interface, by links, by their names, and on the card."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.emulated.camera.card import Card
from harness.emulated.camera.media.encoder import available
from harness.emulated.camera.media_links import LIFE_S
from harness.emulated.camera.place import Place
from harness.emulated.camera.recordings import MOST, Recordings
from tests.emulated.units import Handle, Reply, unit

VIEWER, VIEWERS_PASSWORD = "guest", "third-Pass-3"
JPEG = b"\xff\xd8\xff"
pytestmark = pytest.mark.skipif(not available(), reason="ffmpeg makes the films")


@contextmanager
def recording(folder: Path, *flaws: str) -> Iterator[tuple[Handle, str, Path]]:
    """A unit with a card, its owner's session, and the card's image."""
    folder.mkdir(exist_ok=True)
    image = folder / "card.img"
    with unit(folder, *flaws, card=image) as camera:
        yield camera, camera.log_in(), image


def event(camera: Handle, token: str) -> None:
    assert camera.ask("/api/event/test", {}, token=token).status == 200


def listed(camera: Handle, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = camera.ask("/api/recordings", token=token).json["recordings"]
    return found


def part(camera: Handle, path: str, wanted: str, token: str = "") -> Reply:
    return camera.exchange("GET", path, None, {"Range": wanted, **({"Authorization": f"Bearer {token}"} if token else {})})


def test_an_event_leaves_a_film_and_a_picture_on_the_card(tmp_path: Path) -> None:
    with recording(tmp_path) as (camera, token, image):
        assert camera.ask("/api/place", {"name": "garden gate"}, token=token).status == 200
        assert listed(camera, token) == []
        event(camera, token)
        event(camera, token)
        newest, _ = listed(camera, token)
        assert camera.ask("/api/recordings").status == 401
        film, picture = camera.ask(newest["clip"]), camera.ask(newest["picture"])
        assert picture.body.startswith(JPEG)
        card = Card(image)
        assert card.read(f"clips/{newest['file']}") == film.body
        assert json.loads(card.read(f"events/{newest['name']}.json") or b"")["place"] == "garden gate"
        file = f"/api/recordings/file?name={newest['file']}"
        kept = camera.ask(file, token=token)
        assert kept.body == film.body
        assert f'filename="{newest["file"]}"' in kept.headers
        assert part(camera, file, "bytes=4-7", token).body == b"ftyp"
        assert part(camera, newest["clip"], "bytes=0-3").status == 206
        assert part(camera, newest["clip"], f"bytes={len(film.body)}-").body == film.body
        assert (camera.ask(file).status, part(camera, file, "bytes=4-7").status) == (401, 401)
        for name in ("", "none.mp4", "../events/x.json", "../../etc/passwd"):
            assert camera.ask(f"/api/recordings/file?name={name}", token=token).status == 422
    (tmp_path / "film.mp4").write_bytes(film.body)
    probed = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", "stream=codec_name:format_tags=title", "-of", "json", str(tmp_path / "film.mp4")],
        check=True,
        capture_output=True,
    )
    said = json.loads(probed.stdout)
    assert ([each["codec_name"] for each in said["streams"]], said["format"]["tags"]["title"]) == (["h264", "aac"], "garden gate")


def test_links_end_with_their_time_their_session_and_their_recording(tmp_path: Path) -> None:
    with recording(tmp_path) as (camera, token, _):
        for _ in range(3):
            event(camera, token)
        first, second, _ = listed(camera, token)
        assert first["clip"] != listed(camera, token)[0]["clip"]
        assert [camera.ask(f"/media/{name}").status for name in ("x", first["name"], first["clip"][7:-1])] == [404] * 3
        assert camera.ask("/api/accounts", {"user": VIEWER, "password": VIEWERS_PASSWORD}, token=token).status == 200
        viewer = camera.log_in(VIEWERS_PASSWORD, VIEWER)
        theirs = listed(camera, viewer)[1]
        assert camera.ask(theirs["clip"]).status == 200
        for who, status in (("", 401), (viewer, 403)):
            assert camera.ask("/api/recordings/delete", {"name": first["name"]}, token=who).status == status
        assert camera.ask("/api/recordings/delete", {"name": first["name"]}, token=token).json == {"ok": True}
        assert camera.ask("/api/recordings/delete", {"name": first["name"]}, token=token).status == 422
        assert camera.ask("/api/log", token=token).json["events"][-1]["event"] == "recording deleted"
        assert camera.ask(first["clip"]).status == 404
        assert next(each["name"] for each in listed(camera, token)) == second["name"]
        assert camera.ask("/api/accounts/remove", {"user": VIEWER}, token=token).status == 200
        assert camera.ask(theirs["clip"]).status == 404
        camera.advance(LIFE_S - 5)
        assert camera.ask(second["clip"]).status == 200
        camera.advance(10)
        assert camera.ask(second["clip"]).status == 404
        latest = listed(camera, token)[0]
        camera.ask("/api/logout", {}, token=token)
        assert [camera.ask(latest[kind]).status for kind in ("clip", "picture")] == [404, 404]


def test_recordings_survive_a_restart_and_go_with_a_reset_unless_the_card_stays(tmp_path: Path) -> None:
    with recording(tmp_path) as (camera, token, _):
        event(camera, token)
        before = [each["name"] for each in listed(camera, token)]
        camera.ask("/api/restart", {}, token=token)
        camera.advance(1)
        assert [each["name"] for each in listed(camera, camera.log_in())] == before
        for body, names in (({"card": "keep"}, before), ({}, [])):
            camera.ask("/api/reset", body, token=camera.log_in())
            camera.advance(1)
            camera.set_up()
            assert [each["name"] for each in listed(camera, camera.log_in())] == names


def test_the_oldest_make_room(tmp_path: Path) -> None:
    class Memory(Card):
        def __init__(self) -> None:
            self.files: dict[str, bytes] = {}

        def names(self) -> tuple[str, ...]:
            return tuple(self.files)

        def read(self, name: str) -> bytes | None:
            return self.files.get(name)

        def write(self, name: str, data: bytes) -> None:
            self.files[name] = data

        def delete(self, name: str) -> None:
            del self.files[name]

    card = Memory()
    place = Place.__new__(Place)
    place.card = card
    kept = Recordings(place)
    for number in range(1, MOST + 3):
        card.files[f"events/9-{number}.json"] = b"{}"
        kept.save(f"9-{number}", b"film", JPEG)
    names = [each.name for each in kept.all()]
    assert (names[0], names[-1], len(names), len(card.files)) == (f"9-{MOST + 2}", "9-3", MOST, 3 * MOST)
    assert [each.name for each in Recordings(place).all()] == names
    assert not kept.delete("9-1")
    assert not kept.delete("../9-9")


def test_a_unit_without_a_card_has_none(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        event(camera, token)
        assert listed(camera, token) == []
        assert camera.ask("/api/recordings/delete", {"name": "1-1"}, token=token).status == 422


def test_what_each_flaw_opens(tmp_path: Path) -> None:
    def opened(*flaws: str) -> set[str]:
        with recording(tmp_path / f"unit{len(list(tmp_path.iterdir()))}", *flaws) as (camera, token, _):
            event(camera, token)
            first = listed(camera, token)[0]
            again = listed(camera, token)[0]
            file = f"/api/recordings/file?name={first['file']}"
            asked = {
                "a part by name": part(camera, file, "bytes=0-9"),
                "the card": camera.ask(f"/card/clips/{first['file']}"),
                "the card elsewhere": camera.ask(f"/vod7/clips/{first['file']}"),
                "a picture by name": camera.ask(f"/pictures/{first['name']}.jpg"),
                "a film as a picture": camera.ask(f"/pictures/{first['file']}"),
                "accounts": camera.ask("/api/recordings/file?name=../../../data/accounts.json", token=token),
                "system": camera.ask("/api/recordings/file?name=../../../etc/passwd", token=token),
                "eight letters": camera.ask(f"{first['clip'][:15]}{'x' * 24}"),
            }
            found = {name for name, reply in asked.items() if reply.status < 300}
            number, other = (each["clip"].rpartition("/")[2] for each in (first, again))
            if number.isdigit() and int(other) - int(number) == 2:
                found.add("counted")
            camera.advance(LIFE_S + 1)
            found |= {"late"} if camera.ask(first["clip"]).status == 200 else set()
            camera.ask("/api/accounts", {"user": VIEWER, "password": VIEWERS_PASSWORD}, token=token)
            theirs = listed(camera, camera.log_in(VIEWERS_PASSWORD, VIEWER))[0]
            latest = listed(camera, token)[0]
            camera.ask("/api/accounts/remove", {"user": VIEWER}, token=token)
            camera.ask("/api/logout", {}, token=token)
            found |= {"after log-out"} if camera.ask(latest["clip"]).status == 200 else set()
            return found | ({"of a removed viewer"} if camera.ask(theirs["clip"]).status == 200 else set())

    told = {
        "recording-part-open": {"a part by name"},
        "card-served-by-name": {"the card"},
        "card-served-elsewhere": {"the card elsewhere"},
        "recording-picture-by-name": {"a picture by name"},
        "recording-name-climbs": {"accounts", "system"},
        "recording-link-compared-short": {"eight letters"},
        "recording-link-counted": {"counted"},
        "recording-link-without-end": {"late"},
        "recording-link-outlives-log-out": {"after log-out", "of a removed viewer"},
        "recording-link-of-removed-viewer": {"of a removed viewer"},
    }
    assert opened() == set()
    assert {flaw: opened(flaw) for flaw in told} == told


def test_a_flawed_reset_leaves_films(tmp_path: Path) -> None:
    with recording(tmp_path, "reset-leaves-films") as (camera, token, image):
        event(camera, token)
        camera.ask("/api/reset", {}, token=token)
        camera.advance(1)
        assert {name.partition("/")[0] for name in Card(image).names()} == {"clips"}
