"""The hooks of an active run: from settings to verdicts, one case after the other."""

import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

import pytest
from pydantic import ValidationError

from harness.cases.dut import Dut, Limits
from harness.cases.registry import CaseInfo
from harness.cases.words import MARK
from harness.gate.attempt import Attempt, running
from harness.gate.observe import Observe
from harness.model.errors import CamlabelError, RecordLost, UsageError
from harness.model.verdict import CaseVerdict, Verdict
from harness.output import grid
from harness.output.visible import visible
from harness.runner.engine import Engine, open_engine
from harness.runner.judge import note_exception
from harness.runner.settings import Settings, selected
from harness.runner.terminal import Terminal, attended
from harness.runner.times import process_start

ENGINE = pytest.StashKey[Engine]()
ATTEMPT = pytest.StashKey[list[tuple[Attempt, bool]]]()
VERDICT = pytest.StashKey[CaseVerdict]()
LETTERS = {Verdict.FAIL: "F", Verdict.ERROR: "E", Verdict.INCONCLUSIVE: "I", Verdict.NOT_TESTED: "n", Verdict.PASS: "."}
WORD = "camlabel_verdict"
FIXTURES = frozenset({"dut", "observe", "limits"})


class NotPassed(Exception):
    """Raised once, at the end of a case, with the sentence of its verdict."""


def open_run(config: pytest.Config) -> int | None:
    """Read and check the inputs, then step into a private world when an emulated device needs one.

    The status is the world's; where a private world is not possible the run goes on here, over loopback.
    """
    _refuse_unsafe(config)
    try:
        engine = config.stash[ENGINE] = open_engine(_settings(config))
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error
    engine.attend(_terminal(config, engine))
    if config.option.collectonly or not engine.needs_world:
        return None
    try:
        return engine.enter_world()
    except UsageError as error:
        raise pytest.UsageError(str(error)) from error


def register(config: pytest.Config) -> None:
    """Make the hooks and markers of an opened run known."""
    engine = config.stash.get(ENGINE, None)
    if engine is None:
        return
    for name in engine.marker_names():
        config.addinivalue_line("markers", f"{name}: of the catalogue")
    config.pluginmanager.register(Cases(config, engine), "camlabel-cases")


