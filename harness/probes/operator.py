"""Asks the person at the bench; who answered and when is in the observation, and the dialogue and any file in its artefacts."""

import json

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.errors import NotPossible
from harness.model.operator import Answer, Choice, Given, Question, Words
from harness.transports.operator import NOBODY_THERE, media_type

YES_NO = (Choice(id="yes", words=Words(en="yes", zh="是")), Choice(id="no", words=Words(en="no", zh="否")))
NAME_MOST = 200


@reads()
def answer(bench: Bench, question: Question) -> Answer:
    """One answer; NotPossible when nobody answers in time or nobody is there."""
    return asked(bench, question)


def asked(bench: Bench, question: Question) -> Answer:
    """The same inside another probe."""
    given = dialogue(bench, question)
    digest = bench.attach(given.content) if given.content else ""
    return Answer(
        key=question.key,
        kind=question.kind,
        value=given.value[:NAME_MOST] if given.content else given.value,
        number=given.number,
        who=given.who,
        at=given.at,
        scripted=given.scripted,
        digest=digest,
        size=len(given.content),
        media_type=media_type(given.content),
    )


def dialogue(bench: Bench, question: Question) -> Given:
    """The answer as it was given, a file with its content."""
    operator = bench.operator
    if operator is None:
        raise NotPossible(f"{NOBODY_THERE} (asked: {question.words.en})")
    bench.access.sent("operator", question.model_dump_json().encode())
    with bench.access.device_time():
        given = operator.ask(question)
    shown = {"value": given.value, "who": given.who, "at": given.at, "scripted": given.scripted}
    bench.access.received("operator", json.dumps(shown, ensure_ascii=False).encode())
    return given


def confirmed(bench: Bench, key: str, words: Words) -> Answer:
    """A yes-or-no question."""
    return asked(bench, Question(key=key, kind="choice", words=words, choices=YES_NO))
