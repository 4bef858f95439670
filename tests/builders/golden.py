"""Golden output. `python -m tests.builders.golden` writes the files anew; look at the difference before it is committed."""

import difflib
from pathlib import Path

from harness.output.renderers import RENDERERS
from tests.builders.records import colourful

FOLDER = Path(__file__).parents[1] / "golden"


def place(file: str) -> Path:
    """Where the golden copy of a renderer's file lies."""
    return FOLDER / Path(file).name


def difference(expected: str, found: str, name: str) -> str:
    """What changed, line by line; empty when nothing did."""
    return "\n".join(difflib.unified_diff(expected.splitlines(), found.splitlines(), f"golden/{name}", f"now/{name}", lineterm=""))


def main() -> None:
    """Write all golden files."""
    FOLDER.mkdir(exist_ok=True)
    for each in RENDERERS:
        place(each.file).write_bytes(each.render(colourful()))


if __name__ == "__main__":
    main()
