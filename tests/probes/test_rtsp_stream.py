"""Streams that go on playing: counted in the background, kept alive, told apart from those that the device ended."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path as Folder

import pytest

from harness.gate.bench import Bench
from harness.model.secret import NOBODY
from harness.probes.rtsp_paths import declared_paths
from harness.probes.rtsp_stream import LiveStream, open_stream
from tests.builders.devices import OWNER, Desk, device
from tests.builders.profiles import rtsp_profile
from tests.builders.rtsp_camera import Camera


@contextmanager
def playing(folder: Folder, camera: Camera, transport: str = "tcp") -> Iterator[tuple[Bench, LiveStream]]:
    desk = Desk(folder)
    with device(camera.talk) as port:
        bench = desk.bench(rtsp_profile("/live/main", transports=(transport,)), {554: port})
        stream = open_stream(bench, declared_paths(bench)[0], OWNER).stream
        assert stream is not None
        try:
            yield bench, stream
        finally:
            stream.close()


def soon(true: Callable[[], bool]) -> bool:
    """Does it become so within a few seconds?"""
    until = time.monotonic() + 5
    while not (found := true()) and time.monotonic() < until:
        time.sleep(0.02)
    return found


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_media_are_counted_while_nobody_looks(tmp_path: Folder, transport: str) -> None:
    with playing(tmp_path, Camera(), transport) as (_, stream):
        before = stream.packets
        assert soon(lambda: stream.packets > before + 5)
        assert stream.fresh_media(2)
        assert not stream.closed
        assert not stream.stopped_by_device
    assert stream.closed
    assert not stream.stopped_by_device
    assert not stream.fresh_media(5)  # at once, since nothing can come


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_media_that_stop_are_noticed(tmp_path: Folder, transport: str) -> None:
    camera = Camera()
    with playing(tmp_path, camera, transport) as (_, stream):
        camera.playing, stream.quiet_s = False, 1.0
        assert soon(lambda: not stream.fresh_media(0.1))
        assert not stream.closed
        assert soon(lambda: stream.stopped_by_device)


def test_a_stream_that_pauses_has_not_ended(tmp_path: Folder) -> None:
    camera = Camera()
    with playing(tmp_path, camera) as (_, stream):
        camera.playing = False
        assert soon(lambda: not stream.fresh_media(2.2))
        assert not stream.stopped_by_device
        camera.playing = True
        assert soon(lambda: stream.fresh_media(1))


def test_a_stream_that_the_device_ends_is_dead_at_once(tmp_path: Folder) -> None:
    camera = Camera()
    camera.before = lambda self, asked, _: "close" if asked.method == "GET_PARAMETER" else "go on"
    with playing(tmp_path, camera) as (bench, stream):
        bench.clock.wait(25)
        assert soon(lambda: stream.closed)
        assert not stream.fresh_media(5)
        assert "ended the connection" in stream.ended


def test_it_is_kept_alive_with_the_password_that_opened_it(tmp_path: Folder) -> None:
    camera = Camera()
    with playing(tmp_path, camera) as (bench, stream):
        for turn in range(3):
            bench.clock.wait(25)
            assert soon(lambda turn=turn: kept_alive(camera) > turn)
        assert stream.fresh_media(2)
        assert camera.failed == 0


def test_a_keep_alive_that_is_refused_for_its_nonce_gets_a_new_one(tmp_path: Folder) -> None:
    camera = Camera(one_time_nonces=True)
    with playing(tmp_path, camera) as (bench, stream):
        for turn in range(4):
            bench.clock.wait(25)
            assert soon(lambda turn=turn: kept_alive(camera) > turn)
        assert camera.failed <= 4
        assert stream.fresh_media(2)


def test_after_a_change_it_shows_the_old_password_only_when_somebody_asks(tmp_path: Folder) -> None:
    camera = Camera()
    with playing(tmp_path, camera) as (bench, stream):
        bench.password_is(bench.new_password(OWNER))
        bench.clock.wait(25)
        assert stream.fresh_media(2)
        assert soon(lambda: kept_alive(camera) == 1)
        bench.clock.wait(15)
        assert kept_alive(camera) == 1


def test_nothing_is_kept_where_nothing_plays(tmp_path: Folder) -> None:
    with device(Camera().talk) as port:
        bench = Desk(tmp_path).bench(rtsp_profile("/live/main"), {554: port})
        for stranger in (NOBODY, OWNER.wrong):
            opened = open_stream(bench, declared_paths(bench)[0], stranger)
            assert opened.stream is None
            assert opened.attempt.refused


def kept_alive(camera: Camera) -> int:
    return sum(asked.method == "GET_PARAMETER" and "authorization" in asked.headers for asked in camera.asked)
