"""What a reset leaves, on the emulated camera: sound, and with each flaw."""

import dataclasses
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential, Secret
from harness.model.storage import Copy, Volume
from harness.probes import account, device, erasing, storage
from tests.builders.emulated import emulated
from tests.emulated.units import Handle

pytestmark = pytest.mark.once  # each starts a whole camera

OWNER = Credential(unit="cam-1", role="owner")
LEFT = {
    "": {"web": set[str](), "button": set[str]()},
    "reset-leaves-log": {"web": {"account"}, "button": {"account"}},
    "reset-leaves-backup": {"web": {"account"}, "button": {"account"}},
    "reset-leaves-packed": {"web": {"account", "place"}, "button": {"account", "place"}},
    "reset-leaves-card": {"web": {"place"}, "button": {"place"}},
    "reset-by-page-leaves-place": {"web": {"place"}, "button": set[str]()},
}


class Button:
    """Presses the camera's own."""

    way = "the camera's own button"

    def __init__(self, camera: Handle) -> None:
        self._camera = camera

    def press(self, seconds: float) -> None:
        """Hold it."""
        assert self._camera.order(f'{{"do": "press_reset", "seconds": {seconds}}}')["ok"]


def copies(bench: Bench) -> list[Copy]:
    return [storage.copy(bench, medium) for medium in storage.media(bench)]


@pytest.mark.parametrize("flaw", LEFT)
def test_what_is_left_by_each_way(flaw: str, tmp_path: Path) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bare, camera):
        bench = dataclasses.replace(bare, reset=Button(camera))
        for way, left in LEFT[flaw].items():
            device.bring_to(bench, "normal")
            planted = erasing.plant(bench)
            assert all(canary.granted for canary in planted)
            before = erasing.find(bench, copies(bench), planted)
            assert {each.kind for each in before if not each.gone} == {"account", "place"}
            assert any("(card)" in place for each in before for place in each.places)
            assert erasing.reset(bench, way).granted
            after = erasing.find(bench, copies(bench), planted)
            assert {each.kind for each in after if not each.gone} == left, after


@pytest.mark.parametrize("flaw", ["", "reset-leaves-sessions"])
def test_a_token_lives_on_only_where_a_flaw_lets_it(flaw: str, tmp_path: Path) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        (web, *_) = account.usable(bench)
        token = account.log_in(bench, web, OWNER).session
        assert erasing.reset(bench, "web").granted
        assert not account.use(bench, [token])[0].granted
        device.bring_to(bench, "normal")
        assert account.use(bench, [token])[0].granted == bool(flaw)


def test_a_card_stays_where_its_owner_keeps_it(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, camera):
        planted = erasing.plant(bench)
        assert camera.ask("/api/reset", {"card": "keep"}, token=camera.log_in("Correct-Horse-7")).json == {"ok": True}
        camera.advance(1)
        (account_left, place_left) = erasing.find(bench, copies(bench), planted)
        assert (account_left.gone, place_left.gone) == (True, False)
        assert all("(card)" in place for place in place_left.places)


def test_what_cannot_be_asked_or_read_is_not_taken_for_gone(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        actions = {name: ways for name, ways in bench.profile.actions.items() if name != "plant"}
        bare = dataclasses.replace(bench, profile=bench.profile.model_copy(update={"actions": actions}))
        with pytest.raises(NotPossible, match="nothing is known to plant"):
            erasing.plant(bare)
        with pytest.raises(NotPossible, match=r"no recipe actions\.reset\.app"):
            erasing.reset(bench, "app")
    with pytest.raises(Undecided, match="ubi"):
        _ = erasing.Remains(kind="place", asked="place", untold=("data: ubi",)).gone
    assert not erasing.Remains(kind="place", asked="place", places=("/x",), untold=("data: ubi",)).gone
    canary = erasing.Canary(state="granted", why="", asked="", kind="place", value=Secret(label="⟦x⟧"))
    assert str(canary) == "place ⟦x⟧"
    assert not Volume(name="", kind="ubi", offset=0, size=1, sha256="").whole
