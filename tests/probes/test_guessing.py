"""Sieges on the emulated camera: a limit that acts, lasts and ends, and the ways in which one does not."""

import base64
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request as HttpRequest

from harness.emulated.camera.lockout import Lockout
from harness.emulated.camera.rtsp.login import Login, LoginCheck
from harness.emulated.camera.rtsp.message import Request
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web import visitor
from harness.gate.bench import Bench
from harness.gate.clock import RealClock
from harness.model.action import Surface
from harness.model.errors import NotRestored, Undecided
from harness.model.secret import Credential
from harness.probes import viewers
from harness.probes.actions.unasked import spellings
from harness.probes.guessing import (
    BETWEEN,
    NEW_CONNECTIONS,
    Plan,
    Siege,
    besiege,
    bounds_of,
    from_several,
    further_plans,
    let_owner_in,
    plan_of,
    plans,
)
from tests.builders.emulated import emulated
from tests.emulated.units import Handle

OWNER = Credential(unit="cam-1", role="owner")
BOUNDS = bounds_of(30, 10, 60, 100)
WEB, RTSP, ONVIF = (Surface(id=name, interface=kind) for name, kind in (("web", "page"), ("rtsp", "rtsp"), ("onvif", "onvif")))


@contextmanager
def besieged(folder: Path, *flaws: str) -> Iterator[tuple[Bench, Handle]]:
    """A camera that may be locked, asked from four addresses."""
    with emulated(folder, *flaws) as (bench, camera):
        bench.access._governor.may_besiege = True  # type: ignore[attr-defined]
        yield replace(bench, sources=("127.0.0.2", "127.0.0.3")), camera


def test_every_surface_in_every_way() -> None:
    assert not from_several([])
    with pytest.raises(Undecided, match="not begun: 429"):
        _ = Siege(surface=WEB, way="new connections", asked="x", not_begun="429").let_back


@pytest.mark.once
def test_a_sound_camera_stops_them_and_lets_its_owner_back(tmp_path: Path) -> None:
    with besieged(tmp_path) as (bench, _):
        assert len(plans(bench)) == 8
        assert from_several(plans(bench))
        assert not from_several(plans(replace(bench, sources=())))
        for plan in (Plan(surface=RTSP, way="one connection"), Plan(surface=ONVIF, way="new addresses")):
            siege = besiege(bench, plan, OWNER, BOUNDS)
            assert (siege.stops_by(10), siege.below(100), siege.let_back, siege.failures) == (True, True, True, 10), plan
            assert siege.guesses == 30
        assert let_owner_in(bench, plan, OWNER, BOUNDS).how == "let in at once"


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "plan", "stops", "below", "back"),
    [
        ("lock-missing-onvif", Plan(surface=ONVIF, way="new connections"), False, False, True),
        ("lock-per-address", Plan(surface=RTSP, way="new addresses"), False, False, True),
        ("lock-per-address", Plan(surface=RTSP, way="new connections"), True, True, True),
        ("lock-per-forwarded", Plan(surface=WEB, way="said to be forwarded"), False, False, True),
        ("lock-per-forwarded", Plan(surface=WEB, way="new connections"), True, True, True),
        ("lock-per-spelling", Plan(surface=WEB, way="name in other case"), False, False, True),
        ("lock-per-spelling", Plan(surface=WEB, way="new connections"), True, True, True),
        ("lock-missing-plain-text", Plan(surface=ONVIF, way="plain text"), False, False, True),
        ("lock-per-connection-rtsp", Plan(surface=RTSP, way="new connections"), False, False, True),
        ("lock-late", Plan(surface=RTSP, way="one connection"), False, False, True),
        ("lock-one-minute-rtsp", Plan(surface=RTSP, way="new connections"), True, False, True),
        ("lock-lets-the-right-one-in", Plan(surface=WEB, way="new connections"), False, False, True),
        ("rtsp-any-response", Plan(surface=RTSP, way="new connections"), False, False, True),
        ("rtsp-describe-open", Plan(surface=RTSP, way="one connection"), True, True, True),
    ],
    ids=str,
)
def test_what_does_not_stop_them(flaw: str, plan: Plan, stops: bool, below: bool, back: bool, tmp_path: Path) -> None:
    with besieged(tmp_path, flaw) as (bench, _):
        siege = besiege(bench, plan, OWNER, BOUNDS)
        assert (siege.stops_by(10), siege.below(100), siege.let_back) == (stops, below, back), siege


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "surface", "ways"),
    [
        ("", WEB, ()),
        ("", RTSP, ()),
        ("", ONVIF, ("name with blanks",)),  # blanks around a name are none in XML
        ("lock-per-spelling", WEB, ("name in other case",)),
        ("lock-missing-plain-text", ONVIF, ("name with blanks", "plain text")),
        ("rtsp-any-response", RTSP, ()),  # a wrong password is taken too
    ],
)
def test_a_further_way_is_one_that_takes_the_right_password_alone(
    flaw: str, surface: Surface, ways: tuple[str, ...], tmp_path: Path
) -> None:
    with besieged(tmp_path, *[flaw] * bool(flaw)) as (bench, _):
        assert tuple(plan.way for plan in further_plans(bench, surface, OWNER)) == ways


def by_basic(headers: Mapping[str, str]) -> tuple[str, str] | None:
    """The name and password that a request shows; None where it shows none by Basic."""
    shown = headers.get("authorization", "")
    if not shown.startswith("Basic "):
        return None
    user, _, word = base64.b64decode(shown[6:]).decode().partition(":")
    return user, word


