"""Captures on a desk, where the network is not ours: files of somebody else's recorder, or a port on which a switch repeats frames."""

import socket
import time
from collections.abc import Sequence
from pathlib import Path
from shutil import copyfile
from typing import Any

from harness.lab.recorder import Recorder, digested
from harness.model.errors import NotPossible, UsageError
from harness.transports.recorders import Recording

BY_OTHERS = "recorded by others: whether it has every frame from power-on to the end is not known"
BY_A_SWITCH = "recorded from a switch's mirror port, which may leave frames out"


class Files:
    """Implements harness.transports.recorders.Capture. A file may still be written while the run goes on: each cut takes a copy."""

    def __init__(self, sources: Sequence[Path], folder: Path) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._pairs = tuple((source, folder / f"desk-{number}-{source.name}") for number, source in enumerate(sources))
        for source, copy in self._pairs:
            if not source.is_file() and not copy.exists():
                raise UsageError(f"{source}: there is no such capture; name it in the bench file as captures: […], below its folder")
        self.of = ", ".join(source.name for source in sources)
        self._began = time.time()

    @property
    def told(self) -> dict[str, Any]:
        """What the journal says when it starts."""
        return {"of": self.of}

    def mark(self) -> float:
        """See Capture."""
        return time.time()

    def cut(self) -> Recording:
        """See Capture."""
        for source, copy in self._pairs:
            if source.is_file():
                copy.unlink(missing_ok=True)
                copy.touch(mode=0o600)
                copyfile(source, copy)
        return Recording(tuple(copy for _, copy in self._pairs), self._began, time.time(), None, (BY_OTHERS,))

    def stop(self) -> dict[str, Any]:
        """What was recorded, with its digests."""
        files = [digested(copy) for copy in self.cut().files]
        return {"files": files, "lost": None, "began": self._began, "ended": time.time(), "broke": ""}


def mirror(interface: str, folder: Path) -> Recorder:
    """A recorder on a card of this machine; NotPossible without the right or the card."""
    try:
        heard = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    except PermissionError as error:
        raise NotPossible(f"capture on {interface}: not permitted; run as root, or grant cap_net_raw") from error
    return Recorder(heard, interface, folder, (BY_A_SWITCH,), whole=True)
