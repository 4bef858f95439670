"""`manifest.json`: which files belong to a run, with size and SHA-256, and what is left out and why."""

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field

from harness.model.base import Frozen
from harness.model.errors import UsageError

NAME = "manifest.json"
NEEDED = ("verdicts.json", "journal/0.jsonl")

_BLOCK = 1 << 20


class Sealed(Frozen):
    """One file as it was when the run was sealed."""

    path: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


class LeftOut(Frozen):
    """A folder that is no part of the evidence."""

    path: str
    why: str


class Manifest(Frozen):
    """The whole seal."""

    model_config = ConfigDict(serialize_by_alias=True)

    schema_: Literal["camlabel-manifest/1"] = Field(default="camlabel-manifest/1", alias="schema")
    run: str
    files: tuple[Sealed, ...]
    left_out: tuple[LeftOut, ...]


LEFT_OUT = (
    LeftOut(path="private", why="the run's key and the values of secrets, which never leave the lab"),
    LeftOut(path="device", why="flash and card of an emulated camera: the thing that was tested, not evidence"),
)


def files(folder: Path) -> Iterator[str]:
    """Every path that belongs to the evidence, sorted; links and special files too, so that none hides."""
    out = {each.path for each in LEFT_OUT}
    for where, folders, names in os.walk(folder, onerror=_refuse):
        at_top = Path(where) == folder
        folders[:] = sorted(each for each in folders if not (at_top and each in out))
        linked = [each for each in folders if (Path(where) / each).is_symlink()]
        for name in sorted([*names, *linked]):
            path = (Path(where) / name).relative_to(folder).as_posix()
            if path != NAME:
                yield path


def spelled(manifest: Manifest) -> bytes:
    """The one spelling of a seal."""
    return manifest.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def fingerprint(folder: Path, path: str) -> Sealed:
    """Size and digest of a file; UsageError where it is no plain file."""
    whole = folder / path
    if not stat.S_ISREG(whole.lstat().st_mode):
        raise UsageError(f"{path}: not a plain file; a run's folder holds no links and no special files")
    digest, size = hashlib.sha256(), 0
    with os.fdopen(os.open(whole, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return Sealed(path=path, size=size, sha256=digest.hexdigest())


def _refuse(error: OSError) -> None:
    raise error
