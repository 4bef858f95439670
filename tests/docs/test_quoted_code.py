"""Code in documents is that of the named files, and commands in them exist."""

import re
from pathlib import Path

import pytest

from harness.cli.main import COMMANDS, GROUPS
from harness.places import ROOT

QUOTED = re.compile(r"<!-- (\S+) -->\n```\w*\n(.*?)```", re.DOTALL)
PAGES = sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"])


def quotes() -> list[tuple[Path, str, str]]:
    """Page, file and code of every quotation."""
    return [(page, name, code) for page in PAGES for name, code in QUOTED.findall(page.read_text())]


@pytest.mark.parametrize(("page", "name", "code"), quotes(), ids=lambda value: value.name if isinstance(value, Path) else value[:40])
def test_quoted_code_is_the_file_s(page: Path, name: str, code: str) -> None:
    """Letter by letter; copy it again when the file was changed on purpose."""
    assert code in (ROOT / name).read_text(), f"{page.name} quotes {name} otherwise than it is"


def test_there_is_something_to_compare() -> None:
    assert len(quotes()) >= 7


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    named = set(re.findall(r"`(?:\.venv/bin/)?camlabel ([a-z]+)", page.read_text()))
    assert named <= {*COMMANDS, *GROUPS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_leads_to_a_file(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text()):
        assert target.startswith("https://") or (page.parent / target).exists(), target
