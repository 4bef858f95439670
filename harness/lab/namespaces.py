"""Private worlds: a process, network and mount namespace for the whole run, and further network namespaces for cameras.

Everything here dies with the processes in it: nothing has a name under /run/netns and nothing has to be cleaned up after a crash.
Three processes stand in a row: the caller (waits), the holder (owns the user namespace, waits) and the world's process 1 (goes on).
"""

import ctypes
import fcntl
import os
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from ipaddress import IPv6Address
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from harness.model.errors import NotPossible

COST = "without it cameras run on 127.0.0.1, and what needs a network of its own is NOT_TESTED"

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
_WORLD = _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP, _IFF_RUNNING = 0x1, 0x40

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_HELD = frozenset({*_ENDING, signal.SIGTSTP, signal.SIGCHLD})
_OUR_MAC = "02:00:00:1a:b0:01"
_OURS = """\
link add {link} index {index} address {our_mac} type veth peer name eth0 address {mac} netns {pid}
addr add {ours}/24 dev {link}
link set {link} up
"""
_INDEX = 77  # unlike eth0's own: the kernel announces a link up to a second late when both ends have the same index
_CARRIER_S = 5
_IPV6 = Path("/proc/sys/net/ipv6")
_READY = "ready"
_MARK = "CAMLABEL_WORLD"
_DEBOUNCE_S = 2.0


def enter() -> int | None:
    """Start a private world and go on in it as its process 1: None is returned there.

    The calling process must be single-threaded; it waits, passes signals on, and gets the exit status of the world
    (128+n when a signal killed it). Raises NotPossible, and has then changed nothing, where kernel or rights forbid it.
    """
    if len(list(Path("/proc/self/task").iterdir())) > 1:
        raise NotPossible(f"private world: threads run already in this process; {COST}")
    sys.stdout.flush()
    sys.stderr.flush()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, _HELD)
    try:
        return _enter()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def inside() -> bool:
    """Are we in a private world, as its first process or as a child of it?"""
    return os.environ.get(_MARK) == _network()


def _network() -> str:
    return str(Path("/proc/self/ns/net").stat().st_ino)


def _enter() -> int | None:
    reasons = []
    for flags in _ways():
        caller = os.getpid()
        reader, writer = os.pipe()
        holder = os.fork()
        if not holder:
            os.close(reader)
            _become_world(flags, caller, writer)
            return None
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as answer:
            reason = answer.read()
        if reason == _READY:
            return _relay(holder)
        os.waitpid(holder, 0)
        reasons.append(reason)
    raise NotPossible(f"private world: {'; '.join(reasons)}{_hint()}; {COST}")


def _ways() -> Iterator[int]:
    """Namespaces to ask for: directly where we are root, else (or when that is refused) inside a user namespace."""
    if os.geteuid() == 0:
        yield _WORLD
    yield _WORLD | _CLONE_NEWUSER


def _become_world(flags: int, caller: int, writer: int) -> None:
    """Run in the holder; returns only in the world's process 1."""
    try:
        _unshare(flags)
        _die_with_parent()
        if os.getppid() != caller:
            os._exit(1)
        inner = _fork_first_process()
        if inner:
            os.close(writer)
            os._exit(_relay(inner))
        _settle()
    except OSError as error:
        os.write(writer, str(error).encode())
        os._exit(1)
    os.write(writer, _READY.encode())
    os.close(writer)


def _fork_first_process() -> int:
    """Fork; the child dies with us, also when we die before it could ask for that."""
    alive, our_end = os.pipe()
    child = os.fork()
    if child:
        os.close(alive)
        return child  # our end stays open for as long as we live
    os.close(our_end)
    _die_with_parent()
    if select.select([alive], [], [], 0)[0]:
        os._exit(1)
    os.close(alive)
    return 0


