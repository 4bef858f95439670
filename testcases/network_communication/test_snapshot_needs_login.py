"""NET-11: local stream protocols require a login (still pictures over HTTP)."""

from itertools import product

from harness.cases.dut import STRANGER, Dut
from harness.cases.words import Observe, case, controls, every, none_of
from harness.probes import snapshot


@case("NET-11", when="local_snapshot", impact="login")
def test_snapshots_are_given_to_nobody_without_a_login(dut: Dut, observe: Observe) -> None:
    """No snapshot address, declared or well known, gives a picture without a valid login or session."""
    places = observe(snapshot.paths)
    declared = [place for place in places if place.declared]
    with controls(
        owner_is_served=lambda: every(declared, lambda p: observe(snapshot.fetch, p, dut.owner).served),
        nothing_is_served_where_nothing_is=lambda: not observe(snapshot.fetch, snapshot.MISSING, dut.owner).gave,
    ):
        none_of(
            "snapshots given without a login",
            product(places, snapshot.false_keys(dut.owner)),
            lambda asked: bool(observe(snapshot.fetch, *asked).gave),
        )
        none_of(
            "snapshots given for a name in the address with an empty or a wrong password",
            product(declared, (dut.owner.listed(""), dut.owner.listed(STRANGER))),
            lambda asked: bool(observe(snapshot.fetch_by_address, *asked).gave),
        )
