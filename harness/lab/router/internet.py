"""The stand-in internet: every address and port answers, as far as this machine can make that so.

With nftables one listener gets all connections and datagrams to foreign addresses; without, well-known ports only.
"""

import shutil
import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress

from harness.lab.router import ntp
from harness.lab.router.notebook import Entry, Notebook
from harness.lab.router.talk import Talker

DNS, NTP, DHCP_SERVER, DHCP_CLIENT = 53, 123, 67, 68
WELL_KNOWN_TCP = (80, 443, 554, 853, 1883, 1935, 5222, 6667, 8000, 8080, 8443, 8883, 9443, 15000, 32100)
WELL_KNOWN_UDP = (443, 514, 3478, 5683, 8000, 10001, 15000, 32100)
WITHOUT_NFT = "nftables is missing (apt-get install nftables): the stand-in internet answers on well-known ports only"

_CATCH_ALL = 47_077
_IP_PKTINFO, _IP_TRANSPARENT, _IP_RECVORIGDSTADDR = 8, 19, 20
_TALKING_MOST = 128
_DATAGRAM_MOST = 65_535
_STACK = 512 * 1024
_RULES = f"""
table ip camlabel {{
  chain catch {{
    type filter hook prerouting priority mangle; policy accept;
    ip daddr {{ 192.168.77.0/24, 127.0.0.0/8, 224.0.0.0/4, 255.255.255.255 }} accept
    ip protocol tcp tproxy to :{_CATCH_ALL}
    ip protocol udp tproxy to :{_CATCH_ALL}
  }}
}}
"""


class Internet:
    """Sockets and threads of the stand-in internet and of the router's own DNS and NTP."""

    def __init__(self, router: str, talker: Talker, notebook: Notebook) -> None:
        self.limits: list[str] = []
        self._router, self._talker, self._notebook = router, talker, notebook
        self._places = threading.BoundedSemaphore(_TALKING_MOST)

    def open(self) -> None:
        """Listen everywhere."""
        threading.stack_size(_STACK)
        if why := _catch():
            self.limits.append(why)
        for port in (DNS, *(WELL_KNOWN_TCP if self.limits else (_CATCH_ALL,))):
            _thread(self._accept, _listener(port))
        for port in (DNS, NTP, *(WELL_KNOWN_UDP if self.limits else (_CATCH_ALL,))):
            _thread(self._datagrams, _datagram_socket(port))

    def outage(self, *, cut: bool) -> None:
        """Take the way out of the router away, or give it back; connections fall silent."""
        self._talker.names.cut = cut
        action = "del" if cut else "replace"
        subprocess.run(["ip", "route", action, "local", "default", "dev", "lo", "table", "main"], check=False, capture_output=True)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, source = listener.accept()
                to = peer.getsockname()
            except OSError:
                continue
            entry = self._notebook.connection(source[0], to[0], to[1])
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

    def _datagrams(self, listener: socket.socket) -> None:
        own = listener.getsockname()[1]
        while True:
            try:
                data, ancillary, _, source = listener.recvmsg(_DATAGRAM_MOST, socket.CMSG_SPACE(16))
            except OSError:
                continue
            to = _original(ancillary) or (self._router, own)
            reply = self._reply(data, source, to)
            if reply:
                with suppress(OSError):
                    _send(listener, reply, to, source, own)

    def _reply(self, data: bytes, source: tuple[str, int], to: tuple[str, int]) -> bytes:
        entry = None if to[0] == self._router else self._notebook.datagram(source, to)
        reply = b""
        if to[1] == DNS:
            reply = self._talker.names.answer(source[0], data)
        elif to[1] == NTP and not self._talker.names.cut:
            reply = ntp.answer(data, self._talker.clock)
        if entry:
            entry.protocol = {DNS: "dns", NTP: "ntp"}.get(to[1], "") if reply else entry.protocol
            entry.took(len(data), len(reply))
        return reply


def _catch() -> str:
    """Lead everything foreign to one listener; why that is not possible here, else empty."""
    if shutil.which("nft") is None:
        return WITHOUT_NFT
    done = subprocess.run(["nft", "-f", "-"], input=_RULES, text=True, capture_output=True, check=False)
    if done.returncode:
        return f"{WITHOUT_NFT.replace('is missing (apt-get install nftables)', 'is refused by the kernel')}: {done.stderr.strip()[:200]}"
    return ""


def _listener(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
    listener.bind(("", port))
    listener.listen(256)
    return listener


def _datagram_socket(port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
    bound.setsockopt(socket.SOL_IP, _IP_RECVORIGDSTADDR, 1)
    bound.bind(("", port))
    return bound


def _original(ancillary: list[tuple[int, int, bytes]]) -> tuple[str, int] | None:
    """The address that a datagram was sent to."""
    for level, kind, data in ancillary:
        if level == socket.SOL_IP and kind == _IP_RECVORIGDSTADDR and len(data) >= 8:
            port, address = struct.unpack_from("!2xH4s", data)
            return socket.inet_ntoa(address), port
    return None


def _send(listener: socket.socket, reply: bytes, sender: tuple[str, int], to: tuple[str, int], own: int) -> None:
    """Answer from the address that was asked."""
    if sender[1] == own:
        info = struct.pack("=I4s4s", 0, socket.inet_aton(sender[0]), bytes(4))
        listener.sendmsg([reply], [(socket.SOL_IP, _IP_PKTINFO, info)], 0, to)
        return
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.setsockopt(socket.SOL_IP, _IP_TRANSPARENT, 1)
        other.bind(sender)
        other.sendto(reply, to)


def _thread(run: Callable[..., None], *arguments: object) -> None:
    threading.Thread(target=run, args=arguments, daemon=True).start()
