"""The network of a bench, in a private world: a router's namespace with a bridge, a cable to us, and a namespace for each camera.

Small processes hold the namespaces (no name under /run/netns); when we die, they end and everything goes with them.
"""

import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.lab.namespaces import COST, flags_of, socket_in
from harness.model.errors import NotPossible

PREFIX = 24
ROUTER, ROUTER_MAC = "192.168.77.1", "02:00:00:1a:b0:fe"
OURS, OUR_MAC = "192.168.77.50", "02:00:00:1a:b0:01"
OURS_TOO = ("192.168.77.51", "192.168.77.52", "192.168.77.53")  # whoever else might ask
ROUTER6, PREFIX6 = "2001:db8:77::1", 64
CAMERA, CAMERA_MAC = "192.168.77.20", "02:00:00:ca:00:01"
BRIDGE, LINK = "br0", "lab0"

# Unlike the other end's: the kernel announces a link up to a second late when both ends have the same index.
_OUR_INDEX, _CAMERA_INDEX = 77, 100
_IFF_RUNNING = 0x40
_CARRIER_S = 5.0
_IPV6 = Path("/proc/sys/net/ipv6")
_SET = 'put() { [ ! -e "$2" ] || echo "$1" > "$2"; }; put'
_SYSCTLS = f"""\
{_SET} 0 {_IPV6}/conf/default/accept_dad
put 1 /proc/sys/net/ipv4/ip_forward
for each in all default; do put 0 /proc/sys/net/ipv4/conf/$each/send_redirects; done
for each in ip ip6 arp; do put 0 /proc/sys/net/bridge/bridge-nf-call-${{each}}tables; done
"""
_CAMERA_SYSCTLS = f"""\
{_SET} 0 /proc/sys/net/ipv4/icmp_ratelimit
put 0 /proc/sys/net/ipv4/icmp_ratemask
put 2 {_IPV6}/icmp/ratemask
"""
_BRIDGE = f"""\
link set lo up
link add {BRIDGE} address {ROUTER_MAC} type bridge forward_delay 0 mcast_snooping 0
addr add {ROUTER}/{PREFIX} dev {BRIDGE}
link set {BRIDGE} up
route add local default dev lo table main
route add unreachable default metric 9999
"""
_BRIDGE6 = f"""\
addr add {ROUTER6}/{PREFIX6} dev {BRIDGE} nodad
route add local ::/0 dev lo table main
route add unreachable ::/0 metric 9999
"""
_OUR_CABLE = f"""\
link add {LINK} index {_OUR_INDEX} address {OUR_MAC} type veth peer name ours netns {{router}}
addr add {OURS}/{PREFIX} dev {LINK}
{"".join(f"addr add {each}/{PREFIX} dev {LINK}" + chr(10) for each in OURS_TOO)}link set {LINK} up
"""
_CAMERA_CABLE = """\
link add {port} index {index} type veth peer name eth0 address {mac} netns {camera}
link set {port} master {bridge}
"""
_CAMERA_END = f"""\
link set lo up
addr add {{address}}/{PREFIX} dev eth0
link set eth0 up
route add default via {ROUTER}
"""


