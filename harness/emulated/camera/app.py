"""Switches a unit on and off."""

import asyncio
import json
import logging
import signal
import sys

from harness.emulated.camera.control import Control
from harness.emulated.camera.identity import FIRMWARE
from harness.emulated.camera.media.encoder import Encoder, available
from harness.emulated.camera.options import Options
from harness.emulated.camera.rtsp.server import RtspServer
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.app import application
from harness.emulated.camera.web.server import WebServer

_log = logging.getLogger(__name__)


async def run(options: Options) -> None:
    """Serve until SIGTERM or SIGINT."""
    off = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, off.set)
    camera = Camera(options)
    try:
        _say(await camera.switch_on())
        await off.wait()
    finally:
        await camera.switch_off()


class Camera:
    """All services of one unit."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._unit = Unit(options)
        self._encoder = Encoder() if available() else None
        still = self._encoder.still if self._encoder else None
        self._web = WebServer(self._unit, application(self._unit, still))
        self._rtsp = RtspServer(self._unit, self._encoder.channels) if self._encoder else None
        self._control = Control(self._unit.clock, options.control) if options.control else None

    async def switch_on(self) -> dict[str, object]:
        """Start all services; returns what the ready line says."""
        unit = self._unit
        unit.media = self._encoder is not None
        if self._encoder and self._rtsp:
            self._encoder.start()
            unit.rtsp_port = await self._rtsp.start()
        else:
            _log.warning("ffmpeg was not found: no RTSP and no snapshot")
        unit.https_port = await self._web.start()
        if self._control:
            await self._control.start()
        return {
            "ready": True,
            "address": unit.address,
            "https_port": unit.https_port,
            "rtsp_port": unit.rtsp_port if unit.media else None,
            "control": str(self._options.control) if self._options.control else None,
            "serial": unit.identity.serial,
            "mac": unit.identity.mac,
            "firmware": FIRMWARE,
            "media": unit.media,
            "flaws": sorted(unit.flaws),
        }

    async def switch_off(self) -> None:
        """Stop all services."""
        for service in (self._control, self._rtsp, self._web):
            if service is not None:
                service.stop()
        if self._encoder:
            await self._encoder.stop()
        self._unit.flash.close()


def _say(ready: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
