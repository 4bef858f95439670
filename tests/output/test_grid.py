"""The grid on real terminals, in files, in narrow encodings, and with hostile text."""

import fcntl
import io
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import pytest
from rich.cells import cell_len

from harness.model.record import RunRecord
from harness.model.verdict import Verdict
from harness.output import grid
from tests.builders.hostile import HOSTILE, crowded, said
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import colourful, reached, record

ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def plain(made: RunRecord) -> str:
    return grid.render(made).decode()


@contextmanager
def terminal(columns: int) -> Iterator[tuple[TextIO, int]]:
    """A pseudo terminal: the end to write to, and the descriptor on which its user reads."""
    user, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with os.fdopen(end, "w", encoding="utf-8") as stream:
        yield stream, user
    os.close(user)


def seen(made: RunRecord, columns: int) -> str:
    """What a terminal of this width is sent; a child writes, so that no buffer can fill up."""
    with terminal(columns) as (stream, user):
        child = subprocess.Popen(
            [sys.executable, "-c", SHOW], stdin=subprocess.PIPE, stdout=stream, cwd=Path(__file__).parents[2], env={**ENVIRONMENT}
        )
        assert child.stdin
        child.stdin.write(made.model_dump_json().encode())
        child.stdin.close()
        text = b""
        while child.poll() is None or select.select([user], [], [], 0)[0]:
            if select.select([user], [], [], 0.1)[0]:
                text += os.read(user, 65536)
        assert child.returncode == 0
    return text.decode().replace("\r\n", "\n")


