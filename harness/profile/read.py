"""Reading profile and bench: all mistakes at once, each with file, line, place and remedy."""

from collections.abc import Callable, Iterable
from pathlib import Path

from pydantic import JsonValue

from harness.catalogue.files import digest
from harness.catalogue.load import load
from harness.catalogue.source import read_source
from harness.catalogue.validation import Checked, Part, validated
from harness.model.bench import BenchFile
from harness.model.mistake import Mistake, refusal
from harness.model.profile import Profile
from harness.model.requirement import Catalogue
from harness.profile import bench_checks, declarations, references, templates
from harness.profile.bench_checks import BenchLook
from harness.profile.look import Look
from harness.profile.wiring import missing

__all__ = ["digest", "not_here", "read_bench", "read_both", "read_profile"]

PROFILE_PARTS: tuple[Part, ...] = (
    ("capabilities", "*"),
    ("ixit", "*"),
    *(("ixit", table, "*") for table in ("log_intf", "auth_mech", "stream", "upd_mech")),
    ("ixit", "cloud", "endpoints", "*"),
    ("actions", "*"),
    ("actions", "*", "*"),
)
PROFILE_STAND_INS: dict[str, JsonValue] = {
    "schema": "camlabel-profile/1",
    "dut": {"producer": "?", "model": "?", "hardware_revision": "?", "firmware_version": "?"},
    "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
    "capabilities": {},
    "ixit": {},
}
PROFILE_CHECKS: tuple[Callable[[Look], Iterable[Mistake]], ...] = (
    declarations.scope,
    declarations.answers,
    declarations.tables,
    declarations.contradictions,
    declarations.servers,
    references.services,
    references.guarded,
    references.log_ins,
    references.changes,
    references.operations,
    references.driver,
    references.updates,
    references.exports,
    references.recordings,
    templates.recipes,
    templates.servers,
    templates.recorded,
)
BENCH_PARTS: tuple[Part, ...] = (("samples", "*"),)
BENCH_STAND_INS: dict[str, JsonValue] = {"schema": "camlabel-bench/1"}
BENCH_CHECKS: tuple[Callable[[BenchLook], Iterable[Mistake]], ...] = (
    bench_checks.lab,
    bench_checks.router,
    bench_checks.desk,
    bench_checks.macs,
    bench_checks.samples,
    bench_checks.ports,
    bench_checks.accounts,
    bench_checks.operator,
    bench_checks.packages,
    bench_checks.lines,
)


ACROSS = (bench_checks.ports, bench_checks.accounts)  # need a profile that is whole


def read_profile(path: Path, catalogue: Catalogue | None = None) -> Profile:
    """The profile in a file; UsageError with every mistake in it."""
    checked, more = _profile(path, catalogue)
    return checked.accepted(more)


def read_bench(path: Path, profile: Profile) -> BenchFile:
    """The bench in a file; UsageError with every mistake in it."""
    checked, more = _bench(path, profile, BENCH_CHECKS)
    return checked.accepted(more)


def read_both(profile: Path, bench: Path) -> tuple[Profile, BenchFile]:
    """Both; UsageError with every mistake in either. What a wrong profile cannot say is not asked of the bench."""
    declared, its = _profile(profile, None)
    known = declared.model or Profile.model_validate(PROFILE_STAND_INS)
    is_whole = declared.model is not None and not declared.cut
    wired, more = _bench(bench, known, [check for check in BENCH_CHECKS if is_whole or check not in ACROSS])
    if found := [*declared.mistakes, *its]:
        raise refusal([*found, *wired.mistakes, *more])
    return declared.accepted(), wired.accepted(more)


def not_here(path: Path, profile: Profile, bench: BenchFile) -> list[Mistake]:
    """What a sound bench file names and this machine lacks now."""
    return list(missing(BenchLook(bench, profile, read_source(path))))


def _profile(path: Path, catalogue: Catalogue | None) -> tuple[Checked[Profile], list[Mistake]]:
    source = read_source(path)
    checked = validated(source, Profile, PROFILE_PARTS, PROFILE_STAND_INS)
    if checked.model is None:
        return checked, []
    look = Look(checked.model, catalogue or load(), source, checked.cut)
    return checked, [mistake for check in PROFILE_CHECKS for mistake in check(look)]


def _bench(
    path: Path, profile: Profile, checks: Iterable[Callable[[BenchLook], Iterable[Mistake]]]
) -> tuple[Checked[BenchFile], list[Mistake]]:
    source = read_source(path)
    checked = validated(source, BenchFile, BENCH_PARTS, BENCH_STAND_INS)
    if checked.model is None:
        return checked, []
    look = BenchLook(checked.model, profile, source)
    return checked, [mistake for check in checks for mistake in check(look)]
