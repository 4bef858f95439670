"""The home network of a run: the router's namespace, its services and the recorder of its cable."""

import json
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from harness.lab.lan import BRIDGE, ROUTER, Lan
from harness.lab.namespaces import inside
from harness.lab.recorder import Recorder
from harness.lab.services import Services
from harness.model.errors import CamlabelError, NotPossible

NOT_HERE = "no router of the lab's own: what the device contacts is neither answered nor recorded"


class Home:
    """Everything that a router does for the devices behind it; `services` and `capture` are what probes see of it."""

    gateway = ROUTER

    def __init__(self, folder: Path, leases: Mapping[str, str]) -> None:
        if not inside():
            raise NotPossible(NOT_HERE)
        self.lan = Lan()
        self.lan.open()
        try:
            self.services = Services(self.lan, folder, leases)
        except BaseException:
            self.lan.close()
            raise
        self.capture: Recorder | None = None
        self._recordings = folder

    @property
    def limits(self) -> tuple[str, ...]:
        """What this router cannot do."""
        return self.services.limits

    def record(self, folder: Path) -> dict[str, Any]:
        """Record every frame from now on; what the journal says of it."""
        heard = self.lan.socket(socket.AF_PACKET, socket.SOCK_RAW)
        self.capture, self._recordings = Recorder(heard, BRIDGE, folder), folder
        return {"recorder": "capture", "interface": BRIDGE}

    def stop_recording(self) -> dict[str, Any]:
        """What was recorded, with its digests; what the stand-in internet was sent is kept beside it."""
        capture, self.capture = self.capture, None
        if capture is None:
            return {}
        (self._recordings / "stand-in.json").write_text(json.dumps(self.services.all()))
        return {"recorder": "capture", **capture.stop()}

    def close(self) -> None:
        """Take everything down."""
        with suppress(CamlabelError):
            if self.capture:
                self.capture.stop()
        self.services.stop()
        self.lan.close()
