"""Digests of what a run was made with: other code, profile or catalogue must not go on with it."""

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from harness.journal.reader import Line
from harness.model.errors import UsageError
from harness.places import SHIPPED
from harness.runner.folder import RunFolder
from harness.runner.inputs import Inputs
from harness.runner.places import code

JUDGED_BY = ("profile", "settings", "overlay")  # what also a rejudgement must find unchanged: it says which cases there are
_CODE = (".py", ".yaml", ".json", ".txt")
MADE_BY = ("code", "catalogue", "driver", *JUDGED_BY)


def made_with(inputs: Inputs, folder: RunFolder) -> dict[str, Any]:
    """All that decides what a run asks and how that is judged, but for secrets."""
    return {
        "code": of_code(*inputs.settings.testcases),
        "catalogue": inputs.catalogue.digest,
        "profile": of_file(inputs.profile_path),
        "settings": of_file(folder.settings),
        "overlay": of_file(folder.overlay) if folder.overlay.exists() else "",
        **({"driver": of_file(inputs.driver_path)} if inputs.driver_path else {}),
    }


def refuse_other(lines: Sequence[Line], now: dict[str, Any], names: Iterable[str]) -> None:
    """UsageError when the run was begun with something else of these names, or with other secrets."""
    then = next((line.body["made_with"] for line in lines if line.kind == "run"), now)
    changed = [name for name in names if then.get(name) != now.get(name)]
    changed += [name for name, value in then.get("secrets", {}).items() if now.get("secrets", then["secrets"]).get(name) != value]
    if changed:
        remedy = "start a new run" if set(changed) & {*JUDGED_BY} else "start a new run, or rejudge this one"
        raise UsageError(f"this run was made with another {' and '.join(changed)} and cannot go on; {remedy}")


def of_code(*more: Path) -> str:
    """SHA-256 over all Python and data files of harness, testcases and a lab's own cases; from a checkout as from a wheel."""
    whole = hashlib.sha256()
    for folder in (*code(), *more):
        for path in sorted(path for path in folder.rglob("*") if path.suffix in _CODE and path.is_file() and _belongs(path, folder)):
            whole.update(f"{path.relative_to(folder.parent)}\0".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _belongs(path: Path, folder: Path) -> bool:
    """What a wheel carries inside the package is no part of the package."""
    return path.is_relative_to(SHIPPED) == folder.is_relative_to(SHIPPED)


def of_file(path: Path) -> str:
    """SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
