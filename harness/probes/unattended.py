"""A device that its owner leaves alone: other settings are saved, and time passes. What was switched off has to stay off."""

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.probes.actions.perform import perform_by

LATER_S = 120.0
LONG_S = 9 * 3600.0  # a night: what ends after an hour or eight has ended


class Saved(Frozen):
    """Which other settings were saved, each with what came of it, and how long was waited then."""

    settings: tuple[str, ...] = ()
    waited_s: float = 0.0


@acts("change")
def put_back(bench: Bench) -> Saved:
    """The last way of change_setting puts back what the others changed."""
    ways = tuple(bench.profile.actions.get("change_setting", {}))
    return Saved(settings=(_saved(bench, ways[-1]),) if ways else ())


@acts("change", undo=put_back)
def leave_alone(bench: Bench) -> Saved:
    """Have other settings saved, as far as the profile says how (actions.change_setting), and let time pass: two minutes.

    At effort full a night, where a clock can be advanced.
    """
    settings = tuple(_saved(bench, way) for way in bench.profile.actions.get("change_setting", {}))
    waited_s = LONG_S if bench.effort == "full" and bench.clock.way == "advanced" else LATER_S
    bench.wait(waited_s)
    return Saved(settings=settings, waited_s=waited_s)


def _saved(bench: Bench, way: str) -> str:
    done = perform_by(bench, "change_setting", way)
    return f"{way}: {done.state}, {done.why}"[:300]
