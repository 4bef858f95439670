"""Every flaw turns exactly the requirements that it breaks to FAIL; the others stay PASS."""

import random
from pathlib import Path

import pytest

from harness.emulated.camera.flaws import FLAWS, Flaw
from tests.emulated.test_contacts import BEYOND
from tests.system.command import AT_FULL_EFFORT, IN_A_HURRY, NEEDS_THE_WHOLE_BENCH, WHOLE, WITH_A_CASE, camlabel
from tests.system.groups import groups

WITH_A_FLAW = {name for flaw in FLAWS for name in flaw.breaks}
JUDGED = [flaw for flaw in FLAWS if {*flaw.breaks} <= {*WITH_A_CASE, *NEEDS_THE_WHOLE_BENCH}]  # a flaw may be there before its case
FULL = ("--effort", "full")
TOGETHER, GROUP_S = 6, 1200
MAY_BE = {
    **{name: ("NET-06", "INCONCLUSIVE") for name in BEYOND if name.startswith("contact-")},  # greeted only: a false server is told nothing
    "clear-streams-described": ("NET-11", "INCONCLUSIVE"),
    "rtsps-port-takes-clear": ("NET-11", "INCONCLUSIVE"),  # what a service that is not declared asks for is not known
    "reset-picture-open": ("SYS-36", "FAIL"),  # what is found as delivered, where a reset came before it
    "reset-stream-open": ("SYS-36", "FAIL"),
}
BEYOND_A_HURRY = ("lock-for-good-rtsp", "units-share-key")  # ended by a restart, seen on two units
NEVER_AT_QUICK = (  # without restarts, with few tokens, without a night
    "session-unseeded",
    "restart-revives-sessions",
    "session-spells-time",
    "privacy-ends-by-itself",
)
FOUND_AT_QUICK = {"NET-03", "NET-06", "SYS-01", "SYS-04", "SYS-12"}  # their flaws show in what comes first
SHOWN_AT_QUICK = (  # so do these; others of the same requirements are judged at full effort
    "port-http-login",
    "port-http-cookie",
    "port-snmp",
    "port-other-family",
    "port-factory-test",
    "port-search-udp",
    "tls-old-versions",
    "cloud-old-tls",
    "cloud-old-unlisted",
    "tls-cbc-first",
    "cloud-cbc-first",
    "reset-short-press",
    "reset-opens-port",
    "reset-picture-open",
    "update-digest-only",
    "update-old-format",
    "update-key-inside",
    "update-written-first",
    "update-at-next-boot",
    "rtsp-open",
    "rtsp-sub-open",
    "rtsp-setup-open",
    "rtsp-describe-open",
    "snapshot-open",
    "onvif-empty-security-open",
    "before-set-up-picture",
    "before-set-up-sub-stream",
    "delivered-with-anonymous-viewing",
)


def way(flaw: Flaw) -> tuple[str, ...]:
    """Bench and effort that show it."""
    bench = WHOLE if set(flaw.breaks) & set(NEEDS_THE_WHOLE_BENCH) or flaw.name in BEYOND_A_HURRY else IN_A_HURRY
    at_full = flaw.name in NEVER_AT_QUICK or set(flaw.breaks) & set(AT_FULL_EFFORT) - FOUND_AT_QUICK
    effort = FULL if at_full and flaw.name not in SHOWN_AT_QUICK else ()
    return (*bench, *effort)


