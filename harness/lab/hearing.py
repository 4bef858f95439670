"""What the recorder of a cable keeps of each frame: a filter of the kernel (classic BPF, as in tcpdump -dd).

Frames of others are kept whole. Of those between the units and us, by IPv4 or link-local IPv6, TCP segments with data are kept whole, since
a password may be in them; of others the first bytes, and of TCP segments without data only a port's consent (SYN, ACK), which tells one
connection from the next of the same ports: a scan is hundreds of thousands.
"""

import ctypes
import socket
import struct

OURS_KEPT = 192
ATTACH_FILTER = 26
SYN, ACK = 2, 16

_BYTE, _HALF, _WORD = 0x30, 0x28, 0x20  # load from a place of the frame
_EQUAL, _ANY_BIT = 0x15, 0x45  # jumps
_AND, _SHIFT, _ADD, _LESS_X, _TO_X, _RETURN = 0x54, 0x74, 0x04, 0x1C, 0x07, 0x06
_IPV4, _IPV6, _TCP, _LINK_LOCAL = 0x0800, 0x86DD, 6, 0xFE800000
_Line = tuple[str, int, int, str, str]  # its label, operation, operand, where to go when true, when not ("" is the next line)


def attach(heard: socket.socket, address: str, mac: str, whole: int) -> None:
    """Have the kernel keep `whole` bytes of every frame of others, and little of ours that is no TCP data."""
    program = assembled((*_ours(int.from_bytes(socket.inet_aton(address)), bytes.fromhex(mac.replace(":", ""))), *_kept(whole)))
    code = ctypes.create_string_buffer(program)
    heard.setsockopt(socket.SOL_SOCKET, ATTACH_FILTER, struct.pack("@HP", len(program) // 8, ctypes.addressof(code)))


def assembled(lines: tuple[_Line, ...]) -> bytes:
    """Labels become distances."""
    places = {label: place for place, (label, *_) in enumerate(lines) if label}

    def away(label: str, place: int) -> int:
        return places[label] - place - 1 if label else 0

    return b"".join(
        struct.pack("=HBBI", operation, away(true, place), away(false, place), operand)
        for place, (_, operation, operand, true, false) in enumerate(lines)
    )


def _ours(address: int, card: bytes) -> tuple[_Line, ...]:
    first, last = int.from_bytes(card[:4]), int.from_bytes(card[4:])
    return (
        ("", _HALF, 12, "", ""),
        ("", _EQUAL, _IPV4, "", "six"),
        ("", _WORD, 26, "", ""),
        ("", _EQUAL, address, "four", ""),
        ("", _WORD, 30, "", ""),
        ("", _EQUAL, address, "", "all"),
        ("four", _BYTE, 14, "", ""),
        ("", _EQUAL, 0x45, "", "begin"),
        ("", _BYTE, 23, "", ""),
        ("", _EQUAL, _TCP, "", "begin"),
        ("", _HALF, 20, "", ""),
        ("", _ANY_BIT, 0x3FFF, "begin", ""),
        *_consents(47),
        *_header(46, 20),
        ("", _HALF, 16, "", ""),
        ("", _LESS_X, 0, "", ""),
        ("", _EQUAL, 0, "nothing", "all"),
        ("six", _EQUAL, _IPV6, "", "all"),
        ("", _WORD, 22, "", ""),
        ("", _EQUAL, _LINK_LOCAL, "", "all"),
        ("", _WORD, 38, "", ""),
        ("", _EQUAL, _LINK_LOCAL, "", "all"),
        ("", _WORD, 0, "", ""),
        ("", _EQUAL, first, "", "by"),
        ("", _HALF, 4, "", ""),
        ("", _EQUAL, last, "tcp", ""),
        ("by", _WORD, 6, "", ""),
        ("", _EQUAL, first, "", "all"),
        ("", _HALF, 10, "", ""),
        ("", _EQUAL, last, "", "all"),
        ("tcp", _BYTE, 20, "", ""),
        ("", _EQUAL, _TCP, "", "begin"),
        *_consents(67),
        *_header(66, 0),
        ("", _HALF, 18, "", ""),
        ("", _LESS_X, 0, "", ""),
        ("", _EQUAL, 0, "nothing", "all"),
    )


def _consents(flags: int) -> tuple[_Line, ...]:
    """Are both SYN and ACK set?"""
    return (("", _BYTE, flags, "", ""), ("", _AND, SYN | ACK, "", ""), ("", _EQUAL, SYN | ACK, "all", ""))


def _header(offset: int, before: int) -> tuple[_Line, ...]:
    """The length of a TCP header, and of what stands before it in the same count, into X."""
    return (
        ("", _BYTE, offset, "", ""),
        ("", _AND, 0xF0, "", ""),
        ("", _SHIFT, 2, "", ""),
        ("", _ADD, before, "", ""),
        ("", _TO_X, 0, "", ""),
    )


def _kept(whole: int) -> tuple[_Line, ...]:
    return (
        ("begin", _RETURN, OURS_KEPT, "", ""),
        ("nothing", _RETURN, 0, "", ""),
        ("all", _RETURN, whole, "", ""),
    )
