"""Absence is earned: what is declared away is caught where it is, and does not apply only where it was looked for and not seen."""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from harness.runner.places import ROOT
from tests.system.command import PROFILE, Finished, camlabel

AWAY = {"uart": "no pads", "rtsps": "no streams", "onvif": "not offered", "bluetooth": "no radio"}
BENCH = ROOT / "device_profiles/emulated-fast.bench.yaml"


def without(folder: Path) -> Path:
    """The emulated camera's profile, with these four and all that speaks of them away."""
    yaml = YAML(typ="safe", pure=True)
    profile: dict[str, Any] = yaml.load(PROFILE.read_text(encoding="utf-8"))
    profile["capabilities"] |= {name: {"absent": reason} for name, reason in AWAY.items()}
    ixit = profile["ixit"]
    for table in ("log_intf", "auth_mech", "stream"):
        kept = [row for row in ixit[table] if not {row.get("id"), row.get("protocol"), row.get("interface")} & {"rtsp", "rtsps", "onvif"}]
        ixit[table] = kept
    for row in ixit["auth_mech"]:
        row["change"] = [way for way in row.get("change", []) if way != "onvif"]
    ixit["phy_intf"] = []
    path = folder / "profile.yaml"
    with path.open("w", encoding="utf-8") as file:
        yaml.dump(profile, file)
    return path


def looks(found: Finished, owner: str) -> dict[str, str]:
    """What the looks of an owner came to, by thing."""
    cases = found.requirement(owner)["cases"]
    return {each["case"].rpartition(": ")[2]: each["verdict"] for each in cases if each["case"].startswith("declared against observed")}


def same(run: Finished, out: Path) -> None:
    """Judged again from its journal, every verdict is what it was."""
    [folder] = out.iterdir()
    again = camlabel("rejudge", "--json", str(folder))
    assert [each["verdict"] for each in again.document["requirements"]] == [each["verdict"] for each in run.document["requirements"]]
    assert [each["reason"] for each in again.document["requirements"]] == [each["reason"] for each in run.document["requirements"]]


@pytest.mark.once
@pytest.mark.slow
def test_what_is_there_and_declared_away_is_caught(tmp_path: Path) -> None:
    """The owners FAIL, with what was seen; what hangs on them is asked all the same; a radio cannot be looked for."""
    out = tmp_path / "runs"
    profile = without(tmp_path)
    options = ("--profile", str(profile), "--bench", str(BENCH), "--select", "PHY-05,NET-01,NET-11,NET-21", "--out", str(out))
    found = camlabel("run", "--json", *options)
    if "not tested here" in found.err and "address" in found.err:
        pytest.skip("over the loopback ports cannot be surveyed")
    assert found.requirement("PHY-05")["verdict"] == found.requirement("NET-01")["verdict"] == "FAIL", found.err
    assert looks(found, "PHY-05") | {"uart": "FAIL", "bluetooth": "NOT_TESTED"} == looks(found, "PHY-05")
    assert looks(found, "NET-01") | {"rtsps": "FAIL", "onvif": "FAIL", "port_or_service": "FAIL"} == looks(found, "NET-01")
    offenders = " ".join(each["item"] for owner in ("PHY-05", "NET-01") for each in found.requirement(owner)["offenders"])
    assert "seen on the sample by" in offenders
    assert "port 322: rtsps (survey)" in offenders
    asked = {each["case"] for each in found.requirement("NET-11")["cases"]}
    assert {"test_rtsp_inside_tls_gives_nothing_without_a_login", "test_onvif_answers_only_fresh_logins"} <= asked
    assert found.requirement("NET-11")["verdict"] not in ("PASS", "NOT_APPLICABLE")
    assert found.status == 1
    same(found, out)


@pytest.mark.once
@pytest.mark.slow
def test_what_was_looked_for_and_not_seen_does_not_apply(tmp_path: Path) -> None:
    """On a server of streams: no ONVIF and no page at full effort; without anybody at the bench no word on pads."""
    out = tmp_path / "runs"
    found = camlabel(
        "run", "--json", "--emulate", "foreign-gstreamer", "--effort", "full", "--select", "NET-01,NET-27,PHY-01,NET-21", "--out", str(out)
    )
    if "missing" in found.err:
        pytest.skip("this machine has no GStreamer")
    assert looks(found, "NET-01") | {"onvif": "PASS", "local_web_ui": "PASS", "port_or_service": "PASS"} == looks(found, "NET-01"), (
        found.err
    )
    assert found.requirement("NET-27")["verdict"] == "NOT_APPLICABLE"
    assert found.requirement("NET-27")["reason"].endswith("looked for and not seen")
    assert found.requirement("PHY-01")["verdict"] == "NOT_TESTED"
    assert "absence not checked: nobody can be asked" in found.requirement("PHY-01")["reason"]
    assert found.requirement("NET-21")["verdict"] == "NOT_TESTED"
    same(found, out)
