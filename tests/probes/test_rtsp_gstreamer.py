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
from harness.probes import rtsp
from harness.probes.rtsp_stream import open_stream
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk
from tests.builders.profiles import rtsp_profile

PYTHON = "/usr/bin/python3"


@contextmanager
def server(folder: Folder, *, login: bool) -> Iterator[Bench]:
    (folder / "login").write_text(json.dumps({"user": "admin", "password": OWNERS_PASSWORD}))
    manner = ("--login", str(folder / "login")) if login else ("--open",)
    command = [PYTHON, script.__file__, "--address", HERE, "--port", "0", *manner]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            ready = process.stdout.readline() if process.stdout else ""
            if not ready and process.wait() == script.MISSING and process.stderr:
                pytest.skip(process.stderr.read().strip())
            bench = Desk(folder).bench(rtsp_profile("/test", "/small"), {554: json.loads(ready)["rtsp_port"]})
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