def _settle() -> None:
    """Make the new namespaces usable, and signals effective, which process 1 ignores without a handler."""
    _keep_mounts_private()
    _mount("proc", "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC)
    _bring_up("lo")
    os.environ[_MARK] = _network()
    end = _EndOnce()
    for number in _ENDING:
        signal.signal(number, end)


def _keep_mounts_private() -> None:
    """What is mounted here shows nowhere else. In a chroot `/` is no mount point; ours goes on top of /proc, which is one."""
    try:
        _mount("none", "/", "", _MS_REC | _MS_PRIVATE)
    except OSError:
        _mount("none", "/proc", "", _MS_REC | _MS_PRIVATE)


class _EndOnce:
    """Signal handler: KeyboardInterrupt, once for a burst of signals (a group's Ctrl-C arrives by two ways)."""

    def __init__(self) -> None:
        self._raised_at = float("-inf")

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if now - self._raised_at >= _DEBOUNCE_S:
            self._raised_at = now
            raise KeyboardInterrupt


def _relay(child: int) -> int:
    """Wait for the child and pass on signals that were sent by `kill`; the terminal's reach the child by themselves."""
    while True:
        what = signal.sigwaitinfo(_HELD)
        if what.si_signo == signal.SIGCHLD:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        elif what.si_code <= 0:
            os.kill(child, what.si_signo)


def _unshare(flags: int) -> None:
    uid, gid = os.geteuid(), os.getegid()
    _call("unshare", ctypes.c_int(flags))
    if flags & _CLONE_NEWUSER:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def _die_with_parent() -> None:
    _call("prctl", ctypes.c_int(_PR_SET_PDEATHSIG), ctypes.c_ulong(signal.SIGKILL), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0))


def _mount(source: str, target: str, kind: str, flags: int) -> None:
    _call("mount", source.encode(), target.encode(), kind.encode(), ctypes.c_ulong(flags), None)


