"""What flawed units do differently after a reset than on delivery: a mark in the flash tells them."""

from pathlib import Path

from harness.emulated.camera.flash import Flash

MARK = "was-reset"
FLAWS = frozenset({"reset-opens-port", "reset-picture-open", "reset-stream-open"})


def leave_mark(directory: Path, flaws: frozenset[str]) -> None:
    """A sound unit leaves none."""
    if flaws & FLAWS:
        flash = Flash(directory)
        try:
            flash.write(MARK, b"1")
        finally:
            flash.close()


def openings(flash: Flash, flaws: frozenset[str], *, factory: bool) -> frozenset[str]:
    """Which of these flaws are in force now: after a reset, until set-up."""
    return flaws & FLAWS if factory and flash.read(MARK) else frozenset()
