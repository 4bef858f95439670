"""Which flaws share a camera."""

from itertools import combinations

from harness.emulated.camera.flaws import Flaw
from tests.system.groups import APART, MOST, groups
from tests.system.test_flaws import ALONE, GROUPS, way


def flaw(name: str, *breaks: str) -> Flaw:
    return Flaw(name, breaks, "does so.", "Pattern: made up.")


def names(found: tuple[tuple[Flaw, ...], ...]) -> set[tuple[str, ...]]:
    return {tuple(each.name for each in group) for group in found}


def test_every_judged_flaw_is_in_one_group() -> None:
    assert sorted(each.name for group in GROUPS for each in group) == sorted(each.name for each in ALONE)


def test_flaws_of_one_group_share_no_requirement_and_are_shown_alike() -> None:
    for group in GROUPS:
        assert len(group) <= MOST
        assert len({way(each) for each in group}) == 1
        assert all(not set(one.breaks) & set(other.breaks) for one, other in combinations(group, 2)), group


def test_flaws_that_hide_one_another_are_apart() -> None:
    together = {frozenset((one.name, other.name)) for group in GROUPS for one, other in combinations(group, 2)}
    assert not [pair for pair in APART if frozenset(pair[:2]) in together]
    assert {name for pair in APART for name in pair[:2]} <= {each.name for each in ALONE}
    one, other = flaw("one", "SYS-01"), flaw("other", "SYS-02")
    assert len(groups([one, other])) == 1
    assert len(groups([one, other], apart=[("other", "one", "why")])) == 2


def test_flaws_of_one_requirement_have_a_group_each() -> None:
    many = [flaw(f"flaw-{number}", "SYS-01") for number in range(7)]
    assert len(groups(many)) == 7
    assert groups([]) == ()


def test_a_flaw_that_goes_or_comes_moves_few_others() -> None:
    """Whatever the order of the list."""
    some = [each for each in ALONE if way(each) == way(ALONE[0])]
    whole = groups(some)
    assert names(groups(some[::-1])) == names(whole)
    moved = sorted(len(names(groups([each for each in some if each is not gone])) - names(whole)) for gone in some)
    assert moved[len(moved) // 2] <= len(whole) // 2, moved
