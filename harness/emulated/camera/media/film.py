"""Pictures of a stream as a film that players and browsers show."""

import asyncio
from collections.abc import Iterable

from harness.emulated.camera.media.annexb import Picture
from harness.emulated.camera.media.channel import FRAMES_PER_S

_START = b"\x00\x00\x00\x01"
_COMMAND = "-hide_banner -loglevel fatal -f h264 -framerate {rate} -i pipe:0 -c copy -movflags frag_keyframe+empty_moov -f mp4 -metadata"
_LONGEST_S = 10.0


async def film_of(pictures: Iterable[Picture], title: str) -> bytes:
    """An MP4 with this title; raises OSError when none can be made."""
    stream = b"".join(_START + unit for picture in pictures for unit in picture.units)
    process = await asyncio.create_subprocess_exec(
        "ffmpeg",
        *_COMMAND.format(rate=FRAMES_PER_S).split(),
        f"title={title}",
        "pipe:1",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
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