def _call(name: str, *arguments: Any) -> None:
    """Call a function of the C library (Python 3.11 has no os.unshare)."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, name)(*arguments) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{name}: {os.strerror(number)}")


def _hint() -> str:
    """Which switch of this machine forbids user namespaces, as far as that can be seen."""
    switches = {
        "kernel/apparmor_restrict_unprivileged_userns": ("1", "AppArmor forbids it to ordinary users"),
        "kernel/unprivileged_userns_clone": ("0", "the kernel forbids it to ordinary users"),
        "user/max_user_namespaces": ("0", "user namespaces are switched off"),
    }
    for path, (bad, meaning) in switches.items():
        with suppress(OSError):
            if Path("/proc/sys", path).read_text().strip() == bad:
                return f" ({meaning}: {path.replace('/', '.')}={bad}; run as root or change it with sysctl)"
    return " (run as root, or outside a container that forbids it)"


def _flags_of(interface: str) -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFFLAGS, struct.pack("16sH14x", interface.encode(), 0))
    return int(struct.unpack("16sH14x", answer)[1])


def _bring_up(interface: str) -> None:
    flags = _flags_of(interface) | _IFF_UP
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sH14x", interface.encode(), flags))


class Namespace:
    """A further network namespace, tied to ours by a veth pair: `lab0` here, `eth0` there. Belongs inside a private world.

    A small process holds it (no name under /run/netns); when we die, that process ends and everything goes with it.
    """

    def __init__(
        self, address: str = "192.168.77.20", mac: str = "02:00:00:ca:00:01", ours: str = "192.168.77.50", link: str = "lab0"
    ) -> None:
        self.address, self.mac, self.ours, self.link = address, mac, ours, link
        self._holder: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def open(self) -> None:
        """Make the namespace and the cable; NotPossible, with nothing left, where that cannot be."""
        missing = [tool for tool in ("ip", "nsenter", "unshare") if shutil.which(tool) is None]
        if missing:
            raise NotPossible(f"network namespace: {', '.join(missing)} missing (apt-get install iproute2 util-linux); {COST}")
        self._holder = _hold_network_namespace()
        try:
            self._connect()
        except BaseException:
            self.close()
            raise

    @property
    def path(self) -> str:
        """Where the kernel shows this namespace, for nsenter and setns."""
        if self._holder is None:
            raise NotPossible("network namespace: closed")
        return f"/proc/{self._holder.pid}/ns/net"

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command that runs `argv` inside."""
        return ["nsenter", f"--net={self.path}", "--", *argv]

    def start(self, argv: Sequence[str], **popen: Any) -> subprocess.Popen[Any]:
        """Start a program inside; a terminal's Ctrl-C does not reach it. Takes what subprocess.Popen takes."""
        return subprocess.Popen(self.command(argv), **{"start_new_session": True, **popen})

    def plug(self, connected: bool) -> None:
        """Pull or plug the camera's cable: packets are lost in silence while it is out."""
        _batch(self.command([]), f"link set eth0 {'up' if connected else 'down'}\n")
        if connected:
            self._await_carrier()
            self._introduce()

    def close(self) -> None:
        """Give the namespace up. The cable would vanish with it, but later; the next one may have the same name."""
        if self._holder is not None:
            with suppress(NotPossible):
                _batch([], f"link del {self.link}\n")
            self._holder.kill()
            self._holder.communicate()
            self._holder = None

    def _connect(self) -> None:
        """Addresses first, links last: nothing is announced half-made."""
        _batch([], _OURS.format(pid=Path(self.path).parts[2], link=self.link, index=_INDEX, mac=self.mac, our_mac=_OUR_MAC, ours=self.ours))
        for prefix, interface in (([], self.link), (self.command([]), "eth0")):
            _run([*prefix, "sh", "-c", f"[ ! -d {_IPV6} ] || echo 0 > {_IPV6}/conf/{interface}/accept_dad"])
        _batch(self.command([]), f"link set lo up\naddr add {self.address}/24 dev eth0\n")
        self.plug(connected=True)

    def _await_carrier(self) -> None:
        deadline = time.monotonic() + _CARRIER_S
        while not _flags_of(self.link) & _IFF_RUNNING:
            if time.monotonic() > deadline:
                raise NotPossible(f"network namespace: {self.link} has no carrier after {_CARRIER_S} s; {COST}")
            time.sleep(0.002)

    def _introduce(self) -> None:
        """Neighbours as stale entries: used at once, so that no first packet waits, and soon verified by the kernel itself."""
        _batch([], _neighbours(self.link, self.address, self.mac))
        _batch(self.command([]), _neighbours("eth0", self.ours, _OUR_MAC))


def link_local(mac: str) -> str:
    """The IPv6 address that an interface with this MAC gives itself (EUI-64)."""
    octets = bytes.fromhex(mac.replace(":", ""))
    return str(IPv6Address(b"\xfe\x80" + bytes(6) + bytes([octets[0] ^ 2]) + octets[1:3] + b"\xff\xfe" + octets[3:]))


def _neighbours(interface: str, address: str, mac: str) -> str:
    addresses = [address, link_local(mac)] if _IPV6.exists() else [address]
    return "".join(f"neigh replace {each} lladdr {mac} dev {interface} nud stale\n" for each in addresses)


def _hold_network_namespace() -> subprocess.Popen[bytes]:
    """A process in a network namespace of its own, which ends when we do: it reads a pipe of ours."""
    argv = ["unshare", "--net", "sh", "-c", "echo; exec cat"]
    holder = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)
    if holder.stdout is None or not holder.stdout.readline():
        _, said = holder.communicate()
        raise NotPossible(f"network namespace: {said.decode(errors='replace').strip()}; {COST}")
    return holder


def _batch(prefix: Sequence[str], lines: str) -> None:
    _run([*prefix, "ip", "-batch", "-"], lines)


def _run(argv: Sequence[str], text: str = "") -> None:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=False, timeout=20)
    if done.returncode:
        raise NotPossible(f"network namespace: {' '.join(argv)}: {done.stderr.strip()}; {COST}")
