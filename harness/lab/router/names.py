"""DNS: every name has an address of its own in the stand-in internet; questions are noted."""

import hashlib
import struct
from ipaddress import IPv4Address, IPv6Address

from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSError, DNSRecord  # type: ignore[import-untyped]

from harness.lab.router.notebook import Notebook

_FIRST, _COUNT = int(IPv4Address("198.18.0.1")), (1 << 17) - 2  # 198.18.0.0/15: set aside for tests of network devices
_FIRST6 = int(IPv6Address("2001:db8:1::"))
_NAMES_MOST = 50_000
_TTL_S = 60
_MESSAGE_MOST = 4096
_SHARED = {"edge-api.camlabel.example": "api.camlabel.example"}  # two names at one address, as content networks have them


class Names:
    """The resolver of the router. `cut`: the internet is away, and the router can ask nobody. With `ipv6` names have two addresses."""

    def __init__(self, notebook: Notebook, *, ipv6: bool = False) -> None:
        self.cut = False
        self._kinds = {"A", "ANY", "AAAA"} if ipv6 else {"A", "ANY"}
        self._notebook = notebook
        self._addresses: dict[str, str] = {}
        self._taken: set[str] = set()

    def answer(self, source: str, message: bytes) -> bytes:
        """The answer to a message; empty for what is no question."""
        try:
            asked = DNSRecord.parse(message[:_MESSAGE_MOST])
            return self._reply(source, asked)
        except (DNSError, ValueError, IndexError, KeyError, struct.error, RecursionError):
            return b""

    def addresses(self, name: str) -> tuple[str, ...]:
        """Where a name was told to be, of those that were asked for."""
        return (self._addresses[name], _address6(name)) if name in self._addresses else ()

    def _reply(self, source: str, asked: DNSRecord) -> bytes:
        if asked.header.qr or not asked.questions:
            return b""
        reply = asked.reply()
        if asked.header.opcode != 0 or len(asked.questions) != 1:
            reply.header.rcode = RCODE.NOTIMP
            return bytes(reply.pack())
        question = asked.questions[0]
        name, kind = str(question.qname).rstrip(".").lower(), QTYPE.get(question.qtype)
        known = kind in self._kinds and question.qclass == 1 and not self.cut and _is_public(name)
        address = "" if not known else _address6(name) if kind == "AAAA" else self._address(name)
        self._notebook.question(source, name, str(kind), address)
        if self.cut:
            reply.header.rcode = RCODE.SERVFAIL
        elif not _is_public(name):
            reply.header.rcode = RCODE.NXDOMAIN
        elif address:
            kind, data = (QTYPE.AAAA, AAAA(address)) if ":" in address else (QTYPE.A, A(address))
            reply.add_answer(RR(question.qname, kind, rdata=data, ttl=_TTL_S))
        return bytes(reply.pack())

    def _address(self, name: str) -> str:
        """The same name has the same address, in every run."""
        name = _SHARED.get(name, name)
        if name not in self._addresses:
            place = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
            while (address := str(IPv4Address(_FIRST + place % _COUNT))) in self._taken and len(self._taken) < _NAMES_MOST:
                place += 1
            if len(self._addresses) >= _NAMES_MOST:
                return address
            self._addresses[name] = address
            self._taken.add(address)
        return self._addresses[name]


def _address6(name: str) -> str:
    """So many bits of the name's hash that no two names meet."""
    return str(IPv6Address(_FIRST6 + int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])))


def _is_public(name: str) -> bool:
    return bool(name) and not name.endswith((".local", ".lan", ".home.arpa")) and name not in {"localhost", "local", "lan"}
