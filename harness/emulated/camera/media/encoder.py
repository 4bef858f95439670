"""One ffmpeg makes everything live: a moving chart with a running clock as two H.264 streams and as stills."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Callable
from io import FileIO

from harness.emulated.camera.media.annexb import Splitter
from harness.emulated.camera.media.channel import FRAMES_PER_S, Channel
from harness.emulated.camera.media.curtain import Curtain
from harness.emulated.camera.media.still import Still

_log = logging.getLogger(__name__)
_GROUP = 5
_H264 = (
    "-c:v libx264 -preset ultrafast -tune zerolatency -bf 0 -pix_fmt yuv420p -threads 1 -sc_threshold 0"
    f" -g {_GROUP} -keyint_min {_GROUP} -x264-params repeat-headers=1:aud=1 -flush_packets 1 -f h264"
)
_JPEG = "-fps_mode vfr -c:v mjpeg -q:v 6 -flush_packets 1 -f image2pipe"
_CHART = "testsrc2=size={main.width}x{main.height}:rate={rate}"
_GRAPH = "[0:v]split=3[main][a][b];[a]scale={sub.width}:{sub.height}[sub];[b]select=not(mod(n\\,5)),format=yuvj420p[still]"
_DIMMED_GRAPH = "[0:v]lutyuv=y=16+(val-16)/8:u=128+(val-128)/8:v=128+(val-128)/8,split=2[dim][c];[c]scale={sub.width}:{sub.height}[dimsub]"
_RESTART_S = 1.0


def available() -> bool:
    """Is there an encoder on this machine?"""
    return shutil.which("ffmpeg") is not None


class Encoder:
    """Keeps ffmpeg running and hands out what it writes."""

    def __init__(self, *, dims: bool = False) -> None:
        self.channels = {"main": Channel("main", 640, 360), "sub": Channel("sub", 320, 180)}
        self.still = Still()
        self.curtain = Curtain({name: (each.width, each.height) for name, each in self.channels.items()}, _H264, _GROUP)
        if dims:
            for each in self.channels.values():
                each.dimmed = Channel(f"{each.name}, dimmed", each.width, each.height)
        self._running: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Switch on."""
        self._running = asyncio.create_task(self._keep_running())

    async def stop(self) -> None:
        """Switch off; ffmpeg is gone afterwards."""
        self.curtain.stop()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    async def _keep_running(self) -> None:
        while True:
            try:
                await self._run()
            except OSError as problem:
                _log.warning("ffmpeg: %s", problem)
            _log.warning("ffmpeg ended, starting it again")
            await asyncio.sleep(_RESTART_S)

    async def _run(self) -> None:
        sinks = [_pictures_to(channel) for channel in self._channels()] + [self.still.feed]
        pipes = [os.pipe() for _ in sinks]
        outputs = [os.fdopen(read, "rb", 0) for read, _ in pipes]
        inputs = [write for _, write in pipes]
        try:
            process = await asyncio.create_subprocess_exec(
                *_command(self.channels, inputs), stdin=asyncio.subprocess.DEVNULL, pass_fds=inputs
            )
        finally:
            for write in inputs:
                os.close(write)
        try:
            await asyncio.gather(*(_pump(output, sink) for output, sink in zip(outputs, sinks, strict=True)))
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _channels(self) -> list[Channel]:
        plain = list(self.channels.values())
        return plain + [each.dimmed for each in plain if each.dimmed is not None]


def _command(channels: dict[str, Channel], outputs: list[int]) -> list[str]:
    """Streams first, the stills last."""
    main, still = channels["main"], channels["sub"]
    labels = ["main", "sub", "still"] if main.dimmed is None else ["main", "sub", "dim", "dimsub", "still"]
    chart = _CHART.format(main=main, rate=FRAMES_PER_S)
    tied = ["setpriv", "--pdeathsig", "KILL"] if shutil.which("setpriv") else []
    arguments = ["ffmpeg", "-hide_banner", "-loglevel", "fatal", "-nostdin", "-re", "-f", "lavfi", "-i", chart]
    graph = _GRAPH if main.dimmed is None else f"{_GRAPH};{_DIMMED_GRAPH}"
    arguments += ["-filter_complex", graph.format(sub=still)]
    for label, output in zip(labels, outputs, strict=True):
        arguments += ["-map", f"[{label}]", *(_JPEG if label == "still" else _H264).split(), f"pipe:{output}"]
    return tied + arguments


def _pictures_to(channel: Channel) -> Callable[[bytes], None]:
    splitter = Splitter()

    def sink(data: bytes) -> None:
        for picture in splitter.feed(data):
            channel.feed(picture)

    return sink


async def _pump(pipe: FileIO, sink: Callable[[bytes], None]) -> None:
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), pipe)
    try:
        while data := await reader.read(1 << 16):
            sink(data)
    finally:
        transport.close()
