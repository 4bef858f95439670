"""The journal as a time line: every kind of line has its lane and its words; bounded."""

from collections.abc import Mapping
from typing import Any

import pytest

from harness.cases.applicability import LOOK
from harness.journal.reader import Line
from harness.model.narrative import Moment
from harness.runner import timeline

AT = "2026-08-22T10:15:00.000+00:00"
ARGS = [{"role": "owner", "which": "current"}]


def lines(*bodies: dict[str, Any]) -> list[Line]:
    return [Line(n, "", {"at": AT, **body}) for n, body in enumerate(bodies)]


def told(*bodies: dict[str, Any]) -> tuple[Moment, ...]:
    return timeline.moments(lines(*bodies), act)[0]


def act(body: Mapping[str, Any]) -> str:
    """What changes the device changes it."""
    return "changed" if body["probe"] in ("account.change", "console.cold_boot") else ""


def observation(probe: str, **more: Any) -> dict[str, Any]:
    return {"kind": "observation", "probe": probe, "args": ARGS, "artefacts": ["ab"], **more}


VERDICT = {"case": "test_x", "verdict": "PASS", "reason": "criterion met"}
SILENT = {"kind": "DeviceSilent", "message": "no answer in 5 s"}


@pytest.mark.parametrize(
    ("body", "lane", "text"),
    [
        ({"kind": "run", "lab_limits": []}, "run", "a process of the run begins"),
        ({"kind": "run", "lab_limits": ["no UDP"]}, "run", "a process of the run begins; not possible here: no UDP"),
        ({"kind": "begin", "case": "test_x", "attempt": 2, "requirement": "NET-11"}, "case", "test_x begins, attempt 2, for NET-11"),
        ({"kind": "verdict", "verdict": VERDICT}, "case", "test_x: PASS: criterion met"),
        ({"kind": "abandoned", "case": "test_x", "attempt": 1}, "case", "test_x: attempt 1 was cut and is abandoned"),
        ({"kind": "health", "state": "away"}, "device", "the device is away"),
        ({"kind": "health", "state": "back", "seconds": 3.25}, "device", "the device is back after 3.2 s"),
        ({"kind": "epoch", "epoch": 2, "why": "reset"}, "device", "epoch 2: reset"),
        ({"kind": "obligation", "undo": "account.restore", "args": ARGS}, "act", "owed to the device: account.restore(owner current)"),
        ({"kind": "discharged", "why": "verified"}, "act", "no longer owed: verified"),
        ({"kind": "password_is", "version": 2, "unit": "cam-1", "role": "owner"}, "act", "valid is password 2 of cam-1/owner"),
        ({"kind": "remark", "text": "odd"}, "run", "odd"),
        ({"kind": "end", "interrupted": False, "stopped": ""}, "run", "the run ends"),
        ({"kind": "end", "interrupted": True, "stopped": "gone"}, "run", "the run ends, interrupted, stopped: gone"),
        ({"kind": "recording", "recorder": "capture", "interface": "br0"}, "network", "recording begins: recorder capture; interface br0"),
        ({"kind": "recorded", "recorder": "console", "lost": 0}, "console", "recording ends: recorder console; lost 0"),
        ({"kind": "console_starts", "file": "a", "baud_rate": 9600}, "console", "console starts: file a; baud rate 9600"),
        ({"kind": "weather"}, "run", "weather"),
        (observation("account.change"), "act", "changed"),
        (observation("console.cold_boot"), "power", "changed"),
        (observation("web.get", failure=SILENT), "device", "no answer to web.get(owner current): no answer in 5 s"),
        (
            observation("web.get", way="advanced", polls=[{"at": 0}, {"at": 90.5}]),
            "clock",
            "the camera's clock was advanced by 90.5 s, polling web.get(owner current)",
        ),
    ],
)
def test_each_line_has_its_lane_and_words(body: dict[str, Any], lane: str, text: str) -> None:
    [found] = told(body)
    assert (found.lane, found.text) == (lane, text)
    assert found.artefacts == tuple(body.get("artefacts", ()))


def test_what_was_heard_has_its_own_times() -> None:
    events = [{"at": 1787393700.25, "text": "login:"}, {"at": 1787393701.0, "text": "#"}]
    found, left_out = timeline.moments(lines({"kind": "heard", "lane": "console", "events": events, "left_out": 7}), act)
    assert [(each.at.isoformat(), each.text) for each in found] == [
        ("2026-08-22T10:15:00.250000+00:00", "login:"),
        ("2026-08-22T10:15:01+00:00", "#"),
    ]
    assert left_out == 7


def test_phases_have_their_own_times() -> None:
    idle = {"name": "idle", "begin": 1787393700.0, "end": 1787393701.0, "device_s": 3600.0, "seen": "nothing was asked"}
    found = told(observation("life.ordinary_day", result={"way": "advanced", "phases": [idle, {**idle, "device_s": 0.0}, {"odd": 1}, 5]}))
    assert [(each.lane, each.text) for each in found] == [
        ("clock", "idle, 3600 s of the device's time: nothing was asked"),
        ("act", "idle, 0 s of the device's time: nothing was asked"),
    ]


def test_an_operator_is_told_by_name_and_a_script_as_such() -> None:
    answer = {"key": "uart", "kind": "choice", "value": "yes", "who": "li", "at": 1.0, "scripted": False}
    found = told(observation("looks.uart", result={"by": [answer, {**answer, "scripted": True}]}))
    assert [(each.lane, each.text) for each in found] == [
        ("operator", "asked for uart: yes (li)"),
        ("operator", "asked for uart: yes (scripted in the bench file)"),
    ]


def test_a_look_is_told_when_it_saw_something() -> None:
    look = {"case": f"{LOOK}uart", "verdict": "NOT_TESTED", "reason": "nobody there"}
    begin = {"kind": "begin", "case": f"{LOOK}uart", "attempt": 1, "requirement": "PHY-05"}
    assert told(begin, {"kind": "verdict", "verdict": look}) == ()
    assert len(told({"kind": "verdict", "verdict": {**look, "verdict": "FAIL"}})) == 1


@pytest.mark.parametrize("kind", ["tried", "use", "intent", "password"])
def test_what_happens_all_the_time_is_not_told(kind: str) -> None:
    assert told({"kind": kind}, observation("web.get", result=1), observation("web.get", way="advanced", polls=[{"at": 0}])) == ()


def test_one_lane_cannot_crowd_out_the_others() -> None:
    found, left_out = timeline.moments(
        lines(*({"kind": "console", "line": "x"} for _ in range(5000)), {"kind": "remark", "text": "y"}), bool
    )
    assert (len(found), left_out) == (timeline.MOST_OF_A_LANE + 1, 5000 - timeline.MOST_OF_A_LANE)
    assert found[-1].text == "y"


def test_all_together_are_bounded() -> None:
    bodies = [{"kind": kind, "text": "x"} for kind in ("console", "capture", "power", "operator", "remark") for _ in range(400)]
    found, left_out = timeline.moments(lines(*bodies), act)
    assert (len(found), left_out) == (timeline.MOST, 2000 - timeline.MOST)
