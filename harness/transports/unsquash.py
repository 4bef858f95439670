"""Reads a squashfs by squashfs-tools, as a child process with limits of its own; nothing is written to a disk."""

import resource
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from harness.model.errors import NotPossible
from harness.places import system_program

MEMORY_MAX = 1 << 30
SECONDS_MAX = 120
_SAID_MAX = 300


class Unpacking:
    """What comes out. `ended` tells afterwards what went wrong, empty where nothing did."""

    def __init__(self, child: subprocess.Popen[bytes], stdout: IO[bytes], stderr: IO[bytes]) -> None:
        self._child, self.stdout, self._stderr = child, stdout, stderr

    def ended(self) -> str:
        """Call it when everything was read."""
        try:
            status = self._child.wait(SECONDS_MAX)
        except subprocess.TimeoutExpired:
            return f"unsquashfs did not end within {SECONDS_MAX} s"
        self._stderr.seek(0)
        said = " ".join(self._stderr.read(1 << 16).decode(errors="replace").split())[:_SAID_MAX]
        return f"unsquashfs ended with status {status}: {said or 'no words'}" if status or said else ""


@contextmanager
def unpacking(image: int, offset: int) -> Iterator[Unpacking]:
    """A list of all entries and then their content, as squashfs-tools write pseudo files; the child dies with the context."""
    found = system_program("unsquashfs")
    if found is None:
        raise NotPossible("a squashfs file system cannot be read: apt-get install squashfs-tools")
    argv = [found, "-n", "-p", "1", "-da", "16", "-fr", "16", "-o", str(offset), "-pf", "/proc/self/fd/1", f"/proc/self/fd/{image}"]
    with tempfile.TemporaryFile() as stderr:
        child = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            pass_fds=(image,),
            preexec_fn=_limit,  # noqa: PLW1509 - only limits are set in it
            cwd="/",
        )
        try:
            if child.stdout is None:
                raise NotPossible("unsquashfs gives nothing")
            with child.stdout as stdout:
                yield Unpacking(child, stdout, stderr)
        finally:
            child.kill()
            child.wait()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_MAX, MEMORY_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
