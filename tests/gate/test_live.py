"""One observation: what is recorded, in which order, and that the case gets what the record holds."""

import os
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import quote

import pytest
from pydantic import Field

from harness.cases.words import assume, none_of
from harness.gate.attempt import Attempt, running
from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.gate.observe import Observe
from harness.gate.outcome import NotRestorable, ProbeBroke
from harness.gate.playback import Playback
from harness.gate.question import AboveImpactError
from harness.journal.artefacts import get
from harness.journal.reader import read
from harness.model.base import Frozen
from harness.model.errors import CamlabelError, DeviceSilent, Diverged, NotPossible, OutOfScope, RecordLost, Undecided
from harness.model.secret import Secret
from tests.builders import disks
from tests.builders.children import unmeasured
from tests.builders.toy import (
    OWNERS_PASSWORD,
    Gate,
    Level,
    attempt,
    change,
    facts,
    gate,
    judged,
    knock,
    level,
    poke,
    replayed,
    reset,
    toy_of,
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Gate]:
    with gate(tmp_path) as opened:
        yield opened


class Said(Frozen):
    """All kinds of fields."""

    asked: str
    text: str = ""
    data: bytes = b""
    named: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    names: frozenset[str] = frozenset()
    seconds: float = 0.0
    secret: Secret | None = None


class More(Said):
    """A subclass."""

    extra: int = 1


class Cat(Frozen):
    """One of two."""

    kind: Literal["cat"] = "cat"
    name: str


class Dog(Frozen):
    """The other."""

    kind: Literal["dog"] = "dog"
    name: str


@reads(once=True)
def hasty(bench: Bench) -> Level:
    """One setting for all."""
    bench.spare("1 of 3 settings")
    return level(bench, "a")


class Plain(Frozen):
    """Looks like Bare."""

    name: str


class Bare(Frozen):
    """Looks like Plain."""

    name: str


@dataclass(frozen=True)
class Pair:
    """Data, but no model."""

    one: int
    two: tuple[int, ...]


@reads()
def say(bench: Bench, text: str) -> Said:
    """Says where the secret is, in every field."""
    bench.access.sent("tcp://127.0.0.1:1", f"GET /{text}".encode())
    bench.access.received("tcp://127.0.0.1:1", text.encode())
    bench.note_retry_hint(f"curl /{text}")
    raw, wide = text.encode(), text.encode("utf-16-le")
    return Said(asked=text, text=text, data=raw + b"\xff" + wide, named={text: (text,)}, names=frozenset({text}), seconds=0.1)


@reads()
def learn(bench: Bench, text: str) -> Said:
    """Registers a secret while it looks."""
    bench.access.received("tcp://127.0.0.1:1", f"token={text}".encode())
    return Said(asked="learn", text=text, secret=bench.access.keep_secret("cam-1/token", text))


@reads()
def fail(bench: Bench, kind: str) -> int:
    """Raises something."""
    raised: dict[str, Callable[[str], Exception]] = {
        **{each.__name__: each for each in (DeviceSilent, OutOfScope, Undecided, NotPossible, Diverged, CamlabelError)},
        **{each.__name__: each for each in (ValueError, OSError, AssertionError, KeyError)},
    }
    raise raised[kind](f"{kind} because of {OWNERS_PASSWORD}")


@reads()
def subclass(bench: Bench) -> Said:
    """Returns more than it promises."""
    return More(asked="x")


@reads()
def anything(bench: Bench) -> Any:
    """Promises nothing."""
    return Said(asked="x")


@reads()
def untagged(bench: Bench) -> Plain | Bare:
    """Which of the two?"""
    return Bare(name="x")


@reads()
def tagged(bench: Bench) -> tuple[Annotated[Cat | Dog, Field(discriminator="kind")], ...]:
    """Each says which it is."""
    return (Dog(name="x"), Cat(name="x"))


@reads()
def bare_list(bench: Bench) -> list:  # type: ignore[type-arg]
    """A list of who knows what."""
    return [(1, 2)]


