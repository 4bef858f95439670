"""RunRecord → JUnit XML, one document a level with that level's own requirements, so that `junit-*.xml` merges without doubles.

A requirement is a test case, a dimension a suite. junit-xml builds the elements; the file is written here, since junit-xml strips
control characters silently and adds an attribute, `disabled`, that the schema of Jenkins' xunit plugin (junit-10.xsd) does not know.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC
from itertools import islice
from typing import Literal
from xml.etree import ElementTree as ET

from junit_xml import TestCase, TestSuite  # type: ignore[import-untyped]

from harness.model.counting import counted
from harness.model.record import RunRecord
from harness.model.verdict import CaseVerdict, LevelResult, Note, Offender, RequirementVerdict, Verdict
from harness.output.visible import visible

UndecidedAs = Literal["error", "skipped"]

_LISTED = 100
_MESSAGE = 500
_UNDECIDED = (Verdict.ERROR, Verdict.INCONCLUSIVE)
_SKIPPED = (Verdict.NOT_APPLICABLE, Verdict.NOT_TESTED)


def render(record: RunRecord, level: str, undecided_as: UndecidedAs = "error") -> bytes:
    """The document of one level; `undecided_as` says what ERROR and INCONCLUSIVE are for a CI that knows only three words."""
    suites = [_suite(record, level, dimension.id, undecided_as) for dimension in record.dimension_terms]
    if record.why_stopped:
        suites.insert(0, _stopped(record, level))
    root = ET.Element("testsuites", {"name": f"camlabel {level}", **_totals(suites)})
    root.extend(suites)
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode() + b"\n"


def _totals(suites: Iterable[ET.Element]) -> dict[str, str]:
    every = list(suites)
    counts = {name: str(sum(int(suite.attrib[name]) for suite in every)) for name in ("tests", "failures", "errors")}
    return {**counts, "time": f"{sum(float(suite.attrib['time']) for suite in every):.3f}"}


def _suite(record: RunRecord, level: str, dimension: str, undecided_as: UndecidedAs) -> ET.Element:
    """The suite's name carries the level: merging tools take suites of one name and time for copies."""
    times = {each.case: each.seconds for each in record.times}
    own = [each for each in record.requirements if (each.dimension, each.level) == (dimension, level)]
    suite = TestSuite(
        f"camlabel.{level}.{dimension}",
        [_case(each, times, undecided_as) for each in own],
        timestamp=_started(record),
        properties={name: visible(value, _MESSAGE) for name, value in _properties(record, level, dimension).items()},
    )
    return _element(suite)


def _stopped(record: RunRecord, level: str) -> ET.Element:
    """An error whatever the undecided are: what a run did not come to is skipped, and nobody would see that it never ended."""
    case = TestCase(name=f"{level}: the run came to its end", classname="camlabel.run")
    case.add_error_info(f"the run was stopped: {visible(record.why_stopped, _MESSAGE)}", error_type="STOPPED")
    return _element(TestSuite(f"camlabel.{level}.run", [case], timestamp=_started(record)))


def _element(suite: TestSuite) -> ET.Element:
    element: ET.Element = suite.build_xml_doc()
    del element.attrib["disabled"]
    element.set("time", f"{float(element.attrib['time']):.3f}")
    return element


def _started(record: RunRecord) -> str:
    return record.started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _properties(record: RunRecord, level: str, dimension: str) -> dict[str, str]:
    [result] = [each for each in record.levels if each.id == level]
    [state] = [each.state for each in record.cells if (each.dimension, each.level) == (dimension, level)]
    device = record.device
    return {
        "run": record.run,
        "level": level,
        "level.reached": _reached(result),
        "level.blockers": str(len(result.blockers)),
        "level.asked": record.asked,
        "cell": state,
        "exit_status": str(record.exit_status),
        "device": f"{device.producer} {device.model}",
        "device.hardware": device.hardware_revision,
        "device.firmware": device.firmware_version,
        "device.sample": device.sample,
        "device.serial": device.serial,
        "device.mac": device.mac,
        "catalogue": record.catalogue.version,
        "catalogue.sha256": record.catalogue.digest,
        "profile.sha256": record.profile_digest,
        "tool": record.tool,
    }


def _reached(result: LevelResult) -> str:
    if result.reached:
        return "yes"
    return "automated part" if result.automated_part_reached else "no"


def _case(found: RequirementVerdict, times: Mapping[str, float], undecided_as: UndecidedAs) -> TestCase:
    ran = dict.fromkeys(each.case for each in found.cases)
    case = TestCase(
        name=visible(f"{found.id} {found.title}", _MESSAGE),
        classname=f"camlabel.{found.dimension}",
        elapsed_sec=round(sum(times.get(each, 0.0) for each in ran), 3),
        stdout=_details(found),
    )
    message = f"{found.verdict}: {visible(found.reason, _MESSAGE)}"
    if found.verdict is Verdict.FAIL:
        case.add_failure_info(message, _offenders(found.offenders), found.verdict.value)
    elif found.verdict in _SKIPPED or (found.verdict in _UNDECIDED and undecided_as == "skipped"):
        case.add_skipped_info(message)
    elif found.verdict in _UNDECIDED:
        case.add_error_info(message, _offenders(found.offenders), found.verdict.value)
    return case


def _offenders(offenders: tuple[Offender, ...]) -> str:
    return "\n".join([*(_remark(each) for each in offenders[:_LISTED]), *_rest(len(offenders), "offenders")])


def _details(found: RequirementVerdict) -> str:
    """Everything that a person asks first, with the digests under which the evidence lies in the run's folder."""
    lines = [f"{found.verdict}: {visible(found.reason)}"]
    lines += [f"judged by: {found.judged_by}"] if found.verdict is not Verdict.NOT_TESTED else []
    for each in islice(found.cases, _LISTED):
        lines += _attempt(each)
    lines += [*_rest(len(found.cases), "attempts"), *(f"evidence sha256:{visible(each)}" for each in found.evidence[:_LISTED])]
    return "\n".join([*lines, *_rest(len(found.evidence), "digests")])


def _attempt(found: CaseVerdict) -> list[str]:
    counts = f"{found.side} side, attempt {found.attempt}, {counted(found.observations, 'observation')}"
    head = f"{found.case} ({counts}): {found.verdict}: {found.reason}"
    beside = [each for each in found.notes if each.verdict is not Verdict.FAIL]
    return [visible(head), *(f"  {each.verdict} {_remark(each)}" for each in beside[:_LISTED]), *_rest(len(beside), "remarks")]


def _remark(each: Note | Offender) -> str:
    lines = f" (journal lines {', '.join(map(str, each.evidence[:_LISTED]))})" if each.evidence else ""
    again = f"\n    see it again: {visible(each.again)}" if each.again else ""
    return f"{visible(each.what)}{': ' if each.item else ''}{visible(each.item)}{lines}{again}"


def _rest(count: int, what: str) -> list[str]:
    return [f"… {count - _LISTED} more {what} in the run's folder"] if count > _LISTED else []
