"""The home network of a run: the router's namespace, its services and the recorder of its cable."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from harness.lab.keeper import Keeper
from harness.lab.lan import BRIDGE, LINK, ROUTER, Lan
from harness.lab.namespaces import inside
from harness.lab.recorder import STEM, Recorder
from harness.lab.services import Services
from harness.model.errors import CamlabelError, NotPossible, UsageError

NOT_HEARD = "the run was interrupted: what the unit sent until it went on is not recorded"
UNIT_S = 180.0
NOT_HERE = "no router of the lab's own: what the device contacts is neither answered nor recorded"


NO_IPV6 = "this kernel has no IPv6: what a device contacts only where there is IPv6 is not seen"
_DISCARD, _LOOK_S = 9, 0.2


class Home:
    """Everything that a router does for the devices behind it; `services` and `capture` are what probes see of it.

    With a `card`, the keeper lends it to the router once everything listens (`borrow`), and real units on its cable are behind it too.
    """

    gateway = ROUTER

    def __init__(self, folder: Path, leases: Mapping[str, str], keeper: Keeper | None = None, card: str = "") -> None:
        if not inside():
            raise NotPossible(NOT_HERE)
        self.capture: Recorder | None = None
        self._recordings, self._card, self._keeper = folder, card, keeper
        self.lan = Lan()
        self.lan.open()
        try:
            self.services = Services(self.lan, folder, leases)
        except BaseException:
            self.lan.close()
            raise

    @property
    def limits(self) -> tuple[str, ...]:
        """What this router cannot do."""
        return self.services.limits if self.lan.has_ipv6 else (*self.services.limits, NO_IPV6)

    def record(self, folder: Path) -> Recorder:
        """Record every frame from now on."""
        heard = self.lan.socket(socket.AF_PACKET, socket.SOCK_RAW)
        interrupted = bool(self._card) and folder.is_dir() and any(folder.glob(f"{STEM}-*.json"))
        self.capture, self._recordings = Recorder(heard, BRIDGE, folder, (NOT_HEARD,) if interrupted else ()), folder
        return self.capture

    def keep_received(self) -> None:
        """Leave what the stand-in internet was sent beside the recording; the capture has it too."""
        taken = len(list(self._recordings.glob("stand-in-*.json")))
        with suppress(CamlabelError, OSError):
            path = self._recordings / f"stand-in-{taken}.json"
            path.touch(mode=0o600)
            path.write_text(json.dumps(self.services.noted()))

    def borrow(self) -> None:
        """Put the card into the router, where there is one: from now on units on its cable talk to us only."""
        if self._keeper is None:
            return
        try:
            self._keeper.lend(self._card, self.lan.path)
            self.lan.ip(f"link set {self._card} master {BRIDGE}\nlink set {self._card} up\n")
        except NotPossible as error:
            raise UsageError(f"{error}; a network card can be lent by root only, and one that is there") from error

    def await_unit(self, address: str, mac: str, within: float = UNIT_S) -> None:
        """Until a unit has taken its address; UsageError when none does, or another card has it."""
        deadline = time.monotonic() + within
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock:
            while not (found := _neighbour(address)):
                if time.monotonic() > deadline:
                    words = f"no unit took {address} within {within:g} s; is it on, is its cable in {self._card}, is its mac {mac}?"
                    raise UsageError(words)
                with suppress(OSError):
                    knock.sendto(b"", (address, _DISCARD))
                time.sleep(_LOOK_S)
        if found != mac:
            raise UsageError(f"{address} is taken by {found}, not by {mac} as the bench says; is this the unit?")

    def close(self) -> None:
        """Take everything down."""
        with suppress(CamlabelError):
            if self.capture:
                self.capture.stop()
        try:
            if self._keeper:
                self._keeper.give_back()
        except NotPossible as error:
            sys.stderr.write(f"camlabel: {error}; look at {self._card} with `ip address`\n")
        finally:
            self.services.stop()
            self.lan.close()


def _neighbour(address: str) -> str:
    """The card that has an address, as the kernel found it; empty as long as it found none."""
    done = subprocess.run(["ip", "-json", "neigh", "show", address, "dev", LINK], capture_output=True, check=False)
    told = json.loads(done.stdout or b"[]")
    return next((str(each["lladdr"]) for each in told if each.get("lladdr") and "FAILED" not in each.get("state", ())), "")
