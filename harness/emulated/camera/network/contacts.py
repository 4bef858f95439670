"""Ways to reach somebody, for what the producer's service is not concerned with."""

import asyncio
import ssl
from contextlib import suppress

from harness.emulated.camera.network.resolver import Resolver
from harness.emulated.camera.network.udp import ask, send
from harness.emulated.camera.network.unreachable import Unreachable
from harness.emulated.camera.options import Options
from harness.emulated.camera.unit import Unit

PUBLIC_RESOLVER = "8.8.8.8"
_WAIT_S, _ANSWER_S = 6.0, 3.0


class Contacts:
    """By name, by address, or with a datagram; nobody minds when there is no answer."""

    def __init__(self, unit: Unit, options: Options) -> None:
        self._unit, self._https_port = unit, options.far.https
        router = (str(options.gateway), options.far.dns)
        first = ((PUBLIC_RESOLVER, options.far.dns),) if "dns-hard-coded" in unit.flaws else ()
        self.resolver = Resolver(unit.clock, unit.address, (*first, router))
        self._anyone = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self._anyone.check_hostname, self._anyone.verify_mode = False, ssl.CERT_NONE

    async def by_name(self, host: str, port: int | None = None) -> None:
        """Look it up and begin to talk TLS to it."""
        with suppress(Unreachable):
            await self._greet(await self.resolver.resolve(host), port, host)

    async def by_address(self, address: str) -> None:
        """The same without a name."""
        await self._greet(address, None, None)

    async def datagram(self, host: str, port: int, message: bytes) -> None:
        """Look it up and send one datagram."""
        with suppress(Unreachable):
            await send(self._unit.address, (await self.resolver.resolve(host), port), message)

    async def question(self, host: str, port: int, message: bytes) -> None:
        """The same, and wait for the answer."""
        with suppress(Unreachable):
            await ask(self._unit.address, (await self.resolver.resolve(host), port), message, bytes, self._unit.clock.patience(_ANSWER_S))

    async def _greet(self, address: str, port: int | None, host: str | None) -> None:
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(self._unit.clock.patience(_WAIT_S)):
                _, writer = await asyncio.open_connection(
                    address,
                    port or self._https_port,
                    ssl=self._anyone,
                    server_hostname=host or "",
                    local_addr=(self._unit.address, 0),
                )
                writer.transport.abort()
