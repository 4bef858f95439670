"""No case is lost: each is in the registry, or the place where it would be lost is named."""

from pathlib import Path

import pytest

from harness.cases.registry import Registry, scan
from harness.model.errors import UsageError
from harness.runner.places import testcases as own_cases

HEAD = "from harness.cases.words import Observe, case, expect\n\n\n"
CASE = '@case("NET-11")\ndef test_one(observe: Observe) -> None:\n    """Purpose."""\n    expect("x", True)\n'


def write(folder: Path, text: str, name: str = "test_it.py") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def scanned(folder: Path, text: str, name: str = "test_it.py") -> Registry:
    write(folder, text, name)
    return scan(folder)


def mistakes(folder: Path, text: str, name: str = "test_it.py") -> list[str]:
    """Without the path."""
    path = write(folder, text, name)
    with pytest.raises(UsageError) as refused:
        scan(folder)
    return [line.removeprefix(f"{path.resolve()}:") for line in str(refused.value).splitlines()]


def line_of(text: str, part: str) -> int:
    return text[: text.index(part)].count("\n") + 1


def test_our_own_cases() -> None:
    registry = scan(own_cases())
    assert not registry.broken
    assert len(registry.of("NET-11")) == 5
    assert all(info.docstring and info.path.is_file() and info.line for info in registry.cases)


def test_what_a_case_says(tmp_path: Path) -> None:
    marker = '@case(\n    "SYS-07",\n    when="rtsp",\n    side="device",\n    state="normal",\n    impact="change",\n)\n'
    text = f'{HEAD}{marker}def test_a(observe):\n    """Purpose."""\n'
    registry = scanned(tmp_path, text + '\n\n@case(id="NET-11")\ndef test_b(observe):\n    pass\n', "deep/er/test_it.py")
    one, other = registry.cases
    assert (one.name, one.requirement, one.when, one.side) == ("test_a", "SYS-07", "rtsp", "device")
    assert (one.state, one.impact) == ("normal", "change")
    assert (one.docstring, one.line, one.path.name) == ("Purpose.", line_of(text, "def test_a"), "test_it.py")
    assert (other.requirement, other.when, other.docstring) == ("NET-11", None, "")
    assert registry.of("NET-11") == (other,)


def test_the_order_of_words_does_not_matter(tmp_path: Path) -> None:
    [info] = scanned(tmp_path, HEAD + CASE.replace('"NET-11"', 'when="rtsp", id="NET-11"')).cases
    assert (info.requirement, info.when) == ("NET-11", "rtsp")


@pytest.mark.parametrize(
    ("imported", "marker"),
    [
        ("from harness.cases.words import case as c", '@c("NET-11")'),
        ("from harness.cases import words", '@words.case("NET-11")'),
        ("from harness.cases import words as w", '@w.case("NET-11")'),
        ("import harness.cases.words", '@harness.cases.words.case("NET-11")'),
        ("from labs.own import case", '@case("NET-11")'),
    ],
)
def test_another_name_hides_no_case(tmp_path: Path, imported: str, marker: str) -> None:
    [info] = scanned(tmp_path, f"{imported}\n\n\n{marker}\ndef test_one(observe):\n    pass\n").cases
    assert (info.name, info.requirement) == ("test_one", "NET-11")


LOST = {
    "in a class": 'class Cases:\n    @case("NET-11")\n    def one(self, observe):\n        pass\n',
    "in a test class": 'class TestCases:\n    @case("NET-11")\n    def test_one(self, observe):\n        pass\n',
    "in a function": 'def make():\n    @case("NET-11")\n    def test_one(observe):\n        pass\n    return test_one\n',
    "under if": 'if True:\n    @case("NET-11")\n    def test_one(observe):\n        pass\n',
    "under for": 'for _ in (1,):\n    @case("NET-11")\n    def test_one(observe):\n        pass\n',
    "under with": 'with open:\n    @case("NET-11")\n    def test_one(observe):\n        pass\n',
    "under match": 'match 1:\n    case _:\n        @case("NET-11")\n        def test_one(observe):\n            pass\n',
    "async": '@case("NET-11")\nasync def test_one(observe):\n    pass\n',
    "called by hand": 'def one(observe):\n    pass\n\n\ntest_one = case("NET-11")(one)\n',
    "by another name": 'mine = case\n\n\n@mine("NET-11")\ndef test_one(observe):\n    pass\n',
    "made before": 'marker = case("NET-11")\n\n\n@marker\ndef test_one(observe):\n    pass\n',
    "without brackets": "@case\ndef test_one(observe):\n    pass\n",
    "no case at all": "def test_one(observe):\n    pass\n",
    "no case and nested": "class Holder:\n    def test_one(self):\n        pass\n",
    "another name": '@case("NET-11")\ndef rtsp_gives_nothing(observe):\n    pass\n',
    "another decorator": 'import functools\n\n\n@functools.cache\n@case("NET-11")\ndef test_one(observe):\n    pass\n',
    "twice": '@case("NET-11")\n@case("NET-12")\ndef test_one(observe):\n    pass\n',
    "pytest's own": "pytestmark = [1]\n",
    "imported": "from labs.cases import test_other\n",
    "imported as": "from labs.cases import other as test_other\n",
    "overwritten": f"{CASE}\n\ntest_one = None\n",
}


