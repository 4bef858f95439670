"""Files that people name: missing, unreadable, not files at all."""

import hashlib
import os
from pathlib import Path

import pytest

from harness.catalogue.files import digest, read_bytes, read_text
from harness.model.errors import UsageError
from tests.builders.papers import write


def refused(path: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read_text(path)
    return str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere.yaml"
    assert refused(path) == f"{path}:1: (file): does not exist, check the name"


def test_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path}:1: (file): is not a file, name the YAML file itself"


def test_a_pipe_does_not_hold_us(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refused(tmp_path / "pipe").endswith("is not a file, name the YAML file itself")


def test_an_endless_device() -> None:
    assert refused(Path("/dev/zero")) == "/dev/zero:1: (file): is not a file, name the YAML file itself"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    path = write(tmp_path, "a: 1\n")
    path.chmod(0)
    assert refused(path) == f"{path}:1: (file): may not be read, check its owner and mode"


def test_a_part_of_the_path_that_is_a_file(tmp_path: Path) -> None:
    path = write(tmp_path, "a: 1\n") / "more"
    assert refused(path) == f"{path}:1: (file): cannot be read (NotADirectoryError), check the name and the medium"


def test_a_name_that_no_file_can_have() -> None:
    assert refused(Path("a\0b")).endswith("(file): cannot be read (ValueError), check the name and the medium")


def test_what_is_read_has_a_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "12345")
    assert read_bytes(path, 5) == b"12345"
    with pytest.raises(UsageError, match="is larger than 4 bytes, is it the right file"):
        read_bytes(path, 4)


def test_the_digest_is_over_the_bytes(tmp_path: Path) -> None:
    assert digest(write(tmp_path, "a: 1\n")) == hashlib.sha256(b"a: 1\n").hexdigest()
