"""The catalogue, ready to use.

The YAML files are what people edit. Reading them takes a pure Python parser most of a second, so a generated twin in JSON lies beside
them with the SHA-256 of each YAML file; it is used only while all of these still fit, and the check for drift in the tree wants it current.
"""

import hashlib
import json
from pathlib import Path

from pydantic import JsonValue

from harness.catalogue.folder import digests, read_folder
from harness.model.requirement import Catalogue

HERE = Path(__file__).parent
TWIN = "catalogue.json"


def load(folder: Path | None = None) -> Catalogue:
    """The catalogue of a folder, by default the one that belongs to this package; UsageError tells all mistakes of form."""
    folder = folder or HERE
    seen = digests(folder)
    content = _twin(folder, seen) or read_folder(folder).content
    return Catalogue.model_validate({**content, "digest": _digest(seen)})


def twin_text(folder: Path | None = None) -> str:
    """What the twin should hold."""
    folder = folder or HERE
    content = {"files": digests(folder), "content": read_folder(folder).content}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n"


def twin_is_current(folder: Path | None = None) -> bool:
    """Does the twin fit the YAML files beside it?"""
    folder = folder or HERE
    return _twin(folder, digests(folder)) is not None


def _twin(folder: Path, seen: dict[str, str]) -> dict[str, JsonValue] | None:
    try:
        twin = json.loads((folder / TWIN).read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    return twin["content"] if isinstance(twin, dict) and twin.get("files") == seen else None


def _digest(seen: dict[str, str]) -> str:
    return hashlib.sha256("".join(f"{name} {digest}\n" for name, digest in seen.items()).encode()).hexdigest()
