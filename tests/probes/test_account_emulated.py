"""The questions of SYS-07 to the emulated camera over all its surfaces: a sound one, and one flaw of each kind."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.lab import emulated
from harness.model.secret import NOBODY
from harness.probes import account, device
from harness.profile.read import read_profile
from tests.builders.devices import OWNER, Desk

PROFILE = read_profile(emulated.kind_of("fast").profile)
LIMITS = {each.id: each.brute_force for each in PROFILE.ixit.auth_mech if each.brute_force}


@contextmanager
def camera(tmp_path: Path, *flaws: str) -> Iterator[Bench]:
    """A bench with an emulated camera on the loopback, set up."""
    if missing := emulated.kind_of("fast").missing:
        pytest.skip(f"apt-get install {' '.join(missing)}")
    with ExitStack() as ends:
        started = emulated.start("fast", tmp_path / "device", flaws=flaws)
        ends.callback(started.stop)
        desk = Desk(tmp_path, LIMITS, clock=AdvancedClock(started.advance), address=started.address)
        bench = desk.bench(PROFILE, started.ports)
        ends.callback(bench.lives.close_all)
        device.bring_to(bench, "normal")
        yield bench


def offences(bench: Bench) -> set[str]:
    """What SYS-07 would note."""
    surfaces, found = account.surfaces(bench), set()
    opened = [account.log_in(bench, surface, OWNER).session for surface in surfaces for _ in range(2)]
    assert all(use.granted for use in account.use(bench, opened))
    for current in (NOBODY, OWNER.wrong):
        change = account.change_password(bench, OWNER, current)
        found |= {f"{way.way} without" for way in change.ways if way.state == "granted"}
    assert account.change_password(bench, OWNER, OWNER).granted
    found |= {f"old on {surface.id}" for surface in surfaces if account.log_in(bench, surface, OWNER.former).granted}
    found |= {f"{use.session.kind} lives" for use in account.use(bench, opened) if use.state == "granted"}
    assert all(account.log_in(bench, surface, OWNER).granted for surface in surfaces)
    account.restore_password(bench, OWNER)
    assert all(account.log_in(bench, surface, OWNER.at(1)).granted for surface in surfaces)
    return found


def test_a_sound_camera_offends_in_nothing(tmp_path: Path) -> None:
    with camera(tmp_path) as bench:
        told = device.identity(bench)
        assert told.serial
        assert told.firmware == "1.0.0"
        assert offences(bench) == set()


@pytest.mark.parametrize(
    ("flaw", "found"),
    [
        ("old-password-rtsp", {"old on rtsp"}),
        ("stream-survives", {"stream lives"}),
        ("change-legacy-api", {"legacy without"}),
        ("onvif-wrong-password", {"onvif without", "old on onvif", "token lives"}),
        ("rtsp-any-response", {"old on rtsp"}),
        ("rtsp-describe-open", set()),
    ],
)
def test_a_flaw_is_found_where_it_is_and_nowhere_else(tmp_path: Path, flaw: str, found: set[str]) -> None:
    with camera(tmp_path, flaw) as bench:
        assert offences(bench) == found
