"""Each rule of the catalogue, broken once, by table."""

from pathlib import Path
from typing import Any

import pytest

from harness.catalogue.check import check, check_folder
from harness.catalogue.load import load
from harness.model.requirement import Catalogue
from tests.builders.catalogues import edit, small_catalogue

Edit = dict[str, Any]


@pytest.fixture(scope="module")
def sound() -> dict[str, Any]:
    return load().model_dump(mode="json", exclude_unset=True)


def with_entry(sound: dict[str, Any], edit: Edit) -> Catalogue:
    """The catalogue with NET-11 changed; None takes a field away."""
    entries = [dict(entry) for entry in sound["requirements"]]
    entry = next(entry for entry in entries if entry["id"] == "NET-11")
    entry |= edit
    for name in [name for name, value in edit.items() if value is None]:
        del entry[name]
    return Catalogue.model_validate({**sound, "requirements": entries})


def test_the_catalogue_of_this_package_is_sound(sound: dict[str, Any]) -> None:
    assert check(Catalogue.model_validate(sound)) == []
    assert check_folder() == []


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"title": ""}, ".title: NET-11: title is empty, fill it in"),
        ({"evidence": []}, ".evidence: NET-11: evidence is empty, fill it in"),
        ({"dimension": "data-security"}, ".dimension: NET-11: data-security does not go with the prefix NET, mend id or dimension"),
        ({"dimension": "else"}, ".dimension: NET-11: else does not go with the prefix NET, mend id or dimension"),
        ({"method": "magic"}, ".method: NET-11: magic is not known, correct it, or add it to its table"),
        ({"also_uses": ["magic"]}, ".also_uses: NET-11: magic is not known, correct it, or add it to its table"),
        ({"automation": "half"}, ".automation: NET-11: half is not known, correct it, or add it to its table"),
        ({"needs": ["network", "network"]}, ".needs: NET-11: network is there twice, keep one"),
        ({"needs": ["money"]}, ".needs: NET-11: money is not known, correct it, or add it to its table"),
        ({"needs": []}, ".needs: NET-11: needs nothing though it has another side than firmware, name what the bench must have"),
        ({"state": ["normal", "normal"]}, ".state: NET-11: normal is there twice, keep one"),
        ({"supporting": ["device"]}, ".sides: NET-11: device is there twice, keep one"),
        ({"sides": ["device", "document"]}, ".needs: NET-11: the side document needs documents, add documents"),
        ({"sides": ["device", "inspection"]}, ".needs: NET-11: the side inspection needs operator, add operator"),
        ({"side_when": {"app": ["mobile_app"]}}, ".side_when: NET-11: app is not known, correct it, or add it to its table"),
        ({"side_when": {"device": ["wings"]}}, ".side_when.device: NET-11: wings is not known, correct it, or add it to its table"),
        ({"samples": 1}, ".samples: NET-11: samples is 1, write 2 or more, or leave it out"),
        (
            {"applicability": {"condition": "a"}},
            ".applicability: NET-11: applicability is not a condition with always or a machine part, give one of the two",
        ),
        (
            {"applicability": {"condition": "", "always": True}},
            ".applicability: NET-11: applicability is not a condition with always or a machine part, give one of the two",
        ),
        (
            {"applicability": {"condition": "a", "always": True, "requires": ["rtsp"]}},
            ".applicability: NET-11: applicability is not a condition with always or a machine part, give one of the two",
        ),
        (
            {"applicability": {"condition": "a", "requires": ["wings"]}},
            ".applicability.requires: NET-11: wings is not known, correct it, or add it to its table",
        ),
        (
            {"applicability": {"condition": "a", "unless": []}},
            ".applicability.unless: NET-11: unless is empty, name a capability or remove it",
        ),
        ({"threshold_basis": None}, ".thresholds: NET-11: has thresholds without threshold_basis, or the other way, give both or neither"),
        (
            {"thresholds": {"known_paths_max": {"value": 100, "unit": "", "role": "procedure"}}},
            ".thresholds.known_paths_max: NET-11: known_paths_max has no unit, name it",
        ),
        ({"pass_criterion": "Within 7 days."}, ": NET-11: the number 7 lives only in prose, make it a threshold"),
        ({"controls": ["after 1,500 tries"]}, ": NET-11: the number 1,500 lives only in prose, make it a threshold"),
        ({"expected_minutes": {"real": 0, "emulated": 1}}, ".expected_minutes: NET-11: expected_minutes is not positive, estimate it"),
        (
            {"history": ["2026-11-23: short"]},
            ".history[0]: NET-11: history says '2026-11-23: short', write YYYY-MM-DD: and what was corrected",
        ),
    ],
)
def test_a_rule_of_one_requirement(sound: dict[str, Any], edit: Edit, told: str) -> None:
    number = next(number for number, entry in enumerate(sound["requirements"]) if entry["id"] == "NET-11")
    found = [line for line in check(with_entry(sound, edit)) if "NET-11" in line]
    assert found == [f"catalogue:0: requirements[{number}]{told}"]


