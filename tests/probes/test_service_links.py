"""What a person finds of the service's links."""

import secrets
from pathlib import Path

import pytest

from harness.model.errors import Undecided
from harness.probes import service_links
from harness.probes.recordings import Chance
from harness.transports.operator import Scripted
from tests.builders.toy import gate


def collected(folder: Path, lines: list[str], life: float | None) -> Chance:
    (folder / "links.txt").write_text("\n".join(lines))
    (folder / "run").mkdir()
    with gate(folder / "run", operator=Scripted({"service_links.links": "links.txt"}, folder)) as toy:
        return service_links.links(toy.live.bench, life, 50)


def test_links_of_a_file_are_looked_at(tmp_path: Path) -> None:
    found = collected(tmp_path, [f"https://media.example/f/7?sig={secrets.token_hex(24)}" for _ in range(50)], 600.0)
    assert (found.whole, found.guessable(128), found.number) == (True, False, 50)


def test_links_that_count_are_found(tmp_path: Path) -> None:
    found = collected(tmp_path, [f"https://media.example/f/{number}" for number in range(1000, 1030)], None)
    assert found.guessable(128)
    assert not found.whole


def test_few_say_nothing_and_none_are_needed_in_a_session(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="only 1 are in the file"):
        collected(tmp_path, ["https://media.example/f/1"], 5.0).guessable(128)
    with gate(tmp_path / "run", operator=None) as toy:
        bound = service_links.links(toy.live.bench, 0.0, 50)
    assert (bound.whole, bound.guessable(128)) == (True, False)


def test_questions_are_answered_one_by_one(tmp_path: Path) -> None:
    with gate(tmp_path, operator=Scripted({"service_links.late": "no", "service_links.life": 60}, tmp_path)) as toy:
        assert service_links.answer(toy.live.bench, service_links.FOREIGN[2]).value == "no"
        assert service_links.answer(toy.live.bench, service_links.LIFE).number == 60
