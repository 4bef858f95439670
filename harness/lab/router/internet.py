"""The stand-in internet: every address and port answers, as far as this machine can make that so.

With nftables one listener gets all connections and datagrams to foreign addresses; without, well-known ports only.
"""

import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

from harness.lab.router import ntp
from harness.lab.router.notebook import Entry, Notebook
from harness.lab.router.sockets import IPV4, IPV6, Datagram, Datagrams, plain
from harness.lab.router.talk import Talker
from harness.places import program

DNS, NTP, DHCP_SERVER, DHCP_CLIENT = 53, 123, 67, 68
WELL_KNOWN_TCP = (80, 443, 554, 853, 1883, 1935, 5222, 6667, 8000, 8080, 8443, 8883, 9443, 15000, 32100)
WELL_KNOWN_UDP = (443, 514, 3478, 5683, 8000, 10001, 15000, 32100)
WITHOUT_NFT = "nftables is missing (apt-get install nftables): the stand-in internet answers on well-known ports only"

_CATCH_ALL = 47_077
_TALKING_MOST = 128
_STACK = 512 * 1024
_RULES = """
table {family} camlabel {{
  chain catch {{
    type filter hook prerouting priority mangle; policy accept;
    {family} daddr {{ {ours} }} accept
    meta l4proto tcp tproxy to :{port}
    meta l4proto udp tproxy to :{port}
  }}
}}
"""
_OURS = {"ip": "192.168.77.0/24, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255", "ip6": "2001:db8:77::/64, fe80::/10, ff00::/8, ::1"}


class Internet:
    """Sockets and threads of the stand-in internet and of the router's own DNS and NTP. `router` are its addresses, IPv6 may be empty."""

    def __init__(self, router: tuple[str, str], talker: Talker, notebook: Notebook) -> None:
        self.limits: list[str] = []
        self._router, self._talker, self._notebook = router, talker, notebook
        self._families = (IPV4, IPV6) if router[1] else (IPV4,)
        self._places = threading.BoundedSemaphore(_TALKING_MOST)

    def open(self) -> None:
        """Listen everywhere."""
        threading.stack_size(_STACK)
        if why := _catch(len(self._families)):
            self.limits.append(why)
        for family in self._families:
            for port in (DNS, *(WELL_KNOWN_TCP if self.limits else (_CATCH_ALL,))):
                _thread(self._accept, family.listener(port))
            for port in (DNS, NTP, *(WELL_KNOWN_UDP if self.limits else (_CATCH_ALL,))):
                _thread(self._datagrams, family.datagrams(port))

    def outage(self, *, cut: bool) -> None:
        """Take the way out of the router away, or give it back; connections fall silent."""
        self._talker.names.cut = cut
        action = "del" if cut else "replace"
        for everything in ("0.0.0.0/0", "::/0")[: len(self._families)]:
            words = ["ip", "route", action, "local", everything, "dev", "lo", "table", "main"]
            subprocess.run(words, check=False, capture_output=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, source = listener.accept()
                to = plain(peer.getsockname())
            except OSError:
                continue
            entry = self._notebook.connection(plain(source)[0], *to)
            if not self._places.acquire(blocking=False):
                entry.refused = "too many connections at once"
                peer.close()
                continue
            _thread(self._talk, peer, entry)

    def _talk(self, peer: socket.socket, entry: Entry) -> None:
        try:
            self._talker.talk(peer, entry)
        finally:
            self._places.release()

    def _datagrams(self, listener: Datagrams) -> None:
        while True:
            with suppress(OSError):
                taken = listener.take(self._router[0])
                if reply := self._reply(taken):
                    listener.answer(taken, reply)

    def _reply(self, taken: Datagram) -> bytes:
        entry = None if taken.to[0] in self._router else self._notebook.datagram(taken.source, taken.to)
        port, reply = taken.to[1], b""
        if port == DNS:
            reply = self._talker.names.answer(taken.source[0], taken.data)
        elif port == NTP and not self._talker.names.cut:
            reply = ntp.answer(taken.data, self._talker.clock)
        if entry:
            entry.protocol = {DNS: "dns", NTP: "ntp"}.get(port, "") if reply else entry.protocol
            entry.took(len(taken.data), len(reply))
        return reply


def _catch(families: int) -> str:
    """Lead everything foreign to one listener; why that is not possible here, else empty."""
    nft = program("nft")
    if not nft:
        return WITHOUT_NFT
    rules = "".join(_RULES.format(family=family, ours=_OURS[family], port=_CATCH_ALL) for family in ("ip", "ip6")[:families])
    done = subprocess.run([nft, "-f", "-"], input=rules, text=True, capture_output=True, check=False)
    if done.returncode:
        return f"{WITHOUT_NFT.replace('is missing (apt-get install nftables)', 'is refused by the kernel')}: {done.stderr.strip()[:200]}"
    return ""


def _thread(run: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=run, args=arguments, daemon=True).start()
