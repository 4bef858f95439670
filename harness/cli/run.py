"""`camlabel run` and `camlabel rejudge`: the command line drives pytest."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import pytest
import typer

from harness.cli.options import Asked, BenchFile, Emulate, Flaws, OverlayFile, ProfileFile, Selected, Testcases, WithEffort
from harness.emulated.camera import flaws
from harness.model.difference import GATES, Gate, GateResult
from harness.model.errors import UsageError
from harness.model.vocabulary import Effort, Level
from harness.output import grid
from harness.output.diff import compare, product
from harness.output.diff_text import show_gate
from harness.output.gate import decide, refuse_misleading
from harness.output.junit import UndecidedAs
from harness.output.verdicts import render
from harness.output.visible import visible
from harness.runner.campaign import earned
from harness.runner.earlier import code_of
from harness.runner.engine import Engine
from harness.runner.folder import RunFolder
from harness.runner.hooks import ENGINE
from harness.runner.places import testcases as our_testcases

Json = Annotated[bool, typer.Option("--json", help="Print verdicts.json on standard output, all else on standard error.")]
Folder = Annotated[Path, typer.Argument(metavar="RUN", help="A folder below runs/.")]


WRONG_USE = 3
LEVEL: Level = "leading"
EFFORT: Effort = "quick"
QUIET = (
    "--disable-plugin-autoload",
    "-pharness.runner.plugin",
    "-pno:terminal",
    "-pno:cacheprovider",
    "-pno:unraisableexception",
    "--continue-on-collection-errors",
)


class Baseline:
    """An earlier run that a gate compares with."""

    def __init__(self, gate: Gate, path: Path) -> None:
        self._gate = gate
        self._record = earned(path)
        self._code = code_of(path)

    def refuse(self, engine: Engine) -> None:
        """UsageError where a gate between the baseline and this run would mean nothing."""
        dut, plan = engine.inputs.profile.dut, engine.inputs.plan
        if (dut.producer, dut.model) != (self._record.device.producer, self._record.device.model):
            raise UsageError(f"baseline {self._record.run}: of {product(self._record)}, this run is of {dut.producer} {dut.model}")
        refuse_misleading(self._record, catalogue=engine.inputs.catalogue.digest, overlay=plan.overlay)

    def decide(self, engine: Engine) -> GateResult:
        """Does the gate hold after the run."""
        record, folder = engine.record, engine.session.folder
        if record is None or folder is None:
            raise UsageError("the run left nothing that a gate could judge")
        found = compare(self._record, record, (self._code, code_of(folder.path)))
        return decide(self._gate, found, stopped=engine.exit_status == WRONG_USE)


class Outcome:
    """A pytest plugin that keeps hold of the engine; `engine` stays None in the process that only waits for the private world."""

    engine: Engine | None = None

    def __init__(self, baseline: Baseline | None = None) -> None:
        self._baseline = baseline

    def pytest_configure(self, config: pytest.Config) -> None:
        """Take the engine and let it speak; a baseline that would mislead ends the run before it begins."""
        engine = config.stash.get(ENGINE, None)
        if engine and self._baseline:
            try:
                self._baseline.refuse(engine)
            except UsageError as error:
                raise pytest.UsageError(str(error)) from error
        self.engine = engine
        if self.engine:
            self.engine.reporter.quiet = False


def run(  # noqa: PLR0913, PLR0917 - a command's options are its arguments
    emulate: Emulate = "",
    profile: ProfileFile = None,
    bench: BenchFile = None,
    level: Asked = LEVEL,
    effort: WithEffort = EFFORT,
    overlay: OverlayFile = None,
    select: Selected = "",
    flaw: Flaws = None,
    out: Annotated[Path, typer.Option(help="Folder for runs.")] = Path("runs"),
    resume: Annotated[Path | None, typer.Option(metavar="RUN", help="Go on with a run that was cut.")] = None,
    testcases: Testcases = None,
    undecided_as: Annotated[UndecidedAs, typer.Option(help="ERROR and INCONCLUSIVE in JUnit.")] = "error",
    gate: Annotated[str, typer.Option(metavar="|".join(GATES), help="The exit status says how this run compares with --baseline.")] = "",
    baseline: Annotated[Path | None, typer.Option(metavar="RUN", help="An earlier run of this product, as it was sealed.")] = None,
    json: Json = False,
) -> int:
    """Test a camera; without --profile and --bench the emulated one.

    Exit status: 0 level reached, 1 something failed, 2 nothing failed but something is undecided, 3 wrong use or broken bench. With
    --gate: 0 it holds, 1 it does not, 2 something that the baseline earned is undecided now, 3 as without.
    """
    check_flaws(flaw or [])
    own: dict[str, object] = {
        "--emulate": emulate,
        "--profile": profile,
        "--bench": bench,
        "--overlay": overlay,
        "--select": select,
        "--flaw": flaw,
    }
    own |= {"--level": level != LEVEL, "--effort": effort != EFFORT}
    if resume and (given := [option for option, value in own.items() if value]):
        raise UsageError(f"--resume goes on with the options that the run had; leave out {', '.join(given)}, or begin a new run")
    compared = _baseline(gate, baseline)
    chosen = {"--profile": profile, "--bench": bench, "--resume": resume}
    arguments = [f"{option}={value}" for option, value in chosen.items() if value]
    if not arguments or emulate:
        arguments.append(f"--emulate={emulate or 'fast'}")
    arguments += [f"--overlay={overlay}"] if overlay else []
    arguments += [f"--flaw={','.join(flaw)}"] if flaw else []
    arguments += [f"--level={level}", f"--effort={effort}", f"--select={select}", f"--out={out}", f"--undecided-as={undecided_as}"]
    return _drive([*arguments, *(f"--testcases={folder}" for folder in testcases or ())], *(testcases or ()), json=json, baseline=compared)


def rejudge(run: Folder, json: Json = False) -> int:
    """Judge a run again from its journal, by today's cases and limits, without the device. Nothing is written."""
    return _drive([f"--rejudge={run}"], *_testcases_of(run), json=json)


