"""The microphone by other people's players: a tone of 1 kHz in both streams, and nothing once its owner switched it off."""

import subprocess

import pytest

from harness.emulated.camera.media.microphone import CHUNK, RATE_HZ, TONE_HZ, chunk
from harness.probes.audio import FLOOR_DB, level_db, samples
from tests.emulated.rtsp_client import TCP, TRACK, as_owner
from tests.emulated.units import PATIENCE_S, Handle

SOUND = "/trackID=1"


def heard(url: str, transport: str) -> list[int]:
    """A second of sound as ffmpeg decodes it; nothing where there is no track of it."""
    command = ["ffmpeg", "-v", "error", "-rtsp_transport", transport, "-fpsprobesize", "0", "-analyzeduration", "500000", "-i", url]
    done = subprocess.run([*command, "-vn", "-t", "1", "-f", "s16le", "-"], capture_output=True, timeout=PATIENCE_S, check=False)
    return [int.from_bytes(done.stdout[at : at + 2], "little", signed=True) for at in range(0, len(done.stdout) - 1, 2)]


def switch(camera: Handle, *, on: bool) -> None:
    """As the page does."""
    assert camera.ask("/api/settings", {"microphone": on}, token=camera.log_in()).status == 200


@pytest.mark.parametrize(("path", "transport"), [("/live/main", "tcp"), ("/live/sub", "udp")])
def test_ffmpeg_hears_the_tone_until_it_is_switched_off(camera: Handle, path: str, transport: str) -> None:
    clear = transport == "udp"
    camera.allow_clear_streams(clear)
    tone = heard(camera.stream(path, clear=clear), transport)
    assert level_db(tone, RATE_HZ, TONE_HZ) == pytest.approx(-12.2, abs=1.0)
    assert level_db(tone, RATE_HZ, 1500) < -60
    switch(camera, on=False)
    try:
        assert heard(camera.stream(path, clear=clear), transport) == []
    finally:
        switch(camera, on=True)


def test_a_track_of_sound_is_set_up_alone_or_beside_the_picture(camera: Handle) -> None:
    with as_owner(camera.rtsps_port) as client:
        alone = client.ask("SETUP", "/live/main" + SOUND, Transport=TCP)
        assert alone.status == 200
        assert client.ask("SETUP", "/live/main" + SOUND, Transport=TCP, Session=alone.session).status == 455
        both = client.ask("SETUP", "/live/main" + TRACK, Transport="RTP/AVP/TCP;unicast;interleaved=2-3").session
        beside = client.ask("SETUP", "/live/main" + SOUND, Transport="RTP/AVP/TCP;unicast;interleaved=4-5", Session=both)
        assert (beside.status, beside.session) == (200, both)
        assert client.ask("SETUP", "/live/sub" + SOUND, Transport=TCP, Session=both).status == 454
        switch(camera, on=False)
        try:
            assert client.ask("SETUP", "/live/sub" + SOUND, Transport=TCP).status == 404
        finally:
            switch(camera, on=True)


def test_chunks_are_whole_periods_of_g711() -> None:
    read = samples("PCMA", chunk(1.0))
    assert read is not None
    assert len(read) == CHUNK
    assert max(read) == pytest.approx(8000, rel=0.05)
    assert level_db(samples("PCMA", chunk(0.0)) or [], RATE_HZ, TONE_HZ) == FLOOR_DB
