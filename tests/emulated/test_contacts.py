"""Whom the camera contacts in a short day behind the lab's router: a sound one its declared servers, a flawed one exactly one more."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.emulated.camera.flaws import FLAWS
from tests.lab.worlds import Person, people

HOST = "192.168.77.20"
SOUND = {
    "tcp api.camlabel.example 443",
    "tcp update.camlabel.example 443",
    "tcp media.camlabel.example 443",
    "udp time.camlabel.example 123",
}
BEYOND = {
    "contact-late": {"tcp stats.late-caller.example 443"},
    "contact-by-address": {"tcp 203.0.113.77 443"},
    "contact-by-other-name": {"tcp edge-api.camlabel.example 443"},
    "contact-other-port": {"tcp api.camlabel.example 8443"},
    "contact-at-set-up": {"tcp welcome.vendor-analytics.example 443"},
    "contact-at-event": {"tcp pictures.vision-partner.example 443"},
    "contact-at-live-view": {"udp stun.relay-provider.example 3478"},
    "contact-at-update-check": {"tcp mirror.firmware-cdn.example 443"},
    "contact-after-outage": {"tcp backup.camlabel-relay.example 443"},
    "telemetry-udp": {"udp api.camlabel.example 8125"},
    "dns-hard-coded": {"udp 8.8.8.8 53"},
    "time-undeclared": {"udp pool.time-service.example 123"},
}
DAY = """
import json, ssl, subprocess, tempfile, time, urllib.request
from pathlib import Path
from harness.lab import emulated
from harness.lab.home import Home
ANYBODY = ssl.create_default_context()
ANYBODY.check_hostname, ANYBODY.verify_mode = False, ssl.CERT_NONE
token = ""
def ask(path, body):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"https://192.168.77.20{path}", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, context=ANYBODY, timeout=10) as answer:
        return json.load(answer)
folder = Path(tempfile.mkdtemp(dir=FOLDER))
home = Home(folder / "router", {"02:00:00:ca:00:01": "192.168.77.20"})
device = emulated.make("fast", folder / "device", flaws=FLAWS, home=home)
def seen():
    names = {each.answer: each.name for each in home.services.questions() if each.answer}
    received = home.services.received()
    return sorted({f"{each.transport} {each.name or names.get(each.address, each.address)} {each.port}" for each in received})
said = {}
def phase(name, *steps):
    before = set(seen())
    for step in steps:
        step()
    said[name] = sorted(set(seen()) - before)
began = time.monotonic()
phase("boot", device.start_again, lambda: device.advance(1))
owner = {"user": "admin", "password": "first-Pass-1"}
phase("set-up", lambda: ask("/api/setup", owner), lambda: device.advance(1))
token = ask("/api/login", owner)["token"]
phase("idle", lambda: device.advance(7200))
day_s = time.monotonic() - began
token = ask("/api/login", owner)["token"]
play = ["ffprobe", "-v", "error", "-rtsp_transport", "tcp", "-read_intervals", "%+0.2", "rtsps://admin:first-Pass-1@192.168.77.20/live/sub"]
phase("live view", lambda: subprocess.run(play, capture_output=True, timeout=20), lambda: device.advance(1))
phase("event", lambda: ask("/api/event/test", {}), lambda: device.advance(1))
phase("update check", lambda: ask("/api/update/check", {}), lambda: device.advance(1))
home.services.outage(True)
began = time.monotonic()
phase("outage", lambda: device.advance(300))
outage_s = time.monotonic() - began
home.services.outage(False)
phase("recovered", lambda: device.advance(300))
phase("restart", lambda: ask("/api/restart", {}), lambda: device.advance(100))
device.kill()
phase("power cut", device.start_again, lambda: device.advance(100))
heartbeats = sum(each.sent for each in home.services.received() if each.name == "api.camlabel.example")
say(all=seen(), phases=said, day_s=day_s, outage_s=outage_s, sent=heartbeats, limits=home.limits, log=device.log.read_text()[-3000:],
    refused=[each.refused for each in home.services.received() if each.refused])
device.stop()
home.close()
"""


def day(person: Person, folder: Path, *flaws: str) -> dict[str, Any]:
    """What was contacted, in all and by phase."""
    done = person.run(DAY.replace("FOLDER", repr(str(folder))).replace("FLAWS", repr(flaws)))
    assert done.returncode == 0, done.stderr
    said: dict[str, Any] = json.loads(done.stdout)
    return said


@pytest.fixture(scope="module")
def person() -> Person:
    found = people()[0]
    if (trial := found.run("")).returncode:
        pytest.skip(f"no private world: {trial.stderr[-300:]}")
    return found


@pytest.mark.once
def test_a_sound_camera_contacts_its_declared_servers_only(person: Person, tmp_path: Path) -> None:
    said = day(person, tmp_path)
    assert set(said["all"]) == SOUND, said
    assert said["refused"] == []
    assert "Traceback" not in str(said["log"])


@pytest.mark.once
def test_all_flaws_together_contact_all_of_theirs(person: Person, tmp_path: Path) -> None:
    said = day(person, tmp_path, *BEYOND)
    assert set(said["all"]) - SOUND == set().union(*BEYOND.values()), said
    begun = {phase: set(new) - SOUND for phase, new in said["phases"].items()}
    for flaw, phase in {
        "contact-late": "idle",
        "contact-by-address": "boot",
        "contact-at-set-up": "set-up",
        "contact-at-event": "event",
        "contact-at-live-view": "live view",
        "contact-at-update-check": "update check",
        "contact-after-outage": "recovered",
    }.items():
        assert BEYOND[flaw] <= begun[phase], (flaw, said["phases"])


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("flaw", BEYOND)
def test_a_flawed_camera_contacts_exactly_one_more(flaw: str, person: Person, tmp_path: Path) -> None:
    said = day(person, tmp_path, flaw)
    assert set(said["all"]) - SOUND == BEYOND[flaw], said
    assert set(said["all"]) >= SOUND


def test_every_flaw_of_contacts_is_tried() -> None:
    assert {flaw.name for flaw in FLAWS if {"NET-24"} <= {*flaw.breaks} <= {"NET-04", "NET-24"}} == set(BEYOND)
