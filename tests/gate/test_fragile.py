"""Five cameras that are easily upset: survey, TLS and log-in cases come to the same verdicts as on a calm one, and leave it standing."""

import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.cases.dut import Declared, Dut, Limits
from harness.gate import governor, tolerance
from harness.gate.access import GateAccess
from harness.gate.attempt import running
from harness.gate.live import Live
from harness.gate.observe import Observe
from harness.journal.reader import read
from harness.probes import tls
from harness.probes.detectors import survey
from testcases.network_communication.test_tls_is_current import test_tls_services_refuse_what_is_old_or_weak as tls_is_current
from testcases.system_software.test_guessing import test_guessing_is_stopped_and_locks_nobody_out_for_good as guessing_is_stopped
from tests.builders import fragile
from tests.builders.fragile import HASTE, Calm, DropsEveryThird, Reboots, RestsBetweenHandshakes, SilentWhileBusy, Temper, TwoAtATime
from tests.builders.toy import attempt, judged

UNBEARABLE = (TwoAtATime, DropsEveryThird, RestsBetweenHandshakes, SilentWhileBusy)  # at 200 connections a second
AS_DELIVERED = 3.0 * HASTE  # connections a second
TEMPERS: list[tuple[Callable[[], Temper], float]] = [
    (Calm, 200.0),
    (TwoAtATime, 200.0),
    (DropsEveryThird, 200.0),
    (RestsBetweenHandshakes, 200.0),
    (SilentWhileBusy, 200.0),
    (Reboots, AS_DELIVERED),
]


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GENTLE_S", "GENTLEST_S", "SHORTEST_S"):
        monkeypatch.setattr(tolerance, name, getattr(tolerance, name) / HASTE)
    monkeypatch.setattr(tolerance, "GENTLE_PER_S", AS_DELIVERED)
    monkeypatch.setattr(governor, "LOOK_S", 0.1)
    monkeypatch.setattr(governor, "LATELY_S", governor.LATELY_S / HASTE)
    for module in ("detectors.service", "detectors.media", "tls"):
        monkeypatch.setattr(f"harness.probes.{module}.ANSWER_S", 1.0)
    monkeypatch.setattr("harness.transports.http.CONNECT_S", 1.0)
    monkeypatch.setattr("harness.probes.detectors.service.SHORT_S", 0.5)
    monkeypatch.setattr("harness.probes.detectors.service.BANNER_S", 0.05)
    monkeypatch.setattr(survey, "is_ours", lambda _: False)
    monkeypatch.setattr(tls, "ALL_12", (0xC02B, 0xC02C, 0xC009, 0xC00A))


def verdicts(live: Live, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Of a survey, the TLS case and the guessing case."""
    monkeypatch.setattr(survey, "ALL", (live.bench.address("web").port,))
    with running(attempt()):
        seen = Observe(live)(survey.survey, "normal")
    [service] = seen.services
    dut = Dut("cam-1", Declared(live.bench.profile), ("owner",))
    tls_limits = Limits("NET-05", {"rsa_bits_min": 2048, "ec_bits_min": 224})
    guess_limits = Limits("SYS-06", {"attempts": 6, "max_failures": fragile.TRIES, "lock_s_min": 60, "guesses_per_hour_max": 100})
    return {
        "survey": " ".join(service.speaks),
        "NET-05": judged(live, lambda observe: tls_is_current(dut, observe, tls_limits), attempt("tls", impact="login")).verdict,
        "SYS-06": judged(live, lambda observe: guessing_is_stopped(dut, observe, guess_limits), attempt("guess", impact="login")).verdict,
    }


@pytest.mark.once
@pytest.mark.parametrize(("temper", "per_s"), TEMPERS)
def test_a_sound_camera_of_any_temper_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temper: Callable[[], Temper], per_s: float
) -> None:
    """And does not go down; what was learned of it is journalled."""
    with fragile.gate(tmp_path, kept := temper(), per_s) as live:
        assert verdicts(live, monkeypatch) == {"survey": "https", "NET-05": "PASS", "SYS-06": "PASS"}, live.governor.tolerance
        assert live.governor.tolerance.fragile is isinstance(kept, UNBEARABLE)
    assert kept.times == 0
    assert any(line.kind == "learned" for line in read(tmp_path / "journal")) is isinstance(kept, UNBEARABLE)


@pytest.mark.once
@pytest.mark.parametrize(("temper", "per_s"), TEMPERS)
def test_an_unsound_camera_of_any_temper_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temper: Callable[[], Temper], per_s: float
) -> None:
    """It takes TLS 1.1 and endless guesses."""
    with fragile.gate(tmp_path, kept := temper(), per_s, locks=False, spoilt=takes_tls_11) as live:
        assert verdicts(live, monkeypatch) == {"survey": "https", "NET-05": "FAIL", "SYS-06": "FAIL"}, live.governor.tolerance
    assert kept.times == 0


@pytest.mark.parametrize("temper", [TwoAtATime, DropsEveryThird, RestsBetweenHandshakes])
def test_without_a_governor_that_learns_they_are_not_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, temper: Callable[[], Temper]
) -> None:
    """So the tempers are what they are said to be."""
    monkeypatch.setattr(GateAccess, "insisting", lambda _, __, attempt, ___: attempt())
    with fragile.gate(tmp_path, temper(), 200.0) as live:
        assert verdicts(live, monkeypatch) != {"survey": "https", "NET-05": "PASS", "SYS-06": "PASS"}


@pytest.mark.once
def test_one_that_goes_down_under_too_much_does_so_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bench that allows far more than it stands: after one fall it is asked at half the rate, and all is judged."""
    with fragile.gate(tmp_path, kept := Reboots(), 200.0) as live:
        found = verdicts(live, monkeypatch)
        slower = live.governor.tolerance.per_s
        again = verdicts(live, monkeypatch)
    assert kept.times >= 1
    assert slower <= 100
    assert found == again == {"survey": "https", "NET-05": "PASS", "SYS-06": "PASS"}


def takes_tls_11(context: ssl.SSLContext) -> None:
    """As old firmware does."""
    with warnings.catch_warnings(action="ignore", category=DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