def check_flaws(groups: list[str]) -> tuple[str, ...]:
    """Names given by comma or one by one; UsageError names the unknown ones."""
    names = tuple(name for group in groups for name in group.split(",") if name)
    try:
        flaws.chosen(names)
    except ValueError as error:
        raise UsageError(f"--flaw: {error}") from error
    return names


def _baseline(gate: str, path: Path | None) -> Baseline | None:
    """The baseline, read and verified before anything is started."""
    if bool(gate) != bool(path):
        raise UsageError("--gate and --baseline go together: which gate, and the earlier run to compare with")
    return Baseline(gate_named(gate), path) if path else None


def gate_named(text: str) -> Gate:
    """A gate by its name; UsageError where there is no such."""
    for gate in GATES:
        if text == gate:
            return gate
    raise UsageError(f"--gate {text}: choose {' or '.join(GATES)}")


def _testcases_of(run: Path) -> tuple[Path, ...]:
    """The folders of a lab's own cases that a run was given."""
    return tuple(Path(folder) for folder in RunFolder(run).read("run.json")["settings"].get("testcases", ()))


def _drive(arguments: list[str], *folders: Path, json: bool, baseline: Baseline | None = None) -> int:
    outcome = Outcome(baseline)
    with _own_output() as out:
        places = [str(folder) for folder in (our_testcases(), *folders)]
        settled = [f"--rootdir={places[0]}", f"--config-file={places[0]}/pytest.ini"]
        status = pytest.main([*places, *settled, *QUIET, *arguments], plugins=[outcome])
        if outcome.engine is None:
            return WRONG_USE if status == pytest.ExitCode.USAGE_ERROR else int(status)
        _print(outcome.engine, out, json=json)
        return _gated(outcome.engine, baseline, sys.stderr if json else out)


def _gated(engine: Engine, baseline: Baseline | None, out: TextIO) -> int:
    """The command's exit status: the gate's where one was asked for."""
    if baseline is None:
        return engine.exit_status
    result = baseline.decide(engine)
    show_gate(result, out)
    return result.exit_status


def _print(engine: Engine, out: TextIO, *, json: bool) -> None:
    if engine.record is None:
        raise UsageError(engine.session.stopped or "the run ended before there was anything to judge")
    if json:
        out.write(render(engine.record).decode())
    else:
        grid.show(engine.record, out)
        if report := engine.report:
            out.write(f"\nreport: {report}\n")
    if engine.session.stopped:
        sys.stderr.write(f"camlabel: {visible(engine.session.stopped, 2000)}\n")
    elif engine.session.interrupted and engine.session.folder:
        sys.stderr.write(f"camlabel: cut before its end; camlabel run --resume {engine.session.folder.path} goes on\n")
    out.flush()


@contextmanager
def _own_output() -> Iterator[TextIO]:
    """Standard output for us alone; whatever else writes there, child processes too, goes to standard error."""
    sys.stdout.flush()
    ours = os.dup(1)
    os.dup2(2, 1)
    with os.fdopen(ours, "w", encoding=sys.stdout.encoding) as out:
        yield out
