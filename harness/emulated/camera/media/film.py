"""Pictures of a stream, with what was heard meanwhile, as a film that players and browsers show."""

import asyncio
import os
from collections.abc import Sequence

from harness.emulated.camera.media.annexb import Picture
from harness.emulated.camera.media.channel import FRAMES_PER_S
from harness.emulated.camera.media.microphone import CHUNK, RATE_HZ, chunk
from harness.emulated.camera.tools import in_memory

_START = b"\x00\x00\x00\x01"
_PICTURES = "-hide_banner -loglevel fatal -f h264 -framerate {rate} -i pipe:0"
_SOUND = "-f alaw -ar {rate} -ac 1 -i /proc/self/fd/{sound} -c:a aac -b:a 32k"
_FILM = "-c:v copy -movflags frag_keyframe+empty_moov -f mp4 -metadata"
_LONGEST_S = 10.0
CHUNK_S = CHUNK / RATE_HZ


async def film_of(pictures: Sequence[Picture], title: str, gain: float = 0.0) -> bytes:
    """An MP4 with this title; where the microphone is on, with its sound. Raises OSError when none can be made."""
    stream = b"".join(_START + unit for picture in pictures for unit in picture.units)
    chunks = round(len(pictures) / FRAMES_PER_S / CHUNK_S)
    sound = in_memory(chunk(gain) * chunks)
    heard = _SOUND.format(rate=RATE_HZ, sound=sound) if gain else ""
    try:
        process = await asyncio.create_subprocess_exec(
            "ffmpeg",
            *f"{_PICTURES.format(rate=FRAMES_PER_S)} {heard} {_FILM}".split(),
            f"title={title}",
            "pipe:1",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            pass_fds=(sound,),
        )
    finally:
        os.close(sound)
    try:
        async with asyncio.timeout(_LONGEST_S):
            film, _ = await process.communicate(stream)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode or not film:
        raise OSError("ffmpeg made no film")
    return film
