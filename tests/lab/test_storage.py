"""Images of chips and cards, by whatever the bench names."""

import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import ValidationError

from harness.lab import storage
from harness.lab.storage import BenchStorage, EmulatedStorage, Images
from harness.model.bench import ImageSource
from harness.model.errors import NotPossible, UsageError


def by(folder: Path, **sources: ImageSource) -> BenchStorage:
    return BenchStorage(cast("Any", sources), Images(folder / "images", "cam-1"), folder)


def test_a_source_is_one_of_two() -> None:
    for wrong in ({}, {"command": "a", "file": "b"}):
        with pytest.raises(ValidationError, match="has no source, or two"):
            ImageSource(**wrong)


def test_a_command_writes_the_image(tmp_path: Path) -> None:
    bench = by(tmp_path, flash=ImageSource(command='printf chip > "$CAMLABEL_IMAGE"'))
    assert bench.media == ("flash",)
    first, second = bench.take("flash"), bench.take("flash")
    assert (first.file.name, second.file.name) == ("cam-1-flash-0.img", "cam-1-flash-1.img")
    assert (first.file.read_bytes(), first.how) == (b"chip", "read by the bench's command flash")
    assert stat.S_IMODE(first.file.stat().st_mode) == 0o600
    with pytest.raises(NotPossible, match="names no reader of the card"):
        bench.take("card")


def test_a_reader_that_fails_is_told_with_its_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for command, words in (("echo no clip >&2; exit 3", r"status 3 \(no clip\)"), ("true", r"left nothing at \$CAMLABEL_IMAGE")):
        with pytest.raises(UsageError, match=words):
            by(tmp_path, flash=ImageSource(command=command)).take("flash")
    monkeypatch.setattr(storage, "READ_S", 0.1)
    with pytest.raises(UsageError, match="did not end within"):
        by(tmp_path, flash=ImageSource(command="sleep 5")).take("flash")


def test_a_file_of_others_is_copied_as_it_is_now(tmp_path: Path) -> None:
    bench = by(tmp_path, card=ImageSource(file="card.img"))
    with pytest.raises(UsageError, match=r"card.img: there is no such image; name it in the bench file as card: \{file: …\}"):
        bench.take("card")
    (tmp_path / "card.img").write_bytes(b"old")
    taken = bench.take("card")
    (tmp_path / "card.img").write_bytes(b"new")
    assert (taken.file.read_bytes(), taken.how) == (b"old", "the file card.img, made by others")


def test_holes_stay_holes(tmp_path: Path) -> None:
    with (tmp_path / "big").open("wb") as file:
        file.write(b"begin")
        file.truncate(50 << 20)
    storage.copy(tmp_path / "big", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "big").read_bytes()
    assert (tmp_path / "copy").stat().st_blocks * 512 < 1 << 20


def test_of_an_emulated_camera_its_files_are_taken(tmp_path: Path) -> None:
    (tmp_path / "flash.img").write_bytes(b"chip")
    kind = SimpleNamespace(name="fast", media={"flash": "flash.img", "card": "card.img"})
    made = EmulatedStorage(cast("Any", SimpleNamespace(kind=kind, folder=tmp_path)), Images(tmp_path / "images", "cam-2"))
    assert made.media == ("flash", "card")
    assert (made.take("flash").file.read_bytes(), made.take("flash").how) == (b"chip", "copied from the chip of the emulated camera")
    with pytest.raises(NotPossible, match="has no card"):
        made.take("card")
    kind.media.clear()
    with pytest.raises(NotPossible, match="has no flash that can be read"):
        made.take("flash")
