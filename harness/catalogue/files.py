"""Bounded reading of the files that people write."""

import hashlib
import stat
from pathlib import Path

from harness.model.mistake import Mistake, file_mistake, refusal

SIZE_MAX = 500_000  # bytes


def read_bytes(path: Path, size_max: int = SIZE_MAX) -> bytes:
    """The content of a regular file of bounded size; UsageError says why not."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise refusal([file_mistake(path, "is not a file", "name the YAML file itself")])
        with path.open("rb") as file:
            data = file.read(size_max + 1)
    except (OSError, ValueError) as error:
        raise refusal([_unreadable(path, error)]) from None
    if len(data) > size_max:
        raise refusal([file_mistake(path, f"is larger than {size_max} bytes", "is it the right file?")])
    return data


def read_text(path: Path, size_max: int = SIZE_MAX) -> str:
    """The content as UTF-8 text without NUL bytes."""
    data = read_bytes(path, size_max)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        binary = Mistake(
            file=str(path), line=line, path="(file)", what="is not UTF-8 text", remedy="save it as UTF-8, or name the right file"
        )
        raise refusal([binary]) from None
    if "\0" in text:
        raise refusal([file_mistake(path, "is binary", "name a YAML file")])
    return text


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    return hashlib.sha256(read_bytes(path)).hexdigest()


def _unreadable(path: Path, error: Exception) -> Mistake:
    if isinstance(error, FileNotFoundError):
        return file_mistake(path, "does not exist", "check the name")
    if isinstance(error, PermissionError):
        return file_mistake(path, "may not be read", "check its owner and mode")
    return file_mistake(path, f"cannot be read ({type(error).__name__})", "check the name and the medium")
