"""`camlabel`: one sub-command a file. Exit status 3 is wrong use or a broken bench, with a sentence that says what to do."""

import gc
import sys
from importlib import import_module

import typer

from harness.model.errors import NotPossible, RecordLost, UsageError
from harness.output.visible import visible

COMMANDS = {
    "run": "run",
    "plan": "plan",
    "rejudge": "run",
    "report": "report",
    "verify": "verify",
    "diff": "diff",
    "merge": "merge",
    "settle": "settle",
    "flaws": "flaws",
    "emulate": "emulate",
    "doctor": "doctor",
}
GROUPS = ("catalogue", "device", "bench")
WRONG_USE = 3
INTERRUPTED = 130


def application(wanted: str) -> typer.Typer:
    """All commands, or only the wanted one when there is such: each brings its own imports."""
    app = typer.Typer(
        help="Test a connected camera against China's Cybersecurity Label: which level does it reach, what blocks the next, and the proof.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_one_of_many)
    for name, module in COMMANDS.items():
        if wanted == name or wanted not in {*COMMANDS, *GROUPS}:
            app.command(name)(getattr(import_module(f"harness.cli.{module}"), name))
    for name in GROUPS:
        if wanted == name or wanted not in {*COMMANDS, *GROUPS}:
            app.add_typer(import_module(f"harness.cli.{name}").app, name=name)
    return app


def main() -> None:
    """The console entry. What is imported lives as long as the command: a third of its start and end would be looking for garbage in it."""
    gc.disable()
    status = _status(sys.argv[1] if len(sys.argv) > 1 else "")
    gc.freeze()
    sys.exit(status)


def _one_of_many() -> None:
    """Keeps the name of a command necessary when it is the only one that was loaded."""


def _status(wanted: str) -> int:
    try:
        command = application(wanted)
        gc.freeze()
        gc.enable()
        status = command(standalone_mode=False)
    except (UsageError, NotPossible, RecordLost) as error:
        sys.stderr.write(f"camlabel: {visible(str(error), 20_000, lines=True)}\n")
        return WRONG_USE
    except (typer.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except typer.Exit as ended:
        return ended.exit_code
    except typer._click.ClickException as error:  # noqa: SLF001 - the name under which typer carries its click
        error.show()
        return WRONG_USE
    return status if isinstance(status, int) else 0