ALONE = [flaw for flaw in JUDGED if flaw.breaks != ("NET-24",)]
WAYS = sorted({way(flaw) for flaw in ALONE})
GROUPS = [group for each in WAYS for group in groups([flaw for flaw in ALONE if way(flaw) == each])]


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: "+".join(flaw.name for flaw in group))
def test_flaws_of_other_requirements_are_found_together(group: tuple[Flaw, ...], tmp_path: Path) -> None:
    """A few in one camera, none of the same requirement: the concerned cases FAIL, each offender with how to see it again."""
    found(group, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("flaw", ALONE, ids=lambda flaw: flaw.name)
def test_a_flaw_is_found_alone(flaw: Flaw, tmp_path: Path) -> None:
    """So that none is found by what another does."""
    found((flaw,), tmp_path)


def found(flaws: tuple[Flaw, ...], out: Path) -> None:
    """All that they break is FAIL with offenders, when only that is asked."""
    broken = sorted(name for flaw in flaws for name in flaw.breaks)
    chosen = [word for flaw in flaws for word in ("--flaw", flaw.name)]
    done = camlabel("run", "--json", *way(flaws[0]), *chosen, "--select", ",".join(broken), "--out", str(out))
    found = {name: done.requirement(name) for name in broken}
    told = {name: (each["verdict"], each["reason"]) for name, each in found.items()}
    assert {name: each["verdict"] for name, each in found.items()} == dict.fromkeys(broken, "FAIL"), (told, done.err[-2000:])
    assert done.status == 1
    for name, each in found.items():
        assert each["offenders"], name
        assert all(offender["again"] for offender in each["offenders"]), name


def test_flaws_of_contact_are_found_together(tmp_path: Path) -> None:
    """A day takes long, so on each commit all of them have theirs in one camera: each is an offender, and nobody else is."""
    chosen = [word for name in BEYOND for word in ("--flaw", name)]
    done = camlabel("run", "--json", *WHOLE, "--select", "NET-24", *chosen, "--out", str(tmp_path))
    offenders = [offender["item"] for offender in done.requirement("NET-24")["offenders"]]
    contacts = [contact.split() for some in BEYOND.values() for contact in some]
    for transport, host, port in contacts:
        assert any(host in each and f"port {port}/{transport}" in each for each in offenders), (host, offenders)
    for each in offenders:
        assert any(host in each and f"port {port}/{transport}" in each for transport, host, port in contacts), each


@pytest.mark.slow
@pytest.mark.timeout(GROUP_S + 60)
@pytest.mark.parametrize("number", range(-(-len(JUDGED) // TOGETHER)))
def test_a_group_of_flaws_breaks_exactly_the_union(number: int, tmp_path: Path) -> None:
    """Six in one camera, each flaw in one of the groups: none hides another's requirement, and none breaks more."""
    group = random.Random(0).sample(JUDGED, len(JUDGED))[number * TOGETHER : (number + 1) * TOGETHER]
    chosen = [word for flaw in group for word in ("--flaw", flaw.name)]
    done = camlabel("run", "--json", *WHOLE, *FULL, *chosen, "--out", str(tmp_path), limit_s=GROUP_S)
    broken = {name for flaw in group for name in flaw.breaks}
    expected = {name: {"FAIL"} if name in broken else {"PASS"} for name in (*WITH_A_CASE, *NEEDS_THE_WHOLE_BENCH)}
    for name, verdict in [MAY_BE[flaw.name] for flaw in group if flaw.name in MAY_BE]:
        expected[name] |= {verdict} - ({"INCONCLUSIVE"} if name in broken else set())
    verdicts = {name: done.requirement(name)["verdict"] for name in expected}
    wrong = {name: (verdict, done.requirement(name)["reason"]) for name, verdict in verdicts.items() if verdict not in expected[name]}
    assert not wrong, (chosen, wrong, done.err[-2000:])


def test_what_quick_does_not_show_is_judged_at_full_effort() -> None:
    """At least by one flaw for each requirement whose flaws are not all found at quick."""
    at_full = {name for flaw in JUDGED if flaw.name not in SHOWN_AT_QUICK for name in flaw.breaks}
    assert set(AT_FULL_EFFORT) - FOUND_AT_QUICK <= at_full
    assert {*SHOWN_AT_QUICK, *BEYOND_A_HURRY, *NEVER_AT_QUICK} <= {flaw.name for flaw in FLAWS}


def test_every_requirement_with_a_case_has_a_flaw() -> None:
    """A check that no flaw turns red may be a check that cannot fail."""
    assert {*WITH_A_CASE, *NEEDS_THE_WHOLE_BENCH} <= WITH_A_FLAW
