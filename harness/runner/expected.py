"""How long a run will take.

On a real camera: the catalogue's estimates. On an emulated one: measured.yaml, made from runs on a quiet machine by
`python -m harness.runner.expected RUN…`; what the device takes stays, our own share is scaled by how fast this machine works now.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from pathlib import Path

from ruamel.yaml import YAML

from harness.cases.applicability import LOOK
from harness.journal.reader import Line, read
from harness.model.base import Frozen

LOOKS, REST = "looks", "start and end"
IN_STATE = " in state "
LOOP = 100_000
TRIES = 5


class Costs(Frozen):
    """Seconds of each case, of the looks (those in a state of their own apart) and of the rest; `own_share` is the harness's own work."""

    own_share: float
    seconds: dict[str, float]

    def of(self, names: Iterable[str], speed: float) -> float:
        """On a machine that needs `speed` times as long for our own work; what the device takes stays."""
        return sum(self.seconds[name] for name in names) * (1 + self.own_share * (speed - 1))


class Measured(Frozen):
    """`loop_s` is the measuring machine's time for the loop; costs by device and effort."""

    date: str
    loop_s: float
    devices: dict[str, dict[str, Costs]]

    def costs(self, device: str, effort: str) -> Costs | None:
        """None where this was not measured."""
        return self.devices.get(device, {}).get(effort)


@cache
def measured() -> Measured:
    """The table in the tree."""
    text = files("harness.runner").joinpath("measured.yaml").read_text(encoding="utf-8")
    return Measured.model_validate(YAML(typ="safe", pure=True).load(text))


def loop_s() -> float:
    """How long this machine takes for a fixed piece of work when nothing else disturbs it: the best of some tries."""
    return min(_once() for _ in range(TRIES))


def _once() -> float:
    began, total = time.perf_counter(), 0
    for number in range(LOOP):
        total += number & 7
    return time.perf_counter() - began


def seconds_of(lines: Sequence[Line], wall_s: float) -> dict[str, float]:
    """How long each case of a run took, all looks together, and the rest of the wall time."""
    spans = defaultdict[str, float](float)
    began: dict[tuple[str, int], datetime] = {}
    for line in lines:
        body = line.body
        if line.kind == "begin":
            began[body["case"], body["attempt"]] = datetime.fromisoformat(body["at"])
        if line.kind == "verdict":
            verdict = body["verdict"]
            since = began[verdict["case"], verdict["attempt"]]
            spans[_name(verdict["case"])] += (datetime.fromisoformat(body["at"]) - since).total_seconds()
    return {name: round(span, 2) for name, span in spans.items()} | {REST: round(max(0.0, wall_s - sum(spans.values())), 2)}


def _name(case: str) -> str:
    """All looks together, but those in a state of their own, which only some requirements need."""
    return LOOKS if case.startswith(LOOK) and IN_STATE not in case else case


def main(folders: Iterable[str]) -> None:
    """Print the table of these runs, the last of each device and effort."""
    devices: dict[str, dict[str, dict[str, object]]] = {}
    yaml = YAML(typ="safe", pure=True)
    yaml.width = 140
    for folder in map(Path, folders):
        settings = yaml.load((folder / "run.json").read_text(encoding="utf-8"))["settings"]
        times = yaml.load((folder / "times.json").read_text(encoding="utf-8"))
        costs = Costs(own_share=times["own_share"], seconds=seconds_of(read(folder / "journal"), times["wall_s"]))
        devices.setdefault(settings["device"], {})[settings["effort"]] = costs.model_dump()
    now = datetime.now().astimezone().date().isoformat()
    yaml.dump({"date": now, "loop_s": round(loop_s(), 5), "devices": devices}, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
