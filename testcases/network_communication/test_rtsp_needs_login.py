"""NET-11: local stream protocols require a login (RTSP)."""

from harness.cases.dut import NOBODY, STRANGER, Dut
from harness.cases.words import Observe, assume, case, controls, every, none_of
from harness.probes import account, clear_streams, rtsp
from harness.probes.account import granted
from harness.probes.rtsp import Path


def judge_odd_ways(dut: Dut, observe: Observe, declared: list[Path]) -> None:
    """Nor is it for methods in small letters, or for a name in the address with an empty or a wrong password."""
    none_of(
        "RTSP requests granted without a login for methods in small letters",
        declared,
        lambda path: bool(observe(rtsp.attempt_in_small_letters, path).gave),
    )
    none_of(
        "RTSP requests granted for a name in the address with an empty or a wrong password",
        [(path, key) for path in declared for key in (dut.owner.listed(""), dut.owner.listed(STRANGER))],
        lambda asked: bool(observe(rtsp.attempt_by_address, *asked).gave),
    )


def judge_others(dut: Dut, observe: Observe, declared: list[Path]) -> None:
    """No declared stream is given to names that have no account, for an empty password, or to anybody while its owner watches."""
    none_of(
        "RTSP requests granted to strangers and to an empty password",
        [(path, key, "tcp") for path in declared for key in (dut.owner.listed("", STRANGER), dut.owner.listed(""))],
        lambda asked: bool(observe(rtsp.attempt, *asked).gave),
    )
    judge_odd_ways(dut, observe, declared)
    watched = [observe(account.log_in, surface, dut.owner) for surface in observe(account.usable) if surface.interface == "rtsp"]
    assume("the owner watches", every(watched, granted))
    none_of(
        "RTSP requests granted without a login while the owner watches",
        [(path, NOBODY, way) for path in declared for way in path.ways],
        lambda asked: bool(observe(rtsp.attempt, *asked).gave),
    )


@case("NET-11", when="rtsp", impact="login")
def test_rtsp_gives_nothing_without_a_login(dut: Dut, observe: Observe) -> None:
    """No RTSP path, declared or well known, is described, set up or played without a valid login."""
    paths = observe(rtsp.paths, "clear")
    declared = [path for path in paths if path.declared]
    missing = observe(rtsp.missing, "clear")
    with controls(
        owner_is_served=lambda: every(declared, lambda p: observe(rtsp.attempt, p, dut.owner).played),
        nothing_is_served_where_nothing_is=lambda: not observe(rtsp.attempt, missing, dut.owner).gave,
    ):
        none_of(
            "RTSP requests granted without a login",
            [(path, key, way) for path in paths for key in (NOBODY, dut.owner.wrong) for way in path.ways],
            lambda asked: bool(observe(rtsp.attempt, *asked).gave),
        )
        judge_others(dut, observe, declared)


@case("NET-11", when="rtsps", impact="login")
def test_rtsp_inside_tls_gives_nothing_without_a_login(dut: Dut, observe: Observe) -> None:
    """TLS is no login: no path inside it is described, set up or played without one either, over TCP or beside it."""
    paths = observe(rtsp.paths, "tls")
    declared = [path for path in paths if path.declared]
    missing = observe(rtsp.missing, "tls")
    with controls(
        owner_is_served=lambda: every(declared, lambda p: observe(rtsp.attempt, p, dut.owner).played),
        nothing_is_served_where_nothing_is=lambda: not observe(rtsp.attempt, missing, dut.owner).gave,
    ):
        none_of(
            "RTSP requests inside TLS granted without a login",
            [(path, key, way) for path in paths for key in (NOBODY, dut.owner.wrong) for way in path.ways],
            lambda asked: bool(observe(rtsp.attempt, *asked).gave),
        )
        judge_others(dut, observe, declared)


@case("NET-11", when="rtsps", impact="change")
def test_rtsp_that_its_owner_allows_in_the_clear_needs_a_login_too(dut: Dut, observe: Observe) -> None:
    """Without TLS nobody gets anything, as it is set and, where the owner may allow such streams, while they are allowed."""
    none_of("streams in the clear without a login", observe(clear_streams.forms), lambda f: observe(clear_streams.ask, f, NOBODY).gave)
    if dut.declared.clear_choice == "offered":
        observe(clear_streams.allow)
        paths = observe(rtsp.paths, "allowed")
        declared = [path for path in paths if path.declared]
        missing = observe(rtsp.missing, "allowed")
        with controls(
            owner_is_served=lambda: every(declared, lambda p: observe(rtsp.attempt, p, dut.owner).played),
            nothing_is_served_where_nothing_is=lambda: not observe(rtsp.attempt, missing, dut.owner).gave,
        ):
            none_of(
                "RTSP requests in the clear granted without a login",
                [(path, key, way) for path in paths for key in path.keys(NOBODY, dut.owner.wrong) for way in path.ways],
                lambda asked: bool(observe(rtsp.attempt, *asked).gave),
            )
            judge_odd_ways(dut, observe, declared)
        observe(clear_streams.forbid)
