"""Update packages offered to a camera of another make: what counts as installed, what as refused, and what proves nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.errors import NotPossible, NotRestored, Undecided
from harness.probes import update
from harness.transports.operator import Scripted
from harness.transports.packages import Package
from tests.builders.devices import Desk
from tests.builders.updating import LAYOUT, NEW, OLD, pack, shop, updating

BOTH = ("page", "network")
CHANGES = 16


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def installed(trial: update.Trial) -> list[str]:
    return [each.how for each in trial.offered if each.installed]


def undecided(trial: update.Trial) -> str:
    with pytest.raises(Undecided) as caught:
        installed(trial)
    return str(caught.value)


@pytest.mark.parametrize("path", BOTH)
def test_a_sound_camera_takes_only_the_official_one(desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with updating(desk, monkeypatch) as (bench, camera):
        trial = update.offer_bad(bench, path)
        assert (installed(trial), trial.left_behind, trial.held_back, len(trial.offered)) == ([], False, 0, CHANGES)
        done = update.install_official(bench, path)
        assert (done.granted, done.before.version, done.after.version, camera.version) == (True, OLD, NEW, NEW)
        assert done.on_flash
        assert update.put_back(bench, path).found.startswith(f"put back to {OLD} over page")
        assert camera.version == OLD
    assert camera.shop.answers == ()


def test_each_package_is_another_and_the_page_gets_just_its_bytes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch) as (bench, camera):
        trial = update.offer_bad(bench, "page")
    assert len(set(camera.uploads)) == CHANGES == len({each.sha256 for each in trial.offered})
    assert pack(NEW) not in camera.uploads
    assert pack(NEW)[32:] in camera.uploads


@pytest.mark.parametrize("path", BOTH)
def test_digests_alone_are_found_out(desk: Desk, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    with updating(desk, monkeypatch, "digest-only") as (bench, camera):
        found = installed(update.offer_bad(bench, path))
        assert {"signature of zeros", "signed with another key", "for another model", "version in the header"} <= set(found)
        assert "last byte of the payload, digests made anew" in found
        assert "last byte of the payload" not in found
        assert camera.version == OLD


def test_one_path_may_be_worse_than_the_other(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch, "network-takes-all") as (bench, _):
        assert installed(update.offer_bad(bench, "page")) == []
        assert len(installed(update.offer_bad(bench, "network"))) > CHANGES - 2


@pytest.mark.parametrize("flaw", ["stages", "stages-what-nobody-signed"])
def test_what_comes_into_force_by_a_restart_is_found(desk: Desk, monkeypatch: pytest.MonkeyPatch, flaw: str) -> None:
    with updating(desk, monkeypatch, flaw) as (bench, _):
        trial = update.offer_bad(bench, "page")
        assert (installed(trial), trial.left_behind) == ([], True)


def test_without_a_restart_nothing_is_said_of_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def cannot(_: Bench) -> None:
        raise NotPossible("no way is known to restart")

    with updating(desk, monkeypatch) as (bench, _):
        monkeypatch.setattr(update, "restart", cannot)
        trial = update.offer_bad(bench, "page")
    with pytest.raises(Undecided, match="not restarted: no way is known to restart"):
        _ = trial.left_behind


@pytest.mark.parametrize(("flaw", "path"), [("fetches-nothing", "network"), ("fetches-half", "network"), ("answers-500", "page")])
def test_a_package_that_nothing_looked_at_proves_nothing(desk: Desk, monkeypatch: pytest.MonkeyPatch, flaw: str, path: str) -> None:
    with updating(desk, monkeypatch, flaw) as (bench, _):
        words = undecided(update.offer_bad(bench, path))
        assert ("not fetched from up.maker.example" in words) == (path == "network")
        if flaw != "fetches-half":
            with pytest.raises(Undecided):
                _ = update.install_official(bench, path).granted


def test_a_success_message_without_effect_is_no_install(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch, "only-says-so") as (bench, _):
        assert update.install_official(bench, "page").refused
        assert installed(update.offer_bad(bench, "page")) == []


def test_a_device_that_tells_nothing_is_undecided(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch, "says-no-version") as (bench, _):
        assert "neither the version" in undecided(update.offer_bad(bench, "page"))
        with pytest.raises(Undecided, match="tells nothing"):
            _ = update.install_official(bench, "page").granted


@pytest.mark.parametrize(
    ("data", "words"),
    [(b"", "0 bytes and no place"), (pack(NEW)[:200], "the md5 in it"), (pack(NEW) * 2, "the md5 in it"), (pack(NEW)[:40], "no place for")],
    ids=["empty", "cut", "doubled", "headless"],
)
def test_a_package_that_is_cut_doubled_or_empty_decides_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, data: bytes, words: str
) -> None:
    with updating(desk, monkeypatch, goods=shop(official=Package(data, NEW, vouched=False))) as (bench, _):
        for probe in (update.offer_bad, update.install_official):
            with pytest.raises(Undecided, match=words):
                probe(bench, "page")


def test_a_refusal_of_a_package_that_nothing_vouches_for_is_undecided(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a digest in its layout a cut package looks whole."""
    bare = {**LAYOUT, "digests": []}
    for vouched in (False, True):
        goods = shop(official=Package(pack(NEW)[:200], NEW, vouched=vouched))
        with updating(desk, monkeypatch, goods=goods, layout=bare) as (bench, _):
            done = update.install_official(bench, "page")
            assert done.state == ("refused" if vouched else "unclear")
            assert len(update.offer_bad(bench, "page").offered) == CHANGES - 5


