"""Functions of the interface before set-up: called by nobody, then compared with what the owner gets."""

from pathlib import Path

import pytest

from harness.model.api import ApiEndpoint
from harness.model.errors import Undecided
from harness.probes.device import bring_to
from harness.probes.first_calls import as_nobody, changing, compared, onvif_orders, orders_by_nobody, still_new, take_back, told_by
from harness.probes.function_answers import Seen
from harness.transports.http import Headers, HttpReply
from tests.builders.emulated import emulated


@pytest.mark.once
def test_a_sound_camera_obeys_nobody_before_set_up(tmp_path: Path) -> None:
    with emulated(tmp_path, set_up=False) as (bench, _):
        calls = changing(bench)
        assert {"/api/accounts", "/api/settings", "/api/privacy"} <= {each.path for each in calls}
        assert not {"/api/setup", "/api/login", "/api/restart", "/api/reset", "/api/update/upload"} & {each.path for each in calls}
        assert {each.status for each in as_nobody(bench, calls)} == {401}
        assert still_new(bench, calls).found == "as delivered"
        assert bring_to(bench, "normal")
        told = compared(bench, calls)
        assert {each.asked: each.why for each in told if each.state != "refused"} == {}
        assert take_back(bench, calls)


@pytest.mark.once
def test_accounts_that_anybody_makes_before_set_up_are_found_and_gone(tmp_path: Path) -> None:
    with emulated(tmp_path, "before-set-up-accounts", set_up=False) as (bench, camera):
        calls = tuple(each for each in changing(bench) if each.path == "/api/accounts")
        (called,) = as_nobody(bench, calls)
        assert called.in_use
        assert "the device is in use then" in called.asked
        assert camera.ask("/api/state").json == {"state": "factory"}
        with pytest.raises(Undecided, match="before this process started"):
            _ = compared(bench, calls[:0] + tuple(each for each in changing(bench) if each.path == "/api/place"))[0].granted
        assert bring_to(bench, "normal")
        assert [each.granted for each in compared(bench, calls)] == [True]


@pytest.mark.once
@pytest.mark.parametrize(("flaws", "granted"), [((), [False, False]), (("before-set-up-onvif-users",), [True, False])])
def test_users_that_onvif_makes_for_anybody_are_found_and_gone(flaws: tuple[str, ...], granted: list[bool], tmp_path: Path) -> None:
    with emulated(tmp_path, *flaws, set_up=False) as (bench, _):
        orders = onvif_orders(bench)
        assert orders == ("tds:CreateUsers", "tds:SetDiscoveryMode")
        assert [each.granted for each in orders_by_nobody(bench, orders)] == granted
        assert still_new(bench, orders).found == "as delivered"
        assert bring_to(bench, "normal")
        assert not any(each.granted for each in orders_by_nobody(bench, orders))


def seen(status: int, body: str = "{}", headers: Headers = ()) -> Seen:
    """An answer."""
    reply = HttpReply(status=status, reason="", headers=headers, body=body.encode(), truncated=False, sent_at=0, answered_at=0)
    return Seen.of(reply)


NOTHING = seen(404, '{"error": "nothing here"}')


@pytest.mark.parametrize(
    ("nobodys", "owners", "state"),
    [
        (seen(401), seen(200), "refused"),
        (seen(400, '{"error": "set it up first"}'), seen(200, '{"ok": true}'), "refused"),
        (seen(200, '{"ok": true}'), seen(200, '{"ok": true}'), "granted"),
        (seen(200, '{"code": -1, "message": "not activated"}'), seen(200, '{"code": 0}'), "unclear"),
        (seen(422, '{"error": "no such name"}'), seen(422, '{"error": "no such name"}'), "granted"),
        (seen(404, '{"error": "nothing here"}'), seen(404, '{"error": "nothing here"}'), "refused"),
        (seen(503, headers=(("Retry-After", "5"),)), seen(200), "unclear"),
    ],
)
def test_an_error_is_a_refusal_unless_its_owner_gets_it_too(nobodys: Seen, owners: Seen, state: str) -> None:
    endpoint = ApiEndpoint.model_validate({"method": "POST", "path": "/x"})
    assert told_by(nobodys, NOTHING, owners, endpoint)[0] == state
    assert told_by(nobodys, NOTHING, owners, None)[0] == state
