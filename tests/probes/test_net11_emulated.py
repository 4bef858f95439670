"""NET-11's probes on the emulated camera: sound, and with each of the flaws that break NET-11."""

from collections.abc import Callable, Iterator
from pathlib import Path as Folder

import pytest

from harness.emulated.camera.flaws import FLAWS
from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.secret import NOBODY, STRANGER
from harness.probes import account, clear_streams, onvif, rtsp, snapshot
from harness.probes.rtsp_paths import Path
from tests.builders.devices import OWNER
from tests.builders.emulated import emulated

WRONG = OWNER.wrong


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    with emulated(tmp_path_factory.mktemp("camera")) as (bench, _):
        yield bench


def path(bench: Bench, text: str) -> Path:
    return next(each for each in rtsp.paths(bench) if each.path == text)


def streams(text: str, credential: object = NOBODY, transport: str = "tcp") -> Callable[[Bench], bool]:
    return lambda bench: bool(rtsp.attempt(bench, path(bench, text), credential, transport).gave)  # type: ignore[arg-type]


def in_the_clear(text: str, credential: object, transport: str) -> Callable[[Bench], bool]:
    """While its owner allows that."""

    def ask(bench: Bench) -> bool:
        assert clear_streams.allow(bench).granted
        try:
            place = next(each for each in rtsp.paths(bench, "allowed") if each.path == text)
            return bool(rtsp.attempt(bench, place, credential, transport).gave)  # type: ignore[arg-type]
        finally:
            clear_streams.forbid(bench)

    return ask


def answers(operation: str, credential: object, freshness: str) -> Callable[[Bench], bool]:
    return lambda bench: onvif.call(bench, operation, credential, freshness).granted  # type: ignore[arg-type]


def pictures(text: str, key: object = NOBODY) -> Callable[[Bench], bool]:
    def ask(bench: Bench) -> bool:
        place = next(each for each in snapshot.paths(bench) if each.path == text)
        return bool(snapshot.fetch(bench, place, key).gave)  # type: ignore[arg-type]

    return ask


def watched(bench: Bench) -> bool:
    account.log_in(bench, Surface(id="rtsp", interface="rtsp"), OWNER)
    return any(rtsp.attempt(bench, path(bench, text), NOBODY, "tcp").gave for text in ("/live/main", "/live/sub"))


OFFENCES: dict[str, Callable[[Bench], bool]] = {
    "rtsp-open": streams("/live/main"),
    "rtsp-any-response": streams("/live/main", WRONG),
    "rtsp-stranger-open": streams("/live/main", OWNER.listed("", STRANGER)),
    "default-rtsp-empty": streams("/live/main", OWNER.listed("")),
    "rtsp-watched-open": watched,
    "onvif-name-alone": answers("tds:GetUsers", OWNER.listed(""), "unproven"),
    "rtsp-sub-open": streams("/live/sub"),
    "rtsp-udp-open": in_the_clear("/live/main", NOBODY, "udp"),
    "rtsp-slash-open": streams("//live/main"),
    "rtsp-case-open": streams("/LIVE/MAIN"),
    "rtsp-small-letters-open": lambda bench: bool(rtsp.attempt_in_small_letters(bench, path(bench, "/live/sub")).gave),
    "rtsp-address-login": lambda bench: bool(rtsp.attempt_by_address(bench, path(bench, "/live/main"), OWNER.listed("")).gave),
    "rtsp-describe-open": streams("/live/sub", WRONG),
    "rtsp-setup-open": streams("/live/main"),
    "rtsp-hidden-path-open": streams("/live/ch00_0"),
    "onvif-wrong-password": answers("tds:GetUsers", WRONG, "fresh"),
    "onvif-nonce-reuse": answers("tds:GetUsers", OWNER, "repeated"),
    "onvif-stale-created": answers("trt:GetProfiles", OWNER, "stale"),
    "onvif-media-open": answers("trt:GetStreamUri", NOBODY, "none"),
    "onvif-snapshot-uri-open": answers("trt:GetSnapshotUri", NOBODY, "none"),
    "onvif-empty-security-open": answers("tds:GetDeviceInformation", NOBODY, "none"),
    "snapshot-open": pictures("/snapshot.jpg"),
    "snapshot-any-session": pictures("/snapshot.jpg", snapshot.FalseSession()),
    "snapshot-trailing": pictures("/snapshot.jpg/"),
    "snapshot-query-open": pictures("/snapshot.jpg?1"),
    "delivered-with-anonymous-viewing": pictures("/snapshot.jpg"),
}


def test_every_flaw_that_breaks_net_11_is_looked_for() -> None:
    assert set(OFFENCES) == {flaw.name for flaw in FLAWS if "NET-11" in flaw.breaks}


@pytest.mark.parametrize("flaw", OFFENCES)
def test_the_flaw_is_found_and_the_sound_camera_has_it_not(sound: Bench, tmp_path: Folder, flaw: str) -> None:
    assert not OFFENCES[flaw](sound)
    with emulated(tmp_path, flaw) as (bench, _):
        assert OFFENCES[flaw](bench)


def test_the_owner_is_served_and_what_does_not_exist_is_not(sound: Bench) -> None:
    for text in ("/live/main", "/live/sub"):
        assert rtsp.attempt(sound, path(sound, text), OWNER, "tcp").played
        assert not {"setup", "play", "media"} & set(rtsp.attempt(sound, path(sound, text), OWNER, "udp").given)
        for transport in ("tcp", "udp"):
            assert in_the_clear(text, OWNER, transport)(sound)
    assert rtsp.attempt(sound, rtsp.MISSING, OWNER).gave == ()
    declared = [place for place in snapshot.paths(sound) if place.declared]
    assert [snapshot.fetch(sound, place, OWNER).served for place in declared] == [True]
    assert snapshot.fetch(sound, snapshot.MISSING, OWNER).gave == ()
    free = onvif.NEEDED_BEFORE_LOGIN.intersection(sound.profile.ixit.log_intf[1].before_login)
    guarded = [operation for operation in onvif.operations(sound) if operation not in free]
    assert {"tds:GetUsers", "trt:GetStreamUri", "tds:GetHostname"} <= set(guarded)
    assert all(onvif.call(sound, operation, OWNER, "fresh").granted for operation in guarded)
    assert all(onvif.call(sound, operation, NOBODY, "none").refused for operation in guarded)
