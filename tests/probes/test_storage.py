"""Copies of what a unit stores, as observations."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.model.errors import NotPossible, Undecided
from harness.probes import storage
from tests.builders.emulated import emulated


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
