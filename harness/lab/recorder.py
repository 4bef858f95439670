"""The capture of a run as the lab holds it: a packet socket on the router's bridge, and the process that writes what it hears.

Frames to and from us are kept in part: what we ask and are told is in the artefacts. All others are kept whole.
"""

import fcntl
import hashlib
import json
import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness.lab.hearing import attach
from harness.lab.lan import OUR_MAC, OURS
from harness.lab.orders import Servant
from harness.lab.sniffer import BLOCK, BLOCKS, HEAD, RETIRE_MS, SNAP
from harness.model.errors import NotPossible
from harness.transports.recorders import Recording

STEM = "capture"
MOST = 4 << 30

_RECORD = struct.Struct("=IIII")  # seconds, nanoseconds, bytes kept, bytes
_ALL = 3  # ETH_P_ALL
_SOL_PACKET, _VERSION, _RX_RING, _ADD_MEMBERSHIP = 263, 10, 5, 1
_TPACKET_V3, _PROMISCUOUS = 2, 1
_FRAME = 2048


class Recorder:
    """Implements harness.transports.recorders.Capture. `heard` is a packet socket of the namespace, not yet bound.

    `gaps` says what is missing in any case. `whole` keeps all frames whole: on a network of others the lab's own address is anybody's.
    """

    def __init__(
        self, heard: socket.socket, interface: str, folder: Path, gaps: tuple[str, ...] = (), most: int = MOST, *, whole: bool = False
    ) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._earlier = _earlier(folder)
        stem = f"{STEM}-{len(self._earlier)}"
        with heard:
            _listen(heard, interface, whole=whole)
            argv = [sys.executable, "-P", "-m", "harness.lab.sniffer", str(heard.fileno()), str(folder), stem, str(most)]
            log = folder / "recorder.log"
            with log.open("ab") as errors:
                process = subprocess.Popen(
                    argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, pass_fds=(heard.fileno(),), start_new_session=True
                )
        self._gaps = gaps
        self.of, self._folder = interface, folder
        self._servant = Servant("the recorder of the cable", process, log)

    @property
    def told(self) -> dict[str, Any]:
        """What the journal says when it starts: also the digests of what a killed process of the run left."""
        earlier = [digested(file) for part in self._earlier for file in part.files]
        return {"of": self.of, **({"earlier": earlier} if earlier else {})}

    def mark(self) -> float:
        """See Capture."""
        return time.time()

    def cut(self) -> Recording:
        """See Capture. Frames of earlier processes of the run come first."""
        said = self._said()
        parts = [
            *self._earlier,
            Recording(tuple(self._folder / entry["file"] for entry in said["files"]), **_told(said), ended=said["ended"]),
        ]
        lost = sum(part.lost or 0 for part in parts)
        files = tuple(file for part in parts for file in part.files)
        gaps = (*self._gaps, *(gap for part in parts for gap in part.gaps))
        return Recording(files, parts[0].began, said["ended"], lost, gaps)

    def stop(self) -> dict[str, Any]:
        """End it; the files with their digests and how many frames the kernel dropped."""
        try:
            return self._said()
        finally:
            self._servant.end()

    def _said(self) -> dict[str, Any]:
        return self._servant.ask({"do": "cut"})


def digested(file: Path) -> dict[str, Any]:
    """A finished file as the journal names it."""
    with file.open("rb") as opened:
        return {"file": file.name, "bytes": file.stat().st_size, "sha256": hashlib.file_digest(opened, "sha256").hexdigest()}


def _earlier(folder: Path) -> tuple[Recording, ...]:
    """What earlier processes of this run recorded."""
    notes = sorted(folder.glob(f"{STEM}-*.json"), key=lambda path: int(path.stem.rpartition("-")[2]))
    return tuple(_read(path) for path in notes)


def _read(note: Path) -> Recording:
    found = sorted(note.parent.glob(f"{note.stem}-*.pcap"), key=lambda path: int(path.stem.rpartition("-")[2]))
    files = [file for file in found if _trim(file)]
    ended = max((file.stat().st_mtime for file in files), default=note.stat().st_mtime)
    return Recording(tuple(files), **_told(json.loads(note.read_bytes())), ended=ended)


def _trim(file: Path) -> bool:
    """Cut off the frame in whose middle a recorder was killed: its time ended before that. False when not even the head is whole."""
    with file.open("r+b") as opened:
        size, at = opened.seek(0, os.SEEK_END), len(HEAD)
        while at + _RECORD.size <= size:
            opened.seek(at)
            following = at + _RECORD.size + _RECORD.unpack(opened.read(_RECORD.size))[2]
            if following > size:
                break
            at = following
        if size > at:
            opened.truncate(at)
    return size >= len(HEAD)


def _told(said: dict[str, Any]) -> dict[str, Any]:
    return {"began": said["began"], "lost": said["lost"], "gaps": (said["broke"],) if said["broke"] else ()}


def _listen(heard: socket.socket, interface: str, *, whole: bool) -> None:
    """From here on every frame on the interface is kept in the ring, until somebody reads it."""
    try:
        heard.setsockopt(_SOL_PACKET, _VERSION, _TPACKET_V3)
        frames = BLOCK * BLOCKS // _FRAME
        heard.setsockopt(_SOL_PACKET, _RX_RING, struct.pack("=IIIIIII", BLOCK, BLOCKS, _FRAME, frames, RETIRE_MS, 0, 0))
        if not whole:
            attach(heard, OURS, OUR_MAC, SNAP)
        index = _index(heard, interface)
        heard.setsockopt(_SOL_PACKET, _ADD_MEMBERSHIP, struct.pack("=iHH8s", index, _PROMISCUOUS, 0, b""))
        heard.bind((interface, _ALL))
    except OSError as error:
        raise NotPossible(f"capture on {interface}: {error.strerror}") from error
    os.set_inheritable(heard.fileno(), True)


def _index(heard: socket.socket, interface: str) -> int:
    answer = fcntl.ioctl(heard, 0x8933, struct.pack("16si12x", interface.encode(), 0))
    return int(struct.unpack("16si12x", answer)[1])
