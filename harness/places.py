"""Where the folders lie that a lab reads and edits: beside the package in a checkout, inside it in an installed wheel."""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
ROOT = PACKAGE.parent
SHIPPED = PACKAGE / "shipped"


def folder(name: str) -> Path:
    """The folder of this name: testcases, device_profiles, fixtures, reports."""
    return (SHIPPED if SHIPPED.is_dir() else ROOT) / name
