"""The camera's network life against servers of other people's code: real names, real time, real TLS."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from harness.emulated.camera.network.life import HEARTBEAT_S
from tests.emulated.internet import HOSTS, Internet, internet, server_context
from tests.emulated.units import HERE, Handle, unit

API, UPDATE, MEDIA = HOSTS
REGISTER, HEARTBEAT, EVENT = (f"POST {API}/v1/{what}" for what in ("register", "heartbeat", "event"))
CHECK = f"GET {UPDATE}/v1/firmware"


def online(net: Internet) -> dict[str, object]:
    return {"gateway": HERE, "trust": net.trust, "far": net.far}


def service(camera: Handle) -> dict[str, object]:
    return camera.ask("/api/service", token=camera.log_in()).json


def do(camera: Handle, path: str) -> None:
    """An order of the owner, and all that it causes."""
    assert camera.ask(path, {}, token=camera.log_in()).status == 200
    camera.advance(0)


def test_a_day_of_a_camera(tmp_path: Path) -> None:
    with internet(tmp_path) as net:
        net.answers["/v1/firmware"] = b'{"version": "1.2.0"}'
        with unit(tmp_path, set_up=False, **online(net)) as camera:
            camera.advance(600)
            assert net.paths() == [CHECK]
            camera.set_up()
            camera.advance(0)
            assert net.paths() == [CHECK, REGISTER, HEARTBEAT]
            camera.advance(7200)
            assert net.count(HEARTBEAT) - 7200 // HEARTBEAT_S in (0, 1)
            assert net.count("time") == 3
            assert net.count(API) <= 6
            do(camera, "/api/event/test")
            do(camera, "/api/update/check")
            assert net.count(EVENT) == 1
            assert any(said.startswith(f"PUT {MEDIA}/v1/pictures/") for said in net.paths())
            assert net.count(CHECK) == 2
            told = service(camera)
            assert (told["registered"], told["newest"], told["events_sent"], told["events_waiting"]) == (True, "1.2.0", 1, 0)
            camera.advance(86400)
            assert net.count(CHECK) == 3
        assert net.asked() == {"time.camlabel.example", *HOSTS}
        picture = next(body for path, body in net.bodies.items() if path.startswith("/v1/pictures/"))
        assert (picture[:2], picture[-2:]) == (b"\xff\xd8", b"\xff\xd9")
        assert set(json.loads(net.bodies["/v1/heartbeat"])) == {"uptime_s", "sessions", "firmware"}


def test_registration_is_remembered_over_a_power_cut(tmp_path: Path) -> None:
    with internet(tmp_path) as net:
        with unit(tmp_path, **online(net)) as camera:
            camera.advance(1)
        with unit(tmp_path, set_up=False, **online(net)) as camera:
            camera.advance(HEARTBEAT_S + 1)
            do(camera, "/api/restart")
            camera.advance(HEARTBEAT_S + 1)
        assert net.count(REGISTER) == 1
        assert net.count(CHECK) == 3
        assert net.count(HEARTBEAT) >= 5


def test_after_an_outage_it_comes_back_by_itself_and_tells_what_waits(tmp_path: Path) -> None:
    with internet(tmp_path) as net, unit(tmp_path, **online(net)) as camera:
        camera.advance(1)
        before = net.count(HEARTBEAT)
        net.status = 503
        do(camera, "/api/event/test")
        camera.advance(HEARTBEAT_S + 70)
        assert service(camera)["events_waiting"] == 1
        tried = net.count(HEARTBEAT) - before
        assert 3 <= tried <= 5
        net.status = 200
        camera.advance(300)
        told = service(camera)
        assert (told["events_sent"], told["events_waiting"]) == (1, 0)
        before = net.count(HEARTBEAT)
        camera.advance(10 * HEARTBEAT_S)
        assert net.count(HEARTBEAT) - before == 10


def test_a_silent_internet_does_not_hold_the_clock(tmp_path: Path) -> None:
    with internet(tmp_path) as net, unit(tmp_path, **online(net)) as camera:
        camera.advance(1)
        net.silent = True
        camera.advance(2 * HEARTBEAT_S)
        net.silent = False
        before = net.count(HEARTBEAT)
        camera.advance(600)
        assert net.count(HEARTBEAT) > before


def test_the_clock_is_set_by_the_time_server(tmp_path: Path) -> None:
    with internet(tmp_path) as net:
        net.ahead_s = 5000
        with unit(tmp_path, **online(net)) as camera:
            camera.advance(0)
            assert camera.now() - time.time() == pytest.approx(5000, abs=5)
            net.ahead_s = -1e9
            camera.advance(3700)
            assert camera.now() - time.time() == pytest.approx(8700, abs=5)
            assert net.count("time") >= 2


@pytest.mark.parametrize("wrong", ["authority", "name", "expired", "not yet by the camera's clock"])
def test_a_server_that_is_not_proven_gets_nothing(wrong: str, tmp_path: Path) -> None:
    good, now = trustme.CA(), datetime.now(UTC)
    contexts = {
        "authority": server_context(trustme.CA(), *HOSTS),
        "name": server_context(good, "other.camlabel.example"),
        "expired": server_context(good, *HOSTS, not_after=now - timedelta(days=1)),
        "not yet by the camera's clock": server_context(good, *HOSTS, not_after=now + timedelta(days=30)),
    }
    with internet(tmp_path, contexts[wrong]) as net:
        good.cert_pem.write_to_path(net.trust)
        net.ahead_s = 40 * 86400 if wrong.startswith("not yet") else 0
        with unit(tmp_path, set_up=False, **online(net)) as camera:
            camera.advance(0)
            camera.set_up()
            camera.advance(2 * HEARTBEAT_S)
            assert service(camera)["registered"] is False
        assert net.paths() == []
        assert net.asked() >= {API, UPDATE}


def test_without_a_router_it_contacts_nobody_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with unit(tmp_path) as camera:
        do(camera, "/api/event/test")
        assert service(camera) == {"used": False, "firmware": "1.0.0"}
    assert "no router was given: contacts nobody" in caplog.text


@pytest.mark.parametrize("answer", [b"[" * 9000, b"\xff", b"{" + b" " * 70000, b'{"version": 7}'])
def test_a_service_that_answers_badly_does_no_harm(answer: bytes, tmp_path: Path) -> None:
    with internet(tmp_path) as net:
        net.answers["/v1/firmware"] = answer
        with unit(tmp_path, **online(net)) as camera:
            camera.advance(61)
            assert service(camera)["newest"] == ""
        assert net.count(HEARTBEAT) >= 1
