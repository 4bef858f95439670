"""Copies of what a unit stores, as observations."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.lab.storage import BenchStorage, Images
from harness.model.bench import ImageSource
from harness.model.errors import NotPossible, Undecided
from harness.model.secret import Credential
from harness.probes import erasing, firmware, password_store, storage
from tests.builders.emulated import emulated
from tests.builders.images import DATA

pytestmark = pytest.mark.once  # each starts a whole camera

OWNER = Credential(unit="cam-1", role="owner")


def test_a_copy_tells_what_is_in_it_and_can_be_found_again(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _):
        flash, card = storage.copy(bench, "flash"), storage.copy(bench, "card")
        assert [(each.name, each.kind, each.whole) for each in flash.volumes] == [
            ("root-a", "squashfs", True),
            ("root-b", "empty", True),
            ("data", "ext", True),
        ]
        assert (flash.whole, flash.explained, flash.file, flash.unit) == (True, 1.0, "cam-1-flash-0.img", "cam-1")
        assert ([each.kind for each in card.volumes], card.whole) == (["fat"], True)
        path = storage.file_of(bench, flash)
        assert b"scrypt" in path.read_bytes()
        path.write_bytes(path.read_bytes()[:-1] + b"x")
        with pytest.raises(Undecided, match="is not the image any more"):
            storage.file_of(bench, flash)


def test_without_a_reader_it_is_not_possible(tmp_path: Path) -> None:
    with emulated(tmp_path) as (bench, _), pytest.raises(NotPossible, match=r"name one in the bench file as flash: \{command: …\}"):
        storage.copy(replace(bench, storage=None), "flash")


def cut(data: bytes) -> bytes:
    """The reader stopped in the data partition."""
    return data[: DATA + 100_000]


def doubled(data: bytes) -> bytes:
    """Read twice into one file."""
    return data * 2


def without_inodes(data: bytes) -> bytes:
    """The data partition's table of inodes is noise."""
    return data[: DATA + 8192] + b"\xa5" * 65536 + data[DATA + 8192 + 65536 :]


def of_another_kind(data: bytes) -> bytes:
    """A file system that is not read here in the place of the data partition."""
    return data[:DATA] + b"UBI#" + b"\xff" * (len(data) - DATA - 4)


@pytest.mark.parametrize("broken", [cut, doubled, without_inodes, of_another_kind])
def test_a_broken_image_is_never_a_pass(broken: Callable[[bytes], bytes], tmp_path: Path) -> None:
    """Nothing is called clean of it: stored passwords, software, what a reset leaves."""
    with emulated(tmp_path) as (sound, _):
        image = tmp_path / "broken.img"
        image.write_bytes(broken((tmp_path / "flash/flash.img").read_bytes()))
        sources = {"flash": ImageSource(file="broken.img")}
        bench = replace(sound, storage=BenchStorage(sources, Images(tmp_path / "images", "cam-1"), tmp_path))
        before, after = storage.copy(bench), storage.copy(bench)
        with pytest.raises(Undecided):
            _ = password_store.examine(bench, before, after, OWNER).found
        assert before.explained < 0.9 or undecided(lambda: firmware.scan(bench, after).whole)
        canary = erasing.Canary(state="granted", why="", asked="", kind="place", value=bench.access.keep_secret("canary", "c7 unheard of"))
        (remains,) = erasing.find(bench, [after], [canary])
        sought = password_store.search(bench, after, OWNER)
        assert undecided(lambda: remains.gone)
        assert undecided(lambda: sought.whole)
        assert not after.whole


def undecided(fact: Callable[[], bool]) -> bool:
    """Does it say that it cannot tell?"""
    try:
        fact()
    except Undecided:
        return True
    return False
