"""PHY-01's case on consoles of other people: busybox on a pseudo terminal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.gate.clock import RealClock
from harness.lab import emulated
from harness.lab.power import EmulatedPower
from harness.model.errors import NotPossible
from harness.model.secret import Login
from harness.model.verdict import Verdict
from harness.probes import console_boot
from harness.profile.read import read_profile
from tests.builders.lines import verdict_on

pytestmark = pytest.mark.once
LOGIN = Login(user="admin", password="Correct-Horse-7")
FEW = {"credential_pairs_max": 2.0, "post_boot_listen_s": 1.0, "cold_boots": 1.0}


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_boot, "QUIET_S", 2.0)


@contextmanager
def foreign(name: str, folder: Path) -> Iterator[emulated.Device]:
    """A device of packages, switched on."""
    try:
        device = emulated.make(name, folder / "device", login=LOGIN)
        device.start_again()
    except NotPossible as problem:
        pytest.skip(str(problem))
    try:
        yield device
    finally:
        device.stop()


@pytest.mark.parametrize(("name", "verdict"), [("foreign-camera", Verdict.PASS), ("foreign-camera-listed", Verdict.FAIL)])
def test_busybox(tmp_path: Path, name: str, verdict: Verdict) -> None:
    """Its log-in waits three seconds after each failure; root without a password is a listed log-in."""
    with foreign(name, tmp_path) as device:
        profile = read_profile(device.kind.profile)
        assert device.uart
        how = {"profile": profile, "clock": RealClock(), "limits": FEW, "ports": device.ports, "effort": "full"}
        done = verdict_on(tmp_path, device.uart.url, EmulatedPower(device), **how)  # type: ignore[arg-type]
    assert done.verdict is verdict, done
