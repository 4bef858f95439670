"""The locks: every package with its hashes, no host, and all that the project asks for."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS = PROJECT["dependency-groups"]
ASKED = {
    "requirements.lock": PROJECT["project"]["dependencies"] + GROUPS["build"],
    "requirements-dev.lock": PROJECT["project"]["dependencies"] + GROUPS["build"] + GROUPS["dev"],
}


def pinned(lock: str) -> dict[str, str]:
    entries = re.findall(r"^([a-z0-9._-]+)==([^ ;\\]+)", (ROOT / lock).read_text(), re.MULTILINE)
    return {canonicalize_name(name): version for name, version in entries}


@pytest.mark.parametrize("lock", ASKED)
def test_the_lock_has_what_the_project_asks_for(lock: str) -> None:
    pins = pinned(lock)
    for text in ASKED[lock]:
        asked = Requirement(text)
        assert asked.specifier.contains(pins[canonicalize_name(asked.name)]), f"{text}: run scripts/lock"


@pytest.mark.parametrize("lock", ASKED)
def test_every_package_has_hashes_and_no_host(lock: str) -> None:
    text = (ROOT / lock).read_text()
    assert "://" not in text
    assert len(re.findall(r"^[a-z].*\\\n    --hash=sha256:", text, re.MULTILINE)) == len(pinned(lock))


def test_both_locks_agree() -> None:
    assert pinned("requirements.lock").items() <= pinned("requirements-dev.lock").items()


def test_debian_packages_are_plain_names_in_order() -> None:
    names = (ROOT / "scripts/debian-packages.txt").read_text().split("\n")[:-1]
    assert names == sorted(set(names))
    assert all(re.fullmatch(r"[a-z0-9.+-]+", name) for name in names)