def basic_alone_is_guessed_without_end(folder: Path, surface: Surface) -> None:
    with besieged(folder) as (bench, _):
        (plan,) = further_plans(bench, surface, OWNER)
        assert plan.way == "basic"
        assert not besiege(bench, plan, OWNER, BOUNDS).stops_by(10)


@pytest.mark.once
def test_basic_that_rtsp_does_not_ask_for_is_found_and_guessed_by(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera that asks for digest, takes basic too, and counts none of that."""
    checked = LoginCheck.check

    def also_basic(self: LoginCheck, request: Request) -> Login:
        shown = by_basic(request.headers)
        if shown is None:
            return checked(self, request)
        user, word = shown
        account = self._unit.accounts.find(user)
        return Login(user) if account and account.password.matches(word) else Login(None)

    monkeypatch.setattr(LoginCheck, "check", also_basic)
    basic_alone_is_guessed_without_end(tmp_path, RTSP)


@pytest.mark.once
def test_a_page_that_takes_basic_beside_its_form(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As some do for old clients; nobody counts these."""

    def also_basic(unit: Unit, request: HttpRequest) -> str:
        user, word = by_basic(request.headers) or ("", "")
        account = unit.accounts.find(user)
        return unit.sessions.open(user) if account and account.password.matches(word) else visitor.bearer(request)

    monkeypatch.setattr(visitor, "token_of", also_basic)
    basic_alone_is_guessed_without_end(tmp_path, WEB)


@pytest.mark.once
@pytest.mark.parametrize("counts", [True, False], ids=["everybody", "the owner alone"])
def test_a_viewer_whom_nobody_counts(counts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Lockout.failed
    monkeypatch.setattr(Lockout, "failed", lambda self, key, *more: failed(self, key, *more) if counts or key[1] == "admin" else None)
    with besieged(tmp_path) as (bench, _):
        assert viewers.add(bench).state == "granted"
        siege = besiege(bench, plan_of(WEB, NEW_CONNECTIONS), bench.credential("viewer"), BOUNDS)
        assert (siege.stops_by(10), siege.let_back) == (counts, True)


@pytest.mark.once
@pytest.mark.parametrize("flaws", [(), ("lock-cleared-by-anyone",)], ids=str)
def test_log_ins_of_another_account_between_the_guesses(flaws: tuple[str, ...], tmp_path: Path) -> None:
    with besieged(tmp_path, *flaws) as (bench, _):
        assert viewers.add(bench).state == "granted"
        for surface in (WEB, RTSP, ONVIF):
            siege = besiege(bench, plan_of(surface, BETWEEN), OWNER, BOUNDS)
            assert (siege.stops_by(10), siege.let_back) == (not flaws, True), surface


def test_a_name_has_as_many_spellings_as_letters_allow() -> None:
    assert spellings("ab", "name in other case") == ("AB", "aB", "Ab")
    assert spellings("007", "name in other case") == ()
    assert spellings("ab", "name with blanks")[:2] == ("ab ", "ab  ")
    many = spellings("administrator", "name in other case")
    assert len(many) == len({*many}) == 64
    assert {each.lower() for each in many} == {"administrator"}


@pytest.mark.once
def test_a_lock_without_an_end_is_found_and_said(tmp_path: Path) -> None:
    plan = Plan(surface=RTSP, way="new connections")
    with besieged(tmp_path, "lock-for-good-rtsp") as (bench, _):
        assert not besiege(bench, plan, OWNER, BOUNDS).let_back
        assert besiege(bench, plan, OWNER, BOUNDS).not_begun
        with pytest.raises(NotRestored, match="restart or reset the device"):
            let_owner_in(bench, plan, OWNER, BOUNDS)
        assert let_owner_in(replace(bench, impact="reset"), plan, OWNER, BOUNDS).how == "let in after a restart"


@pytest.mark.once
def test_a_lock_that_nobody_declared_is_not_called_one_for_good(tmp_path: Path) -> None:
    """Ten minutes here, after one was waited for: undecided, and outwaited."""
    plan = Plan(surface=WEB, way="new connections")
    with besieged(tmp_path) as (bench, _):
        surfaces = tuple(each.model_copy(update={"brute_force": None}) for each in bench.profile.ixit.auth_mech)
        ixit = bench.profile.ixit.model_copy(update={"auth_mech": surfaces})
        silent = replace(bench, profile=bench.profile.model_copy(update={"ixit": ixit}))
        siege = besiege(silent, plan, OWNER, BOUNDS)
        with pytest.raises(Undecided, match="no clear answer"):
            _ = siege.let_back
        assert let_owner_in(silent, plan, OWNER, BOUNDS).how == "let in after a lock that is not declared"


@pytest.mark.once
def test_in_a_hurry_on_a_real_clock_nobody_is_locked_out(tmp_path: Path) -> None:
    plan = Plan(surface=WEB, way="new connections")
    with besieged(tmp_path) as (bench, _):
        real = replace(bench, clock=RealClock())
        assert "effort full" in besiege(real, plan, OWNER, BOUNDS).not_begun
        assert let_owner_in(real, plan, OWNER, BOUNDS).how == "nothing was guessed"


def test_a_lock_that_is_short_and_does_not_show_is_undecided(tmp_path: Path) -> None:
    """It answers a locked guess like a wrong one: whether its locks grow cannot be told."""
    siege = Siege(surface=WEB, way="new connections", asked="30 on web", guesses=30, failures=10, acted=True, owner_back="unclear")
    with pytest.raises(Undecided, match="whether it grows"):
        siege.below(100)
    with pytest.raises(Undecided, match="no clear answer"):
        _ = siege.let_back
