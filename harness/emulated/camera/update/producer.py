"""The producer's desk: makes the packages of this camera. python -m harness.emulated.camera.update.producer FOLDER

Everybody may sign for an emulated camera: its producer's key is made of a word.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from harness.emulated.camera.flaws import chosen
from harness.emulated.camera.identity import HARDWARE, MODEL, RELEASED
from harness.emulated.camera.update.package import pack
from harness.emulated.camera.update.software import root_image

NEWER, OTHER_MODEL = "1.0.1", "emulated doorbell"


def key_of(word: str) -> Ed25519PrivateKey:
    """A signing key."""
    return Ed25519PrivateKey.from_private_bytes(hashlib.sha256(word.encode()).digest())


PRODUCER, STRANGER = key_of("camlabel emulated producer"), key_of("somebody else")


def package(version: str = NEWER, *, key: Ed25519PrivateKey = PRODUCER, model: str = MODEL, flaws: frozenset[str] = frozenset()) -> bytes:
    """One package."""
    return pack(root_image(version, flaws), version, key, model=model, hardware=HARDWARE)


def make(folder: Path, flaws: frozenset[str] = frozenset()) -> dict[str, dict[str, str]]:
    """The packages that a laboratory is given, and what it is told of each."""
    made = {
        "official": (NEWER, package(flaws=flaws)),
        "current": (RELEASED, package(RELEASED, flaws=flaws)),
        "foreign_key": (NEWER, package(key=STRANGER, flaws=flaws)),
        "other_model": (NEWER, package(model=OTHER_MODEL, flaws=flaws)),
    }
    folder.mkdir(parents=True, exist_ok=True)
    told: dict[str, dict[str, str]] = {}
    for kind, (version, data) in made.items():
        name = f"{kind.replace('_', '-')}-{version}.bin"
        (folder / name).write_bytes(data)
        told[kind] = {"file": str(folder / name), "version": version, "sha256": hashlib.sha256(data).hexdigest()}
    return told


def main() -> None:
    """Make them, and say where they are."""
    parser = argparse.ArgumentParser(prog="python -m harness.emulated.camera.update.producer", description="Makes update packages.")
    parser.add_argument("folder", type=Path, help="where they are put")
    parser.add_argument("--flaw", action="append", default=[], dest="flaws", metavar="NAME", help="of the units; some are in the software")
    given = parser.parse_args()
    sys.stdout.write(json.dumps(make(given.folder, chosen(given.flaws))) + "\n")


if __name__ == "__main__":
    main()
