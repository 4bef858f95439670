"""What makes a unit that unit: serial number, MAC address and device key, written once at first boot."""

import json
import re
import secrets
from dataclasses import dataclass

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.options import Options

MANUFACTURER = "camlabel"
MODEL = "emulated camera"
RELEASED = "1.0.0"
HARDWARE = "1"
_FUSES = "fuses.json"
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_SERIAL = re.compile(r"[A-Za-z0-9-]{1,32}")


class IdentityMistake(Exception):
    """What was asked does not fit this unit."""


@dataclass(frozen=True)
class Identity:
    """Stands for one-time programmable memory inside the processor: it is no part of the flash, and no clip reads it."""

    serial: str
    mac: str
    key: bytes


def identify(flash: Flash, options: Options) -> Identity:
    """The unit's identity; made at first boot, never changed afterwards."""
    identity = _read(flash) or _burn(flash, options)
    for name, given, burnt in (("serial", options.serial, identity.serial), ("MAC", options.mac, identity.mac)):
        if given is not None and given != burnt:
            raise IdentityMistake(f"the {name} of this flash is {burnt}, not {given}; use another --flash")
    return identity


def _read(flash: Flash) -> Identity | None:
    if not (path := flash.directory / _FUSES).exists():
        return None
    fuses = json.loads(path.read_bytes())
    return Identity(fuses["serial"], fuses["mac"], bytes.fromhex(fuses["key"]))


def _burn(flash: Flash, options: Options) -> Identity:
    identity = Identity(options.serial or _new_serial(), options.mac or _new_mac(), secrets.token_bytes(32))
    if not _SERIAL.fullmatch(identity.serial) or not _MAC.fullmatch(identity.mac):
        raise IdentityMistake("a serial is 1 to 32 letters, digits and hyphens, a MAC six lower-case hex pairs with colons")
    fuses = {"serial": identity.serial, "mac": identity.mac, "key": identity.key.hex()}
    flash.burn(_FUSES, json.dumps(fuses).encode())
    return identity


def _new_serial() -> str:
    return "CL" + secrets.token_hex(5).upper()


def _new_mac() -> str:
    return ":".join(["02", *(f"{byte:02x}" for byte in secrets.token_bytes(5))])
