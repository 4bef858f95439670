"""Start one emulated camera: python -m harness.emulated.camera --flash DIR --address A."""

import asyncio
import logging
import sys

from harness.emulated.camera.app import run
from harness.emulated.camera.deathsig import die_with_parent
from harness.emulated.camera.flash import FlashBusy
from harness.emulated.camera.identity import IdentityMistake
from harness.emulated.camera.options import parse


def main() -> None:
    """Run until told to stop; a sentence and status 1 when it cannot."""
    die_with_parent()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="camera: %(levelname)s %(message)s")
    options = parse()
    try:
        asyncio.run(run(options))
    except (FlashBusy, IdentityMistake, OSError) as problem:
        sys.exit(f"camera: {problem}")


if __name__ == "__main__":
    main()
