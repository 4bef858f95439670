"""Child processes that die on purpose."""

import os


def unmeasured() -> dict[str, str]:
    """The environment without the measuring of coverage: whoever is killed while that is written leaves half a file."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
