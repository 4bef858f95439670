"""What a desk has and lacks: captures of others are taken, and what is not there is named."""

from pathlib import Path

import pytest

from harness.lab.desk import BY_OTHERS
from harness.lab.home import NOT_HERE
from harness.lab.sniffer import HEAD
from harness.model.errors import UsageError
from harness.runner.inputs import read_inputs
from harness.runner.means import Means
from harness.runner.settings import Settings
from tests.builders.papers import DESK, PROFILE, edited

WITH_CAPTURES = edited(DESK, "lab: desk", "lab: desk\ncaptures: [theirs.pcap]")


def started(tmp_path: Path, bench: str) -> Means:
    (tmp_path / "bench.yaml").write_text(bench)
    inputs = read_inputs(Settings(profile=PROFILE, bench=tmp_path / "bench.yaml"))
    means = Means(inputs.bench.samples[0])
    means.start_recorders(tmp_path / "recordings", inputs)
    return means


def test_a_desk_without_captures_says_what_it_lacks(tmp_path: Path) -> None:
    means = started(tmp_path, DESK)
    assert (means.capture, means.stand_in) == (None, None)
    assert means.lacks["capture"] == means.lacks["stand_in"] == NOT_HERE
    assert list(means.stop_recorders()) == []


def test_captures_lie_beside_the_bench_file_and_are_journalled_with_their_digests(tmp_path: Path) -> None:
    (tmp_path / "theirs.pcap").write_bytes(HEAD)
    means = started(tmp_path, WITH_CAPTURES)
    assert means.capture
    assert means.capture.cut().gaps == (BY_OTHERS,)
    assert {"recorder": "capture", "of": "theirs.pcap"} in means.began
    (line,) = means.stop_recorders()
    assert line["files"][0]["bytes"] == len(HEAD)
    assert "stand_in" in means.lacks
    means.close()


def test_a_capture_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"theirs\.pcap: there is no such capture"):
        started(tmp_path, WITH_CAPTURES)


def test_a_mirror_port_that_is_not_there_is_lacking(tmp_path: Path) -> None:
    means = started(tmp_path, edited(DESK, "lab: desk", "lab: desk\nmirror: no-card-0"))
    assert "no-card-0" in means.lacks["capture"]


def test_a_recorder_that_is_gone_is_said_and_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "theirs.pcap").write_bytes(HEAD)
    means = started(tmp_path, WITH_CAPTURES)

    def gone() -> dict[str, object]:
        raise UsageError("the recorder of the cable ended")

    means.capture.stop = gone  # type: ignore[union-attr,method-assign,assignment]
    (line,) = means.stop_recorders()
    assert (line["files"], line["lost"], line["broke"]) == ([], None, "the recorder of the cable ended")
