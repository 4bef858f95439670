"""The journal as a time line: what happened when, on which lane. Bounded; what is left out is counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from harness.cases.applicability import LOOK
from harness.journal.reader import Line
from harness.model.narrative import Lane, Moment
from harness.model.verdict import Verdict
from harness.runner.answers import answers
from harness.runner.words import brief, called, cut

MOST = 1500
MOST_OF_A_LANE = 400
_TEXT = 300
_HEARD = 900
_SILENT = ("tried", "use", "intent", "password", "observation")
_LANES: dict[str, Lane] = {
    "console": "console",
    "serial": "console",
    "uart": "console",
    "capture": "network",
    "network": "network",
    "stand_in": "network",
    "power": "power",
    "operator": "operator",
    "answer": "operator",
    "state": "device",
    "reset": "device",
    "clock": "clock",
}
_PROBES: dict[str, Lane] = {"console": "power", "power": "power", "operator": "operator"}
Told = tuple[Lane, str]


def moments(lines: Sequence[Line], act: Callable[[Mapping[str, Any]], str]) -> tuple[tuple[Moment, ...], int]:
    """In order of time, and how many were left out; `act` says what an observation did to the device, nothing where it only looked."""
    every = sorted((each for line in lines for each in _of(line, act)), key=lambda each: (each.at, each.n))
    unheard = sum(line.body["left_out"] for line in lines if line.kind == "heard")
    counted: dict[str, int] = {}
    kept: list[Moment] = []
    for each in every:
        counted[each.lane] = counted.get(each.lane, 0) + 1
        if counted[each.lane] <= MOST_OF_A_LANE and len(kept) < MOST:
            kept.append(each)
    return tuple(kept), len(every) - len(kept) + unheard


def _of(line: Line, act: Callable[[Mapping[str, Any]], str]) -> Iterator[Moment]:
    if line.kind == "heard":
        for each in line.body["events"]:
            at = datetime.fromtimestamp(each["at"], UTC)
            yield Moment(at=at, lane=line.body["lane"], text=cut(each["text"], _HEARD), n=line.n)
        return
    yield from _phases(line)
    for lane, text in _told(line.kind, line.body, act):
        artefacts = tuple(line.body.get("artefacts", ()))
        yield Moment(at=datetime.fromisoformat(line.body["at"]), lane=lane, text=cut(text, _TEXT), n=line.n, artefacts=artefacts)


def _told(kind: str, body: Mapping[str, Any], act: Callable[[Mapping[str, Any]], str]) -> Iterator[Told]:
    if kind == "observation":
        yield from _observed(body, act)
    elif _idle_look(kind, body):
        return
    elif teller := _TELLERS.get(kind):
        yield teller(body)
    elif kind not in _SILENT:
        yield _LANES.get(kind.partition("_")[0], "run"), f"{kind.replace('_', ' ')}: {_rest(body)}".rstrip(": ")


def _idle_look(kind: str, body: Mapping[str, Any]) -> bool:
    """A built-in look is told when it saw something."""
    found = body["verdict"] if kind == "verdict" else body
    idle = kind == "begin" or (kind == "verdict" and found["verdict"] == Verdict.NOT_TESTED)
    return idle and str(found["case"]).startswith(LOOK)


def _observed(body: Mapping[str, Any], act: Callable[[Mapping[str, Any]], str]) -> Iterator[Told]:
    """Acts that change the device, time that was advanced, and silences."""
    if done := act(body):
        yield _PROBES.get(body["probe"].partition(".")[0], "act"), done
    for answer in answers(body.get("result")):
        yield "operator", f"asked for {answer.key}: {answer.value} ({'scripted in the bench file' if answer.scripted else answer.who})"
    if body.get("way") == "advanced" and body["polls"] and body["polls"][-1]["at"]:
        yield "clock", f"the camera's clock was advanced by {body['polls'][-1]['at']:g} s, polling {called(body)}"
    if body.get("failure", {}).get("kind") == "DeviceSilent":
        yield "device", f"no answer to {called(body)}: {body['failure']['message']}"


def _phases(line: Line) -> Iterator[Moment]:
    """What took place within one observation, each at its own time."""
    result = line.body.get("result")
    if not isinstance(result, dict):
        return
    for each in result.get("phases", ()):
        if isinstance(each, dict) and {"name", "begin", "seen", "device_s"} <= each.keys():
            text = f"{each['name']}, {each['device_s']:g} s of the device's time: {each['seen']}"
            lane: Lane = "clock" if result.get("way") == "advanced" and each["device_s"] else "act"
            yield Moment(at=datetime.fromtimestamp(each["begin"], UTC), lane=lane, text=cut(text, _TEXT), n=line.n)


def _rest(body: Mapping[str, Any]) -> str:
    told = {name: value for name, value in body.items() if name not in ("at", "kind", "artefacts")}
    return "; ".join(f"{name.replace('_', ' ')} {text}" for name, value in told.items() if (text := brief(value)))


def _run(body: Mapping[str, Any]) -> Told:
    limits = "; ".join(body["lab_limits"])
    return "run", f"a process of the run begins{f'; not possible here: {limits}' if limits else ''}"


def _begin(body: Mapping[str, Any]) -> Told:
    return "case", f"{body['case']} begins, attempt {body['attempt']}, for {body['requirement']}"


def _verdict(body: Mapping[str, Any]) -> Told:
    found = body["verdict"]
    return "case", f"{found['case']}: {found['verdict']}: {found['reason']}"


def _end(body: Mapping[str, Any]) -> Told:
    return "run", "the run ends" + (", interrupted" if body["interrupted"] else "") + (
        f", stopped: {body['stopped']}" * bool(body["stopped"])
    )


def _recording(body: Mapping[str, Any]) -> Told:
    return _LANES.get(body["recorder"], "run"), f"recording begins: {_rest(body)}"


def _recorded(body: Mapping[str, Any]) -> Told:
    return _LANES.get(body["recorder"], "run"), f"recording ends: {_rest(body)}"


def _health(body: Mapping[str, Any]) -> Told:
    seconds = f" after {body['seconds']:.1f} s" if "seconds" in body else ""
    return "device", f"the device is {body['state']}{seconds}"


_TELLERS: dict[str, Callable[[Mapping[str, Any]], Told]] = {
    "run": _run,
    "begin": _begin,
    "verdict": _verdict,
    "end": _end,
    "health": _health,
    "recording": _recording,
    "recorded": _recorded,
    "abandoned": lambda body: ("case", f"{body['case']}: attempt {body['attempt']} was cut and is abandoned"),
    "epoch": lambda body: ("device", f"epoch {body['epoch']}: {body['why']}"),
    "obligation": lambda body: ("act", f"owed to the device: {body['undo']}({brief(body['args'])})"),
    "discharged": lambda body: ("act", f"no longer owed: {body['why']}"),
    "password_is": lambda body: ("act", f"valid is password {body['version']} of {body['unit']}/{body['role']}"),
    "remark": lambda body: ("run", body["text"]),
}
