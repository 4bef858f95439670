"""Programs that make and write the file systems of a unit."""

import os
import subprocess
from collections.abc import Sequence

from harness.places import system_program

PACKAGES = {
    "mke2fs": "e2fsprogs",
    "debugfs": "e2fsprogs",
    "mksquashfs": "squashfs-tools",
    "unsquashfs": "squashfs-tools",
    "mformat": "mtools",
}
_LONGEST_S = 60.0


class ToolFailed(OSError):
    """A program is missing, or could not do it."""


def run(*argv: str, given: bytes = b"", files: Sequence[int] = ()) -> subprocess.CompletedProcess[bytes]:
    """Run one; `files` are descriptors that it reads."""
    found = system_program(argv[0])
    if found is None:
        raise ToolFailed(f"{argv[0]} is missing: apt-get install {PACKAGES.get(argv[0], 'mtools')}")
    try:
        done = subprocess.run([found, *argv[1:]], input=given, capture_output=True, check=False, pass_fds=files, timeout=_LONGEST_S)
    except subprocess.TimeoutExpired:
        raise ToolFailed(f"{argv[0]} did not end") from None
    if done.returncode:
        raise ToolFailed(f"{argv[0]}: {done.stderr.decode(errors='replace').strip()[:300]}")
    return done


def in_memory(data: bytes) -> int:
    """A descriptor of a file that is nowhere on a disk."""
    descriptor = os.memfd_create("ram")
    os.write(descriptor, data)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor
