"""Switches a unit on and off."""

import asyncio
import json
import logging
import signal
import sys
from dataclasses import replace

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.control import Control
from harness.emulated.camera.erasure import erase
from harness.emulated.camera.media.encoder import Encoder, available
from harness.emulated.camera.media.microphone import Microphone
from harness.emulated.camera.network.discovery.announcer import Announcer
from harness.emulated.camera.network.life import Life
from harness.emulated.camera.network.listeners import Listeners
from harness.emulated.camera.network.port_mapping import PortMapping
from harness.emulated.camera.options import Options
from harness.emulated.camera.recordings import Recorder
from harness.emulated.camera.reset_mark import leave_mark
from harness.emulated.camera.rtsp.server import RtspServer
from harness.emulated.camera.sessions import Sessions
from harness.emulated.camera.shown import Shown
from harness.emulated.camera.uart.console import Console
from harness.emulated.camera.uart.line import Line
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.app import application
from harness.emulated.camera.web.server import WebServer

LONG_PRESS_S, SHORT_PRESS_S = 5.0, 1.0
BUTTON = ("somebody at the camera", "reset button")
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
    """All services of one unit. Clock and control socket outlast a restart; everything else ends with it and begins again."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._clock = Clock()
        self._control = Control(self._clock, options.control, self.press_reset) if options.control else None
        self._line = Line(options.uart_fd) if options.uart_fd is not None else None
        self._services = Services(options, self._clock, self._line)

    async def switch_on(self) -> dict[str, object]:
        """Start all services; returns what the ready line says."""
        await self._boot()
        if self._control:
            await self._control.start()
        unit = self._services.unit
        return {
            "ready": True,
            "address": unit.address,
            "https_port": unit.https_port,
            "rtsps_port": unit.rtsps_port if unit.media else None,
            "rtsp_port": unit.rtsp_port if unit.media else None,
            "control": str(self._options.control) if self._options.control else None,
            "serial": unit.identity.serial,
            "mac": unit.identity.mac,
            "firmware": unit.software.version,
            "media": unit.media,
            "flaws": sorted(unit.flaws),
        }

    async def restart(self, *, erased_by: tuple[str, str] | None = None) -> None:
        """End all services with their sessions and streams, and boot again from the flash; ports stay as they are.

        `erased_by`: who had everything erased before that, and from where; the new log begins with it.
        """
        unit = self._services.unit
        await self._clock.forget()
        await self._services.stop()
        if erased_by:
            erase(self._options, "button" if erased_by == BUTTON else "page", keep_card=unit.keeps_card)
            leave_mark(self._options.flash, self._options.flaws)
        options = replace(self._options, https_port=unit.https_port, rtsp_port=unit.rtsp_port, rtsps_port=unit.rtsps_port)
        kept = unit.sessions if "reset-leaves-sessions" in unit.flaws else None
        self._services = Services(options, self._clock, self._line, kept)
        if erased_by:
            self._services.unit.events.record("reset", *erased_by)
        await self._boot()

    async def press_reset(self, seconds: float) -> None:
        """A long press erases all that was written since the unit was made and boots again; a short one does nothing."""
        if seconds >= (SHORT_PRESS_S if "reset-short-press" in self._options.flaws else LONG_PRESS_S):
            await self.restart(erased_by=BUTTON)

    async def switch_off(self) -> None:
        """Stop all services."""
        if self._control:
            self._control.stop()
        await self._clock.forget()
        await self._services.stop()

    def _begin_reset(self, actor: str, source: str) -> None:
        self._clock.work(self.restart(erased_by=(actor, source)))

    def _begin_restart(self) -> None:
        self._clock.work(self.restart())

    async def _boot(self) -> None:
        self._services.unit.on_restart(self._begin_restart)
        self._services.unit.on_reset(self._begin_reset)
        await self._services.start()


class Services:
    """What runs from one boot to the next."""

    def __init__(self, options: Options, clock: Clock, line: Line | None, kept: Sessions | None = None) -> None:
        self.unit = unit = Unit(options, clock)
        unit.sessions = kept or unit.sessions
        self._console = Console(line, unit) if line else None
        self._encoder = Encoder(dims="privacy-only-dimmed" in options.flaws) if available() else None
        still = Shown(unit, self._encoder.still, self._encoder.curtain) if self._encoder else None
        self._announcer = Announcer(unit)
        self._life = Life(unit, options, still) if options.gateway else None
        self._mapping = PortMapping(unit, options.gateway) if options.gateway else None
        self._web = WebServer(unit, application(unit, still, self._life.cloud if self._life else None))
        self._listeners = Listeners(unit, self._web.protocol)
        self._rtsp = RtspServer(unit, self._encoder.channels, Microphone(), self._encoder.curtain) if self._encoder else None

    async def start(self) -> None:
        """Start them."""
        unit = self.unit
        if self._console:
            self._console.start()
        unit.media = self._encoder is not None
        if self._encoder and self._rtsp:
            self._encoder.start()
            if unit.privacy.on:
                self._encoder.curtain.draw()
            seen = self._encoder.channels["sub"], self._encoder.still
            unit.recorder = Recorder(unit.recordings, unit.place, unit.privacy, *seen, lambda: unit.hears_recordings)
            unit.recorder.start()
            unit.rtsps_port, unit.rtsp_port = await self._rtsp.start()
        else:
            _log.warning("ffmpeg was not found: no RTSP and no snapshot")
        unit.https_port = await self._web.start()
        await self._announcer.start()
        await self._listeners.start()
        if self._life and self._mapping:
            self._life.start()
            self._mapping.start()
        else:
            _log.warning("no router was given: contacts nobody")

    async def stop(self) -> None:
        """Stop them, and let go of the flash."""
        for service in (self._announcer, self._listeners, self._life, self._console, self._rtsp, self._web):
            if service is not None:
                service.stop()
        if self._encoder:
            await self._encoder.stop()
        self.unit.events.write()
        self.unit.flash.close()


def _say(ready: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
