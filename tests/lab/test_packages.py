"""Update packages of a bench: files as they were published, or made by the producer of an emulated camera."""

import hashlib
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.lab import packages
from harness.lab.devices import kind_of
from harness.lab.packages import FiledPackages, MadePackages
from harness.model.errors import UsageError
from harness.model.package import PackageFile, PackageKind


def test_files_are_read_from_beside_the_bench_file(tmp_path: Path) -> None:
    (tmp_path / "new.bin").write_bytes(b"new")
    files: dict[PackageKind, PackageFile] = {
        "official": PackageFile(file="new.bin", version="2", sha256=hashlib.sha256(b"new").hexdigest()),
        "current": PackageFile(file=str(tmp_path / "new.bin"), version="1"),
    }
    bench = FiledPackages(files, tmp_path)
    official, current = bench.get("official"), bench.get("current")
    assert official is not None
    assert current is not None
    assert (official.data, official.version, official.vouched, current.vouched) == (b"new", "2", True, False)
    assert bench.get("foreign_key") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [(None, "No such file"), (b"", "is empty"), (b"ne", "is not the package of"), (b"newnew", "it may be cut"), (b"new ", "more than 3")],
)
def test_packages_that_changed_since_the_bench_was_read_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes | None, words: str
) -> None:
    if words == "more than 3":
        monkeypatch.setattr(packages, "LARGEST", 3)
    if data is not None:
        (tmp_path / "new.bin").write_bytes(data)
    named = PackageFile(file="new.bin", version="2", sha256=hashlib.sha256(b"new").hexdigest())
    with pytest.raises(UsageError, match=words):
        FiledPackages({"official": named}, tmp_path).get("official")


def test_the_producer_of_an_emulated_camera_is_asked_once(tmp_path: Path) -> None:
    kind = kind_of("fast")
    made = MadePackages(kind, tmp_path / "packages")
    official, other = made.get("official"), made.get("other_model")
    assert official is not None
    assert other is not None
    assert (official.version, official.vouched, official.data == other.data) == ("1.0.1", True, False)
    assert MadePackages(replace(kind, producer=None), tmp_path).get("official") is None
    failing = replace(kind, producer=lambda *_: [sys.executable, "-c", "import sys; sys.exit('no key')"])
    with pytest.raises(UsageError, match=r"made no packages \(status 1\): no key"):
        MadePackages(failing, tmp_path).get("official")