@pytest.mark.parametrize(
    "words",
    [
        "SHA-256 and AES-128",
        "TLS 1.2/1.3 or SSL 3.0",
        "base64, MD5, SM3, IPv6",
        "as in PHY-01",
        "100 paths",
        "step 3",
        "version 1.2.3 no",
        "x86",
    ],
)
def test_names_and_thresholds_are_no_loose_numbers(sound: dict[str, Any], words: str) -> None:
    assert [
        line for line in check(with_entry(sound, {"pass_criterion": words})) if "lives only in prose" in line and "1.2.3" not in words
    ] == []


@pytest.mark.parametrize(
    ("value", "words"), [(3600, "1 hour"), (86400, "24 hours, 1 day"), (0.05, "5 %"), (1048576, "1024 KiB"), ([10, 50], "10 or 50")]
)
def test_a_threshold_covers_its_other_units(sound: dict[str, Any], value: object, words: str) -> None:
    edit = {"procedure": ["Ask."], "pass_criterion": words, "thresholds": {"limit": {"value": value, "unit": "x", "role": "criterion"}}}
    assert not any("NET-11" in line for line in check(with_entry(sound, edit)))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"methods": {}}, "automated-network is not known"),
        ({"sides": {"device": {"text": "a", "always": True}}}, "sides: is device, keep to device, firmware, storage"),
        ({"states": {"normal": "a"}}, "states: is normal, keep to factory, setup, normal, privacy, end, in this order"),
        ({"impacts": {"ask": "a"}}, "impacts: is ask, keep to listen, ask"),
        ({"needs": {"network": {"text": "a", "only_with": ["wings"]}}}, "needs.network: wings is not known"),
        ({"capabilities": {}}, "needs.uart: uart is not known"),
        ({"undeclared": {}}, "undeclared: has no entry for port, add one"),
        ({"undeclared": {"port": {"owner": "XXX-01", "why": "a"}}}, "undeclared.port: lacks a known owner or its reason"),
        ({"undeclared": {"port": {"owner": "NET-01", "why": ""}}}, "undeclared.port: lacks a known owner or its reason"),
    ],
)
def test_a_rule_of_a_table(sound: dict[str, Any], edit: Edit, told: str) -> None:
    assert any(told in line for line in check(Catalogue.model_validate({**sound, **edit})))


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"text": ""}, "lacks its text or a detector"),
        ({"detector": []}, "lacks its text or a detector"),
        ({"detector": [{"survey": ""}]}, "lacks its text or a detector"),
        ({"detector": [{"crystal": "ball"}]}, "crystal is not known"),
        ({"detector": [{"web": "a"}, {"web": "b"}]}, "web is there twice"),
        ({"owner": "XXX-01"}, "its owner XXX-01 is no requirement, name one"),
    ],
)
def test_a_rule_of_a_capability(sound: dict[str, Any], edit: Edit, told: str) -> None:
    capabilities = {**sound["capabilities"], "rtsp": {**sound["capabilities"]["rtsp"], **edit}}
    (line,) = check(Catalogue.model_validate({**sound, "capabilities": capabilities}))
    assert line.startswith(f"catalogue:0: capabilities.rtsp: {told}")


def test_a_requirement_that_is_missing_or_there_twice(sound: dict[str, Any]) -> None:
    first, second, *others = sound["requirements"]
    fewer = check(Catalogue.model_validate({**sound, "requirements": [first, *others]}))
    assert "catalogue:0: catalogue: there are 129 requirements, there must be 130" in fewer
    assert any(line.startswith("catalogue:0: levels: the levels have") for line in fewer)
    assert "catalogue:0: catalogue.counts.total: says 130, there are 129" in fewer
    twice = check(Catalogue.model_validate({**sound, "requirements": [first, {**second, "id": first["id"]}, *others]}))
    assert sum("is the id of 2 requirements" in line for line in twice) == 2


def test_mistakes_in_files_have_their_lines(tmp_path: Path) -> None:
    folder = small_catalogue(tmp_path / "catalogue")
    head = edit(folder / "catalogue.yaml", "    capabilities: 40", "    capabilities: 41")
    net = edit(folder / "network-communication.yaml", "    needs: [", "    \n    needs: [money, ")
    asr = edit(folder / "security-assurance.yaml", "dimension: security-assurance", "dimension: data-security")
    told = [line.removeprefix(f"{folder}/").partition(", ")[0] for line in check_folder(folder)]
    assert {
        f"network-communication.yaml:{net}: (text): has 4 characters",
        "catalogue.json:1: (file): is older than the YAML files beside it",
        "catalogue.yaml:17: catalogue.counts.total: says 130",
        f"catalogue.yaml:{head}: catalogue.counts.capabilities: says 41",
        f"network-communication.yaml:{net + 1}: requirements[0].needs: NET-01: money is not known",
        f"security-assurance.yaml:{asr}: requirements[0].dimension: ASR-01: data-security does not go with the prefix ASR",
    } <= set(told)


def test_a_folder_that_cannot_be_read_is_told_by_line(tmp_path: Path) -> None:
    assert check_folder(tmp_path) == [f"{tmp_path}/catalogue.yaml:1: (file): does not exist, check the name"]
