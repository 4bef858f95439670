"""Clear streams on the emulated camera and on others: every form is found where it is given, and nothing where it is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.secret import NOBODY
from harness.probes import clear_streams
from harness.probes.clear_streams import Form
from harness.probes.detectors.service import Service
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk, answering, device
from tests.builders.emulated import emulated
from tests.builders.profiles import profile, rtsp_profile
from tests.builders.rtsp_camera import Camera


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with emulated(tmp_path_factory.mktemp("camera")) as (bench, _):
        yield bench


def given(bench: Bench, who: object = OWNER) -> set[str]:
    """Every form that is given, by kind, path and port."""
    told = [clear_streams.ask(bench, form, who) for form in clear_streams.forms(bench)]  # type: ignore[arg-type]
    return {f"{each.form.kind} {each.form.path} {each.form.port}" for each in told if each.gave}


ALLOWED = {"rtsp /live/main 554", "rtsp /live/sub 554"}


def test_a_sound_camera_streams_inside_tls_and_in_the_clear_where_its_owner_says_so(sound: Bench) -> None:
    streams = sound.profile.ixit.stream
    assert all(clear_streams.play_encrypted(sound, each, OWNER).encrypted for each in streams)
    assert not any(clear_streams.beside_tls(sound, each, OWNER).gave for each in streams)
    assert given(sound) == set()
    assert clear_streams.forms_told(sound) == ()
    assert clear_streams.warn(sound).granted
    assert given(sound) == set()
    assert clear_streams.allow(sound).granted
    assert given(sound) == ALLOWED
    assert given(sound, NOBODY) == set()
    assert clear_streams.forbid(sound).granted
    assert given(sound) == set()


FOUND = {
    "delivered-with-clear-streams": ALLOWED,
    "clear-streams-described": ALLOWED,
    "clear-sub-stream": {"rtsp /live/sub 554"},
    "rtsps-port-takes-clear": {"rtsp /live/main 322", "rtsp /live/sub 322"},
    "rtsps-http-tunnel": {"tunnel /live/main 322", "tunnel /live/sub 322"},
    "rtsps-udp-in-clear": set(),
    "clear-streams-unwarned": set(),
}


@pytest.mark.parametrize("flaw", FOUND)
def test_each_flaw_shows_in_its_form(flaw: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        assert given(bench) == FOUND[flaw]
        beside = [clear_streams.beside_tls(bench, each, OWNER).gave for each in bench.profile.ixit.stream]
        assert beside == ([True, True, False] if flaw == "rtsps-udp-in-clear" else [False] * 3)
        clear_streams.forbid(bench)
        assert clear_streams.warn(bench).granted is (flaw != "clear-streams-unwarned")


def test_a_camera_that_lingers_and_one_that_is_as_delivered(tmp_path: Path) -> None:
    with emulated(tmp_path, "clear-streams-linger") as (bench, camera):
        assert clear_streams.allow(bench).granted
        assert clear_streams.forbid(bench).granted
        assert given(bench) == ALLOWED
        camera.change("other-Pass-3", current=OWNERS_PASSWORD, token=camera.log_in(OWNERS_PASSWORD))
        with pytest.raises((NotRestored, Undecided)):
            clear_streams.forbid(bench)
    (tmp_path / "other").mkdir()
    with emulated(tmp_path / "other", set_up=False) as (bench, _):
        assert clear_streams.forbid(bench).way == "reset"


def test_where_streams_are_looked_for(monkeypatch: pytest.MonkeyPatch, sound: Bench) -> None:
    monkeypatch.setattr(clear_streams, "is_ours", lambda _: False)
    seen = [Service(address="x", port=9554, speaks=("rtsp",)), Service(address="fe80::1%e", port=9555, speaks=("rtsp",))]
    seen += [Service(address="x", port=8082, speaks=("http",)), Service(address="x", port=8083, speaks=("https",))]
    ports = {kind: {each.port for each in clear_streams.forms(sound, seen) if each.kind == kind} for kind in ("rtsp", "tunnel", "picture")}
    assert ports["rtsp"] == {322, 554, 8554, 9554}
    assert ports["picture"] == {80, 443, 8080, 8082}
    assert ports["tunnel"] == ports["rtsp"] | ports["picture"]


def test_an_old_camera_gives_everything_in_the_clear(tmp_path: Path) -> None:
    with device(Camera().talk) as port:
        bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {554: port})
        assert clear_streams.ask(bench, Form(kind="rtsp", path="/live/main", port=554), OWNER).gave
        [stream] = bench.profile.ixit.stream
        assert not clear_streams.play_encrypted(bench, stream, OWNER).encrypted
        assert not clear_streams.beside_tls(bench, stream, OWNER).gave
        with pytest.raises(NotPossible, match=r"no recipe actions\.clear_streams_off"):
            clear_streams.forbid(bench)


def test_a_password_is_shown_only_where_it_is_shown_anyway(tmp_path: Path) -> None:
    """An undeclared port that takes it by Basic may have the stream; nobody says it by trying."""
    with device(Camera(basic=True).talk) as port, device(Camera(basic=True).talk) as other:
        bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {554: port})
        assert clear_streams.ask(bench, Form(kind="rtsp", path="/live/main", port=554), OWNER).gave
        undeclared = clear_streams.ask(bench, Form(kind="rtsp", path="/live/main", port=other), OWNER)
        with pytest.raises(Undecided, match="asks for the password itself"):
            undeclared.gave  # noqa: B018


def test_a_device_that_is_gone_says_nothing_of_its_ports(tmp_path: Path) -> None:
    bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {554: 9})
    with pytest.raises(DeviceSilent, match="does not answer any more"):
        clear_streams.ask(bench, Form(kind="rtsp", path="/live/main", port=554), OWNER)


def head(status: str, *more: str, body: bytes = b"") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *more, f"Content-Length: {len(body)}", "", "")).encode() + body


JPEG = b"\xff\xd8\xff\xe0" + bytes(60)
PICTURES: dict[str, tuple[Callable[..., None], bool, str]] = {
    "given": (answering(head("200 OK", "Content-Type: image/jpeg", body=JPEG)), True, ""),
    "led to TLS": (answering(head("301 Moved", "Location: https://127.0.0.1/snapshot.jpg")), False, ""),
    "not there": (answering(head("404 Not Found")), False, ""),
    "all refused alike": (answering(head("401 Unauthorized")), False, ""),
    "by digest": (answering(head("401 Unauthorized", 'WWW-Authenticate: Digest realm="r", nonce="n"')), False, "digest"),
}


@pytest.mark.parametrize(("talk", "gave", "asks"), PICTURES.values(), ids=PICTURES)
def test_pictures_over_http(talk: Callable[..., None], gave: bool, asks: str, tmp_path: Path) -> None:
    with device(talk) as port:
        web = {"id": "web", "protocol": "http", "port": 80}
        still = {"id": "still", "protocol": "snapshot", "service": "web", "path": "/snapshot.jpg"}
        bench = Desk(tmp_path).bench(profile(log_intf=[web], stream=[still]), {80: port})
        seen = clear_streams.ask(bench, Form(kind="picture", path="/snapshot.jpg", port=80), NOBODY)
        assert (seen.gave, seen.asks) == (gave, asks)
        [stream] = bench.profile.ixit.stream
        assert not clear_streams.play_encrypted(bench, stream, OWNER).encrypted
    assert HERE in seen.asked or "snapshot.jpg" in str(seen.form)
