"""Takes a package from any way, and installs it only when the producer signed it for this camera."""

from contextlib import suppress
from typing import Literal

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.identity import HARDWARE, MODEL
from harness.emulated.camera.update.package import Package, PackageRefused, unpack
from harness.emulated.camera.update.software import Software

PRODUCER_KEY = bytes.fromhex("e7aa9e1fd65b9dd2b0af7d9d9a0050e0397c45eb40f67d8e421b049260f65d84")
_STAGED = "update.img"
Way = Literal["page", "network"]


def install_staged(flash: Flash) -> None:
    """What the boot script of a flawed unit does; a sound unit keeps nothing that it refused."""
    if staged := flash.read(_STAGED):
        flash.remove(_STAGED)
        with suppress(PackageRefused):
            Software(flash).write(unpack(staged).payload)


class Updater:
    """One for all ways: what the page sends and what the producer's server gives are looked at alike."""

    def __init__(self, flash: Flash, software: Software, flaws: frozenset[str]) -> None:
        self._flash, self._software, self._flaws = flash, software, flaws

    def install(self, data: bytes, way: Way) -> str:
        """The version that runs from the next boot on; PackageRefused when nothing was installed."""
        try:
            package = unpack(data)
            if "update-written-first" in self._flaws:
                self._software.write(package.payload)
            self._check(package, way)
        except PackageRefused:
            if "update-at-next-boot" in self._flaws:
                self._flash.write(_STAGED, data)
            raise
        if "update-only-said" not in self._flaws:
            self._software.write(package.payload)
        return package.version

    def _check(self, package: Package, way: Way) -> None:
        if not self._signed(package, way):
            raise PackageRefused("the producer's signature is missing or wrong")
        if not package.whole and "update-payload-unread" not in self._flaws:
            raise PackageRefused("the package is damaged: its digest is another")
        if (package.model, package.hardware) != (MODEL, HARDWARE) and "update-any-model" not in self._flaws:
            raise PackageRefused("the package is for another camera")

    def _signed(self, package: Package, way: Way) -> bool:
        """Without flaws: by the producer, whose key is burnt in."""
        openings = {
            "update-digest-only": True,
            "update-old-format": not package.signature,
            "update-key-inside": package.signed_by(package.key),
            "update-network-trusted": way == "network",
        }
        return package.signed_by(PRODUCER_KEY) or any(name in self._flaws and is_open for name, is_open in openings.items())
