"""Asks the router to lead a port from outside to the page (NAT-PMP, RFC 6886), while the owner wants that."""

import asyncio
import struct

from harness.emulated.camera.clock import Timer
from harness.emulated.camera.unit import Unit

PORT = 5351
MAP_TCP, LIFETIME_S = 2, 3600
AGAIN_S = LIFETIME_S / 2


class PortMapping:
    """From one boot to the next; a router that does not answer is asked again half an hour later."""

    def __init__(self, unit: Unit, gateway: str) -> None:
        self._unit, self._gateway = unit, gateway
        self._timer: Timer | None = None
        unit.settings.on_change(self._changed)

    def start(self) -> None:
        """As it was left."""
        if self._unit.settings["port_mapping"]:
            self._ask_again()

    def _changed(self, name: str, on: bool) -> None:
        if name != "port_mapping":
            return
        if self._timer is not None:
            self._timer.cancel()
        if on:
            self._ask_again()
        else:
            self._unit.clock.work(self._ask(0))

    def _ask_again(self) -> None:
        self._unit.clock.work(self._ask(LIFETIME_S))
        self._timer = self._unit.clock.call_later(AGAIN_S, self._ask_again)

    async def _ask(self, lifetime: int) -> None:
        port = self._unit.https_port
        question = struct.pack("!BBHHHI", 0, MAP_TCP, 0, port, port if lifetime else 0, lifetime)
        local = (self._unit.address, 0)
        far = (self._gateway, PORT)
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(asyncio.DatagramProtocol, local, far)
        transport.sendto(question)
        transport.close()
