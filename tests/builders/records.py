"""Records of runs that never were, for the renderers' tests."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from harness.cases.rollup import roll_up
from harness.model.narrative import Alike, Asked, Moment, Narrative, Paper, Photo, Purpose, Seen
from harness.model.plan import Plan, PlannedCase
from harness.model.record import CaseTime, Device, RunRecord, Stamp, Wait
from harness.model.verdict import CaseVerdict, Note, Verdict
from tests.builders.plans import attempt, plan, requirement

STARTED = datetime(2026, 8, 22, 10, 15, tzinfo=UTC)
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


def record(planned: Plan, attempts: Iterable[CaseVerdict], **more: object) -> RunRecord:
    """The record of a run on the emulated camera."""
    every = list(attempts)
    result = roll_up(planned, every, {each.case: (DIGEST,) for each in every})
    fields = {
        "run": "20260822T101500Z-emulated-camera",
        "started": STARTED,
        "ended": STARTED + timedelta(seconds=14.25),
        "exit_status": result.exit_status,
        "asked": planned.level,
        "device": Device(
            producer="camlabel", model="emulated camera", hardware_revision="1", firmware_version="1.0.0", sample="cam-1", serial="EC-0001"
        ),
        "catalogue": Stamp(version="0.2.0", digest=DIGEST),
        "profile_digest": DIGEST,
        "tool": "camlabel 0.1.0",
        "dimension_terms": planned.dimensions,
        "level_terms": planned.levels,
        "levels": result.levels,
        "cells": result.cells,
        "requirements": result.requirements,
        "waits": (Wait(what="the device's answers", seconds=6.5, times=412),),
        "times": (CaseTime(case="test_NET-11", seconds=4.125),),
    }
    return RunRecord.model_validate({**fields, **more})


OPEN_DOORS = tuple(
    Note(
        verdict=Verdict.FAIL,
        what="RTSP requests granted without a login",
        item=f"/live/{stream} · nobody · {over}",
        evidence=(number, number + 1),
        again=f"ffprobe -v error -rtsp_transport {over} 'rtsp://192.168.77.20:554/live/{stream}'",
    )
    for number, (stream, over) in enumerate((stream, over) for stream in ("main", "sub", "third", "fourth") for over in ("tcp", "udp"))
)


def papers(planned: Plan) -> tuple[Paper, ...]:
    """What a catalogue might say of each requirement."""
    return tuple(
        Paper(
            id=each.id,
            title_zh="本地码流协议须登录",
            statement=f"The device shall keep the promise of {each.id}.",
            criterion="Nothing is given without a login.",
            procedure=("Ask without a login.", "Ask with a wrong one."),
            controls=("the owner is served",),
            limits=("known paths max: 100 path (procedure)",),
            basis="derived",
            level_basis="proposal",
            limits_basis="proposal",
            automation="full",
            method="automated-network",
            minutes=20,
        )
        for each in planned.requirements
    )


def told(planned: Plan) -> Narrative:
    """What was asked and seen, and a time line with every lane."""
    case, at = "test_rtsp_gives_nothing_without_a_login", STARTED + timedelta(seconds=2)
    asked = "rtsp://192.168.77.20/live/main over tcp as nobody"
    seen = Seen(n=1, at=at, asked=asked, seen="gave description", again=("ffprobe rtsp://192.168.77.20/live/main",), artefacts=(DIGEST,))
    silent = Seen(n=2, at=at, asked="rtsp://192.168.77.20/live/sub over udp as nobody", seen="DeviceSilent: no answer in 5 s", failed=True)
    alike = (Alike(seen="gave nothing; refused yes", times=31), Alike(seen="gave description", times=8))
    photo = Photo(
        case=case, key="uart", name="pads.jpg", digest=DIGEST, media_type="image/jpeg", who="li", at=at, data=b"\xff\xd8\xff picture"
    )
    lanes = ("run", "case", "act", "device", "console", "network", "power", "operator", "clock")
    moments = tuple(
        Moment(at=STARTED + timedelta(seconds=index / 4), lane=lane, text=f"what the {lane} did", n=index)  # type: ignore[arg-type]
        for index, lane in enumerate(lanes)
    )
    return Narrative(
        papers=papers(planned),
        purposes=(Purpose(case=case, text="RTSP gives nothing to anyone who has not logged in."),),
        asked=(Asked(case=case, attempt=1, probe="rtsp.attempt", times=40, unanswered=1, answers=alike, shown=(seen, silent)),),
        photos=(photo,),
        moments=moments,
        left_out=3,
        conditions=(("lab", "emulated"), ("emulated", "fast"), ("flaws", "rtsp_open"), ("scripted", "yes"), ("limit", "no packet filter")),
    )


def colourful() -> RunRecord:
    """All six verdicts, several attempts, a fallen side, a neutral cell and a level above in disorder."""
    planned = plan(
        requirement("PHY-01", dimension="physical-hardware", cases=(), title="Serial console gives no shell"),
        requirement("PHY-02", dimension="physical-hardware", cases=(), title="Boot loader is locked"),
        requirement("PHY-05", dimension="physical-hardware", level="enhanced", cases=(), title="No undeclared interface"),
        requirement("SYS-06", dimension="system-software", title="Guessing is slowed down"),
        requirement(
            "SYS-07",
            dimension="system-software",
            title="Credentials can be changed and old ones die",
            fallen_sides=(("service", "cloud_account is declared absent: the camera has no cloud"),),
        ),
        requirement("SYS-16", dimension="system-software", level="enhanced", title="Only signed updates are installed"),
        requirement("NET-01", title="Only declared services answer", not_tested="no case yet", cases=()),
        requirement("NET-11", title="Local stream protocols require login", cases=rtsp_and_snapshot()),
        requirement("NET-12", level="enhanced", title="Streams are encrypted"),
        requirement("DAT-07", dimension="data-security", title="Every reset erases user data"),
        requirement("DAT-09", dimension="data-security", level="leading", title="Recordings are sealed", judged_by="guided"),
        requirement("ASR-03", dimension="security-assurance", title="Vulnerabilities are handled", judged_by="documents"),
        level="enhanced",
    )
    silent = Note(verdict=Verdict.INCONCLUSIVE, what="control after: owner is let in: no answer in 5 s", evidence=(77,))
    return record(
        planned,
        (
            attempt(Verdict.INCONCLUSIVE, name="SYS-06", notes=(silent,)),
            attempt(Verdict.PASS, name="SYS-06", number=2),
            attempt(Verdict.PASS, name="SYS-07"),
            attempt(Verdict.ERROR, name="SYS-16"),
            attempt(Verdict.FAIL, name="NET-11", case="test_rtsp_gives_nothing_without_a_login", notes=OPEN_DOORS),
            attempt(Verdict.FAIL, name="NET-12"),
            attempt(Verdict.NOT_APPLICABLE, name="DAT-07"),
            attempt(Verdict.PASS, name="DAT-09"),
        ),
        narrative=told(planned),
    )


def rtsp_and_snapshot() -> tuple[PlannedCase, ...]:
    """A case that runs and one that fell away."""
    return (
        PlannedCase(case="test_rtsp_gives_nothing_without_a_login", side="device", when="rtsp"),
        PlannedCase(
            case="test_snapshots_need_a_login", side="device", when="local_snapshot", runs=False, reason="it has no snapshot", absent=True
        ),
    )


def reached() -> RunRecord:
    """Everything passed, so that basic and enhanced are reached and of leading the automated part."""
    levels = ("basic", "enhanced", "leading")
    planned = plan(*(requirement(f"NET-0{n}", level=level, title=f"rule {n}") for n, level in enumerate(levels)), level="enhanced")
    return record(planned, [attempt(Verdict.PASS, name=f"NET-0{n}") for n in range(3)])
