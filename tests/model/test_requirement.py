"""The catalogue's model."""

import pytest

from harness.catalogue.load import load
from harness.model.requirement import CapabilityEntry, Detector


def test_a_requirement_is_found_by_its_id() -> None:
    assert load().requirement("NET-11").title_zh == "RTSP/ONVIF 访问鉴权"


def test_an_unknown_id_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="NET-99"):
        load().requirement("NET-99")


def test_a_detector_may_be_written_either_way() -> None:
    as_in_yaml = CapabilityEntry.model_validate({"text": "a", "owner": "NET-01", "detector": [{"survey": "look"}]})
    assert as_in_yaml.detector == (Detector(kind="survey", text="look"),)
    assert CapabilityEntry.model_validate_json(as_in_yaml.model_dump_json()) == as_in_yaml
