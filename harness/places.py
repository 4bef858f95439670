"""Where things lie: folders that a lab reads and edits, beside the package in a checkout, inside it in an installed wheel; programs."""

import os
import shutil
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
SHIPPED = PACKAGE / "shipped"


def folder(name: str) -> Path:
    """The folder of this name: testcases, device_profiles, fixtures, reports."""
    return (SHIPPED if SHIPPED.is_dir() else ROOT) / name


def program(name: str) -> str | None:
    """Where a program lies; administrators' ones too, for whom an ordinary user's PATH has `bin` and not the `sbin` beside it."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    beside = [str(Path(each).with_name("sbin")) for each in folders if Path(each).name == "bin"]
    return shutil.which(name, path=os.pathsep.join([*folders, *beside]))


def system_program(name: str) -> str | None:
    """The same, and in the usual folders where PATH has none of them: what every machine has, whatever it was told to leave out."""
    return program(name) or shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
