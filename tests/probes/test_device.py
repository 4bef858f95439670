"""Who a device is, whether it is there, and how it gets to its normal state."""

import json
from pathlib import Path

import pytest

from harness.model.errors import DeviceSilent, NotPossible, Undecided
from harness.model.secret import NOBODY
from harness.probes import account, device
from tests.builders import devices
from tests.builders.devices import HERE, OWNER, OWNERS_PASSWORD, Desk
from tests.builders.webcam import WEB_PORT, profile, webcam


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_identity_comes_from_the_recipe_inside_a_session(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        told = device.identity(bench)
    assert (told.serial, told.firmware) == ("S-1", "1.0")
    assert b"S-1" in desk.secrets.mask(json.dumps(told.model_dump()).encode())


@pytest.mark.parametrize("flaws", [("odd-login",), ()])
def test_what_is_not_told_stays_unknown(desk: Desk, flaws: tuple[str, ...]) -> None:
    declared = profile() if flaws else profile(identity=None)
    with webcam(desk, *flaws, declared=declared) as (bench, _):
        assert device.identity(bench) == device.Identity()


def test_a_silent_device_has_no_identity(desk: Desk) -> None:
    with devices.device(devices.resetting) as port, pytest.raises(DeviceSilent):
        device.identity(desk.bench(profile(), {WEB_PORT: port}))


def test_a_device_is_alive_when_any_service_takes_a_connection(desk: Desk) -> None:
    with devices.device(devices.silent) as port:
        assert device.alive(desk.bench(profile(), {WEB_PORT: 1, WEB_PORT + 1: port}))
    assert not device.alive(desk.bench(profile(), {WEB_PORT: 1, WEB_PORT + 1: 1}))


def test_a_device_in_use_needs_nothing(desk: Desk) -> None:
    with webcam(desk) as (bench, camera):
        assert device.bring_to(bench, "normal").how == "the owner is let in"
    assert [path for path, _ in camera.asked] == ["/login"]


def test_a_new_device_is_set_up_with_the_bench_password(desk: Desk) -> None:
    with webcam(desk, password=None) as (bench, camera):
        assert device.bring_to(bench, "normal").how == "set up by web"
    assert camera.password == OWNERS_PASSWORD


def test_what_cannot_be_reached_is_said(desk: Desk) -> None:
    with webcam(desk, password="another") as (bench, _), pytest.raises(Undecided, match="is the bench's password right"):
        device.bring_to(bench, "normal")
    with webcam(desk, password=None, declared=profile(set_up=None)) as (bench, _), pytest.raises(NotPossible, match="no set_up action"):
        device.bring_to(bench, "normal")
    with webcam(desk) as (bench, _), pytest.raises(NotPossible, match="set up already"):
        device.bring_to(bench, "factory")
    with webcam(desk, declared=profile(log_in=None)) as (bench, _), pytest.raises(NotPossible, match="no log-in is known"):
        device.bring_to(bench, "normal")


def test_a_neighbour_is_known_by_its_mac(tmp_path: Path) -> None:
    assert device.mac_of(HERE) is None


def answering_all(status: int, body: bytes) -> devices.Talk:
    return devices.answering(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(body), body))


def test_a_device_that_refuses_everything_is_not_set_up_and_not_judged(desk: Desk) -> None:
    with devices.device(answering_all(401, b"{}")) as port:
        bench = desk.bench(profile(), {WEB_PORT: port})
        with pytest.raises(Undecided, match="the owner is not let in"):
            device.bring_to(bench, "normal")
        with pytest.raises(Undecided, match="not asked"):
            assert account.change_password(bench, OWNER, NOBODY).refused


def test_a_device_that_says_yes_to_everything_proves_nothing(desk: Desk) -> None:
    with devices.device(answering_all(200, b'{"ok": true, "token": "t-12345678", "user": "x", "serial": "S"}')) as port:
        bench = desk.bench(profile(), {WEB_PORT: port})
        change = account.change_password(bench, OWNER, NOBODY)
        assert {(each.answer, each.state) for each in change.ways} == {("granted", "unclear")}
        account.change_password(bench, OWNER, OWNER)
        assert account.log_in(bench, account.surfaces(bench)[0], OWNER.former).granted


def test_a_device_that_is_up_takes_a_connection(desk: Desk) -> None:
    with webcam(desk) as (bench, _):
        assert device.is_up(bench)
    assert not device.is_up(desk.bench(profile(), {WEB_PORT: 1, WEB_PORT + 1: 1}))


def test_what_nobody_knows_how_to_ask_for_is_left_out(desk: Desk) -> None:
    """A minute passes all the same: it may contact its servers by itself."""
    with webcam(desk) as (bench, _):
        before = bench.clock.now()
        assert device.call_home(bench) == ()
        assert bench.clock.now() - before >= device.MINUTE_S
        with pytest.raises(NotPossible, match="no way is known to check_update"):
            device.ask_for_update(bench)
