"""Whatever a case says in a verdict is said in Chinese too."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness.probes
from harness.output.words import phrases
from harness.places import folder

WORDS = ("assume", "expect", "none_of")


def sentences(source: str) -> Iterator[str]:
    """What is given to the words of cases; something in place of what is filled in."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
            continue
        if node.func.id == "controls":
            yield from (each.arg.replace("_", " ") for each in node.keywords if each.arg)
        elif node.func.id in WORDS and isinstance(node.args[0], ast.Constant):
            yield str(node.args[0].value)
        elif node.func.id in WORDS and isinstance(node.args[0], ast.JoinedStr):
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "something" for each in node.args[0].values)


@pytest.mark.parametrize("file", sorted(folder("testcases").rglob("test_*.py")), ids=lambda file: file.stem)
def test_a_case_speaks_chinese_too(file: object) -> None:
    told = list(sentences(file.read_text()))  # type: ignore[attr-defined]
    assert told
    assert [each for each in told if phrases()(each) == each] == []


def spared(source: str) -> Iterator[str]:
    """What probes say that effort quick does; a number in place of what is filled in."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "spare" and node.args:
            told = node.args[0]
            parts = told.values if isinstance(told, ast.JoinedStr) else [told]
            yield "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in parts)


def test_what_effort_quick_spares_is_said_in_chinese_too() -> None:
    probes = Path(harness.probes.__path__[0])
    told = [each for file in sorted(probes.rglob("*.py")) for each in spared(file.read_text(encoding="utf-8"))]
    assert len(told) > 6
    assert [each for each in told if phrases()(f"effort quick: {each}").count(each)] == []
    assert phrases()("not settled: every bad package was offered; effort quick: 5 of 11 bad packages; --effort full does the rest") == (
        "未能确定：每个不合格升级包均已提交；快速力度：11 个不合格升级包中的 5 个；其余部分由 --effort full 执行"
    )


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        (
            "service side falls away: cloud_account declared absent, absence not checked; onvif: absence not checked",
            "服务测试面不适用：声明不具备 cloud_account，未核实其不存在；onvif：未核实其不存在",
        ),
        (
            "multi_user and sharing and geo and wifi declared absent: absence not checked",
            "声明不具备 multi_user、sharing、geo、wifi：未核实其不存在",
        ),
        (
            "the run was stopped: the device at 192.0.2.7 does not answer (refused); is it on, and is this its address?",
            "测试运行已中止：192.0.2.7 处的设备无应答（refused）；设备是否已通电，地址是否正确？",
        ),
    ],
)
def test_why_something_was_not_tested_is_chinese(english: str, chinese: str) -> None:
    assert phrases()(english) == chinese


def test_the_details_of_an_offer_of_tls_are_chinese_too() -> None:
    for why in ("no answer to an offer of 1 suite", "an answer that is no whole TLS to an offer of 64 suites", "not asked at effort quick"):
        told = phrases()(f"old versions taken: port 322 of 192.168.77.20, TLS 1.0: {why}")
        assert not {"offer", "port", "taken", "quick"} & set(told.replace("：", " ").split()), told
