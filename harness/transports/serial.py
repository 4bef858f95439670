"""A serial line with its recorder: one thread reads from before power-on to the end, and keeps every byte with the time of its read.

Local ports, pseudo terminals, `socket://` and `rfc2217://` as pyserial opens them. Only the port that the bench names is opened.
"""

import hashlib
import os
import threading
import time
from array import array
from bisect import bisect_right
from contextlib import suppress
from pathlib import Path
from typing import Any

import serial

from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotPossible, UsageError
from harness.transports.console import Chunk, Window

BAUD = 115200
READ_S = 0.05
SETTLE_S = 0.004  # a read waits so long for company: few, larger chunks, at a tenth of the machine's time
SEND_S = 5.0
CHUNK = 65536
WINDOW = 1 << 20
RECORDING = 256 << 20
_LOCKS = Path("/run/lock"), Path("/var/lock")


class Recorded(Frozen):
    """What a recorder leaves: `file` is below the run's private folder."""

    file: str
    bytes: int
    lost: int
    sha256: str
    broke: str = ""


class SerialConsole:
    """Implements harness.transports.console.Console. Memory is bounded by the number of reads, not of bytes: those lie in the file.

    Beside it lies, for each read, when it had come and where it ends.
    """

    def __init__(self, url: str, file: Path, *, baud: int = BAUD, most: int = RECORDING) -> None:
        self.url, self.file, self.baud = url, file, baud
        self.lost = 0
        self._most = most
        self._port = _open(url, baud)
        self._news = threading.Condition()
        self._times, self._ends = array("d"), array("Q")
        self._heard = 0
        self._digest = hashlib.sha256()
        self._broke = ""
        self._closing = False
        self._kept = os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._kept_times = os.open(file.with_suffix(".times"), flags, 0o600)
        self._thread = threading.Thread(target=self._record, name=f"recorder of {url}", daemon=True)
        self._thread.start()

    def set_baud(self, baud: int) -> None:
        """Go on at another rate."""
        self._whole()
        try:
            self._port.baudrate = baud
        except (serial.SerialException, ValueError, OSError) as problem:
            raise NotPossible(f"{self.url} cannot be set to {baud} baud: {problem}") from problem
        self.baud = baud

    def mark(self) -> int:
        """How many bytes were heard up to now."""
        self._whole()
        with self._news:
            return self._heard

    def window(self, begin: int, end: int | None = None) -> Window:
        """From a mark on; at most WINDOW bytes."""
        with self._news:
            last = min(self._heard, begin + WINDOW, self._heard if end is None else end)
            first = bisect_right(self._ends, begin)
            spans = []
            for place in range(first, len(self._ends)):
                since = max(begin, self._ends[place - 1] if place else 0)
                until = min(last, self._ends[place])
                if since >= until:
                    break
                spans.append((self._times[place], since, until))
        chunks = tuple(Chunk(at, os.pread(self._kept, until - since, since)) for at, since, until in spans)
        return Window(begin, max(begin, last), chunks)

    def wait(self, beyond: int, within: float) -> bool:
        """Wait until more was heard."""
        with self._news:
            more = self._news.wait_for(lambda: self._heard > beyond or bool(self._broke), within)
        self._whole()
        return more

    def send(self, data: bytes) -> None:
        """Send all of it."""
        self._whole()
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            raise DeviceSilent(f"{self.url} took no more data for {SEND_S:g} s") from None
        except (serial.SerialException, OSError) as problem:
            self._break(problem)
            self._whole()

    def close(self) -> Recorded:
        """Stop; what was recorded, with its digest. Closing twice is fine."""
        self._closing = True
        self._thread.join()
        held = getattr(self._port, "_socket", None)  # pyserial forgets to close what the other end has closed
        with suppress(serial.SerialException, OSError):
            self._port.close()
        if held is not None:
            held.close()
        if self._kept >= 0:
            with suppress(OSError):
                os.fsync(self._kept)
            os.close(self._kept)
            os.close(self._kept_times)
            self._kept = -1
        return Recorded(file=self.file.name, bytes=self._heard, lost=self.lost, sha256=self._digest.hexdigest(), broke=self._broke)

    def _record(self) -> None:
        """The thread: read until told to stop or the port breaks."""
        while not self._closing:
            try:
                data = self._read()
            except (serial.SerialException, OSError, TypeError, AttributeError) as problem:  # pyserial trips over what a race closes
                self._break(problem)
                return
            if data:
                self._keep(data)

    def _read(self) -> bytes:
        """What is there, after a short wait for more of it."""
        first: bytes = self._port.read(1)
        if not first:
            return b""
        time.sleep(SETTLE_S)
        return first + (self._all_of_socket() if self.url.startswith("socket:") else self._all_of_port())

    def _all_of_port(self) -> bytes:
        there = min(CHUNK, int(self._port.in_waiting))
        rest: bytes = self._port.read(there) if there else b""
        return rest

    def _all_of_socket(self) -> bytes:
        """pyserial does not know how much is there."""
        self._port.timeout = 0
        try:
            rest: bytes = self._port.read(CHUNK)
        finally:
            self._port.timeout = READ_S
        return rest

    def _keep(self, data: bytes) -> None:
        at = time.time()
        room = max(0, self._most - self._heard)
        kept, left = data[:room], len(data[room:])
        try:
            if kept:
                os.pwrite(self._kept, kept, self._heard)
                os.write(self._kept_times, f"[{at:.6f}, {self._heard + len(kept)}]\n".encode())
        except OSError as problem:
            kept, left = b"", len(data)
            self._broke = self._broke or f"the recording of {self.url} cannot be written: {problem.strerror}"
        with self._news:
            self.lost += left
            if kept:
                self._digest.update(kept)
                self._heard += len(kept)
                self._times.append(at)
                self._ends.append(self._heard)
            self._news.notify_all()

    def _break(self, problem: Exception) -> None:
        with self._news:
            self._broke = self._broke or f"{self.url} broke: {problem}; is it plugged in, and does another program hold it?"
            self._news.notify_all()

    def _whole(self) -> None:
        if self._broke:
            raise UsageError(self._broke)


