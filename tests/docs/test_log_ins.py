"""The examples of docs/log-ins.md are those that tests/probes/actions/test_log_ins.py tries on cameras."""

import re

from ruamel.yaml import YAML

from harness.places import ROOT
from tests.builders.log_ins import KINDS


def test_every_example_is_tried() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs/log-ins.md").read_text(), re.DOTALL)
    examples = [YAML(typ="safe").load(block) for block in blocks]
    assert {each["ready"]: each for each in examples} == {name: kind for name, kind in KINDS.items() if name != "basic"}
    assert KINDS["basic"] == {**KINDS["digest"], "ready": "basic"}