@reads()
def no_number(bench: Bench) -> float:
    """Not JSON."""
    return float("nan")


@reads()
def something_else(bench: Bench) -> Said:
    """Not what it promises."""
    return "text"  # type: ignore[return-value]


@reads()
def half_a_character(bench: Bench) -> str:
    """As a hostile device sends it."""
    return "\ud800"


@reads()
def pair(bench: Bench) -> Pair:
    """Data classes are fine."""
    return Pair(1, (2, 3))


@reads()
def two(bench: Bench, names: Sequence[str]) -> int:
    """Takes a list."""
    return len(names)


@acts("change")
def whole_life(bench: Bench, name: str) -> int:
    """Looks while it acts."""
    toy_of(bench).settings[name] = 7
    bench.note_retry_hint("hint of the load")
    return toy_of(bench).settings[name]


@reads()
def hinting(bench: Bench) -> int:
    """Leaves a hint."""
    bench.note_retry_hint("hint of the look")
    return 1


@acts("change")
def kill(bench: Bench, name: str) -> int:
    """The process dies in the middle."""
    bench.access.sent("tcp://127.0.0.1:1", b"change")
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def asked(desk: Gate, ask: Callable[[Observe], object], now: Attempt | None = None) -> Any:
    """Inside a case."""
    with running(now or attempt()):
        return ask(desk.observe())


def both(desk: Gate, ask: Callable[[Observe], Any]) -> tuple[Any, Any]:
    """Live, then from the record: a value or what was raised."""

    def outcome(observe: Observe) -> Any:
        with running(attempt()):
            try:
                return ask(observe)
            except CamlabelError as error:
                return type(error), str(error)

    return outcome(desk.observe()), outcome(Observe(Playback(desk.lines)))


def test_what_the_record_holds_is_what_the_case_gets(desk: Gate) -> None:
    for ask in (
        lambda observe: observe(level, "a"),
        lambda observe: observe(say, "anything"),
        lambda observe: observe(tagged),
        lambda observe: observe(pair),
    ):
        live, again = both(desk, ask)
        assert live == again
        assert not isinstance(live, tuple) or not isinstance(live[0], type)


def test_an_observation_says_all_that_is_needed(desk: Gate) -> None:
    asked(desk, lambda observe: observe(say, "hello"))
    [body] = desk.bodies("observation")
    assert {
        "case": "test_toy",
        "attempt": 1,
        "probe": "tests.gate.test_live:say",
        "args": ["hello"],
        "occurrence": 1,
    }.items() <= body.items()
    assert body["again"] == ["curl /hello"]
    assert get(desk.folder / "artefacts", body["artefacts"][0]).decode().count("hello") == 2
    assert desk.live.activity.count == 1
    assert desk.live.activity.sentence.endswith('say("hello")')
    assert desk.live.bench.hints == []


@pytest.mark.parametrize("spell", [str, str.upper])
def test_a_secret_is_nowhere(desk: Gate, spell: Callable[[str], str]) -> None:
    """Not in the result, whatever the field and its encoding, not in traffic, not in hints; live is playback."""
    live, again = both(desk, lambda observe: observe(say, spell(OWNERS_PASSWORD)))
    assert live == again
    kind = "" if spell is str else " as upper case"
    one, wide = f"⟦cam-1/owner-password#1{kind}⟧", f"⟦cam-1/owner-password#1{kind} as UTF-16⟧".replace("case as", "case")
    assert (live.asked, live.text, live.named, live.names) == (one, one, {one: (one,)}, {one})
    assert live.data == one.encode() + b"\xff" + wide.encode()
    [body] = desk.bodies("observation")
    assert body["again"] == [f"curl /{one}"]
    for path in desk.folder.rglob("*"):
        if path.is_file() and path.parent.name != "private" and "args" not in path.name:
            text = path.read_text().replace(f'"args":["{spell(OWNERS_PASSWORD)}"]', "")
            assert spell(OWNERS_PASSWORD) not in text, path


