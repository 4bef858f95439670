"""The recorder of a cable: a process that writes what a packet socket hears into pcap files. Standard library only: it starts at once.

python -m harness.lab.sniffer SOCKET FOLDER STEM MOST; takes orders as lines of JSON on its input and ends when there are no more.
"""

import errno
import hashlib
import json
import mmap
import os
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import Any

BLOCK, BLOCKS, RETIRE_MS = 1 << 19, 64, 20
SNAP = 262_144
HEAD = struct.pack("=IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, SNAP, 1)  # times in nanoseconds; Ethernet

_COUNT_S = 1.0
_PACKET_STATISTICS, _SOL_PACKET = 6, 263
_TP_STATUS_USER = 1
_BLOCK_HEAD = struct.Struct("=IIIII")  # version, offset to private data, status, frames, offset to the first
_FRAME_HEAD = struct.Struct("=IIIIIIHH")  # next, seconds, nanoseconds, kept, length, status, offset of the link header, of the network's
_RECORD = struct.Struct("=IIII")


class Sniffer:
    """Reads the ring of a packet socket; `most` is how many bytes of files it may write."""

    def __init__(self, heard: socket.socket, folder: Path, stem: str, most: int) -> None:
        self._heard, self._folder, self._stem, self._most = heard, folder, stem, most
        self._ring = mmap.mmap(heard.fileno(), BLOCK * BLOCKS)
        self._view = memoryview(self._ring)
        self._block = 0
        self._lost = 0
        self._broke = ""
        self._file: FileIO | None = None
        self._digest = hashlib.sha256()
        self._frames = self._bytes = self._written = 0
        self._began = time.time()
        self._files: list[dict[str, Any]] = []
        self._counted, self._noted = 0.0, 0
        self._note()

    def run(self, orders: int) -> None:
        """Record until there are no more orders."""
        pending = b""
        while True:
            ready, _, _ = select.select([self._heard.fileno(), orders], [], [])
            self._drain()
            if time.monotonic() - self._counted > _COUNT_S:
                self._count_lost()
            if orders not in ready:
                continue
            data = os.read(orders, 4096)
            pending += data
            while b"\n" in pending:
                _, _, pending = pending.partition(b"\n")
                print(json.dumps(self.cut()), flush=True)  # noqa: T201 - the parent reads it
            if not data:
                self.cut()
                return

    def cut(self) -> dict[str, Any]:
        """Close the file and go on in another; what was recorded so far. The kernel hands over a block at the latest after RETIRE_MS."""
        deadline = time.monotonic() + 4 * RETIRE_MS / 1000
        while (left := deadline - time.monotonic()) > 0:
            select.select([self._heard], [], [], left)
            self._drain()
        self._close()
        self._count_lost()
        return {"files": self._files, "lost": self._lost, "began": self._began, "ended": time.time(), "broke": self._broke}

    def _note(self) -> None:
        """Beside the files, for a later process of the run: what a process that is killed cannot say any more."""
        new = self._folder / f"{self._stem}.new"
        new.write_text(json.dumps({"began": self._began, "lost": self._lost, "broke": self._broke}))
        new.replace(self._folder / f"{self._stem}.json")

    def _drain(self) -> None:
        """Take every block that the kernel has handed over."""
        while True:
            start = self._block * BLOCK
            _, _, status, frames, first = _BLOCK_HEAD.unpack_from(self._ring, start)
            if not status & _TP_STATUS_USER:
                return
            self._keep(start + first, frames)
            struct.pack_into("=I", self._ring, start + 8, 0)
            self._block = (self._block + 1) % BLOCKS

    def _keep(self, at: int, frames: int) -> None:
        parts: list[bytes | memoryview] = []
        for _ in range(frames):
            following, seconds, nanoseconds, kept, length, _, link, _ = _FRAME_HEAD.unpack_from(self._ring, at)
            parts.append(_RECORD.pack(seconds, nanoseconds, kept, length))
            parts.append(self._view[at + link : at + link + kept])
            at += following
        self._write(b"".join(parts), frames)

    def _write(self, data: bytes, frames: int) -> None:
        """Whole frames only; where the disk is full or enough was written, they are counted as lost."""
        if self._broke or self._written + len(data) > self._most:
            self._broke = self._broke or f"more than {self._most} bytes were sent"
            self._lost += frames
            return
        try:
            if self._file is None:
                self._open()
            self._append(data)
        except OSError as error:
            self._broke = f"the recording cannot be written: {error.strerror}"
            self._lost += frames
            return
        self._frames += frames

    @property
    def _name(self) -> str:
        return f"{self._stem}-{len(self._files)}.pcap"

    def _append(self, data: bytes) -> None:
        if self._file is None:
            return
        try:
            if self._file.write(data) != len(data):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._file.truncate(self._bytes)
            raise
        self._digest.update(data)
        self._bytes += len(data)
        self._written += len(data)

    def _open(self) -> None:
        path = self._folder / self._name
        path.touch(mode=0o600, exist_ok=False)
        self._file = path.open("wb", buffering=0)
        self._digest = hashlib.sha256()
        self._frames = self._bytes = 0
        self._append(HEAD)

    def _close(self) -> None:
        if self._file is None:
            return
        name = self._name
        self._file.close()
        self._file = None
        self._files.append({"file": name, "bytes": self._bytes, "frames": self._frames, "sha256": self._digest.hexdigest()})

    def _count_lost(self) -> None:
        _, drops, _ = struct.unpack("=III", self._heard.getsockopt(_SOL_PACKET, _PACKET_STATISTICS, 12))
        self._counted = time.monotonic()
        self._lost += drops
        if self._lost != self._noted:
            self._noted = self._lost
            with suppress(OSError):
                self._note()


def main() -> None:
    """Record until nobody gives orders any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    descriptor, folder, stem, most = sys.argv[1:]
    with socket.socket(fileno=int(descriptor)) as heard:
        sniffer = Sniffer(heard, Path(folder), stem, int(most))
        print("{}", flush=True)  # noqa: T201 - the parent waits for it
        sniffer.run(sys.stdin.fileno())


if __name__ == "__main__":
    main()
