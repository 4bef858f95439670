"""The glossary: every word with its Chinese term and meaning, the same as in reports."""

import re

from ruamel.yaml import YAML

from harness.catalogue.load import load
from harness.places import ROOT, folder

ROWS = [line.strip("|").split("|") for line in (ROOT / "docs/glossary.md").read_text().splitlines() if line.startswith("| ")][1:]
WORDS = YAML(typ="safe").load(folder("reports") / "words.yaml")


def test_every_word_has_chinese_and_a_meaning() -> None:
    for row in ROWS:
        word, chinese, meaning = (cell.strip() for cell in row)
        assert word
        assert meaning
        assert re.search("[\u4e00-\u9fff]", chinese), word
    words = [row[0].strip() for row in ROWS]
    assert len(words) == len(set(words))


def test_verdicts_and_levels_are_called_as_in_reports() -> None:
    text = " ".join(" ".join(row) for row in ROWS)
    for verdict in ("FAIL", "ERROR", "INCONCLUSIVE", "NOT_TESTED", "PASS", "NOT_APPLICABLE"):
        assert f"{verdict} {WORDS[verdict]['zh']}" in text
    for level in load().levels:
        assert f"{level.id} {level.zh}" in text