@reads()
def ask_for(bench: Bench, path: Said, more: tuple[str, ...]) -> Said:
    """Sends what it was given."""
    bench.access.sent("tcp://127.0.0.1:1", f"GET {path.text} {more[0]} ".encode() + path.data)
    toy_of(bench).call(f"{path.text} {more[0]} {path.data!r} {path.secret}")
    return path


@pytest.mark.parametrize("form", [str, str.upper, quote, lambda text: b64encode(f"admin:{text}".encode()).decode()])
def test_what_was_masked_is_asked_again_as_it_was_spelled(desk: Gate, form: Callable[[str], str]) -> None:
    """A stream's address with a password in it, as cheap cameras have: a label would be refused by any device."""
    secret, spelled = "p/ss word&1", form("p/ss word&1")
    desk.live.secrets.keep("cam-1/token", secret)

    def case(observe: Observe) -> Said:
        path = observe(say, f"/live?auth={spelled}")
        assert spelled not in path.text
        return observe(ask_for, path.model_copy(update={"secret": Secret(label="⟦cam-1/token#1⟧")}), (path.text,))

    live, again = both(desk, case)
    assert live == again
    assert "⟦cam-1/token#1" in live.text
    data = f"/live?auth={spelled}".encode()
    assert desk.toy.calls[0].startswith(f"/live?auth={spelled} /live?auth={spelled} {data!r}"[:-1])
    assert desk.toy.calls[0].endswith("label='⟦cam-1/token#1⟧'")
    transcript = get(desk.folder / "artefacts", desk.bodies("observation")[1]["artefacts"][0]).decode()
    assert spelled not in transcript


def test_a_secret_learned_on_the_way_is_masked_at_once(desk: Gate) -> None:
    live = asked(desk, lambda observe: observe(learn, "abcdefghij"))
    assert live.text == live.secret.label == "⟦cam-1/token#1⟧"
    [body] = desk.bodies("observation")
    assert b"abcdefghij" not in get(desk.folder / "artefacts", body["artefacts"][0])


@pytest.mark.parametrize(
    ("kind", "raised"),
    [
        ("DeviceSilent", DeviceSilent),
        ("OutOfScope", OutOfScope),
        ("Undecided", Undecided),
        ("Diverged", Undecided),
        ("NotPossible", NotPossible),
        ("CamlabelError", ProbeBroke),
        ("ValueError", ProbeBroke),
        ("OSError", ProbeBroke),
        ("AssertionError", ProbeBroke),
        ("KeyError", ProbeBroke),
    ],
)
def test_a_failure_is_raised_again_with_its_kind_and_without_secrets(desk: Gate, kind: str, raised: type[Exception]) -> None:
    live, again = both(desk, lambda observe: observe(fail, kind))
    assert live == again
    assert live[0] is raised
    assert f"{kind} because of ⟦cam-1/owner-password#1⟧" in live[1]
    [body] = desk.bodies("observation")
    assert ("trace" in body) == (kind in ("ValueError", "OSError", "AssertionError", "KeyError"))
    assert OWNERS_PASSWORD not in str(body)


@pytest.mark.parametrize("probe", [subclass, anything, untagged, bare_list])
def test_an_answer_that_does_not_survive_the_journal_is_refused_live(desk: Gate, probe: Callable[[Bench], Any]) -> None:
    live, again = both(desk, lambda observe: observe(probe))
    assert live == again
    assert live[0] is ProbeBroke
    assert NotRestorable.__name__ in live[1]
    assert judged(desk.live, lambda observe: observe(probe) and None).verdict == "ERROR"


@pytest.mark.parametrize("probe", [no_number, something_else, half_a_character])
def test_an_answer_that_is_none_is_refused_live(desk: Gate, probe: Callable[[Bench], Any]) -> None:
    live, again = both(desk, lambda observe: observe(probe))
    assert live == again
    assert live[0] is ProbeBroke


