"""What a case knows before it asks."""

import pytest

from harness.cases.dut import Declared, Dut, Limits
from harness.model.bench import Sample
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import Ixit, Profile
from harness.model.secret import Credential
from tests.builders.profiles import profile
from tests.builders.toy import PROFILE

OTHER = Sample.model_validate(
    {"name": "cam-2", "address": "192.0.2.21", "accounts": {"owner": {"user": "admin", "password": "Quite-a-long-one-7"}}}
)


def dut(profile: Profile = PROFILE, other: Sample | None = None) -> Dut:
    return Dut("cam-1", Declared(profile), ("owner",), other)


def test_the_owner_is_a_handle() -> None:
    assert dut().owner == Credential(unit="cam-1", role="owner")
    assert dut().owner.wrong.which == "wrong"
    assert dut().owner.former.which == "former"
    with pytest.raises(NotPossible, match="the bench has no account 'viewer' for cam-1"):
        dut().account("viewer")


def test_the_sibling_is_a_unit_like_this_one() -> None:
    """Without address, without passwords."""
    sibling = dut(other=OTHER).sibling
    assert sibling.owner == Credential(unit="cam-2", role="owner")
    assert sibling.declared.has("rtsp")
    assert "Quite-a-long-one-7" not in repr(sibling)
    with pytest.raises(NotPossible, match="one sample only"):
        _ = sibling.sibling


def test_what_is_declared_is_read() -> None:
    declared = dut().declared
    assert (declared.has("rtsp"), declared.has("uart")) == (True, False)
    assert declared.before_login == {"tds:GetServices"}
    assert [stream.id for stream in declared.streams] == ["main"]
    assert [surface.id for surface in declared.login_surfaces] == ["web"]


def test_what_the_profile_lacks_is_undecided() -> None:
    """Never an empty list that nothing offends."""
    empty = dut(PROFILE.model_copy(update={"ixit": Ixit()})).declared
    for read in (lambda: empty.streams, lambda: empty.login_surfaces, lambda: empty.before_login):
        with pytest.raises(Undecided, match="is empty; what it should say is needed here"):
            read()
    with pytest.raises(Undecided, match="does not say whether there is rstp"):
        dut().declared.has("rstp")


def test_limits_are_the_catalogues() -> None:
    limits = Limits("SYS-07", {"revoke_within_s": 5.0})
    assert limits.revoke_within_s == 5.0
    with pytest.raises(AttributeError, match="SYS-07 has no numeric threshold 'revoke_within' in the catalogue"):
        _ = limits.revoke_within
    with pytest.raises(AttributeError):
        _ = limits._private


SERVICES = profile(
    log_intf=[
        {"id": "web", "protocol": "https", "port": 443},
        {"id": "set-up", "protocol": "http", "port": 80, "state": ["factory", "setup"]},
    ],
    soft_serv=[{"id": "web", "purpose": "the owner's page"}, {"id": "set-up"}],
    sec_com_mech=[{"id": "web", "tls": {"exceptions": [{"suite": "TLS_OLD", "until": "2027-01-01"}]}}],
    cloud={"endpoints": [{"host": "a.example", "port": 443, "protocol": "https"}, {"host": "t.example", "port": 123, "protocol": "ntp"}]},
)


def test_a_service_is_declared_for_its_states() -> None:
    declared = dut(SERVICES).declared
    assert declared.serves(("set-up",), "factory")
    assert not declared.serves(("set-up",), "normal")
    assert not declared.serves((), "normal")
    assert declared.serves(("web",), "normal")
    assert [declared.purpose(each) for each in declared.in_state("factory")] == ["the owner's page", ""]


def test_a_purpose_is_not_known_where_there_is_no_table() -> None:
    declared = dut(profile(log_intf=[{"id": "web", "protocol": "https", "port": 443}])).declared
    with pytest.raises(Undecided, match="soft_serv is empty"):
        declared.purpose(declared.in_state("normal")[0])
    with pytest.raises(Undecided, match="log_intf is empty"):
        dut(profile()).declared.in_state("normal")


def test_an_exception_holds_for_its_service_its_suite_and_its_time() -> None:
    declared = dut(SERVICES).declared
    assert declared.excepts(("web", "onvif"), ("TLS_OLD",), "2026-12-31")
    assert declared.excepts(("web",), (), "2030-01-01")
    assert not declared.excepts(("web",), ("TLS_OLD",), "2027-01-02")
    assert not declared.excepts(("web",), ("TLS_OLD", "TLS_OLDER"), "2026-12-31")
    assert not declared.excepts(("rtsp",), ("TLS_OLD",), "2026-12-31")
    assert not dut(profile()).declared.excepts(("web",), ("TLS_OLD",), "2026-12-31")


def test_servers_with_tls_are_those_of_its_protocols() -> None:
    assert [to.host for to in dut(SERVICES).declared.tls_destinations] == ["a.example"]
    with pytest.raises(Undecided, match="with TLS is empty"):
        _ = dut(profile(cloud={"endpoints": [{"host": "t.example", "port": 123, "protocol": "ntp"}]})).declared.tls_destinations
