"""Every profile and bench file in the tree can be read."""

from pathlib import Path

import pytest

from harness.profile.read import read_bench, read_profile
from tests.builders.papers import TREE

FOLDER = TREE / "device_profiles"
TEMPLATES = set(FOLDER.glob("template*.yaml"))  # full of places that are still to be answered
BENCHES = sorted(set(FOLDER.glob("*.bench.yaml")) - TEMPLATES)
PROFILES = sorted(set(FOLDER.glob("*.yaml")) - set(BENCHES) - TEMPLATES)


@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_a_profile_of_the_tree_is_sound(path: Path) -> None:
    assert read_profile(path).capabilities


@pytest.mark.parametrize("path", BENCHES, ids=lambda path: path.stem)
def test_a_bench_of_the_tree_is_sound(path: Path) -> None:
    profile = read_profile(path.with_name(path.name.replace(".bench.yaml", ".yaml")))
    assert read_bench(path, profile).samples