def test_a_record_of_another_version_is_undecided(desk: Gate) -> None:
    asked(desk, lambda observe: observe(level, "a"))
    lines = desk.lines
    lines[0].body["result"]["colour"] = "red"
    with running(attempt()), pytest.raises(Undecided, match="cannot be read by this version"):
        Observe(Playback(lines))(level, "a")
    del lines[0].body["result"]
    lines[0].body["result"] = {"asked": "level a"}
    with running(attempt()), pytest.raises(Undecided, match="cannot be read by this version"):
        Observe(Playback(lines))(level, "a")


def test_acts_are_announced(desk: Gate) -> None:
    """Obligation, intent, act, observation, new epoch: in this order."""
    asked(desk, lambda observe: (observe(change, "a", 3), observe(level, "a"), observe(knock)))
    assert desk.kinds() == ["obligation", "intent", "observation", "epoch", "observation", "intent", "observation"]
    assert desk.live.epoch == 1


def test_an_unmarked_probe_is_an_act_that_ends_the_epoch(desk: Gate) -> None:
    asked(desk, lambda observe: observe(poke))
    assert desk.kinds() == ["intent", "observation", "epoch"]


def test_more_than_the_case_may_is_not_done(desk: Gate) -> None:
    """Also not in playback: ERROR both times."""

    def case(observe: Observe) -> None:
        observe(level, "a")
        observe(reset)

    assert judged(desk.live, case) == replayed(desk.lines, case)
    assert judged(desk.live, case, attempt(number=2)).verdict == "ERROR"
    assert "reset" not in desk.toy.calls
    assert "intent" not in desk.kinds()
    live, again = both(desk, lambda observe: observe(reset))
    assert live == again
    assert live[0] is AboveImpactError


def test_what_is_asked_once_is_shared_within_the_epoch(desk: Gate) -> None:
    """By other attempts and cases too; each user says so in the journal."""
    for name in ("test_one", "test_two"):
        asked(desk, lambda observe: (observe(facts), observe(knock), observe(facts)), attempt(name))
    assert desk.toy.calls.count("facts") == 1
    [seen] = [line for line in desk.lines if line.kind == "observation" and line.body["probe"].endswith("facts")]
    uses = desk.bodies("use")
    assert [use["case"] for use in uses] == ["test_one", "test_two", "test_two"]
    assert {use["of"] for use in uses} == {seen.n}
    asked(desk, lambda observe: (observe(change, "a", 3), observe(facts), observe(facts)), attempt("test_three"))
    assert desk.toy.calls.count("facts") == 2


def test_a_case_that_shares_has_its_answer_in_playback(desk: Gate) -> None:
    one, two = attempt("test_one"), attempt("test_two")
    asked(desk, lambda observe: observe(facts), one)
    live = asked(desk, lambda observe: observe(facts), two)
    with running(again := attempt("test_two")):
        assert Observe(Playback(desk.lines))(facts) == live
    assert again.observed == two.observed == one.observed


def test_what_effort_quick_spared_is_in_the_reason_live_shared_and_in_playback(desk: Gate) -> None:
    def case(observe: Observe) -> None:
        none_of("high settings", [observe(hasty)], lambda level: level.high)
        assume("all settings were looked at", observe(facts).high)

    verdicts = [judged(desk.live, case, attempt("test_one")), judged(desk.live, case, attempt("test_two"))]
    verdicts += [replayed(desk.lines, case, attempt(name)) for name in ("test_one", "test_two")]
    assert {each.reason for each in verdicts} == {
        "not settled: all settings were looked at; effort quick: 1 of 3 settings; --effort full does the rest"
    }
    assert [body.get("spared") for body in desk.bodies("observation")] == [["1 of 3 settings"], None]


def test_a_control_asks_afresh(desk: Gate) -> None:
    now = attempt()
    asked(desk, lambda observe: observe(facts), now)
    now.fresh = True
    asked(desk, lambda observe: observe(facts), now)
    assert desk.toy.calls.count("facts") == 2


