"""The plan for people: what will run, what will not apply, what cannot be done on this bench, and how long it takes."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.cases.applicability import look_of
from harness.cases.registry import scan
from harness.catalogue.load import load
from harness.journal.reader import Line as JournalLine
from harness.model.outlook import Line, Outlook
from harness.model.vocabulary import Effort
from harness.runner import expected, places
from harness.runner.expected import LOOKS, REST, Costs, seconds_of
from harness.runner.inputs import read_inputs
from harness.runner.outlook import outlook
from harness.runner.settings import Settings


def looked(device: str = "fast", *, effort: Effort = "quick", attended: bool = False, **more: object) -> Outlook:
    settings = Settings.model_validate({"device": device, "effort": effort, **more})
    return outlook(read_inputs(settings), 1.0, attended=attended)


def lines(found: Outlook, name: str) -> list[Line]:
    return [line for line in found.lines if line.requirement == name]


def test_every_side_has_a_line() -> None:
    found = looked()
    assert len({line.requirement for line in found.lines}) == 130
    assert {line.requirement for line in found.lines if line.what == "run"} == {info.requirement for info in scan(places.testcases()).cases}


def test_lines_and_whole_tell_one_story() -> None:
    found = looked()
    table = expected.measured().costs("fast", "quick")
    assert table
    [line] = lines(found, "PHY-01")
    assert 60 * line.minutes == pytest.approx(table.seconds["test_serial_console_gives_no_shell"], abs=0.031)  # minutes are rounded
    assert 60 * sum(line.minutes for line in found.lines) < found.expected_s


def test_a_case_file_that_cannot_be_read_is_said_beforehand(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text('@case("NET-11")\ndeff test_own():\n')
    [line] = lines(looked(testcases=(tmp_path,)), "NET-11")
    assert line.what == "run"
    assert "; and ERROR, since test_own.py cannot be read: " in line.why


def test_what_runs_says_by_which_cases() -> None:
    [line] = lines(looked(), "PHY-01")
    assert (line.side, line.what, line.why, line.lacks) == ("device", "run", "test_serial_console_gives_no_shell", ())
    assert line.minutes > 0


def test_absence_that_will_be_shown_and_absence_that_cannot_be() -> None:
    found = looked()
    assert lines(found, "PHY-04")[0].what == "not applicable"
    [line] = lines(found, "NET-17")
    assert line.what == "not possible here"
    assert line.why.endswith("absence cannot be checked: no radio adapter on the bench")
    assert line.minutes == 0


def test_a_survey_earns_absence_at_full_effort_only() -> None:
    """NET-27 hangs on a page of the device."""
    quick, full = (lines(looked("foreign-gstreamer", effort=effort), "NET-27")[0] for effort in ("quick", "full"))
    assert (quick.what, full.what) == ("not possible here", "not applicable")
    assert "needs effort full" in quick.why


def test_what_the_bench_lacks_is_named() -> None:
    """Without a serial adapter there is no console to look at."""
    found = looked("foreign-gstreamer")
    assert all(line.what != "run" for line in lines(found, "PHY-01"))
    assert any("nobody at the bench" in line.why for line in found.lines)


def test_a_machine_without_a_private_world_has_no_router() -> None:
    inputs = read_inputs(Settings(device="fast"))
    whole, less = (outlook(inputs, 1.0, worldless=why) for why in ("", "namespaces are switched off"))
    assert lines(whole, "NET-24")[0].what == "run"
    told = lines(less, "NET-24")[0]
    assert (told.what, told.why) == ("not possible here", "no router of the lab's own on this machine: namespaces are switched off")
    assert lines(less, "NET-11") == lines(whole, "NET-11")


def test_deselected_is_said() -> None:
    found = looked(select=("NET-11",))
    assert {line.why for line in found.lines if line.requirement != "NET-11"} >= {"deselected"}
    assert [line.what for line in lines(found, "NET-11")] == ["run"]


def test_the_time_is_the_measured_one_scaled_to_the_machine() -> None:
    settings = read_inputs(Settings(device="fast"))
    once, twice = outlook(settings, 1.0), outlook(settings, 2.0)
    assert once.expected_s < twice.expected_s <= 2 * once.expected_s
    assert once.basis.startswith("measured on ")
    assert looked("foreign-gstreamer-open").basis == "the catalogue's estimates at full effort"


def test_a_case_that_came_since_is_estimated_by_the_catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    table = expected.measured()
    quick = table.devices["fast"]["quick"]
    fewer = Costs(
        own_share=quick.own_share, seconds={name: each for name, each in quick.seconds.items() if "before_credentials" not in name}
    )
    monkeypatch.setattr(expected, "measured", lambda: table.model_copy(update={"devices": {"fast": {"quick": fewer}}}))
    found = looked(select=("SYS-03",))
    assert found.basis.startswith("measured on ")
    assert found.basis.endswith("1 case by the catalogue")
    minutes = load().requirement("SYS-03").expected_minutes.emulated
    assert found.expected_s == pytest.approx(fewer.of([LOOKS, REST], 1.0) + 60 * minutes, abs=0.06)


def test_less_selected_takes_less() -> None:
    assert looked(select=("SYS-07",)).expected_s < looked().expected_s


def at(number: int, seconds: float, **body: object) -> JournalLine:
    when = datetime(2026, 11, 25, tzinfo=UTC) + timedelta(seconds=seconds)
    return JournalLine(n=number, hash="", body={"at": when.isoformat(), **body})


def test_costs_are_read_from_a_run() -> None:
    """Looks together; the rest of the wall is start and end."""
    verdict = {"attempt": 1}
    journal = [
        at(1, 1, kind="begin", case="test_a", attempt=1),
        at(2, 3, kind="observation", case="test_a", paced=1.5),
        at(3, 5, kind="verdict", verdict={"case": "test_a", **verdict}),
        at(4, 5, kind="begin", case=look_of("uart"), attempt=1),
        at(5, 6, kind="verdict", verdict={"case": look_of("uart"), **verdict}),
    ]
    seconds = seconds_of(journal, 9.0)
    assert seconds == {"test_a": 4, LOOKS: 1, REST: 4}
    assert Costs(own_share=0.5, seconds=seconds).of(["test_a", REST], 2) == pytest.approx(12)


def test_the_machine_is_measured() -> None:
    assert expected.loop_s() > 0
    assert expected.measured().costs("no such device", "quick") is None


def test_an_overlay_is_told(tmp_path: Path) -> None:
    (tmp_path / "o.yaml").write_text("schema: camlabel-overlay/1\nname: lab\nreason: draft\nlevels: {NET-11: enhanced}\n")
    found = looked(overlay=tmp_path / "o.yaml")
    assert found.overlay == ("lab: draft", "NET-11: level basic → enhanced")
    assert lines(found, "NET-11")[0].level == "enhanced"
