"""What is shown in place of the picture in privacy mode: a lens that is struck through, as a group of H.264 pictures and as a still."""

import asyncio
import logging
import shutil

from harness.emulated.camera.media.annexb import Picture, Splitter

GROUND, INK = "0x20262c", "0x8a949e"
_DRAWN_S = 20
_DELIMITER = b"\x00\x00\x00\x01\x09\xf0"
_log = logging.getLogger(__name__)


class Curtain:
    """Drawn once, when it is first needed; before that nothing is shown at all. `sizes` of the streams, the still has that of the last."""

    def __init__(self, sizes: dict[str, tuple[int, int]], h264: str, group: int) -> None:
        self._sizes, self._h264, self._group = sizes, h264, group
        self._groups: dict[str, tuple[Picture, ...]] = {}
        self._still = b""
        self._drawing: asyncio.Task[None] | None = None

    def draw(self) -> None:
        """Begin with it."""
        if self._drawing is None:
            self._drawing = asyncio.get_running_loop().create_task(self._draw())

    def picture(self, stream: str, place: int) -> Picture | None:
        """In the place of the picture that stands so far behind a key frame; None before it is drawn."""
        group = self._groups.get(stream, ())
        return group[place % len(group)] if group else None

    async def still(self) -> bytes:
        """A JPEG, as soon as it is drawn; empty where it cannot be."""
        self.draw()
        if self._drawing is not None:
            await asyncio.shield(self._drawing)
        return self._still

    def stop(self) -> None:
        """Draw no more."""
        if self._drawing is not None:
            self._drawing.cancel()

    async def _draw(self) -> None:
        for stream, size in self._sizes.items():
            film = await _made(size, f"-frames:v {self._group} {self._h264}")
            self._groups[stream] = tuple(Splitter().feed(film + _DELIMITER))
            self._still = await _made(size, "-frames:v 1 -pix_fmt yuvj420p -c:v mjpeg -q:v 6 -f image2pipe")


async def _made(size: tuple[int, int], how: str) -> bytes:
    """What ffmpeg writes; nothing when it fails."""
    tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    command = ["ffmpeg", "-hide_banner", "-loglevel", "fatal", "-nostdin", "-f", "lavfi", "-i", _card(*size), *how.split(), "pipe:1"]
    process = await asyncio.create_subprocess_exec(
        *tied, *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, limit=4 << 20
    )
    try:
        async with asyncio.timeout(_DRAWN_S):
            made, _ = await process.communicate()
    except TimeoutError:
        _log.warning("the card of privacy mode could not be drawn in %d s", _DRAWN_S)
        return b""
    finally:
        if process.returncode is None:
            process.kill()
    return made


def _card(width: int, height: int) -> str:
    """A frame with a bar across it, in the middle of a dark ground."""
    side, bar = height // 3, max(2, height // 40)
    left, top = (width - side) // 2, (height - side) // 2
    frame = f"drawbox=x={left}:y={top}:w={side}:h={side}:color={INK}:t={bar}"
    struck = f"drawbox=x={left - side // 4}:y={top + (side - bar) // 2}:w={side + side // 2}:h={bar}:color={INK}:t=fill"
    return f"color=c={GROUND}:size={width}x{height}:rate=10,{frame},{struck}"
