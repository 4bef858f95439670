"""`camlabel`: one sub-command a file. Exit status 3 is wrong use or a broken bench, with a sentence that says what to do."""

import sys

import typer

from harness.cli import bench, catalogue, device, flaws, run, settle, verify
from harness.cli import emulate as emulate_
from harness.model.errors import NotPossible, UsageError
from harness.output.visible import visible

app = typer.Typer(
    help="Test a connected camera against China's Cybersecurity Label: which level does it reach, what blocks the next, and the proof.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
app.command("run")(run.run)
app.command("rejudge")(run.rejudge)
app.command("verify")(verify.verify)
app.command("settle")(settle.settle)
app.command("flaws")(flaws.flaws)
app.command("emulate")(emulate_.emulate)
app.add_typer(catalogue.app, name="catalogue")
app.add_typer(device.app, name="device")
app.add_typer(bench.app, name="bench")

WRONG_USE = 3


def main() -> None:
    """The console entry."""
    try:
        status = app(standalone_mode=False)
    except (UsageError, NotPossible) as error:
        sys.stderr.write(f"camlabel: {visible(str(error), 20_000, lines=True)}\n")
        sys.exit(WRONG_USE)
    except typer.Exit as ended:
        sys.exit(ended.exit_code)
    except typer.Abort:
        sys.exit(130)
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        sys.exit(WRONG_USE)
    sys.exit(status if isinstance(status, int) else 0)