class Cases:
    """The hooks of an active run."""

    def __init__(self, config: pytest.Config, engine: Engine) -> None:
        self._config = config
        self._engine = engine

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        """Check what was collected against the registry, mark it for -m, put it in order, drop what the plan does not run."""
        cases = {item: info for item in items if (info := self._info(item))}
        if strangers := [item.nodeid for item in items if item not in cases]:
            raise pytest.UsageError(f"{strangers[0]} is no test case: it has no @case, or its folder is not among the run's test cases")
        for item, info in cases.items():
            _refuse_item(item)
            for name in self._engine.markers(info):
                item.add_marker(name)
        order = self._engine.order()
        runs = [item for item in items if cases[item].name in order]
        config.hook.pytest_deselected(items=[item for item in items if item not in runs])
        items[:] = sorted(runs, key=lambda item: order.index(cases[item].name))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        """Lab, gate and prelude around all cases."""
        if session.testsfailed and not session.config.option.continue_on_collection_errors:
            return (yield)
        if session.config.option.collectonly:
            return (yield)
        self._engine.start()
        result = yield
        self._engine.look_for_the_rest()
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """The verdict is journalled after teardown."""
        item.stash[ATTEMPT] = []
        self._engine.reporter.begins(self._case(item))
        result = yield
        self._conclude(item)
        return result

    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool:
        """Run the case's attempts and raise its verdict."""
        info = self._case(pyfuncitem)
        if kept := self._engine.session.kept(info):
            pyfuncitem.stash[VERDICT] = kept
            _raise(kept)
            return True
        if why := self._engine.turn(info):
            pytest.skip(why)
        error = None
        for attempt in self._engine.session.attempts(info):
            error = self._attempt(pyfuncitem, attempt)
        if not pyfuncitem.stash[ATTEMPT]:
            pytest.skip(self._engine.session.stopped or "this run has no finished attempt of it")
        if error:
            raise error
        _raise(self._engine.preview(*pyfuncitem.stash[ATTEMPT][-1]))
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """A teardown that breaks is ERROR for its case; text of the device never reaches the terminal raw."""
        report = yield
        if call.when == "teardown" and call.excinfo and item.stash[ATTEMPT] and isinstance(call.excinfo.value, Exception):
            note_exception(item.stash[ATTEMPT][-1][0], call.excinfo.value)
        if call.excinfo and call.excinfo.errisinstance((NotPassed, CamlabelError)):
            report.longrepr = visible(str(call.excinfo.value), 2000, lines=True)
        if call.when == "call" and item.stash[ATTEMPT]:
            report.__dict__[WORD] = self._engine.preview(*item.stash[ATTEMPT][-1]).verdict
        return report

    def pytest_report_teststatus(self, report: pytest.TestReport) -> tuple[str, str, str] | None:
        """Our words in pytest's categories."""
        word = report.__dict__.get(WORD)
        if word is None or report.when != "call":
            return None
        category = {Verdict.PASS: "passed", Verdict.NOT_TESTED: "skipped", Verdict.ERROR: "error"}.get(word, "failed")
        return category, LETTERS[word], word.value

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """A file that cannot be collected is ERROR for its requirements."""
        if report.failed:
            self._engine.not_collected(PurePath(report.nodeid.partition("::")[0]).name, str(report.longrepr))

    def pytest_keyboard_interrupt(self) -> None:
        """The case in flight stays without a verdict."""
        self._engine.interrupted()

    def pytest_sessionfinish(self) -> None:
        """Put everything back, write the record."""
        self._engine.finish()

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """The grid, under plain pytest."""
        if self._engine.record:
            terminalreporter.write(grid.render(self._engine.record).decode())
        elif self._engine.session.stopped:
            terminalreporter.write_line(visible(self._engine.session.stopped))

    @pytest.fixture
    def dut(self, request: pytest.FixtureRequest) -> Dut:
        """The device under test."""
        return self._engine.fixtures(self._case(request.node))[0]

    @pytest.fixture
    def observe(self, request: pytest.FixtureRequest) -> Observe:
        """The way to the device."""
        return self._engine.fixtures(self._case(request.node))[1]

    @pytest.fixture
    def limits(self, request: pytest.FixtureRequest) -> Limits:
        """The thresholds of the case's requirement."""
        return self._engine.fixtures(self._case(request.node))[2]

    def _attempt(self, item: pytest.Function, attempt: Attempt) -> Exception | None:
        """Run the body once; returns what broke, for the traceback and the debugger."""
        broke: Exception | None = None
        if attempt.barred:
            attempt.notes.append(attempt.barred)
            item.stash[ATTEMPT].append((attempt, True))
            return None
        with running(attempt):
            try:
                if item.obj(**self._arguments(item)) is not None:
                    raise TypeError("a case returned something; it notes and returns nothing")
            except RecordLost as error:
                self._engine.session.stop(str(error))
                broke = error
            except Exception as error:  # noqa: BLE001 - where cases are judged
                note_exception(attempt, error)
                broke = error
        self._engine.session.settle(attempt)
        item.stash[ATTEMPT].append((attempt, broke is None))
        return None if isinstance(broke, CamlabelError) else broke

    def _arguments(self, item: pytest.Function) -> dict[str, Any]:
        """Our own fixtures, whatever a conftest.py puts over them."""
        ours = zip(("dut", "observe", "limits"), self._engine.fixtures(self._case(item)), strict=True)
        return {name: given for name, given in ours if name in item._fixtureinfo.argnames}  # noqa: SLF001 - what the case asks for

    def _conclude(self, item: pytest.Item) -> None:
        verdicts = [self._engine.conclude(attempt, ended=ended) for attempt, ended in item.stash[ATTEMPT]]
        kept = item.stash.get(VERDICT, None)
        self._engine.reporter.ends(self._case(item), verdicts[-1] if verdicts else kept)

    def _info(self, item: pytest.Item) -> CaseInfo | None:
        """The registry's entry; a function of the same name in another file is a stranger."""
        function = getattr(item, "obj", None)
        info = self._engine.case(function.__name__) if function is not None and hasattr(function, MARK) else None
        return info if info and info.path.resolve() == item.path.resolve() else None

    def _case(self, item: pytest.Item) -> CaseInfo:
        info = self._info(item)
        if info is None:
            raise pytest.UsageError(f"{item.nodeid} is no test case of the registry")
        return info


