"""Texts that a user stores in the device, by the declared functions of its interface: is one shown as markup afterwards?"""

import re
from collections.abc import Iterator
from contextlib import suppress

from pydantic import JsonValue

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.action import Undone
from harness.model.api import ApiEndpoint
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.function_keys import Asker
from harness.probes.functions import request_of_call, service_of
from harness.probes.web_attacks import Returned, pages_with
from harness.probes.web_text import is_markup
from harness.transports.http import HttpReply, HttpRequest, text_of

TEXTS_MOST, LONGEST = 40, 300
_SECRET_NAME = re.compile(r"pass|pwd|secret|psk|token|key", re.IGNORECASE)


class Text(Frozen):
    """One member of a declared body that is text, with what is put there."""

    function: ApiEndpoint
    member: str
    mark: str

    @property
    def text(self) -> str:
        """Markup, whatever it is put between."""
        return f"\"'><{self.mark}>"

    def __str__(self) -> str:
        return f"{self.member} of {self.function.method} {self.function.path}"


class PutBack(Undone):
    """The texts are as before."""

    found: str


@acts("change")
def put_back(bench: Bench, shown: tuple[str, ...]) -> PutBack:  # noqa: ARG001 - an undo is asked what the act was asked
    """By the declared undo of each function, for the declared text and for ours; else by its declared body, which changes nothing."""
    texts = tuple(_texts(bench))
    for each in texts:
        undo, asker = each.function.undo, Asker(bench, service_of(bench, each.function))
        if undo is not None:
            told = undo.model_copy(update={"json_body": _instead(undo.json_body, _value(each), each.text)})
            asker.as_owner(request_of_call(told))
        asker.as_owner(request_of_call(undo or each.function))
    return PutBack(found=f"{len(texts)} texts were put back")


@acts("change", undo=put_back)
def stored(bench: Bench, shown: tuple[str, ...]) -> Returned:
    """Store a marker in each text that the profile's functions take, and look for it as markup in pages and answers."""
    taken = [each for each in _texts(bench) if _store(bench, each)]
    answers = [*pages_with(bench, shown), *_declared_answers(bench)]
    back = [
        f"{each}: in {name}" for each in taken for name, reply in answers if is_markup(reply) and f"<{each.mark}" in text_of(reply.body)
    ]
    bench.note_retry_hint(f"set {taken[0]} to <b>x</b> as owner, and look for it on the page" if taken else "no text was taken")
    asked = f"a marker in {len(taken)} texts that its user stores{': ' if back else ''}{'; '.join(dict.fromkeys(back))}"
    return Returned(asked=asked[:LONGEST], came_back=tuple(dict.fromkeys(each[:LONGEST] for each in back)), looked_at=len(answers))


def _texts(bench: Bench) -> Iterator[Text]:
    number = 0
    for function in bench.profile.ixit.api.endpoints:
        body = function.json_body if isinstance(function.json_body, dict) else {}
        if function.role == "anyone" or function.does != "change":
            continue
        for member, value in body.items():
            if isinstance(value, str) and not _SECRET_NAME.search(member) and number < TEXTS_MOST:
                yield Text(function=function, member=member, mark=f"clx{number:02d}stored")
                number += 1


def _value(text: Text) -> JsonValue:
    body = text.function.json_body
    return body[text.member] if isinstance(body, dict) else None


def _store(bench: Bench, text: Text) -> bool:
    body = text.function.json_body
    if not isinstance(body, dict):
        return False
    call = text.function.model_copy(update={"json_body": {**body, text.member: text.text}})
    try:
        return Asker(bench, service_of(bench, text.function)).as_owner(request_of_call(call)).status < 300
    except Undecided:
        return False


def _declared_answers(bench: Bench) -> Iterator[tuple[str, HttpReply]]:
    """What the interface tells its owner: an answer that a browser takes for a page is one."""
    for function in bench.profile.ixit.api.endpoints:
        if function.does == "read" and function.method == "GET":
            with suppress(Undecided):
                yield f"GET {function.path}", Asker(bench, service_of(bench, function)).as_owner(HttpRequest("GET", function.path))


def _instead(value: JsonValue, old: JsonValue, new: str) -> JsonValue:
    """The same with another text, wherever the old one stands."""
    if isinstance(value, dict):
        return {name: _instead(each, old, new) for name, each in value.items()}
    return new if value == old else value
