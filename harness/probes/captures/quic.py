"""Which server a QUIC client names: its first packets are encrypted with keys that they carry themselves (RFC 9001, 9369)."""

from collections.abc import Iterator
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hmac import HMAC

from harness.probes.captures import hello

LONG, ID_MAX, PACKETS_MAX, PIECES_MAX = 0xC0, 20, 8, 256
HELLO_MAX = 1 << 16
NAMES_MAX = 64
DATAGRAMS_MAX = 200


class _Version(NamedTuple):
    salt: bytes
    initial: int  # type bits of an Initial packet
    label: bytes


VERSIONS = {
    1: _Version(bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"), 0, b"quic"),
    0x6B3343CF: _Version(bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9"), 1, b"quicv2"),
}


class _Keys(NamedTuple):
    packet: AESGCM
    iv: bytes
    header: bytes


class Initials:
    """The first packets of the connections between two ports, each of which may name another server.

    `torn`: no hello was whole, or there were more than are read.
    """

    __slots__ = ("_datagrams", "_keys", "_pieces", "hidden", "names", "settled")

    def __init__(self) -> None:
        self._keys: _Keys | None = None
        self._pieces: dict[int, bytes] = {}
        self._datagrams = 0
        self.names: list[str] = []
        self.hidden = False
        self.settled = False

    @property
    def torn(self) -> bool:
        """Is there something that was not read?"""
        return not self.settled or self._datagrams > DATAGRAMS_MAX

    def finish(self) -> None:
        """Nothing more comes."""
        self._pieces.clear()

    def take(self, data: bytes | None) -> None:
        """One datagram, which may hold several packets."""
        self._datagrams += 1
        if self._datagrams > DATAGRAMS_MAX:
            return
        for _ in range(PACKETS_MAX):
            if not data:
                return
            try:
                data = self._packet(data)
            except (IndexError, ValueError):
                return

    def _packet(self, data: bytes) -> bytes:
        """Take what one packet says; what follows it. Raises ValueError, IndexError on garbage."""
        version = VERSIONS.get(int.from_bytes(data[1:5], "big"))
        if version is None or data[0] & LONG != LONG:
            return b""
        own, at = _counted(data, 5, data[5] if data[5] <= ID_MAX else -1)
        _, at = _counted(data, at, data[at])
        if data[0] >> 4 & 3 == version.initial:
            length, at = _number(data, at)
            at += length
        length, at = _number(data, at)
        if data[0] >> 4 & 3 == version.initial:
            self._initial(data[: at + length], at, own, version)
        return data[at + length :]

    def _initial(self, packet: bytes, at: int, own: bytes, version: _Version) -> None:
        """After a Retry the keys are those of the new id."""
        for keys in (self._keys, _keys(own, version)):
            if keys is not None and (said := _opened(packet, at, keys)) is not None:
                self._keys = keys
                for place, piece in _crypto(said):
                    if place < HELLO_MAX and len(self._pieces) < PIECES_MAX:
                        self._pieces.setdefault(place, piece)
                self._read()
                return

    def _read(self) -> None:
        whole = b""
        for place, piece in sorted(self._pieces.items()):
            if place > len(whole):
                return
            whole += piece[len(whole) - place :]
        if len(whole) < 4 or len(whole) < 4 + int.from_bytes(whole[1:4], "big"):
            return
        found = hello.client_hello(whole) if whole[0] == hello.CLIENT_HELLO else None
        if found is not None:
            self.names += [name for name in found.names if name not in self.names and len(self.names) < NAMES_MAX]
            self.hidden |= found.hidden
            self.settled = True
            self._pieces.clear()


def is_quic(data: bytes, port: int) -> bool:
    """A long header of a version that is known, or of any on the port of HTTP."""
    return len(data) > 6 and data[0] & LONG == LONG and (port == 443 or can_be_read(data))


def can_be_read(data: bytes) -> bool:
    """A version whose first packets can be opened."""
    return int.from_bytes(data[1:5], "big") in VERSIONS


def _keys(own: bytes, version: _Version) -> _Keys:
    client = _expanded(_mac(version.salt, own), b"client in", 32)
    key, iv, header = (_expanded(client, version.label + word, size) for word, size in ((b" key", 16), (b" iv", 12), (b" hp", 16)))
    return _Keys(AESGCM(key), iv, header)


def _expanded(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label of TLS 1.3; one block is enough here."""
    name = b"tls13 " + label
    return _mac(secret, length.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0\1")[:length]


def _mac(key: bytes, data: bytes) -> bytes:
    made = HMAC(key, hashes.SHA256())
    made.update(data)
    return made.finalize()


def _opened(packet: bytes, at: int, keys: _Keys) -> bytes | None:
    sample = packet[at + 4 : at + 20]
    if len(sample) < 16:
        return None
    mask = Cipher(algorithms.AES(keys.header), modes.ECB()).encryptor().update(sample)  # noqa: S305 - as the protocol has it
    first = packet[0] ^ (mask[0] & 15)
    size = (first & 3) + 1
    number = bytes(a ^ b for a, b in zip(packet[at : at + size], mask[1:], strict=False))
    nonce = (int.from_bytes(keys.iv, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    try:
        return keys.packet.decrypt(nonce, packet[at + size :], bytes([first]) + packet[1:at] + number)
    except InvalidTag:
        return None


def _crypto(said: bytes) -> Iterator[tuple[int, bytes]]:
    """The pieces of the handshake, with their places. Raises ValueError on what has no place in a first packet."""
    at = 0
    while at < len(said):
        kind, at = said[at], at + 1
        if kind == 6:
            place, at = _number(said, at)
            length, at = _number(said, at)
            yield place, said[at : at + length]
            at += length
        elif kind in (2, 3):
            at = _past_acknowledgement(said, at, counts=kind == 3)
        elif kind > 1:
            return


def _past_acknowledgement(said: bytes, at: int, *, counts: bool) -> int:
    for _ in range(2):
        _, at = _number(said, at)
    ranges, at = _number(said, at)
    for _ in range(1 + 2 * min(ranges, len(said)) + 3 * counts):
        _, at = _number(said, at)
    return at


def _counted(data: bytes, at: int, length: int) -> tuple[bytes, int]:
    if length < 0 or len(data) < at + 1 + length:
        raise ValueError("cut")
    return data[at + 1 : at + 1 + length], at + 1 + length


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A number of 1, 2, 4 or 8 bytes, and what follows."""
    size = 1 << (data[at] >> 6)
    if len(data) < at + size:
        raise ValueError("cut")
    return int.from_bytes(data[at : at + size], "big") & ((1 << (8 * size - 2)) - 1), at + size
