"""Where the files that a lab reads lie: beside the package in a checkout."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def testcases() -> Path:
    """The folder of test cases."""
    return ROOT / "testcases"


def code() -> tuple[Path, ...]:
    """Everything whose change makes another harness: a run is not resumed by other code."""
    return (ROOT / "harness", testcases())
