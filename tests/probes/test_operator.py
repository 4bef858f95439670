"""Answers of a person through the gate: recorded with who and when, files by digest, played back without the person."""

import hashlib
from pathlib import Path

from harness.cases.words import Observe, expect
from harness.journal.artefacts import get
from harness.model.operator import Answer, Question, Words
from harness.model.verdict import Verdict
from harness.probes import operator
from harness.transports.operator import Scripted
from tests.builders.toy import OWNERS_PASSWORD, attempt, gate, judged, replayed

WORDS = Words(en="Is there a serial port?", zh="有串口吗？")
UART = Question(key="uart", kind="choice", words=WORDS, choices=operator.YES_NO)
PHOTO = Question(key="board", kind="photo", words=WORDS)
JPEG = b"\xff\xd8\xff\xe0 " + OWNERS_PASSWORD.encode()


def no_port(observe: Observe) -> None:
    expect("nobody saw a port", observe(operator.answer, UART).value == "no")


def test_an_answer_is_an_observation_and_is_played_back(tmp_path: Path) -> None:
    with gate(tmp_path, operator=Scripted({"uart": "no"}, tmp_path)) as toy:
        live = judged(toy.live, no_port)
        lines = toy.lines
    assert live.verdict is Verdict.PASS
    assert replayed(lines, no_port).verdict is Verdict.PASS
    [seen] = [line.body["result"] for line in lines if line.kind == "observation"]
    assert seen["scripted"]
    assert seen["who"] == "bench file (scripted)"


def test_the_dialogue_is_evidence(tmp_path: Path) -> None:
    with gate(tmp_path, operator=Scripted({"uart": "no"}, tmp_path)) as toy:
        judged(toy.live, no_port)
        [seen] = toy.bodies("observation")
    dialogue = get(tmp_path / "artefacts", seen["artefacts"][0]).decode()
    assert "有串口吗" in dialogue
    assert "scripted" in dialogue


def test_where_nobody_is_it_is_not_tested(tmp_path: Path) -> None:
    for number, nobody in enumerate((None, Scripted({}, tmp_path)), 1):
        with gate(tmp_path, operator=nobody) as toy:
            verdict = judged(toy.live, no_port, attempt(number=number))
        assert verdict.verdict is Verdict.NOT_TESTED
        assert "asked" in verdict.reason


def test_a_photo_is_an_artefact_without_secrets(tmp_path: Path) -> None:
    (tmp_path / "board.jpg").write_bytes(JPEG)
    (tmp_path / "run").mkdir()
    kept: list[Answer] = []
    with gate(tmp_path / "run", operator=Scripted({"board": "board.jpg"}, tmp_path)) as toy:
        judged(toy.live, lambda observe: kept.append(observe(operator.answer, PHOTO)))
        [seen] = toy.bodies("observation")
    [answer] = kept
    assert answer.digest in seen["artefacts"]
    stored = get(tmp_path / "run/artefacts", answer.digest)
    assert OWNERS_PASSWORD.encode() not in stored
    assert hashlib.sha256(stored).hexdigest() == answer.digest
    assert (answer.media_type, answer.size) == ("image/jpeg", len(JPEG))


def test_a_confirmation_is_yes_or_no(tmp_path: Path) -> None:
    with gate(tmp_path, operator=Scripted({"uart": "yes"}, tmp_path)) as toy:
        assert operator.confirmed(toy.live.bench, "uart", WORDS).value == "yes"