def _raise(verdict: CaseVerdict) -> None:
    if verdict.verdict is Verdict.NOT_TESTED:
        pytest.skip(verdict.reason)
    if verdict.verdict not in (Verdict.PASS, Verdict.NOT_APPLICABLE):
        raise NotPassed(f"{verdict.verdict}: {verdict.reason}")


def _terminal(config: pytest.Config, engine: Engine) -> Terminal | None:
    """Whoever is at the terminal; asked while pytest's capture and the progress line keep still."""
    capture = config.pluginmanager.getplugin("capturemanager")

    @contextmanager
    def suspended() -> Iterator[None]:
        with engine.reporter.paused():
            if capture:
                capture.suspend(in_=True)
            try:
                yield
            finally:
                if capture:
                    capture.resume()

    with suspended():
        there = attended(0, 2)
    who = os.environ.get("SUDO_USER") or os.environ.get("LOGNAME") or os.environ.get("USER") or f"uid {os.getuid()}"
    return Terminal(0, 2, who, engine.inputs.bench.operator.timeout_s, suspended) if there else None


def _refuse_unsafe(config: pytest.Config) -> None:
    """Ways of calling pytest that could turn a FAIL green."""
    if getattr(config.option, "numprocesses", None) or getattr(config.option, "dist", "no") != "no":
        raise pytest.UsageError("-n: one process per device; a camera cannot be tested by several at once")
    if sys.flags.optimize:
        raise pytest.UsageError("PYTHONOPTIMIZE and -O remove checks; run without them")
    if config.option.assertmode == "plain":
        raise pytest.UsageError("--assert=plain is refused; run without it")


def _refuse_item(item: pytest.Item) -> None:
    hiding = [mark.name for mark in item.iter_markers() if mark.name in ("skip", "skipif", "xfail")]
    if hiding:
        raise pytest.UsageError(f"{item.nodeid}: the mark {hiding[0]} would hide a device that fails")
    if hasattr(item, "callspec"):
        raise pytest.UsageError(f"{item.nodeid}: a case is not parametrised; loop in the case, so that each item is judged")
    if strange := set(getattr(item, "fixturenames", ())) - FIXTURES - {"request"}:
        raise pytest.UsageError(f"{item.nodeid}: a case has dut, observe and limits only, not {', '.join(sorted(strange))}")


def _settings(config: pytest.Config) -> Settings:
    option = config.option
    try:
        return Settings(
            device=option.emulate or "",
            profile=option.profile,
            bench=option.bench,
            level=option.level,
            effort=option.effort,
            overlay=option.overlay,
            select=selected(option.select),
            flaws=tuple(name for group in option.flaw for name in group.split(",") if name),
            out=option.out,
            testcases=tuple(option.testcases),
            resume=option.resume,
            rejudge=option.rejudge,
            undecided_as=option.undecided_as,
            began=process_start(),
        )
    except ValidationError as error:
        wrong = error.errors()[0]
        raise UsageError(f"--{str(wrong['loc'][0]).replace('_', '-')}: {wrong['input']!r}: {wrong['msg']}") from error
