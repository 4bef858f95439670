"""Which product a unit is: what it tells beside what was filed, its software by digests, its label field by field."""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from harness.emulated.camera.flash import ROOT, Flash
from harness.emulated.camera.update.software import root_image
from harness.model.errors import Undecided
from harness.model.profile import Profile
from harness.probes import product
from harness.probes.filed import FIELDS, field, filed
from harness.probes.product import Said, Software
from harness.transports.packages import Package
from harness.transports.storage import Taken
from tests.builders.devices import Desk
from tests.builders.updating import LAYOUT, pack, profile, shop, updating
from tests.builders.webcam import ACTIONS

ON = "2026-11-26"
LABEL = {
    "producer": "tests",
    "model": "cam",
    "level": "basic",
    "valid_from": "2026-01-01",
    "valid_until": "2027-12-31",
    "laboratory": "Lab of tests",
    "standard_number": "GB/T 1-2026",
    "filing_code": "CCL〔2026〕0001",
}
REPORT = {"laboratory": "Lab of tests", "standard": "GB/T 1-2026", "model": "cam", "firmware_version": "7.0"}
BEFORE = dict.fromkeys(("filing_code", "valid_from", "valid_until"), "to be filed")


def papered(label: dict[str, str], report: dict[str, str] = REPORT, **dut: Any) -> Profile:
    """A profile with label and report."""
    document = profile().model_dump(by_alias=True, exclude_none=True)
    document["ixit"] |= {"label": label, "report": report}
    document["dut"] |= dut
    for name, answer in document["capabilities"].items():
        document["capabilities"][name] = answer
    document["scope"] = {"standalone": "yes", "consumer": "yes", "public_security": "no"}
    return Profile.model_validate(document)


def wrong(label: dict[str, str], report: dict[str, str] = REPORT) -> dict[str, str]:
    """What is wrong, by field."""
    fields = [field(filed(papered(label, report)), name, ON) for name in FIELDS]
    return {each.name: each.problem for each in fields if each.wrong}


@pytest.mark.parametrize("label", [LABEL, {**LABEL, **BEFORE}, {**LABEL, "producer": "TESTS"}])
def test_a_label_as_filed_or_before_filing_is_right(label: dict[str, str]) -> None:
    assert wrong(label) == {}


@pytest.mark.parametrize(
    ("change", "name", "problem"),
    [
        ({"producer": "others"}, "producer", "the profile says tests"),
        ({"model": "cam 2"}, "model", "the profile says cam"),
        ({"level": "three stars"}, "level", "is none of basic, enhanced, leading"),
        ({"laboratory": "Lab"}, "laboratory", "the report says Lab of tests"),
        ({"standard_number": "GB/T 2-2026"}, "standard number", "the report says GB/T 1-2026"),
        ({"filing_code": "?"}, "filing code", "is no filing code"),
        ({"filing_code": ""}, "filing code", "is missing"),
        ({"filing_code": "to be filed"}, "filing code", "is open, though only code and dates may be, and only together"),
        ({"valid_until": "to be filed"}, "validity", "is open, though only code and dates may be, and only together"),
        ({"laboratory": "to be filed"}, "laboratory", "is open, though only code and dates may be, and only together"),
        ({"valid_until": "2026-11-25"}, "validity", "does not hold on 2026-11-26"),
        ({"valid_from": "2026-11-27"}, "validity", "does not hold on 2026-11-26"),
        ({"valid_until": "2025-12-31"}, "validity", "ends before it begins"),
        ({"valid_until": "soon"}, "validity", "is no pair of dates; write 2026-01-31"),
        ({"valid_until": ""}, "validity", "is missing"),
    ],
)
def test_each_field_can_be_wrong(change: dict[str, str], name: str, problem: str) -> None:
    assert wrong({**LABEL, **change}) == {name: problem}


def test_a_report_that_says_nothing_agrees_with_nothing() -> None:
    assert set(wrong(LABEL, {})) == {"laboratory", "standard number"}
    with pytest.raises(Undecided, match="table label is empty"):
        wrong({})


@pytest.mark.parametrize(
    ("told", "other"),
    [("1.0.0", False), ("V1.0.0", False), (" 1.0.0 ", False), ("1.0.1", True), ("11.0.0", True), ("", True), ("21.0.0-rc", True)],
)
def test_an_identifier_is_the_filed_one_or_another(told: str, other: bool) -> None:
    assert Said(what="firmware", by="onvif", value=told, filed=("1.0.0",)).other is other


@pytest.mark.parametrize("told", ["1.0.0-rc2", "V1.0.0 build 240102", "cam 1.0.0"])
def test_a_filed_text_with_more_around_it_is_undecided(told: str) -> None:
    said = Said(what="firmware", by="onvif", value=told, filed=("1.0.0",))
    with pytest.raises(Undecided, match=r"dut\.aliases"):
        _ = said.other
    assert not said.model_copy(update={"filed": ("1.0.0", told)}).other


def test_what_the_unit_and_the_papers_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    takes = {"serial": {"json": "serial"}, "firmware": {"json": "fw"}, "model": {"json": "model"}}
    step = {**ACTIONS["identity"]["web"]["steps"][0], "take": takes}  # type: ignore[index]
    document = papered({**LABEL, "model": "cam 2"}).model_dump(by_alias=True, exclude_none=True)
    document["scope"] = {"standalone": "yes", "consumer": "yes", "public_security": "no"}
    document["actions"]["identity"]["web"]["steps"] = [step]
    with updating(Desk(tmp_path), monkeypatch) as (bench, _):
        told = product.identifiers(replace(bench, profile=Profile.model_validate(document)))
        read = product.papers(replace(bench, profile=papered(LABEL)))
    assert [(each.what, each.by, each.value) for each in told.said] == [
        ("firmware", "recipe", "7.0"),
        ("model", "the label", "cam 2"),
        ("model", "the report", "cam"),
        ("firmware", "the report", "7.0"),
    ]
    assert told.silent == ("model", "hardware")
    assert read.right == len(FIELDS)


def test_software_is_compared_by_package_flash_and_filed_digests(tmp_path: Path) -> None:
    flash = Flash(tmp_path / "unit", lambda: root_image("1.0.0"))

    def take(_: str) -> Taken:
        (tmp_path / "copy").write_bytes(flash.image.read_bytes())
        return Taken(tmp_path / "copy", "copied")

    storage: Any = SimpleNamespace(media=("flash",), take=take)
    current = pack("7.0", body=root_image("1.0.0"))
    goods = shop(current=Package(current, "7.0", vouched=True))
    bench = replace(Desk(tmp_path).bench(profile(layout=LAYOUT), {}), packages=cast("Any", goods), storage=storage)

    same = product.software(bench)
    assert (same.installed, same.compared, same.strangers) == (True, True, ())
    digest = hashlib.sha256(current).hexdigest()
    filed_right = product.software(replace(bench, profile=papered(LABEL, {**REPORT, "firmware_sha256": digest.upper()})))
    assert (filed_right.declared, filed_right.strangers) == ((("the report", digest),), ())
    filed_wrong = product.software(replace(bench, profile=papered(LABEL, firmware_sha256="0" * 64)))
    assert "the digest of the profile is 0000" in filed_wrong.strangers[0]

    flash.write_partition(ROOT.name, root_image("1.0.1"))
    assert product.software(bench).strangers == ("no partition of the unit holds the package of the version under test",)
    blind = product.software(replace(bench, storage=None))
    assert (blind.compared, blind.strangers) == (False, ())
    assert not product.software(replace(bench, packages=None)).compared
    assert not Software(asked="", declared=(("the profile", "a"),)).compared
    flash.close()
