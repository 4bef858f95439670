"""Keys, arguments, marks: what tells one question from another."""

import importlib
import pkgutil
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from typing import Any

import pytest
from pydantic import SecretStr, TypeAdapter

import harness.probes
from harness.gate.bench import Bench
from harness.gate.marks import acts, mark_of, reads
from harness.gate.question import AboveImpactError, Question, answer_type, ask, canonical, probe_name, went_otherwise
from harness.model.base import Frozen
from harness.model.impact import IMPACTS, Impact
from harness.model.secret import NOBODY, Credential
from harness.probes import account, device
from tests.builders.toy import attempt, change, fail_to_put_back, knock, level, poke, reset

OWNER = Credential(unit="cam-1", role="owner")


class Colour(StrEnum):
    """For arguments."""

    RED = "red"


class Nested(Frozen):
    """Holds what JSON does not know."""

    names: frozenset[str]
    data: bytes = b"\xff"


@reads()
def plenty(bench: Bench, one: str, two: int = 2, *more: int) -> int:
    """Parameters of all kinds but one."""
    return len(more)


@reads()
def by_name_only(bench: Bench, *, one: str = "") -> int:
    """A parameter that is given by name only."""
    return len(one)


@reads()
def unhinted(bench: Bench):  # type: ignore[no-untyped-def]
    """No return hint."""


class Holder:
    """Its methods are no probes."""

    @staticmethod
    def probe(bench: Bench) -> int:
        """Not of a module."""
        return 1


def questions(*calls: tuple[Callable[..., Any], tuple[Any, ...]]) -> list[Question]:
    """Asked one after the other in one attempt."""
    now = attempt(impact="flash")
    return [ask(now, probe, args, {}) for probe, args in calls]


def test_equal_questions_differ_by_occurrence() -> None:
    first, second = questions((level, ("a",)), (level, ("a",)))
    assert first.key == second.key
    assert (first.occurrence, second.occurrence) == (1, 2)


def test_reads_do_not_move_what_follows() -> None:
    [alone] = questions((level, ("a",)))
    _, after_others = questions((level, ("b",)), (level, ("a",)))
    assert (alone.key, alone.occurrence) == (after_others.key, after_others.occurrence)


@pytest.mark.parametrize(("probe", "args"), [(knock, ()), (change, ("a", 1)), (poke, ())])
def test_acts_move_what_follows(probe: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """An unmarked probe is an act."""
    [alone] = questions((level, ("a",)))
    _, after = questions((probe, args), (level, ("a",)))
    _, _, twice = questions((probe, args), (probe, args), (level, ("a",)))
    assert len({alone.key, after.key, twice.key}) == 3


def test_the_order_of_acts_counts() -> None:
    one = questions((change, ("a", 1)), (change, ("b", 1)), (level, ("a",)))[-1]
    other = questions((change, ("b", 1)), (change, ("a", 1)), (level, ("a",)))[-1]
    assert one.key != other.key


def test_case_attempt_probe_argument_and_form_count() -> None:
    """Polled, looked at during a load and asked once are three things."""
    asked = [
        ask(attempt(), level, ("a",), {}),
        ask(attempt("test_other"), level, ("a",), {}),
        ask(attempt(number=2), level, ("a",), {}),
        ask(attempt(), level, ("b",), {}),
        ask(attempt(), knock, (), {}),
        ask(attempt(), level, ("a",), {}, "until"),
        ask(attempt(), level, ("a",), {}, "during"),
    ]
    assert len({each.key for each in asked}) == len(asked)


@pytest.mark.parametrize("form", ["until", "during"])
def test_what_takes_device_time_moves_what_follows(form: Any) -> None:
    now = attempt()
    before = now.chain
    ask(now, level, ("a",), {}, form)
    assert now.chain != before


def test_what_went_otherwise_moves_what_follows() -> None:
    now = attempt()
    went_otherwise(now, "somehow")
    assert now.chain


def test_defaults_names_and_places_are_one_spelling() -> None:
    spelled = {ask(attempt(), plenty, args, kwargs).args for args, kwargs in [(("x",), {}), (("x", 2), {}), ((), {"one": "x", "two": 2})]}
    assert spelled == {'["x",2]'}
    assert ask(attempt(), plenty, ("x", 3, 4, 5), {}).values == ("x", 3, 4, 5)


def test_what_does_not_fit_the_probe_is_a_mistake() -> None:
    for probe, args in ((level, ()), (level, ("a", "b")), (by_name_only, ())):
        with pytest.raises(TypeError):
            ask(attempt(), probe, args, {})


def test_arguments_in_one_spelling() -> None:
    values = (OWNER.wrong, Colour.RED, {"b": 1, "a": None}, [1, 2.5, True], (b"\xff",), {"z", "y"}, frozenset({("b", 2), ("a", 1)}))
    assert canonical(values) == (
        '[{"role":"owner","unit":"cam-1","version":0,"which":"wrong"},"red",{"a":null,"b":1},[1,2.5,true],["/w=="],["y","z"],[["a",1],["b",2]]]'
    )


def test_sets_are_sorted_wherever_they_are() -> None:
    names = [f"operation {number}" for number in range(50)]
    one, other = Nested(names=frozenset(names)), Nested(names=frozenset(reversed(names)))
    assert canonical((one, {"in": [one]})) == canonical((other, {"in": [other]}))
    assert canonical((one,)) == '[{"data":"/w==","names":[' + ",".join(sorted(f'"{name}"' for name in names)) + "]}]"
    assert canonical(({"b", 1, None},))


@pytest.mark.parametrize(
    "value",
    [object(), (number for number in range(3)), iter([1]), map(str, [1]), lambda: 1, {1: "one"}, SecretStr("hidden"), [object()], Holder],
)
def test_what_is_not_data_is_refused_untouched(value: object) -> None:
    """An iterator that is read here would leave nothing for the probe."""
    with pytest.raises(TypeError, match="is not data; a probe is asked with data only"):
        canonical((value,))
    if isinstance(value, Iterator):
        assert list(value)


def test_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="JSON compliant"):
        canonical((float("nan"),))


