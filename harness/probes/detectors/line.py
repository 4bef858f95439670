"""What the serial line has said since power-on shows that it is there; that it was silent shows nothing."""

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.errors import NotPossible
from harness.model.look import Looked
from harness.probes.console_text import READABLE, readable, score

FIRST, SHOWN = 65536, 120
ENOUGH = 48


@reads(once=True)
def look(bench: Bench) -> Looked:
    """Nothing is sent."""
    if bench.console is None:
        raise NotPossible(bench.lacks.get("console") or "no UART on the bench")
    with bench.access.device_time():
        heard = bench.console.window(0, min(bench.console.mark(), FIRST)).data
    if len(heard) < ENOUGH or score(heard) < READABLE:
        return Looked(kind="uart", complete=False, left_out="a silent or unreadable line may be one that is not wired")
    bench.access.received(bench.console.url, heard)
    first = next((line.strip() for line in readable(heard).split("\n") if line.strip()), "")
    return Looked(kind="uart", complete=False, seen=(f"{bench.console.url} speaks at {bench.console.baud} baud: {first[:SHOWN]}",))