class _Held:
    """A network namespace that a small process holds: it reads a pipe of ours, and ends when we do."""

    def __init__(self) -> None:
        self._holder: subprocess.Popen[bytes] | None = None
        self._asked: socket.socket | None = None

    @property
    def pid(self) -> int:
        """The process that holds it."""
        if self._holder is None:
            raise NotPossible("network namespace: closed")
        return self._holder.pid

    @property
    def path(self) -> str:
        """Where the kernel shows this namespace, for nsenter and setns."""
        return f"/proc/{self.pid}/ns/net"

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` inside."""
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def start(self, argv: Sequence[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a program inside; a terminal's Ctrl-C does not reach it. Takes what subprocess.Popen takes."""
        return subprocess.Popen(self.command(argv), **{"start_new_session": True, **popen})

    def socket(self, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
        """A socket inside, for us."""
        return socket_in(self.path, family, kind, protocol)

    def ip(self, lines: str) -> None:
        """Commands of `ip`, inside, in one go."""
        run(self.command(["ip", "-batch", "-"]), lines)

    def await_carrier(self, interface: str) -> None:
        """Wait until an interface inside has its link; NotPossible when that does not come."""
        if self._asked is None:
            self._asked = self.socket(socket.AF_INET, socket.SOCK_DGRAM)
        _await_carrier(interface, self._asked)

    def _hold(self) -> None:
        argv = ["unshare", "--net", "sh", "-c", f"{_SYSCTLS}\necho; exec cat"]
        holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
        if holder.stdout is None or not holder.stdout.readline():
            _, said = holder.communicate()
            raise NotPossible(f"network namespace: {said.decode(errors='replace').strip()}; {COST}")
        self._holder = holder

    def _release(self) -> None:
        if self._asked is not None:
            self._asked.close()
            self._asked = None
        if self._holder is not None:
            self._holder.kill()
            self._holder.communicate()
            self._holder = None


class Lan(_Held):
    """The router's namespace: bridge `br0`, gateway 192.168.77.1; every address of the internet leads to the router itself.

    Our end of our cable is `lab0`, 192.168.77.50, in the world. Belongs inside a private world.
    """

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Make router, bridge and our cable; NotPossible, with nothing left, where that cannot be."""
        missing = [tool for tool in ("ip", "nsenter", "unshare") if shutil.which(tool) is None]
        if missing:
            raise NotPossible(f"network namespace: {', '.join(missing)} missing (apt-get install iproute2 util-linux); {COST}")
        self._hold()
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    @property
    def has_ipv6(self) -> bool:
        """Does this kernel speak it?"""
        return _IPV6.exists()

    def close(self) -> None:
        """Give it up. Our cable would vanish with it, but later; the next one has the same name."""
        if self._holder is not None:
            with suppress(NotPossible):
                run(["ip", "-batch", "-"], f"link del {LINK}\n")
            self._release()

    def _connect(self) -> None:
        """Addresses first, links last: nothing is announced half-made."""
        self.ip(_BRIDGE + (_BRIDGE6 if self.has_ipv6 else ""))
        run(self.command(["sh", "-c", f"{_SET} 1 {_IPV6}/conf/default/disable_ipv6"]))  # ports of the bridge say nothing of their own
        run(["sh", "-c", f"{_SET} 0 {_IPV6}/conf/default/accept_dad; put 0 {_IPV6}/conf/default/accept_ra"])
        run(["ip", "-batch", "-"], _OUR_CABLE.format(router=self.pid))
        self.ip(f"link set ours master {BRIDGE}\nlink set ours up\n")
        self.await_carrier(BRIDGE)
        self.ip(neighbours(BRIDGE, OURS, OUR_MAC))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as here:
            _await_carrier(LINK, here)


class Namespace(_Held):
    """A camera's network namespace: `eth0`, its cable in the router's bridge. Without a `lan` it makes one of its own."""

    def __init__(self, address: str = CAMERA, mac: str = CAMERA_MAC, lan: Lan | None = None) -> None:
        super().__init__()
        self.address, self.mac = address, mac
        self._lan, self._own = lan, lan is None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    @property
    def lan(self) -> Lan:
        """The network that it is in."""
        if self._lan is None:
            raise NotPossible("network namespace: closed")
        return self._lan

    def open(self) -> None:
        """Make namespace and cable; NotPossible, with nothing left, where that cannot be."""
        try:
            if self._own:
                self._lan = Lan()
                self._lan.open()
            self._hold()
            self._connect()
        except BaseException:
            self.close()
            raise

    def plug(self, connected: bool) -> None:
        """Pull or plug the camera's cable at the router: packets are lost in silence while it is out, and the camera sees no link."""
        self.lan.ip(f"link set {self._port} {'up' if connected else 'down'}\n")
        if connected:
            self.await_carrier("eth0")
            self._introduce()

    def close(self) -> None:
        """Give the namespace up, its port at the router at once, and a network of its own."""
        if self._lan is not None and self._holder is not None:
            with suppress(NotPossible):
                self.lan.ip(f"link del {self._port}\n")
        self._release()
        if self._own and self._lan is not None:
            self._lan.close()
            self._lan = None

    @property
    def _host(self) -> int:
        return int(self.address.rpartition(".")[2])

    @property
    def _port(self) -> str:
        """Its port at the router."""
        return f"cam{self._host}"

    def _connect(self) -> None:
        index = _CAMERA_INDEX + self._host
        self.lan.ip(_CAMERA_CABLE.format(port=self._port, index=index, mac=self.mac, camera=self.pid, bridge=BRIDGE))
        self.ip(_CAMERA_END.format(address=self.address))
        run(self.command(["sh", "-c", _CAMERA_SYSCTLS]))  # says of each closed UDP port that it is closed, and not of one a second
        self.plug(connected=True)

    def _introduce(self) -> None:
        """Neighbours as stale entries: used at once, so that no first packet waits, and soon verified by the kernel itself."""
        run(["ip", "-batch", "-"], neighbours(LINK, self.address, self.mac))
        self.lan.ip(neighbours(BRIDGE, self.address, self.mac))
        self.ip(neighbours("eth0", OURS, OUR_MAC) + neighbours("eth0", ROUTER, ROUTER_MAC))


def link_local(mac: str) -> str:
    """The IPv6 address that an interface with this MAC gives itself (EUI-64)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]))


def neighbours(interface: str, address: str, mac: str) -> str:
    """Lines for `ip` that make a neighbour known."""
    addresses = [address, link_local(mac)] if _IPV6.exists() else [address]
    return "".join(f"neigh replace {each} lladdr {mac} dev {interface} nud stale\n" for each in addresses)


def _await_carrier(interface: str, asked: socket.socket) -> None:
    deadline = time.monotonic() + _CARRIER_S
    while not flags_of(interface, asked) & _IFF_RUNNING:
        if time.monotonic() > deadline:
            raise NotPossible(f"network namespace: {interface} has no carrier after {_CARRIER_S:.0f} s; {COST}")
        time.sleep(0.002)


def run(argv: Sequence[str], text: str = "") -> None:
    """Run a tool of the host; NotPossible with its words when it fails."""
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode:
        raise NotPossible(f"network namespace: {' '.join(argv)}: {done.stderr.strip()}; {COST}")
