"""The command line of one unit."""

import argparse
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.emulated.camera.flaws import chosen


@dataclass(frozen=True)
class Far:
    """Ports of the servers that a unit contacts; others than these only in tests without a network of their own."""

    dns: int = 53
    ntp: int = 123
    https: int = 443


@dataclass(frozen=True)
class Options:
    """Where a unit lives and listens, and what is wrong with it."""

    flash: Path
    address: str
    https_port: int = 443
    rtsp_port: int = 554
    rtsps_port: int = 322
    control: Path | None = None
    serial: str | None = None
    mac: str | None = None
    gateway: str | None = None
    trust: Path | None = None
    card: Path | None = None
    far: Far = Far()
    uart_fd: int | None = None
    flaws: frozenset[str] = frozenset()


def parse(arguments: Sequence[str] | None = None) -> Options:
    """Read the command line; exits with a sentence on wrong use."""
    parser = _parser()
    given = vars(parser.parse_args(arguments))
    try:
        return Options(**{**given, "flaws": chosen(given["flaws"])})
    except ValueError as mistake:
        parser.error(str(mistake))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m harness.emulated.camera", description="One emulated camera, fast tier.")
    parser.add_argument("--flash", type=Path, required=True, metavar="DIR", help="the unit's flash; made at first boot")
    parser.add_argument("--address", type=_address, required=True, help="IPv4 or IPv6 literal to listen on")
    parser.add_argument("--https-port", type=_port, default=443, help="0: any free port")
    parser.add_argument("--rtsps-port", type=_port, default=322, help="0: any free port")
    parser.add_argument("--rtsp-port", type=_port, default=554, help="of clear streams, which its owner has to allow; 0: any free port")
    parser.add_argument("--control", type=Path, metavar="SOCKET", help="unix socket that moves the device's clock")
    parser.add_argument("--serial", help="serial number, at first boot")
    parser.add_argument("--mac", help="MAC address, at first boot")
    parser.add_argument(
        "--gateway", type=_address, metavar="A", help="its router, which is also its name server; without it contacts nobody"
    )
    parser.add_argument(
        "--trust", type=Path, metavar="FILE", help="certificates of the authorities that it trusts, PEM, as left by the factory"
    )
    parser.add_argument("--card", type=Path, metavar="FILE", help="image of the card in its slot; made at first boot")
    parser.add_argument("--uart-fd", type=int, metavar="FD", help="inherited descriptor of the far end of the unit's serial line")
    parser.add_argument("--flaw", action="append", default=[], dest="flaws", metavar="NAME", help="make the unit unsound; repeatable")
    return parser


def _address(text: str) -> str:
    return str(ipaddress.ip_address(text))


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= 65535:
        raise ValueError(text)
    return port
