"""The router's services, in the router's namespace: python -m harness.lab.router FOLDER INTERFACE ADDRESS {leases} [IPV6].

Says on its first line what it cannot do; then takes orders as lines of JSON, and ends when there are no more.
"""

import json
import logging
import os
import signal
import socket
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.lab.router.advertise import advertise
from harness.lab.router.authority import Authority
from harness.lab.router.dhcp import Leases
from harness.lab.router.internet import DHCP_CLIENT, DHCP_SERVER, Internet
from harness.lab.router.moved import MovedClock
from harness.lab.router.names import Names
from harness.lab.router.notebook import Notebook
from harness.lab.router.shelf import Shelf
from harness.lab.router.talk import Talker

_DATAGRAM_MOST = 4096


class Services:
    """All services with the clock and the notebook that they share."""

    def __init__(self, folder: Path, interface: str, address: str, leases: dict[str, str], address6: str = "") -> None:
        self.clock, self.notebook = MovedClock(), Notebook()
        self._shelf = Shelf()
        names = Names(self.notebook, ipv6=bool(address6))
        self._talker = talker = Talker(Authority(folder, self.clock.now), names, self.clock, shelf=self._shelf)
        self.internet = Internet((address, address6), talker, self.notebook)
        self._address6 = address6
        self._interface, self._leases = interface, Leases(address, leases)

    def open(self) -> None:
        """Listen."""
        self.internet.open()
        threading.Thread(target=self._give_addresses, daemon=True).start()
        if self._address6:
            threading.Thread(target=advertise, args=(self._interface, self._address6), daemon=True).start()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Carry out one order."""
        told = self._told(order)
        return self._do(order) if told is None else told

    def _told(self, order: dict[str, Any]) -> dict[str, Any] | None:
        """What was noted, where that is asked."""
        match order:
            case {"do": "read", "what": [*what]}:
                return self.notebook.read(*map(str, what))
            case {"do": "served"}:
                return {"served": self._shelf.read()}
            case {"do": "uploads", "since": since}:
                return {"uploads": self._talker.uploads.read(float(since))}
        return None

    def _do(self, order: dict[str, Any]) -> dict[str, Any]:
        match order:
            case {"do": "advance", "seconds": seconds}:
                self.clock.advance(float(seconds))
            case {"do": "serve", "answers": answers}:
                self._shelf.fill(answers)
            case {"do": "outage", "cut": cut}:
                self.internet.outage(cut=bool(cut))
            case {"do": "pretend", "hosts": [*hosts], "certificate": str(certificate)}:
                self._talker.pretend([str(host) for host in hosts], certificate)
            case {"do": "be genuine", "hosts": [*hosts]}:
                self._talker.be_genuine([str(host) for host in hosts])
            case _:
                return {"error": "unknown order"}
        return {"ok": True}

    def _give_addresses(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._interface.encode())
            server.bind(("", DHCP_SERVER))
            while True:
                with suppress(OSError):
                    answer = self._leases.answer(server.recv(_DATAGRAM_MOST))
                    if answer:
                        server.sendto(answer[0], (answer[1], DHCP_CLIENT))


def main() -> None:
    """Serve until nobody gives orders any more."""
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="router: %(levelname)s %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    folder, interface, address, leases, *ipv6 = sys.argv[1:]
    services = Services(Path(folder), interface, address, json.loads(leases), *ipv6)
    services.open()
    _say({"limits": services.internet.limits})
    for line in sys.stdin:
        _say(services.obey(json.loads(line)))
    os._exit(0)


def _say(answer: dict[str, Any]) -> None:
    print(json.dumps(answer), flush=True)  # noqa: T201 - the parent reads it


if __name__ == "__main__":
    main()
