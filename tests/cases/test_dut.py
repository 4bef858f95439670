"""What a case knows before it asks."""

import pytest

from harness.cases.dut import Declared, Dut, Limits
from harness.model.bench import Sample
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import Ixit, Profile
from harness.model.secret import Credential
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
