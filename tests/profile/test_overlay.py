"""A lab's overlay and its official numbers: read, refused with a place, told."""

from pathlib import Path

import pytest

from harness.catalogue.load import load
from harness.model.errors import UsageError
from harness.places import folder
from harness.profile.overlay import laid_over, read_clauses, read_overlay, told

CATALOGUE = load()
HEAD = "schema: camlabel-overlay/1\nname: lab of the north\nreason: guide of 2027, draft\n"


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_levels_and_thresholds_are_laid_over_and_told(tmp_path: Path) -> None:
    text = HEAD + "levels: {SYS-13: basic}\nthresholds: {SYS-07: {revoke_within_s: 120}}\n"
    overlay = read_overlay(written(tmp_path / "o.yaml", text), CATALOGUE)
    changed = laid_over(CATALOGUE, overlay)
    assert changed.requirement("SYS-13").level == "basic"
    limit = changed.requirement("SYS-07").thresholds["revoke_within_s"]
    assert (limit.value, limit.unit, limit.role) == (120, "s", "criterion")
    assert changed.requirement("NET-11") == CATALOGUE.requirement("NET-11")
    assert told(overlay, CATALOGUE) == (
        "lab of the north: guide of 2027, draft",
        "SYS-07: revoke_within_s 60 → 120 s",
        f"SYS-13: level {CATALOGUE.requirement('SYS-13').level} → basic",
    )


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("levels: {SYS-99: basic}\n", "o.yaml:4: levels.SYS-99: is no requirement of the catalogue"),
        ("levels: {SYS-13: gold}\n", "o.yaml:4: levels.SYS-13"),
        ("thresholds: {SYS-07: {revoke_s: 1}}\n", "o.yaml:4: thresholds.SYS-07.revoke_s: SYS-07 has no threshold revoke_s"),
        ("thresholds: {SYS-07: {revoke_within_s: soon}}\n", "is soon, where the catalogue has 60 s, write a value of the same kind"),
        ("threshold: {}\n", "o.yaml:4: threshold"),
        (
            "thresholds: {SYS-01: {pairs_max: 0}}\n",
            "o.yaml:4: thresholds.SYS-01.pairs_max: is 0, which would switch the check off, leave it out",
        ),
        ("thresholds: {SYS-12: {bits_min: 0}}\n", "bits_min: is 0, which would switch the check off"),
        ("thresholds: {PIP-12: {revoke_within_s: -1}}\n", "revoke_within_s: is -1, which would switch the check off"),
        ("thresholds: {SYS-39: {offsets_s: []}}\n", "offsets_s: is , which would switch the check off"),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, what: str) -> None:
    with pytest.raises(UsageError) as refused:
        read_overlay(written(tmp_path / "o.yaml", HEAD + text), CATALOGUE)
    assert what in str(refused.value)


def test_a_bound_may_be_at_its_strictest(tmp_path: Path) -> None:
    text = HEAD + "thresholds: {SYS-06: {guesses_per_hour_max: 0}, SYS-01: {pairs_max: 1}}\n"
    assert read_overlay(written(tmp_path / "o.yaml", text), CATALOGUE).thresholds["SYS-06"] == {"guesses_per_hour_max": 0}


def test_an_overlay_says_why(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="reason"):
        read_overlay(written(tmp_path / "o.yaml", "schema: camlabel-overlay/1\nname: x\n"), CATALOGUE)


def test_official_numbers(tmp_path: Path) -> None:
    """None as delivered; several for one requirement; strangers are refused."""
    assert read_clauses(folder("reports") / "clauses.yaml", CATALOGUE).clauses == {}
    text = 'schema: camlabel-clauses/1\nstandard: "guide"\nclauses: {NET-11: ["6.3.2 b)", "6.3.4"]}\n'
    assert read_clauses(written(tmp_path / "c.yaml", text), CATALOGUE).clauses == {"NET-11": ("6.3.2 b)", "6.3.4")}
    with pytest.raises(UsageError, match=r"c.yaml:2: clauses.NET-99: is no requirement"):
        read_clauses(written(tmp_path / "c.yaml", 'schema: camlabel-clauses/1\nclauses: {NET-99: ["1"]}\n'), CATALOGUE)
