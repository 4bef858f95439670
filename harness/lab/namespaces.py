"""Private worlds: a process, network and mount namespace for the whole run. What is in one: harness.lab.lan.

Everything here dies with the processes in it: nothing has a name under /run/netns and nothing has to be cleaned up after a crash.
Three processes stand in a row: the caller (waits), the holder (owns the user namespace, waits) and the world's process 1 (goes on).
"""

import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TypeVar

from harness.model.errors import NotPossible

COST = "without it cameras run on 127.0.0.1, and what needs a network of its own is NOT_TESTED"

_CLONE_NEWNS, _CLONE_NEWUSER, _CLONE_NEWPID, _CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
_WORLD = _CLONE_NEWNS | _CLONE_NEWPID | _CLONE_NEWNET
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_REC, _MS_PRIVATE = 2, 4, 8, 0x4000, 0x40000
_PR_SET_PDEATHSIG = 1
_SIOCGIFFLAGS, _SIOCSIFFLAGS = 0x8913, 0x8914
_IFF_UP = 0x1
_SAID_MOST = 4000  # fits into a pipe

_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_HELD = frozenset({*_ENDING, signal.SIGTSTP, signal.SIGCHLD})
_READY = "ready"
_MARK = "CAMLABEL_WORLD"
_DEBOUNCE_S = 2.0

T = TypeVar("T")


class _Outside:
    """What is remembered of where the world was entered from."""

    network = -1


_outside = _Outside()


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


def on_host(argv: Sequence[str]) -> tuple[list[str], tuple[int, ...]]:
    """The command that runs `argv` in the network from which the world was entered, and descriptors that it needs to inherit."""
    if not inside() or _outside.network < 0:
        return [*argv], ()
    return ["nsenter", f"--net=/proc/self/fd/{_outside.network}", "--", *argv], (_outside.network,)


def inside() -> bool:
    """Are we in a private world, as its first process or as a child of it?"""
    return os.environ.get(_MARK) == _network()


def _network() -> str:
    return str(Path("/proc/self/ns/net").stat().st_ino)


def _enter() -> int | None:
    reasons = []
    if _outside.network < 0:
        _outside.network = os.open("/proc/self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
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


def flags_of(interface: str, asked: socket.socket) -> int:
    """Flags of an interface in the namespace in which the socket was made."""
    answer = fcntl.ioctl(asked, _SIOCGIFFLAGS, struct.pack("16sH14x", interface.encode(), 0))
    return int(struct.unpack("16sH14x", answer)[1])


def socket_in(path: str, family: socket.AddressFamily, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
    """A socket of another network namespace."""
    with Path(path).open("rb") as namespace:
        return _stepping_into(namespace.fileno(), lambda: socket.socket(family, kind, protocol))


def outside(call: Callable[[], T]) -> T:
    """Call in the network from which the world was entered: what it opens and the threads that it starts stay there."""
    if not inside() or _outside.network < 0:
        return call()
    return _stepping_into(_outside.network, call)


def _stepping_into(network: int, call: Callable[[], T]) -> T:
    """In a thread of its own, which steps into the namespace and ends there."""
    found: Future[T] = Future()

    def run() -> None:
        try:
            _call("setns", ctypes.c_int(network), ctypes.c_int(_CLONE_NEWNET))
            found.set_result(call())
        except BaseException as error:  # noqa: BLE001 - raised again where it was called
            found.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return found.result()


def _bring_up(interface: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        flags = flags_of(interface, asked) | _IFF_UP
        fcntl.ioctl(asked, _SIOCSIFFLAGS, struct.pack("16sH14x", interface.encode(), flags))


def try_apart(look: Callable[[], str], *, whole: bool = False) -> str:
    """What `look` says in a child with a network namespace (`whole`: a private world) of its own, which ends with the child.

    Where the machine gives none, the reason in words.
    """
    reasons = []
    for flags in _ways():
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            os.close(reader)
            _say_apart(look, flags if whole else flags & ~(_CLONE_NEWPID | _CLONE_NEWNS), writer)
        os.close(writer)
        with os.fdopen(reader, encoding="utf-8") as answer:
            reason, apart, said = answer.read().partition("\0")
        os.waitpid(child, 0)
        if apart:
            return said
        reasons.append(reason or "the child ended without a word")
    return f"{'; '.join(reasons)}{_hint()}"


def _say_apart(look: Callable[[], str], flags: int, writer: int) -> NoReturn:
    """Run in the child: a reason, or a mark and what was seen."""
    said = ""
    try:
        _unshare(flags)
        said = f"\0{_tried(look)}"
    except OSError as error:
        said = str(error)
    finally:
        os.write(writer, said.encode(errors="replace")[:_SAID_MOST])
        os._exit(0)


def _tried(look: Callable[[], str]) -> str:
    try:
        return look()
    except OSError as error:
        return error.strerror or str(error)
