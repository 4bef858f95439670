"""Files in the tree that are made from data, and the check that they are what would be made now."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def keep_current(files: Mapping[Path, str], command: str, arguments: Sequence[str]) -> int:
    """Write the files, or with `--check` say which differ; 0 when all are, or were brought, up to date."""
    stale = [path for path, text in files.items() if not path.is_file() or path.read_text(encoding="utf-8") != text]
    for path in stale:
        if "--check" in arguments:
            sys.stderr.write(f"{path.name} is out of date: run `python -m {command}`\n")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(files[path], encoding="utf-8")
    return int(bool(stale) and "--check" in arguments)
