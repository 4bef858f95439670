"""RTSP probes against a server that we did not write: GStreamer's, with and without a login."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path as Folder

import pytest

import harness.emulated.foreign.gstreamer as script
from harness.gate.bench import Bench
from harness.model.secret import NOBODY
from harness.probes import clear_streams, privacy, rtsp
from harness.probes.rtsp_stream import open_stream
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk, server_context
from tests.builders.profiles import rtsp_profile

PYTHON = "/usr/bin/python3"


@contextmanager
def server(folder: Folder, *, login: bool, tls: bool = False) -> Iterator[Bench]:
    (folder / "login").write_text(json.dumps({"user": "admin", "password": OWNERS_PASSWORD}))
    manner = ("--login", str(folder / "login")) if login else ("--open",)
    if tls:
        server_context(folder)
        manner = (*manner, "--tls", str(folder / "device.pem"))
    command = [PYTHON, script.__file__, "--address", HERE, "--port", "0", *manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready and process.wait() == script.MISSING and process.stderr:
                pytest.skip(process.stderr.read().strip())
            protocol = "rtsps" if tls else "rtsp"
            bench = Desk(folder).bench(rtsp_profile("/test", "/small", protocol=protocol), {554: json.loads(ready)["rtsp_port"]})
            yield bench
            bench.lives.close_all()
        finally:
            process.kill()


def test_with_a_login_only_the_owner_is_served(tmp_path: Folder) -> None:
    with server(tmp_path, login=True) as bench:
        paths = tuple(rtsp.paths(bench))
        served = [path for path in paths if path.tracks]
        assert {path.path for path in served} >= {"/test", "/small", "/test/", "/test?a=1"}
        for transport in ("tcp", "udp"):
            assert rtsp.attempt(bench, paths[0], OWNER, transport).played
        for path in (*served, *paths[-5:]):
            for stranger in (NOBODY, OWNER.wrong):
                for transport in ("tcp", "udp"):
                    assert rtsp.attempt(bench, path, stranger, transport).gave == ()
        assert rtsp.attempt(bench, rtsp.MISSING, OWNER).gave == ()
        stream = open_stream(bench, paths[1], OWNER).stream
        assert stream is not None
        assert stream.fresh_media(5)
        stream.close()


def test_without_a_login_everybody_is_served(tmp_path: Folder) -> None:
    with server(tmp_path, login=False) as bench:
        paths = tuple(rtsp.paths(bench))
        for stranger, transport in ((NOBODY, "tcp"), (OWNER.wrong, "udp")):
            assert rtsp.attempt(bench, paths[0], stranger, transport).gave == ("description", "media", "play", "setup")
        assert rtsp.attempt(bench, rtsp.MISSING, OWNER).gave == ()


def test_inside_tls_it_plays_and_in_the_clear_nothing_is_there(tmp_path: Folder) -> None:
    """It grants UDP beside TLS, in the clear: an offence that GStreamer's server has as it comes."""
    with server(tmp_path, login=True, tls=True) as bench:
        for stream in bench.profile.ixit.stream:
            assert clear_streams.play_encrypted(bench, stream, OWNER).encrypted
        path = next(each for each in rtsp.paths(bench, "tls") if each.declared)
        assert rtsp.attempt(bench, path, OWNER, "tcp").played
        assert all(rtsp.attempt(bench, path, who, "tcp").gave == () for who in (NOBODY, OWNER.wrong))
        assert not any(clear_streams.ask(bench, form, OWNER).gave for form in clear_streams.forms(bench))
        assert clear_streams.beside_tls(bench, bench.profile.ixit.stream[0], OWNER).gave


@pytest.mark.once
@pytest.mark.parametrize("tls", [False, True])
def test_what_it_shows_is_decoded_and_known_again(tmp_path: Folder, tls: bool) -> None:
    """Its chart moves sideways, so that every look finds it elsewhere."""
    with server(tmp_path, login=True, tls=tls) as bench:
        for shown in (*privacy.everything(bench), *privacy.everything(bench)):
            assert shown.moved > 0.5, shown.asked
            assert shown.pictures > 3, shown.asked
            assert shown.seen in ("scene", "unclear"), shown.asked
        assert privacy.learned(bench)