def test_a_failure_is_not_shared(desk: Gate) -> None:
    desk.toy.away = True
    with pytest.raises(DeviceSilent):
        asked(desk, lambda observe: observe(facts))
    desk.toy.away = False
    desk.live.health.try_again()
    assert asked(desk, lambda observe: observe(facts)) == Level(asked="facts", value=3)


def test_a_new_firmware_ends_the_epoch(desk: Gate) -> None:
    asked(desk, lambda observe: observe(facts))
    desk.live.new_epoch("firmware 1 → 2")
    asked(desk, lambda observe: observe(facts))
    assert desk.toy.calls.count("facts") == 2
    assert desk.bodies("epoch")[0]["why"] == "firmware 1 → 2"


def test_an_unanswered_question_is_remembered(desk: Gate) -> None:
    now = attempt()
    for kind in ("Undecided", "NotPossible", "ValueError"):
        with running(now), pytest.raises(CamlabelError):
            desk.observe()(fail, kind)
    assert [type(each) for each in now.unanswered] == [Undecided, NotPossible, ProbeBroke]


def test_a_record_that_cannot_be_written_is_not_judged(desk: Gate) -> None:
    """What the probe saw is lost, and nothing is asked any more."""
    with disks.full(most=100), pytest.raises(RecordLost):
        asked(desk, lambda observe: observe(level, "a"))
    for ask in (lambda observe: observe(level, "a"), lambda observe: observe(change, "a", 9)):
        with pytest.raises(RecordLost, match="nothing is recorded any more"):
            asked(desk, ask)
    assert desk.toy.settings["a"] == 1
    assert desk.lines == []


def test_a_secret_that_cannot_be_kept_ends_the_run(desk: Gate) -> None:
    """It is no trouble of the probe."""
    (desk.folder / "private/secrets.jsonl").unlink()
    (desk.folder / "private/secrets.jsonl").mkdir()
    with pytest.raises(RecordLost, match="the private store cannot be written"):
        asked(desk, lambda observe: observe(learn, "abcdefghij"))


def test_a_case_looks_while_a_load_runs(desk: Gate) -> None:
    """Announced before, recorded after; each observation keeps its own hints; another epoch from then on."""

    def case(observe: Observe) -> tuple[int, int]:
        observe(facts)
        with observe.during(whole_life, "b"):
            inside = observe(hinting)
        return inside, observe(facts).value

    assert asked(desk, case) == (1, 9)
    assert desk.kinds() == ["observation", "intent", "epoch", "observation", "observation", "epoch", "observation"]
    again = {str(body["probe"]).split(":")[1]: body["again"] for body in desk.bodies("observation")}
    assert again == {"facts": [], "hinting": ["hint of the look"], "whole_life": ["hint of the load"]}


@pytest.mark.parametrize("kind", ["NotPossible", "DeviceSilent", "ValueError"])
def test_a_load_that_failed_is_not_taken_for_one_that_ran(desk: Gate, kind: str) -> None:
    def case(observe: Observe) -> None:
        with observe.during(fail, kind):
            observe(level, "a")

    verdict = judged(desk.live, case)
    assert verdict.verdict == {"NotPossible": "NOT_TESTED", "DeviceSilent": "INCONCLUSIVE", "ValueError": "ERROR"}[kind]
    assert replayed(desk.lines, case) == verdict


def test_what_breaks_during_a_load_is_raised_and_the_load_recorded(desk: Gate) -> None:
    def case(observe: Observe) -> None:
        with observe.during(whole_life, "b"):
            raise Undecided("in the body")

    with pytest.raises(Undecided, match="in the body"):
        asked(desk, case)
    assert desk.bodies("observation")[0]["result"] == 7
    assert replayed(desk.lines, case).verdict == "INCONCLUSIVE"