def _open(url: str, baud: int) -> Any:
    """The port, for us alone; NotPossible with the reason and a remedy."""
    if url.startswith("/"):
        _refuse_shared(Path(url))
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=baud, timeout=READ_S)
        if not url.startswith("rfc2217:"):  # which has a limit of its own, and refuses ours
            port.write_timeout = SEND_S
        if url.startswith("/"):
            port.exclusive = True
        port.open()
    except (serial.SerialException, ValueError, OSError, NotImplementedError) as problem:
        hint = "; some servers need ?ign_set_control behind the port" if url.startswith("rfc2217:") else ""
        if "Permission denied" in str(problem):
            hint = "; add yourself to the port's group (mostly: sudo usermod -aG dialout $USER), and log in again"
        raise NotPossible(f"the serial line {url} cannot be opened: {problem}{hint}") from problem
    return port


def _refuse_shared(path: Path) -> None:
    """A port that another program reads from gives us only the half of what comes."""
    if not path.exists():
        raise NotPossible(f"the serial line {path} is not there; is the adapter plugged in?")
    if holder := _holder(path):
        raise NotPossible(f"the serial line {path} is held by another program ({holder}); end that program")


def _holder(path: Path) -> str:
    """By its lock file, as terminal programs leave them, or by what it has open, as far as we may see that."""
    for lock in (folder / f"LCK..{path.name}" for folder in _LOCKS):
        with suppress(OSError, ValueError):
            pid = int(lock.read_text(encoding="ascii").split()[0])
            if Path("/proc", str(pid)).exists():
                return f"process {pid}"
    for process in Path("/proc").iterdir():
        if process.name.isdecimal() and int(process.name) != os.getpid() and _has_open(process, path):
            return f"process {process.name}, {_name_of(process)}"
    return ""


def _has_open(process: Path, path: Path) -> bool:
    real = path.resolve()
    with suppress(OSError):
        for each in (process / "fd").iterdir():
            with suppress(OSError):
                if each.readlink() == real and each.stat().st_rdev == real.stat().st_rdev:
                    return True
    return False


def _name_of(process: Path) -> str:
    with suppress(OSError):
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()[:40]
    return "whose name is not known"