@pytest.mark.parametrize("name", LOST)
def test_a_case_that_would_be_lost_is_a_mistake(tmp_path: Path, name: str) -> None:
    found = mistakes(tmp_path, HEAD + LOST[name])
    assert found
    assert all(line.partition(":")[0].isdigit() for line in found), found


@pytest.mark.parametrize("file", ["helpers.py", "net_test.py", "conftest.py"])
def test_a_case_in_a_file_that_pytest_does_not_collect_is_a_mistake(tmp_path: Path, file: str) -> None:
    assert mistakes(tmp_path, HEAD + CASE, file) == [
        '4: case marks a plain function at the top of a file test_*.py, written @case("…"); here it would be lost'
    ]


def test_helpers_and_probes_of_a_lab_may_be_what_they_like(tmp_path: Path) -> None:
    """Functions inside a case too."""
    write(
        tmp_path,
        "import socket\nimport time\n\n\ndef probe(bench) -> int:\n    try:\n        return test_me()\n    finally:\n        pass\n",
        "probes.py",
    )
    text = CASE.replace('    expect("x", True)\n', "    def sound(x):\n        return x\n\n    expect('x', sound(True))\n")
    [info] = scanned(tmp_path, HEAD + text).cases
    assert info.name == "test_one"


MARKERS = {
    "case(requirement)": "must be written out, not computed",
    'case("NET" + requirement)': "must be written out, not computed",
    "case(**more)": "must be written out, not computed",
    'case("NET-11", when=capability)': "must be written out, not computed",
    'case("NET-11", "rtsp")': "is given one requirement, and the rest by name",
    "case()": "id: Field required",
    'case(when="rtsp")': "id: Field required",
    'case("net-11")': "id: String should match",
    'case("NET-111")': "id: String should match",
    'case("NET-11\\n")': "id: String should match",
    "case(11)": "id: Input should be a valid string",
    'case("NET-11", side="devices")': "side: Input should be 'device'",
    'case("NET-11", state="new")': "state: Input should be 'factory'",
    'case("NET-11", impact="much")': "impact: Input should be 'listen'",
    'case("NET-11", level="basic")': "level: Extra inputs are not permitted",
    'case("NET-11", when=["rtsp"])': "when: Input should be a valid string",
}


@pytest.mark.parametrize("marker", MARKERS)
def test_a_marker_is_written_out_in_the_catalogues_words(tmp_path: Path, marker: str) -> None:
    text = HEAD + CASE.replace('case("NET-11")', marker)
    [found] = mistakes(tmp_path, text)
    assert found.startswith("4: ")
    assert MARKERS[marker] in found


def test_a_case_may_not_leave_early(tmp_path: Path) -> None:
    """Or the criteria behind it are not asked."""
    body = "    if not observe:\n        for _ in ():\n            return\n    with observe:\n        return None\n"
    text = HEAD + CASE.replace('    expect("x", True)\n', body)
    assert mistakes(tmp_path, text) == [
        f"{line_of(text, 'return')}: return: a case runs to its end, or the criteria behind it are not asked",
        f"{line_of(text, 'return None')}: return: a case runs to its end, or the criteria behind it are not asked",
    ]


BANNED = {
    "    assert observe": "assert: use expect",
    "    expect('x', all([]))": "all: use every or none_of",
    "    expect('x', any([]))": "any: use every or none_of",
    "    expect('x', bool(list(map(any, [[]]))))": "any: use every or none_of",
    "    open('/dev/null')": "open in a case",
    "    exec('1')": "exec in a case",
    "    eval('1')": "eval in a case",
    "    __import__('os')": "__import__ in a case",
    "    input()": "input in a case",
    "    setattr(observe, 'x', 1)": "setattr in a case",
    "    try:\n        observe()\n    except Exception:\n        pass": "try: a silence must not be caught",
    "    try:\n        observe()\n    finally:\n        pass": "try: a silence must not be caught",
    "    try:\n        observe()\n    except* ValueError:\n        pass": "try: a silence must not be caught",
    "    observe._source = None": "_source: a case does not reach behind",
    "    expect.__globals__.clear()": "__globals__: a case does not reach behind",
    "    yield observe": "async and yield",
    "    yield from observe": "async and yield",
    "    global seen\n    seen = 1": "global state",
    **{f"    import {name}": f"import {name}: only observe reaches it" for name in ("time", "random", "os.path", "socket", "subprocess")},
    **{
        f"    import {name}": f"import {name}: only observe reaches it"
        for name in ("asyncio", "threading", "contextlib", "pytest", "ctypes")
    },
    **{
        f"    from {name} import x": f"import from {name}"
        for name in ("datetime", "secrets", "urllib.request", "importlib", "unittest.mock")
    },
    "    from harness.gate.attempt import current": "import from harness.gate.attempt",
    "    from harness.transports import tcp": "import from harness.transports",
    "    import harness.runner.judge": "import harness.runner.judge",
    "    from harness.probesque import x": "import from harness.probesque",
    "    from itertools import *": "from itertools import *: write out",
}


