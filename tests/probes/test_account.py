"""Passwords are changed, sessions used, and everything is put back, on cameras that are sound and on those that are not."""

from pathlib import Path

import pytest

from harness.model.errors import DeviceSilent, NotPossible, NotRestored, Undecided
from harness.model.secret import NOBODY
from harness.probes import account
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk
from tests.builders.webcam import ACTIONS, profile, webcam


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_log_in_opens_a_session_that_can_be_used(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        (surface,) = account.surfaces(bench)
        told = account.log_in(bench, surface, OWNER)
        (use,) = account.use(bench, [told.session])
    assert told.granted
    assert told.session.model_dump() == {"id": "web#1", "surface": "web", "kind": "session"}
    assert use.granted
    assert told.sent_at <= told.answered_at


def test_a_wrong_password_is_refused_and_opens_nothing(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        (surface,) = account.surfaces(bench)
        told = [account.log_in(bench, surface, who) for who in (OWNER.wrong, NOBODY)]
    assert [each.refused for each in told] == [True, True]
    with pytest.raises(Undecided, match="no session from log in on web as owner with ⟦cam-1/owner wrong⟧"):
        _ = told[0].session


def test_an_odd_answer_is_unclear(desk: Desk) -> None:
    with webcam(desk, "odd-login") as (bench, _):
        told = account.log_in(bench, account.surfaces(bench)[0], OWNER)
    for ask in ("granted", "refused"):
        with pytest.raises(Undecided, match="status 500; neither"):
            getattr(told, ask)


def test_hints_and_observations_carry_labels_only(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        told = account.log_in(bench, account.surfaces(bench)[0], OWNER)
        account.use(bench, [told.session])
    text = " ".join(bench.hints) + told.model_dump_json()
    assert OWNERS_PASSWORD not in text
    assert "token-000001" not in text
    assert "⟦cam-1/owner-password#1⟧" in bench.hints[0]
    assert "Bearer ⟦cam-1/token#1⟧" in bench.hints[1]


def test_without_a_recipe_the_action_is_named(desk: Desk) -> None:
    with webcam(desk, declared=profile(log_in=None)) as (bench, _), pytest.raises(NotPossible, match="log_in on web"):
        account.log_in(bench, account.surfaces(bench)[0], OWNER)
    with webcam(desk, declared=profile(use_session=None)) as (bench, _):
        session = account.log_in(bench, account.surfaces(bench)[0], OWNER).session
        with pytest.raises(NotPossible, match="use_session on web"):
            account.use(bench, [session])
    with webcam(desk, declared=profile(change_password=None)) as (bench, camera):
        with pytest.raises(NotPossible, match="change_password by web"):
            account.change_password(bench, OWNER, OWNER)
        assert camera.asked == []
    with webcam(desk, declared=profile(ways=())) as (bench, _), pytest.raises(Undecided, match="names no way"):
        account.change_password(bench, OWNER, OWNER)


@pytest.mark.parametrize("current", [NOBODY, OWNER.wrong])
def test_a_sound_camera_changes_nothing_without_the_current_password(desk: Desk, current: account.Credential) -> None:
    with webcam(desk) as (bench, camera):
        change = account.change_password(bench, OWNER, current)
    assert change.refused
    again = [("set-up web", "refused")] if current == NOBODY else []
    assert [(each.way, each.state) for each in change.ways] == [("web", "refused"), ("old", "refused"), *again]
    assert camera.password == OWNERS_PASSWORD
    assert bench.current_version(OWNER) == 1
    sent = [given for path, given in camera.asked if path in {"/password", "/old"}]
    assert [("current" in given) for given in sent] == [current != NOBODY] * 2


@pytest.mark.parametrize(
    ("flaw", "current", "granted"),
    [
        ("needs-no-current", NOBODY, ["web", "old"]),
        ("set-up-again", NOBODY, ["set-up web"]),
        ("set-up-again", OWNER.wrong, []),
        ("needs-no-current", OWNER.wrong, []),
        ("takes-any-current", OWNER.wrong, ["web", "old"]),
        ("old-api-open", OWNER.wrong, ["old"]),
        ("old-api-open", NOBODY, ["old"]),
        ("code-and-200", OWNER.wrong, []),
    ],
)
def test_each_way_that_changes_too_much_is_named(desk: Desk, flaw: str, current: account.Credential, granted: list[str]) -> None:
    with webcam(desk, flaw) as (bench, camera):
        change = account.change_password(bench, OWNER, current)
        assert change.granted == bool(granted)
        assert [each.way for each in change.ways if each.state == "granted"] == granted
        assert (bench.current_version(OWNER) == 1) == (not granted)
        account.restore_password(bench, OWNER)
    assert camera.password == OWNERS_PASSWORD


def test_a_change_behind_a_refusal_is_seen(desk: Desk) -> None:
    with webcam(desk, "needs-no-current", "changes-and-says-no") as (bench, _):
        change = account.change_password(bench, OWNER, NOBODY)
    assert change.granted
    assert {(each.answer, each.state) for each in change.ways[:2]} == {("refused", "granted")}


def test_a_change_is_seen_although_the_former_password_still_works(desk: Desk) -> None:
    with webcam(desk, "needs-no-current", "takes-former") as (bench, _):
        assert account.change_password(bench, OWNER, NOBODY).granted


def test_where_any_password_is_taken_no_change_is_told_from_none(desk: Desk) -> None:
    with webcam(desk, "takes-anything") as (bench, _), pytest.raises(Undecided, match="no surface tells"):
        assert account.change_password(bench, OWNER, NOBODY).granted


def test_a_camera_that_hangs_up_leaves_it_undecided(desk: Desk) -> None:
    with webcam(desk, "hangs-up-on-change") as (bench, _):
        change = account.change_password(bench, OWNER, NOBODY)
    assert [each.state for each in change.ways] == ["unclear", "refused", "refused"]
    with pytest.raises(Undecided):
        _ = change.granted


def test_the_owner_changes_by_every_way_and_is_brought_back(desk: Desk) -> None:
    with webcam(desk) as (bench, camera):
        (surface,) = account.surfaces(bench)
        opened = [account.log_in(bench, surface, OWNER).session for _ in range(2)]
        change = account.change_password(bench, OWNER, OWNER)
        assert change.granted
        assert [(each.way, each.version) for each in change.ways] == [("web", 2), ("old", 3)]
        assert bench.current_version(OWNER) == 3
        assert account.log_in(bench, surface, OWNER).granted
        assert account.log_in(bench, surface, OWNER.former).refused
        assert account.none_granted(account.use(bench, opened))
        assert account.restore_password(bench, OWNER).way == "web"
        assert account.restore_password(bench, OWNER).way == ""
    assert camera.password == OWNERS_PASSWORD
    assert bench.current_version(OWNER) == 1


def test_former_passwords_that_still_work_are_seen(desk: Desk) -> None:
    with webcam(desk, "takes-former", "sessions-survive") as (bench, _):
        (surface,) = account.surfaces(bench)
        opened = [account.log_in(bench, surface, OWNER).session]
        account.change_password(bench, OWNER, OWNER)
        assert account.log_in(bench, surface, OWNER.former).granted
        assert not account.none_granted(account.use(bench, opened))


def test_without_a_change_there_is_no_former_password(desk: Desk) -> None:
    with webcam(desk) as (bench, _), pytest.raises(Undecided, match="no former password"):
        account.log_in(bench, account.surfaces(bench)[0], OWNER.former)


def test_a_yes_without_a_change_is_no_change(desk: Desk) -> None:
    with webcam(desk, "yes-and-does-nothing") as (bench, _):
        change = account.change_password(bench, OWNER, OWNER)
        assert change.refused
        assert bench.current_version(OWNER) == 1
        assert account.restore_password(bench, OWNER).found == 1


@pytest.mark.parametrize("believed", [1, 2, 3])
def test_a_password_is_found_again_wherever_a_crash_left_it(desk: Desk, believed: int) -> None:
    with webcam(desk) as (bench, camera):
        for _ in range(2):
            bench.new_password(OWNER)
        bench.password_is(OWNER.at(believed))
        camera.password = bench.access.login(OWNER.at(2), "").password  # type: ignore[union-attr]
        restored = account.restore_password(bench, OWNER)
        assert (restored.found, restored.way, restored.cut, restored.offence) == (2, "web", 0, "")
    assert camera.password == OWNERS_PASSWORD


def test_what_cannot_be_put_back_is_said(desk: Desk) -> None:
    with webcam(desk, password="somebody else's") as (bench, _), pytest.raises(NotRestored, match="no known version"):
        account.restore_password(bench, OWNER)
    broken = {"web": {**ACTIONS["change_password"]["web"], "granted_when": {"status": 299}}}
    with webcam(desk, "yes-and-does-nothing", declared=profile(("web",), change_password=broken)) as (bench, camera):
        bench.new_password(OWNER)
        camera.password = bench.access.login(OWNER.at(2), "").password  # type: ignore[union-attr]
        with pytest.raises(NotRestored, match=r"⟦cam-1/owner-password#2⟧ is valid, and no way"):
            account.restore_password(bench, OWNER)
        assert bench.current_version(OWNER) == 2


def test_of_nothing_none_granted_is_undecided(desk: Desk) -> None:
    with pytest.raises(Undecided, match="none of nothing"):
        account.none_granted(())


def test_an_unclear_use_settles_nothing_unless_another_is_granted(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        told = [account.log_in(bench, account.surfaces(bench)[0], OWNER) for _ in range(2)]
        granted, refused = told[0], told[0].model_copy(update={"state": "refused"})
        unclear = told[0].model_copy(update={"state": "unclear"})
    assert not account.none_granted([unclear, granted])
    assert account.granted(granted)
    assert account.none_granted([refused])
    with pytest.raises(Undecided):
        account.none_granted([refused, unclear])


def test_a_session_that_was_dead_before_the_change_says_nothing_of_it(desk: Desk) -> None:
    with webcam(desk, "holds-one-session", "sessions-survive") as (bench, _):
        (surface,) = account.surfaces(bench)
        opened = [account.log_in(bench, surface, OWNER).session]
        account.change_password(bench, OWNER, OWNER.wrong)
        account.change_password(bench, OWNER, OWNER)
        with pytest.raises(Undecided, match="was dead before the password was changed"):
            account.none_granted(account.use(bench, opened))


def test_what_changed_behind_a_refusal_on_another_surface_is_found(desk: Desk) -> None:
    with webcam(desk, "app-store-open", declared=profile(("web",), ("web", "app"))) as (bench, camera):
        change = account.change_password(bench, OWNER, NOBODY)
        assert [(each.answer, each.state) for each in change.ways] == [("refused", "granted"), ("refused", "refused")]
        assert "app takes it, and no longer the one before" in change.ways[0].why
        assert account.restore_password(bench, OWNER).way == "web"
    assert (camera.password, camera.app_password) == (OWNERS_PASSWORD, OWNERS_PASSWORD)


def test_a_change_that_one_surface_does_not_follow_is_none(desk: Desk) -> None:
    with webcam(desk, "app-stays", declared=profile(("web",), ("web", "app"))) as (bench, _):
        change = account.change_password(bench, OWNER, OWNER)
        assert change.refused
        assert "app did not take ⟦cam-1/owner-password#2⟧" in change.why
        with pytest.raises(NotRestored):
            account.restore_password(bench, OWNER)


def test_a_log_in_that_fails_for_the_owner_leaves_a_way_unasked(desk: Desk) -> None:
    with webcam(desk, password="another") as (bench, camera):
        changes = [account.change_password(bench, OWNER, current) for current in (NOBODY, OWNER)]
    for change in changes:
        assert {each.why.partition(":")[0] for each in change.ways if each.way != "set-up web"} == {"not asked"}
        with pytest.raises(Undecided):
            _ = change.granted
    assert {path for path, _ in camera.asked} == {"/login", "/setup"}


def test_a_device_that_falls_silent_is_not_called_lost(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        pass
    with pytest.raises(DeviceSilent):
        account.restore_password(bench, OWNER)


@pytest.mark.parametrize("flaw", ["old-way-keeps-sessions", "old-way-keeps-password"])
def test_what_one_way_forgets_is_found_although_the_next_way_ends_it(desk: Desk, flaw: str) -> None:
    with webcam(desk, flaw, declared=profile(("old", "web"))) as (bench, camera):
        (surface,) = account.surfaces(bench)
        opened = [account.log_in(bench, surface, OWNER).session for _ in range(2)]
        assert account.change_password(bench, OWNER, OWNER, 2.0).granted
        outlived = [use.session.id for use in account.use(bench, opened) if use.granted]
        taken = account.log_in(bench, surface, OWNER.former)
        assert (outlived, taken.granted) == ((["web#1", "web#2"], False) if "sessions" in flaw else ([], True))
        assert "by old" in (taken.why if taken.granted else account.use(bench, opened)[0].why)
        account.restore_password(bench, OWNER)
        again = account.log_in(bench, surface, OWNER).session
        assert account.use(bench, [again])[0].granted
    assert camera.password == OWNERS_PASSWORD


@pytest.mark.parametrize("current", [NOBODY, OWNER.wrong])
def test_a_change_that_is_refused_and_made_later_is_seen(desk: Desk, current: account.Credential) -> None:
    with webcam(desk, "changes-late") as (bench, camera):
        change = account.change_password(bench, OWNER, current)
        assert change.granted
        assert [each.version for each in change.ways if each.state == "granted"] == [3]
        restored = account.restore_password(bench, OWNER)
        assert (restored.found, restored.offence) == (3, "")
    assert camera.password == OWNERS_PASSWORD


def test_a_change_that_is_made_much_later_is_found_by_the_undo(desk: Desk) -> None:
    with webcam(desk, "changes-late") as (bench, camera):
        camera.late_s = 30.0
        assert account.change_password(bench, OWNER, NOBODY).refused
        for _ in range(15):
            bench.new_password(OWNER)
        bench.clock.wait(30.0)
        restored = account.restore_password(bench, OWNER)
        assert (restored.found, restored.way, restored.offender) == (3, "web", "⟦cam-1/owner-password#3⟧")
        assert "refused and took effect" in restored.offence
        assert account.restore_password(bench, OWNER).offence == ""
    assert camera.password == OWNERS_PASSWORD


@pytest.mark.parametrize("kept", [8, 10, 12])
@pytest.mark.parametrize("offered", [1, 2])
def test_a_new_password_that_the_camera_cuts_is_found(desk: Desk, kept: int, offered: int) -> None:
    with webcam(desk) as (bench, camera):
        first = camera.password = "short-1A"
        desk.secrets._hold("⟦cam-1/owner-password#1⟧", first)
        camera.keeps = kept
        for _ in range(offered):
            assert account.change_password(bench, OWNER, OWNER).ways[0].state != "granted"
        restored = account.restore_password(bench, OWNER)
        assert (restored.cut, restored.way) == (kept, "web")
        assert desk.secrets.mask(str(bench.access.login(OWNER.at(2).cut_to(kept), "")).encode()).endswith(f"cut to {kept}⟧'".encode())
    assert camera.password == first


def test_where_the_owners_own_password_is_cut_it_is_said(desk: Desk) -> None:
    with webcam(desk) as (bench, camera):
        camera.keeps = 12
        assert len(OWNERS_PASSWORD) == 15
        account.change_password(bench, OWNER, OWNER)
        with pytest.raises(NotRestored, match=r"#2 cut to 12⟧ is valid, and no way .* only the first 12 characters"):
            account.restore_password(bench, OWNER)
        for _ in range(3):
            bench.new_password(OWNER)
        with pytest.raises(NotRestored, match=r"#1 cut to 12⟧ is valid, and no way"):
            account.restore_password(bench, OWNER)
        assert camera.password == OWNERS_PASSWORD[:12]


def test_a_change_that_is_made_much_later_on_one_surface_is_found_too(desk: Desk) -> None:
    with webcam(desk, "changes-late", "late-on-app", declared=profile(("web",), ("web", "app"))) as (bench, camera):
        camera.late_s = 30.0
        assert account.change_password(bench, OWNER, NOBODY).refused
        bench.clock.wait(30.0)
        restored = account.restore_password(bench, OWNER)
        assert (restored.offender, restored.way) == ("⟦cam-1/owner-password#2⟧", "web")
    assert (camera.password, camera.app_password) == (OWNERS_PASSWORD, OWNERS_PASSWORD)
