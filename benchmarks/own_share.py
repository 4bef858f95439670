"""How long the main job takes and how much of that is the harness's own: `python benchmarks/own_share.py [RUNS]`.

Own share = 1 - (time inside transports, which includes waiting for the bench's budget, and in child processes) / wall. Each run is the
command as a user starts it; minimum, median and maximum are printed, since machines are noisy. Files are left in a temporary folder.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

CAMLABEL = Path(sys.executable).with_name("camlabel")


def once(folder: Path) -> dict[str, float]:
    """One run on the sound camera; its times."""
    done = subprocess.run([CAMLABEL, "run", "--out", folder], check=False, capture_output=True)
    if done.returncode != 2:
        sys.exit(done.stderr.decode())
    (times,) = folder.glob("*/times.json")
    found: dict[str, float] = json.loads(times.read_text())
    return found


def main() -> None:
    """Print a line for each figure."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        found = [once(Path(folder) / str(number)) for number in range(runs)]
    print(f"{runs} runs of `camlabel run`{'min':>12}{'median':>10}{'max':>10}")
    for name in found[0]:
        values = [each[name] for each in found]
        print(f"{name:24}{min(values):12.3f}{statistics.median(values):10.3f}{max(values):10.3f}")


if __name__ == "__main__":
    main()
