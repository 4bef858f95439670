"""PIP-12's probes on the emulated camera, and what cannot be told on others."""

from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential
from harness.probes import account, sharing
from tests.builders.devices import Desk
from tests.builders.emulated import emulated
from tests.builders.interface import profile

VIEWER = Credential(unit="cam-1", role="viewer")


def ended(bench: Bench, way: str = "web") -> dict[str, bool]:
    """Share, see it work and listed, end it; what is still granted."""
    assert sharing.ways(bench) == (way,)
    assert sharing.share(bench, way).granted
    surfaces = account.usable(bench)
    opened = [account.log_in(bench, surface, VIEWER).session for surface in surfaces]
    assert all(each.granted for each in account.use(bench, opened))
    assert all(each.granted for each in sharing.open_session(bench))
    listed = sharing.listed(bench).granted and sharing.share_with_another(bench, way).granted and sharing.listed(bench, 2).granted
    assert sharing.end(bench, way).granted
    found = {f"{each.session.surface} lives": each.granted for each in account.use(bench, opened)}
    found |= {each.path: each.granted for each in sharing.pieces(bench)}
    found |= {f"{surface.id} takes": account.let_in(bench, surface, VIEWER).granted for surface in surfaces}
    return {name: True for name, is_so in {**found, "not listed": not listed}.items() if is_so}


@pytest.mark.once
def test_a_sound_camera_ends_all_at_once_and_lists_nobody_then(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        assert ended(bench) == {}
        assert not sharing.listed(bench).granted
        assert sharing.take_away(bench, "web").found == "shared by web; there was none"
        assert "granted_when" in sharing.take_another_away(bench, "web").found
        assert sharing.take_another_away(bench, "web").found == "shared by web; there was none"
        assert sharing.share(bench, "web").granted
        assert "granted_when" in sharing.take_away(bench, "web").found


@pytest.mark.once
@pytest.mark.parametrize(
    ("flaw", "found"),
    [
        ("viewer-stream-survives", {"rtsp lives"}),
        (
            "viewer-session-survives",
            {"web lives", "/api/session", "/api/device", "/api/privacy", "/snapshot.jpg", "/api/recordings", "/api/recordings/file"},
        ),
        ("viewer-onvif-survives", {"onvif lives", "onvif takes"}),
        ("viewer-not-listed", {"not listed"}),
        ("viewer-list-of-one", {"not listed"}),
    ],
)
def test_what_outlives_the_sharing_is_told(flaw: str, found: set[str], tmp_path: Path) -> None:
    with emulated(tmp_path, flaw) as (bench, _):
        assert set(ended(bench)) == found


def test_names_are_read_as_the_profile_says() -> None:
    assert sharing.names_in(b'{"a": [{"n": "x"}, {"n": 7}]}', "a[].n") == ("x", "7")
    for body in (b"<html>", b'{"a": {}}', b"[" * 100_000):
        with pytest.raises(Undecided):
            sharing.names_in(body, "a")


def test_without_recipes_or_tables_it_is_said(tmp_path: Path) -> None:
    bench = Desk(tmp_path).bench(profile([]), {80: 9})
    with pytest.raises(NotPossible, match=r"actions\.add_viewer"):
        sharing.ways(bench)
    with pytest.raises(NotPossible, match=r"actions\.list_viewers"):
        sharing.listed(bench)
    with pytest.raises(Undecided, match="role: viewer"):
        sharing.pieces(bench)
