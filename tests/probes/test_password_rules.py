"""Weak passwords on the emulated camera: which are offered, which are taken, and that the owner's own stays or comes back."""

from pathlib import Path

import pytest

from harness.model.errors import NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes import password_rules
from harness.probes.actions.outcome import Outcome
from harness.probes.password_rules import (
    Offer,
    keep_own,
    keep_viewer_away,
    offer_good,
    offer_weak,
    offer_weak_viewer,
    rules_of,
    viewer_ways,
    ways,
    weak_passwords,
)
from tests.builders.emulated import emulated

OWNER = Credential(unit="cam-1", role="owner")
RULES = rules_of(8, 2, 1000)


def test_what_is_offered_breaks_a_rule_each() -> None:
    weak = weak_passwords("admin", RULES)
    assert {each.why for each in weak} > {"7 characters", "only digits", "the account's name", "listed"}
    assert len([each for each in weak if each.why == "listed"]) > 40
    assert all(len(each.word) >= 8 for each in weak if each.why == "listed")
    assert "1qaz2wsx (listed)" in map(str, weak)
    assert {each.why for each in weak_passwords("x", rules_of(6, 1, 0))} == {
        "5 characters",
        "3 characters",
        "1 characters",
        "the account's name",
    }


@pytest.mark.once
def test_a_sound_camera_refuses_all_and_takes_a_good_one(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        for way in ways(bench):
            offer = offer_weak(bench, OWNER, way, RULES)
            assert (offer.taken, offer.unheard) == ((), ())
            assert offer.left_out.startswith("effort quick: 11 of ")
        assert offer_good(bench, OWNER, "legacy", RULES).granted
        assert keep_own(bench, OWNER, "web", RULES).how == "the owner's own password is valid"


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "way", "word"),
    [
        ("weak-by-page", "web", "7 characters"),
        ("weak-by-older-api", "legacy", "4 characters"),
        ("weak-by-onvif", "onvif", "1 characters"),
        ("weak-one-class", "onvif", "only digits"),
        ("weak-common", "web", "listed"),
        ("weak-short", "legacy", "7 characters"),
    ],
)
def test_what_is_taken_is_named_and_changed_back(flaw: str, way: str, word: str, tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, camera):
        offer = offer_weak(bench, OWNER, way, RULES)
        assert any(word in each for each in offer.taken), offer
        assert offer.asked.count("(") >= len(offer.taken)
        assert keep_own(bench, OWNER, way, RULES).how == "the owner's own password is valid"
        token = camera.ask("/api/login", {"user": "admin", "password": "own-Pass-1"})
        assert token.status in {200, 401}


@pytest.mark.once
def test_one_that_a_kill_left_behind_is_changed_back(tmp_path: Path) -> None:
    with emulated(tmp_path, "weak-by-page") as (bench, _):
        assert password_rules._Offering(bench, "web", OWNER).offer("q").granted
        assert keep_own(bench, OWNER, "web", RULES).how.startswith("changed back from q ")


@pytest.mark.once
def test_what_nobody_knows_is_not_put_back(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert password_rules._Offering(bench, "web", OWNER).offer("Somebody-elses-9").granted
        with pytest.raises(NotRestored, match="reset it by hand"):
            keep_own(bench, OWNER, "web", rules_of(8, 2, 0))


@pytest.mark.parametrize(
    "why", ["status 429; neither of granted_when and refused_when holds", "status 401; refused", "400 Sender NotAuthorized"]
)
def test_an_answer_about_something_else_is_no_refusal(why: str) -> None:
    """A camera that limits the rate, or that ended the session."""
    assert not password_rules._weighed(Outcome(state="unclear", why=why, asked="", answered_at=1.0))
    assert not password_rules._weighed(Outcome(state="unclear", why="status 422", asked=""))
    assert password_rules._weighed(Outcome(state="unclear", why="status 422", asked="", answered_at=1.0))
    offer = Offer(way="web", asked="", offered=3, unheard=(why,))
    with pytest.raises(Undecided, match="not about the password"):
        _ = offer.whole


@pytest.mark.once
def test_new_accounts_follow_the_same_rules(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, camera):
        assert viewer_ways(bench) == ("web",)
        offer = offer_weak_viewer(bench, "web", RULES)
        assert (offer.taken, offer.unheard) == ((), ())
        assert offer.left_out.startswith("effort quick: 11 of ")
        assert len(camera.ask("/api/accounts", token=camera.log_in("Correct-Horse-7")).json["accounts"]) == 1


@pytest.mark.once
def test_weak_passwords_of_new_accounts_are_named_and_taken_away(tmp_path: Path) -> None:
    with emulated(tmp_path, "weak-for-viewers") as (bench, camera):
        offer = offer_weak_viewer(bench, "web", RULES)
        assert len(offer.taken) == 3
        assert "a new account: takes" in offer.asked
        assert len(camera.ask("/api/accounts", token=camera.log_in("Correct-Horse-7")).json["accounts"]) == 1
        assert keep_viewer_away(bench, "web", RULES).how == "there was none"