def test_a_look_outside_is_not_a_look_inside(desk: Gate) -> None:
    def inside(observe: Observe) -> None:
        with observe.during(knock):
            observe(level, "a")

    def outside(observe: Observe) -> None:
        with observe.during(knock):
            pass
        observe(level, "a")

    judged(desk.live, inside)
    verdict = replayed(desk.lines, outside)
    assert (verdict.verdict, "diverged at" in verdict.reason) == ("INCONCLUSIVE", True)


def test_one_way_of_asking_does_not_answer_another(desk: Gate) -> None:
    """Once, polled, as a load."""
    asked(desk, lambda observe: observe(level, "a"))
    asked(desk, lambda observe: observe.until(lambda seen: seen.value > 0, 0, level, "b"), attempt("test_two"))
    observe = Observe(Playback(desk.lines))
    with running(attempt()):
        with pytest.raises(Diverged):
            observe.until(lambda _: True, 0, level, "a")
        with pytest.raises(Diverged), observe.during(level, "a"):
            pytest.fail("answered")
    with running(attempt("test_two")), pytest.raises(Diverged):
        observe(level, "b")


def test_a_process_killed_in_the_act_leaves_what_is_owed(tmp_path: Path) -> None:
    """Obligation and intent, no observation."""
    code = """
import sys
from pathlib import Path
from tests.gate import test_live
from tests.builders.toy import gate, put_back
from harness.gate.marks import acts
with gate(Path(sys.argv[1])) as desk:
    probe = acts("change", undo=put_back)(test_live.kill)
    test_live.asked(desk, lambda observe: observe(probe, "a"))
"""
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, check=False, env=unmeasured())
    assert child.returncode == -signal.SIGKILL, child.stderr.decode()
    lines = read(tmp_path / "journal")
    assert [line.kind for line in lines] == ["obligation", "intent"]
    assert lines[0].body["args"] == lines[1].body["args"] == ["a"]
    assert lines[1].body["probe"] == "tests.gate.test_live:kill"


def test_there_is_no_current_attempt_outside_of_a_case(desk: Gate) -> None:
    with pytest.raises(LookupError):
        desk.observe()(level, "a")


def test_live_objects_are_closed_whatever_they_do(desk: Gate) -> None:
    closed: list[int] = []

    class Stream:
        def __init__(self, number: int) -> None:
            self.number = number

        def close(self) -> None:
            closed.append(self.number)
            if self.number == 1:
                raise DeviceSilent("no answer to the goodbye")
            if self.number == 2:
                raise OSError("reset")

    names = [desk.live.bench.keep("main", Stream(number)) for number in range(4)]
    assert names == ["main#1", "main#2", "main#3", "main#4"]
    desk.live.bench.keep("web", object())
    desk.live.bench.lives.close_all()
    assert sorted(closed) == [0, 1, 2, 3]
    with pytest.raises(Undecided, match="main#1 is gone"):
        desk.live.bench.live("main#1")


def test_what_is_remembered_is_made_once_and_forgotten_with_all_that_lives(desk: Gate) -> None:
    bench = desk.live.bench
    first = bench.remembered("functions", list[str])
    first.append("one")
    assert bench.remembered("functions", list[str]) is first
    assert bench.remembered("streams", list[str]) == []
    bench.lives.close_all()
    assert bench.remembered("functions", list[str]) == []
    assert bench.remembered("functions", lambda: ["never"]) == []


def test_the_bench_is_what_probes_see(desk: Gate) -> None:
    bench = desk.live.bench
    assert bench.address("web") == bench.address("web").__class__("127.0.0.1", 8443, tls=True, path="", protocol="https")
    assert bench.address("onvif").port == 80
    with pytest.raises(NotPossible, match="has no service 'ssh'"):
        bench.address("ssh")
    owner = bench.credential("owner")
    new = bench.new_password(owner)
    assert bench.current_version(owner) == 1
    assert not bench.is_unseen(new)
    bench.password_is(new)
    assert (bench.current_version(owner), bench.versions(owner)) == (2, (1, 2))
    assert bench.formers(owner) == (owner.at(1),)
    assert desk.kinds() == ["password", "password_is"]