SHOW = """
import sys
from harness.model.record import RunRecord
from harness.output.grid import show
show(RunRecord.model_validate_json(sys.stdin.buffer.read()), sys.stdout)
"""
ENVIRONMENT = {**{name: os.environ[name] for name in ("PATH",)}, "TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}


def test_six_groups_and_three_levels_with_their_chinese_terms() -> None:
    text = plain(colourful())
    for words in ("Physical hardware", "System software", "Network communication", "Data security", "Personal information"):
        assert words in text
    for words in (
        "物理与硬件安全",
        "系统与软件安全",
        "网络与通信安全",
        "数据安全",
        "个人信息保护",
        "安全保障",
        "基础级 ★",
        "增强级 ★★",
        "领先级 ★★★",
    ):
        assert words in text


def test_a_cell_says_its_state_and_how_many_passed_or_failed() -> None:
    rows = plain(colourful()).splitlines()
    network = next(index for index, row in enumerate(rows) if row.startswith("Network"))
    assert rows[network].split() == ["Network", "communication", "FAIL", "FAIL", "–"]
    assert rows[network + 1].split() == ["网络与通信安全", "1", "of", "2", "fail", "1", "of", "1", "fail"]
    data = next(index for index, row in enumerate(rows) if row.startswith("Data"))
    assert rows[data].split() == ["Data", "security", "–", "–", "PASS"]
    assert rows[data + 1].split() == ["数据安全", "none", "applies", "1", "of", "1", "pass"]


def test_blockers_are_ranked_and_show_their_offenders() -> None:
    text = plain(colourful())
    start = text.index("What blocks basic 基础级: 6, worst first")
    ranked = text[start : text.index("Failed or undecided above it")]
    words = ["FAIL           NET-11", "INCONCLUSIVE   SYS-06", "NOT_TESTED     3: no case yet", "NOT_TESTED     1: did not run"]
    places = [ranked.index(each) for each in words]
    assert places == sorted(places)
    assert "× /live/main · nobody · tcp" in ranked
    assert "again: ffprobe -v error -rtsp_transport tcp 'rtsp://192.168.77.20:554/live/main'\n" in ranked
    assert "… and 3 more in verdicts.json" in ranked
    assert "PHY-01 PHY-02 NET-01\n" in ranked
    assert "attempts of test_SYS-06: INCONCLUSIVE, PASS" in ranked


def test_what_is_bad_above_and_what_was_earned_is_said() -> None:
    text = plain(colourful())
    assert text.index("Failed or undecided above it") < text.index("FAIL           NET-12") < text.index("ERROR          SYS-16")
    earned = text[text.index("What was earned") :]
    assert earned.index("PASS           SYS-07") < earned.index("PASS           DAT-09") < earned.index("NOT_APPLICABLE DAT-07")
    assert "absence not checked" in earned


def test_counts() -> None:
    text = plain(colourful())
    assert "2 FAIL · 1 ERROR · 1 INCONCLUSIVE · 5 NOT_TESTED · 2 PASS · 1 NOT_APPLICABLE" in text
    assert "Judged by the harness 6, guided 1, from documents 0" in text
    assert "Waited for the device's answers 6.5 s (412×)" in text


def test_a_reached_level_says_so_and_leading_only_its_automated_part() -> None:
    text = plain(reached())
    assert re.search(r"Level +REACHED +REACHED +automated part\n", text)
    assert "What blocks leading 领先级\nthe record of an independent penetration test" in text


def test_without_anything_that_applies_it_is_said() -> None:
    text = plain(record(plan(requirement()), [attempt(Verdict.NOT_APPLICABLE)], waits=()))
    assert "What blocks basic 基础级\nnothing applies, so nothing passed" in text
    assert "Waited" not in text


def test_no_level_left_to_reach() -> None:
    made = reached()
    levels = tuple(each.model_copy(update={"reached": True}) for each in made.levels)
    assert "What blocks" not in plain(made.model_copy(update={"levels": levels}))


def test_an_offender_without_an_item_and_several_kinds_of_offence() -> None:
    notes = attempt(Verdict.FAIL).notes + tuple(
        each.model_copy(update={"what": "the owner can leave", "item": "", "again": ""}) for each in attempt(Verdict.FAIL).notes
    )
    text = plain(record(plan(requirement()), [attempt(Verdict.FAIL, notes=notes)]))
    assert "× things that are open: thing 1\n                 again: curl it\n               × the owner can leave\n" in text


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_it_is_in_colour_and_fits(columns: int) -> None:
    text = seen(colourful(), columns)
    assert "\x1b[" in text
    lines = [line for line in ESCAPES.sub("", text).splitlines() if "again:" not in line]
    assert max(map(cell_len, lines)) == columns
    assert not [line for line in lines if "…" in line and "more in" not in line]


def test_a_command_is_never_broken() -> None:
    assert "again: ffprobe -v error -rtsp_transport tcp 'rtsp://192.168.77.20:554/live/main'\n" in ESCAPES.sub("", seen(colourful(), 40))


def test_in_a_pipe_it_is_plain() -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
    grid.show(colourful(), stream)
    text = stream.buffer.getvalue().decode()
    assert "\x1b" not in text
    assert not [line for line in text.splitlines() if line != line.rstrip()]


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "gbk"])
def test_in_a_narrow_encoding_nothing_breaks(encoding: str) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    grid.show(colourful(), stream)
    text = stream.buffer.getvalue().decode(encoding)
    assert "NET-11 Local stream protocols require login" in text
    assert ("网络与通信安全" in text) == (encoding == "gbk")


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    text = plain(said(HOSTILE[name]))
    assert {unicodedata.category(each) for each in text} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} <= {"Cc"}
    assert {each for each in text if unicodedata.category(each) == "Cc"} == {"\n"}
    assert len(text) < 20_000


def test_markup_of_a_device_is_not_obeyed() -> None:
    text = seen(said(HOSTILE["markup"]), 100)
    assert "[bold red]PASS[/]" in ESCAPES.sub("", text)
    assert "\x1b]8" not in text


@pytest.mark.once
def test_many_offenders_are_bounded_and_counted() -> None:
    text = plain(crowded())
    assert len(text) < 10_000
    assert "… and 99995 more in verdicts.json" in text