def test_the_names_of_probes_last() -> None:
    assert probe_name(account.log_in) == "account.log_in"
    assert probe_name(device.identity) == "device.identity"
    assert probe_name(level) == "tests.builders.toy:level"


def test_what_has_no_lasting_name_is_no_probe() -> None:
    def local(bench: Bench) -> int:
        return 1

    for strange in (lambda _: 1, local, partial(level, name="a"), Holder.probe, print, Colour):
        with pytest.raises(TypeError, match="is no probe; a probe is a function of a module"):
            ask(attempt(), strange, (), {})


@pytest.mark.parametrize("impact", IMPACTS)
def test_an_act_above_the_cases_impact_is_a_mistake(impact: Impact) -> None:
    """And is not counted."""
    now = attempt(impact=impact)
    if impact in ("reset", "flash"):
        ask(now, reset, (), {})
        return
    with pytest.raises(AboveImpactError, match=r"toy:reset is an act of reset; the case test_toy declares"):
        ask(now, reset, (), {})
    assert not now.asked
    assert not now.chain


def test_an_unmarked_probe_is_an_act_of_as_much_as_the_case_may() -> None:
    assert mark_of(poke).acts
    assert mark_of(poke).impact is None
    ask(attempt(impact="listen"), poke, (), {})


def test_marks_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="'much' is not one of listen, ask"):
        acts("much")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="the undo fail_to_put_back does more to the device than the act of login"):
        acts("login", undo=fail_to_put_back)
    assert mark_of(acts("change", undo=poke)(Holder.probe)).undo is poke


def test_a_probe_without_a_return_hint_is_refused() -> None:
    with pytest.raises(TypeError, match=r"test_question:unhinted has no return hint"):
        answer_type(unhinted)


def test_questions_read_well() -> None:
    assert ask(attempt(), level, ("a",), {}).sentence == 'tests.builders.toy:level("a")'
    assert ask(attempt(), account.log_in, (NOBODY, NOBODY), {}).sentence.startswith('account.log_in({"role":"","unit":""')


def marked_probes() -> list[Callable[..., Any]]:
    """Every marked function of the harness's own probes."""
    modules = [importlib.import_module(f"harness.probes.{each.name}") for each in pkgutil.iter_modules(harness.probes.__path__)]
    found = {each for module in modules for each in vars(module).values() if callable(each) and mark_of(each).impact}
    return sorted(found, key=probe_name)


JSON_VALUE = "'json_schema': {'type': 'any'}"  # pydantic's JsonValue, which any JSON restores


@pytest.mark.parametrize("probe", marked_probes(), ids=probe_name)
def test_every_probes_answers_can_be_read_again(probe: Callable[..., Any]) -> None:
    """Its hints resolve, and so do those of its undo."""
    adapter = answer_type(probe)
    assert isinstance(adapter, TypeAdapter)
    assert "'type': 'any'" not in str(adapter.core_schema).replace(JSON_VALUE, "")
    undo = mark_of(probe).undo
    if undo is not None:
        assert answer_type(undo)
        assert mark_of(undo).acts


def test_there_are_probes() -> None:
    names: Sequence[str] = [probe_name(probe) for probe in marked_probes()]
    assert {"account.log_in", "account.change_password", "rtsp.attempt", "onvif.call", "device.identity"} <= set(names)