@pytest.mark.parametrize(
    ("without", "words"), [({"foreign_key": None}, "no packages.foreign_key"), ({"official": None}, "no packages.official")]
)
def test_packages_that_the_bench_lacks_are_not_tested(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, without: dict[str, Any], words: str
) -> None:
    with updating(desk, monkeypatch, goods=shop(**without)) as (bench, _):
        trial = update.offer_bad(bench, "page")
    (missing,) = [each for each in trial.offered if each.left_out]
    with pytest.raises(NotPossible, match=words):
        _ = missing.installed


def test_paths_of_which_too_little_is_known(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch) as (bench, _):
        assert "no recipe actions.offer_update.card" in update.offer_bad(bench, "card").offered[0].left_out
        bare = replace(bench, stand_in=None, lacks={"stand_in": "no router here"})
        assert update.offer_bad(bare, "network").offered[0].left_out == "no router here"
    for row, words in (({"layout": None}, "no layout"), ({"paths": ["network"]}, "no layout")):
        with updating(desk, monkeypatch, **row) as (bench, _), pytest.raises(Undecided, match=words):
            update.offer_bad(bench, "page")
    with updating(desk, monkeypatch, server=()) as (bench, _):
        assert "what the update server answers" in update.offer_bad(bench, "network").offered[0].left_out


def test_a_person_may_bring_a_package(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch) as (bench, camera):
        trial = update.offer_bad(replace(bench, operator=Scripted({"update.card": "no"}, Path())), "card")
        assert (installed(trial), {each.reply for each in trial.offered}) == ([], {"refused"})
        assert camera.uploads == []


def test_at_effort_quick_less_is_offered_and_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch) as (bench, _):
        trial = update.offer_bad(replace(bench, effort="quick"), "page")
    assert (len(trial.offered), trial.held_back) == (3, CHANGES - 3)
    assert bench.spared.take() == [f"3 of {CHANGES} bad packages"]


def test_a_version_that_is_not_taken_back_is_told_and_a_dead_device_stops_all(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with updating(desk, monkeypatch, "no-way-back") as (bench, _):
        assert update.install_official(bench, "page").granted
        assert update.put_back(bench, "page").found == f"the device was left with {NEW}: it does not take {OLD} any more"
    with updating(desk, monkeypatch, "dies-of-bad-ones") as (bench, _):
        with pytest.raises(Undecided, match="does not answer"):
            update.offer_bad(bench, "page")
        with pytest.raises(NotRestored, match="recover it by its guide"):
            update.put_back(bench, "page")


def test_a_flash_that_does_not_follow_is_of_another_device() -> None:
    old, new = update.Seen(version=OLD, volumes=(("root", "a"),)), update.Seen(version=NEW, volumes=(("root", "b"),))
    told: dict[str, Any] = {"state": "granted", "why": "", "asked": "", "path": "page", "sha256": ""}
    assert update.Installed(**told, before=old, after=new).on_flash
    assert not update.Installed(**told, before=old, after=new.model_copy(update={"volumes": old.volumes})).on_flash
    assert update.Seen(volumes=(("root", "a"),)).other_than(update.Seen(volumes=(("root", "b"),)))
