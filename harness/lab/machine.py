"""What this machine gives a lab: programs, kernel features, rights, Python packages. Looks only; nothing is changed."""

import os
import re
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from harness.lab.namespaces import try_apart
from harness.places import PACKAGE, program

PROJECT = "camlabel"
PYTHON_WITH_GI = "/usr/bin/python3"
FOREIGN = {"GStreamer": "gstreamer.py", "camera of packages": "camera.py"}  # each script says itself what it misses
_LOOK_S = 20
_GET_GENERATION = bytes.fromhex("14000000 100a0100 01000000 00000000 00000000")  # a netlink header with NFT_MSG_GETGEN, an nfgenmsg
_NETLINK_NETFILTER, _NLMSG_ERROR = 12, 2


@dataclass(frozen=True)
class Machine:
    """What is there. `features` and `rights` give the reason of an absence, empty where there is none; `packages` the versions."""

    programs: dict[str, str]
    features: dict[str, str]
    rights: dict[str, str]
    packages: dict[str, str]
    root: bool


def look(programs: Iterable[str]) -> Machine:
    """Ask this machine; `programs` are those whose places are wanted."""
    found = {name: program(name) or "" for name in programs}
    return Machine(found, features(), rights(), packages(), os.geteuid() == 0)


def features() -> dict[str, str]:
    """Kernel features, each tried in a namespace of a child's own."""
    looks: dict[str, Callable[[], str]] = {
        "veth": lambda: _link("veth"),
        "bridge": lambda: _link("bridge"),
        "packet sockets": _packet_socket,
        "nf_tables": _nf_tables,
        "IPv6": _ipv6,
    }
    tried = {name: try_apart(one) for name, one in looks.items()}
    return {"private world": try_apart(lambda: "", whole=True), **tried, **{name: _foreign(script) for name, script in FOREIGN.items()}}


def rights() -> dict[str, str]:
    """What this person may do on the host itself."""
    return {"raw packets": _raw_packets(), "serial ports": _serial_ports(Path("/dev"))}


def packages() -> dict[str, str]:
    """Versions of the Python packages that the project depends on, empty where one is missing; the keys say what is asked for."""
    return {line: _version(re.split(r"[^A-Za-z0-9._-]", line)[0]) for line in requires(PROJECT) or () if "extra ==" not in line}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _link(kind: str) -> str:
    if shutil.which("ip") is None:
        return "not tried without ip"
    return _said(["ip", "link", "add", "camlabel0", "type", kind])


def _packet_socket() -> str:
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW):
        return ""


def _nf_tables() -> str:
    """Ask the kernel for the generation of its rules: the mildest question there is."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_NETFILTER) as kernel:
        kernel.settimeout(_LOOK_S)
        kernel.send(_GET_GENERATION)
        answer = kernel.recv(4096)
    if int.from_bytes(answer[4:6], "little") != _NLMSG_ERROR:
        return ""
    return os.strerror(-int.from_bytes(answer[16:20], "little", signed=True))


def _ipv6() -> str:
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM):
        return "" if Path("/proc/sys/net/ipv6").is_dir() else "switched off"


def _raw_packets() -> str:
    try:
        return _packet_socket()
    except OSError as error:
        return error.strerror or str(error)


def _serial_ports(devices: Path) -> str:
    """Adapters that are plugged in and may not be opened; none is no lack of rights."""
    ports = sorted([*devices.glob("ttyUSB*"), *devices.glob("ttyACM*")])
    closed = [str(port) for port in ports if not os.access(port, os.R_OK | os.W_OK)]
    return f"{', '.join(closed)} may not be opened" if closed else ""


def _foreign(script: str) -> str:
    """Debian packages that a foreign camera misses, as it says itself."""
    if shutil.which(PYTHON_WITH_GI) is None:
        return "missing: python3"
    return _said([PYTHON_WITH_GI, "-I", str(PACKAGE / "emulated/foreign" / script), "--check"])


def _said(argv: list[str]) -> str:
    """Why a command failed, empty when it did not."""
    try:
        done = subprocess.run(
            argv, capture_output=True, text=True, errors="replace", check=False, timeout=_LOOK_S, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return f"{argv[0]} did not end within {_LOOK_S} s"
    if not done.returncode:
        return ""
    return (done.stderr.strip().splitlines() or [f"{argv[0]} ended with status {done.returncode}"])[-1]
