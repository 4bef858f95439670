"""Digests of what a run was made with: other code, profile or catalogue must not go on with it."""

import hashlib
from pathlib import Path

from harness.runner.places import code


def of_code() -> str:
    """SHA-256 over all Python and data files of harness and testcases."""
    whole = hashlib.sha256()
    for folder in code():
        for path in sorted(path for path in folder.rglob("*") if path.suffix in (".py", ".yaml", ".json", ".txt") and path.is_file()):
            whole.update(f"{path.relative_to(folder.parent)}\0".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def of_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
