"""Observations in words: short, bounded, whatever the answer is."""

from enum import Enum
from typing import Literal

import pytest

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.runner import words


class Colour(Enum):
    """A closed word."""

    RED = "red"


class Named(Frozen):
    """Something that says its name."""

    name: str

    def __str__(self) -> str:
        return f"the {self.name}"


class Reply(Frozen):
    """An answer with everything that an answer may have."""

    asked: str
    state: Literal["granted", "refused"] = "refused"
    status: int = 401
    answered_at: float = 1795643412.1
    carried: bool = False
    who: Named = Named(name="owner")
    broken: bool = False

    @property
    def refused(self) -> bool:
        """By its state."""
        return self.state == "refused"

    @property
    def gave(self) -> tuple[str, ...]:
        """Nothing."""
        return ()

    @property
    def played(self) -> bool:
        """Undecided."""
        raise Undecided("no packet came")

    @property
    def odd(self) -> bool:
        """A mistake of its author."""
        raise ZeroDivisionError

    @property
    def length(self) -> int:
        """No truth and no words."""
        return 5


REPLY = Reply(asked="GET / as nobody")
FACTS = "refused yes; gave nothing; played unclear; odd (ZeroDivisionError); state refused; carried no; broken no"


def test_what_was_asked_is_said_by_the_answer_or_by_its_arguments() -> None:
    body = {"probe": "web.get", "args": ["/", {"role": "owner", "at": None, "fresh": True}, None]}
    assert words.asked(body, REPLY) == "GET / as nobody"
    assert words.asked(body, {"asked": "GET /"}) == "GET /"
    assert words.asked(body, None) == "web.get(/, owner fresh)"


def test_facts_are_what_a_case_judges_by() -> None:
    assert words.verdict_facts(REPLY) == FACTS
    assert words.verdict_facts((Named(name="web"), Named(name="rtsp"))) == "the web, the rtsp"
    assert words.verdict_facts(Named(name="web")) == "the web"


def test_the_whole_answer_leaves_out_times_and_what_is_empty() -> None:
    told = words.whole(REPLY)
    assert told.endswith("; state refused; status 401; who the owner")
    assert "1795643412" not in told
    assert words.whole("plain") == "plain"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (False, ""),
        (True, "yes"),
        (0, "0"),
        (Colour.RED, "red"),
        (REPLY, "GET / as nobody refused 401 the owner"),
        ({"fresh": True, "seen_at": 1795643412.5, "name": "x"}, "fresh x"),
        (tuple(Named(name=str(number)) for number in range(9)), "the 0, the 1, the 2, the 3, the 4, the 5, the 6, the 7, the 8"),
        (tuple(range(9)), "0, 1, 2, 3, and 5 more"),
        ({"role": "owner", "unit": "cam-1", "which": "wrong", "version": 0}, "owner with a wrong password"),
        ({"role": 5, "unit": "cam-1", "which": "?"}, "5 cam-1 ?"),
        ("x" * 300, "x" * 79 + "…"),
    ],
)
def test_a_value_in_a_few_words(value: object, text: str) -> None:
    assert words.brief(value) == text


class Place(Frozen):
    """Something that works out what was asked of it."""

    port: int

    @property
    def asked(self) -> str:
        """By its port."""
        return f"port {self.port}"


def test_what_works_out_its_name_says_it() -> None:
    assert words.brief((Place(port=1), Place(port=2))) == "port 1, port 2"
