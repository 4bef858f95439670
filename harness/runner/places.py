"""Which folders make the harness what it is."""

from pathlib import Path

from harness.places import PACKAGE, ROOT, folder

__all__ = ["ROOT", "code", "testcases"]


def testcases() -> Path:
    """The folder of test cases."""
    return folder("testcases")


def code() -> tuple[Path, ...]:
    """Everything whose change makes another harness: a run is not resumed by other code."""
    return (PACKAGE, testcases())
