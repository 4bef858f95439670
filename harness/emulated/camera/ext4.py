"""The data partition: an ext4 file system inside an image, made and written by e2fsprogs."""

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from harness.emulated.camera.tools import ToolFailed, in_memory, run

BLOCK = 1024
_FEATURES = "^has_journal,^resize_inode"
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}(/[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}){0,3}")
_CHATTER = (b"debugfs ", b"Allocated inode", b"debugfs:")


def make(image: Path, offset: int, size: int) -> None:
    """An empty one; nothing of what was there before is left."""
    with image.open("r+b") as file:
        file.seek(offset)
        for _ in range(0, size, 1 << 20):
            file.write(bytes(1 << 20))
    extended = f"offset={offset},lazy_itable_init=0,root_owner=0:0"
    options = ("-q", "-F", "-t", "ext4", "-b", str(BLOCK), "-O", _FEATURES, "-m", "0", "-N", "512", "-L", "data")
    run("mke2fs", *options, "-E", extended, str(image), str(size // BLOCK))


def load(image: Path, offset: int) -> dict[str, bytes]:
    """All files, by their path."""
    with tempfile.TemporaryDirectory() as folder:
        _debugfs(image, offset, [f"rdump / {folder}"], write=False)
        files = (path for path in Path(folder).rglob("*") if path.is_file())
        return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def put(image: Path, offset: int, name: str, data: bytes, known: Iterable[str]) -> None:
    """Write one file, in the place of another if there is one. The blocks of the old one are free then, and keep what was in them."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no name for a file on the flash")
    there = tuple(known)
    folders = [name[:at] for at, letter in enumerate(name) if letter == "/"]
    missing = [folder for folder in folders if not any(each.startswith(f"{folder}/") for each in there)]
    content = in_memory(data)
    try:
        orders = [f"rm {name}"] if name in there else [f"mkdir {folder}" for folder in missing]
        _debugfs(image, offset, [*orders, f"write /proc/self/fd/{content} {name}", f"sif {name} mode 0100600"], files=(content,))
    finally:
        os.close(content)


def remove(image: Path, offset: int, name: str) -> None:
    """Delete one file."""
    _debugfs(image, offset, [f"rm {name}"])


def _debugfs(image: Path, offset: int, orders: Iterable[str], *, write: bool = True, files: tuple[int, ...] = ()) -> None:
    """What it complains of is on its error output only."""
    mode = ("-w",) if write else ()
    done = run("debugfs", *mode, "-f", "-", f"{image}?offset={offset}", given="\n".join(orders).encode() + b"\n", files=files)
    complaints = [line for line in done.stderr.splitlines() if line and not line.startswith(_CHATTER)]
    complaints = [line for line in complaints if b"while changing ownership" not in line]
    if complaints:
        raise ToolFailed(f"debugfs: {complaints[0].decode(errors='replace')[:300]}")
