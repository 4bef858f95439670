"""PIP-12: sharing is visible and ends at once."""

from harness.cases.dut import Dut, Limits
from harness.cases.words import Observe, assume, case, every, expect, none_of
from harness.probes import account, recordings, sharing
from harness.probes.account import granted, none_granted


@case("PIP-12", side="device")
def test_who_is_shared_with_is_listed_and_loses_all_when_it_ends(dut: Dut, observe: Observe, limits: Limits) -> None:
    """The owner sees the viewer listed and ends it; then streams, sessions, pictures, links and password of the viewer are dead."""
    viewer, surfaces = dut.account("viewer"), observe(account.usable)
    stored, kinds = viewer.at(1), dut.declared.shared_recordings
    if kinds:
        assume("recordings are made and listed", observe(recordings.make).granted)
    for way in observe(sharing.ways):
        assume("the owner can share", observe(sharing.share, way).granted)
        links = [observe(recordings.hold, kind) for kind in kinds]
        opened = [observe(account.log_in, surface, viewer).session for surface in surfaces]
        served = (*observe(account.use, opened), *observe(sharing.open_session), *links)
        assume("the viewer is served each kind before", every(served, granted))
        expect("the owner sees the viewer in the list", observe(sharing.listed).granted)
        if observe(sharing.share_with_another, way).granted:
            expect("the owner sees each of two viewers in the list", observe(sharing.listed, 2).granted)
        expect("the owner can end it", observe(sharing.end, way).granted)
        alive = observe.until(none_granted, limits.revoke_within_s, account.use, opened)
        none_of("streams and log-ins that outlive it", alive.last, granted)
        none_of("pictures and pages that outlive it", observe(sharing.pieces), granted)
        if links:
            none_of("links to recordings that outlive it", links, lambda link: observe(recordings.use_again, link).granted)
        none_of("surfaces that take the viewer's password", surfaces, lambda surface: observe(account.log_in, surface, stored).granted)
    assume("its owner still gets in", every(surfaces, lambda surface: observe(account.let_in, surface, dut.owner).granted))
