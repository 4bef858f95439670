"""How flawed units keep passwords; sound ones have them in the file of accounts only."""

import base64
import hashlib
import json

from harness.emulated.camera.card import Card
from harness.emulated.camera.flash import Flash

REALM = "IP Camera"
SAME_KEY = b"c4mLabel-kEy-0f-"  # what a maker wrote into the program
_MASK = 0x5A


def vault_key(flash: Flash, key: bytes, flaws: frozenset[str]) -> bytes:
    """The key under which passwords are sealed; a flawed unit has it where everybody finds it who reads the chip."""
    if "store-key-in-program" in flaws:
        return SAME_KEY
    if "store-key-beside" in flaws:
        if flash.read("device.key") is None:
            flash.write("device.key", hashlib.sha256(key).hexdigest().encode() + b"\n")
        return bytes.fromhex((flash.read("device.key") or b"").decode())
    return key


def spoil_store(flash: Flash, card: Card | None, flaws: frozenset[str], user: str, password: str) -> None:
    """What is written besides when an account gets a password."""
    if "store-plain-copy" in flaws:
        flash.write("onvif/users.xml", f"<Users><User><Name>{user}</Name><Password>{password}</Password></User></Users>\n".encode())
    if "store-digest-login" in flaws:
        digest = hashlib.md5(f"{user}:{REALM}:{password}".encode(), usedforsecurity=False).hexdigest()
        flash.write("rtsp.digest", f"{user}:{REALM}:{digest}\n".encode())
    if "store-xor" in flaws:
        flash.write("config.bin", b"CFG1" + bytes(byte ^ _MASK for byte in f"{user}\0{password}\0".ljust(96, "\0").encode()))
    if "store-backup-on-card" in flaws and card:
        settings = json.dumps({"user": user, "password": password}).encode()
        card.write("backup/settings.b64", base64.b64encode(settings))