@pytest.mark.parametrize("breach", BANNED)
def test_what_a_case_file_must_not_hold(tmp_path: Path, breach: str) -> None:
    text = HEAD + CASE + breach + "\n"
    found = mistakes(tmp_path, text)
    assert any(BANNED[breach] in line for line in found), found
    assert all(line_of(text, breach) <= int(line.partition(":")[0]) for line in found)


@pytest.mark.parametrize("decorator", ["skip", "skipif(True)", "xfail", "parametrize('x', [1])", "usefixtures('x')"])
def test_pytests_marks_have_no_place(tmp_path: Path, decorator: str) -> None:
    text = f"import pytest\n{HEAD}@pytest.mark.{decorator}\n{CASE}"
    found = mistakes(tmp_path, text)
    assert any("no other decorator" in line for line in found)
    assert any("import pytest" in line for line in found)


def test_what_a_case_may_import(tmp_path: Path) -> None:
    text = (
        "from __future__ import annotations\n\nimport math\nfrom collections.abc import Iterator\nfrom itertools import product\n\n"
        "import harness.probes.rtsp\nfrom harness.cases.dut import Dut\n"
        "from harness.model.secret import NOBODY\nfrom harness.probes import rtsp\n"
        f"from labs.probes import own\nfrom . import beside\n{HEAD}{CASE}"
    )
    assert len(scanned(tmp_path, text).cases) == 1


def test_two_cases_of_one_name(tmp_path: Path) -> None:
    """In one file or in two."""
    one = write(tmp_path, HEAD + CASE + "\n\n" + CASE, "a/test_a.py").resolve()
    two = write(tmp_path, HEAD + CASE, "b/test_b.py").resolve()
    with pytest.raises(UsageError) as refused:
        scan(tmp_path)
    assert str(refused.value) == f"{one}:5, {one}:11, {two}:5: 3 cases are called test_one; a case's name is its id, give each its own"


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, HEAD + CASE + "    assert 1\n", "test_a.py")
    write(tmp_path, HEAD + "@case()\ndef test_two(observe):\n    import os\n", "test_b.py")
    with pytest.raises(UsageError) as refused:
        scan(tmp_path, tmp_path / "nowhere")
    told = str(refused.value).splitlines()
    assert [line.rpartition("/")[2].split(":")[0] for line in told] == ["nowhere", "test_a.py", "test_b.py", "test_b.py"]


@pytest.mark.parametrize(
    "text",
    [
        "@case('NET-11'\ndef test_one(:\n",
        '@c(\n    # a comment\n    "NET-11"\n)\ndef test_one(observe):\n  x\n y\n',
        '@case("NET-11")\ndef test_one(observe):\n\tx\n        y\n',
        'print "NET-11"\n',
    ],
)
def test_a_file_that_is_no_python_breaks_its_requirements(tmp_path: Path, text: str) -> None:
    """The other files are read all the same."""
    write(tmp_path, HEAD + CASE.replace("NET-11", "SYS-07"), "test_other.py")
    registry = scanned(tmp_path, text)
    assert list(registry.broken) == ["NET-11"]
    assert registry.broken["NET-11"].startswith("test_it.py cannot be read: ")
    assert [info.requirement for info in registry.cases] == ["SYS-07"]


@pytest.mark.parametrize("raw", [b'@case("NET-11")\0', b'"NET-11" = \xff\xfe', b'# coding: nonsense\n"NET-11"\n'])
def test_a_file_that_is_no_text_breaks_its_requirements(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "test_it.py").write_bytes(raw)
    assert list(scan(tmp_path).broken) == ["NET-11"]


def test_a_broken_file_that_says_nothing_is_refused(tmp_path: Path) -> None:
    assert "says nowhere which requirement it is for" in mistakes(tmp_path, "def (:\n")[0]


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").symlink_to(tmp_path / "gone.py")
    with pytest.raises(UsageError, match="cannot be read: No such file"):
        scan(tmp_path)


def test_a_folder_given_twice_or_within_another_is_read_once(tmp_path: Path) -> None:
    write(tmp_path, HEAD + CASE, "labs/test_it.py")
    assert len(scan(tmp_path, tmp_path, tmp_path / "labs").cases) == 1


def test_no_such_folder_is_refused(tmp_path: Path) -> None:
    """A misspelt one would leave all its cases out."""
    with pytest.raises(UsageError, match="nowhere: there is no such folder of test cases"):
        scan(tmp_path / "nowhere")
