"""report.html: one file without script, whole in both languages, usable by keyboard and screen reader, safe whatever a device says."""

import re
import unicodedata
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from lxml import html as lxml_html

from harness.cases.registry import scan
from harness.catalogue.load import load
from harness.model.record import RunRecord
from harness.model.verdict import Note, Verdict
from harness.output import html
from harness.output.words import phrases, statements, words
from harness.places import folder
from tests.builders.hostile import HOSTILE, crowded, said
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import DIGEST, colourful, reached, record

VOID = {"meta", "br", "input", "img", "link", "hr"}
ENGLISH = re.compile(r"[a-z]{3,} [a-z]{2,}")
NAME = re.compile(r"[a-z]{3,}")
DECORATION = {"style", "script"}


def page(made: RunRecord, language: str = "en") -> lxml_html.HtmlElement:
    return lxml_html.document_fromstring(html.render(made, language).decode())  # type: ignore[arg-type]


def text_of(element: lxml_html.HtmlElement, language: str = "en") -> str:
    """What is read in one language."""
    hidden = "zh" if language == "en" else "en"
    parts = element.xpath(f".//text()[not(ancestor::style) and not(ancestor::*[@class='{hidden}'])]")
    return " ".join(" ".join(parts).split())


class Balanced(HTMLParser):
    """Notes every tag that does not close the last open one."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.mistakes: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Void elements have no end."""
        if tag in self.open and tag in ("p", "details", "a") and self.open[-1] == tag:
            self.mistakes.append(f"<{tag}> in <{tag}> at {self.getpos()}")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Only what was opened last may be closed."""
        if not self.open or self.open.pop() != tag:
            self.mistakes.append(f"</{tag}> at {self.getpos()}")


@pytest.mark.parametrize("made", [colourful(), reached(), said("x")], ids=["colourful", "reached", "said"])
def test_elements_are_closed_in_order(made: RunRecord) -> None:
    parser = Balanced()
    parser.feed(html.render(made).decode())
    assert (parser.open, parser.mistakes) == ([], [])


def test_nothing_comes_from_elsewhere_and_nothing_runs() -> None:
    document = page(colourful())
    assert not document.xpath("//script | //iframe | //object | //embed | //link | //form | //base | //@*[starts-with(name(), 'on')]")
    assert all(each.startswith("data:") for each in document.xpath("//@src"))
    assert all(re.fullmatch(r"#[\w-]+|\.\./artefacts/[0-9a-f]{64}", each) for each in document.xpath("//@href"))
    [policy] = document.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")
    assert "url(" not in (folder("reports") / "report.css").read_text(encoding="utf-8")


def test_every_word_is_there_in_both_languages_with_the_same_gaps() -> None:
    for name, forms in words().forms.items():
        assert set(forms) == {"en", "zh"}, name
        gaps = {language: sorted(re.findall(r"\{\w+\}", form)) for language, form in forms.items()}
        assert gaps["en"] == gaps["zh"], name


def test_each_language_says_all_of_it() -> None:
    document = page(colourful())
    assert len(document.xpath("//*[@class='en']")) == len(document.xpath("//*[@class='zh']")) > 200
    assert not [each for each in document.xpath("//*[@class='zh']") if each.get("lang") != "zh-CN"]
    assert "未达到任何等级" in text_of(document, "zh")
    assert "No level is reached." in text_of(document)
    assert not re.search(r"[\u4e00-\u9fff]", text_of(document).replace("中文", ""))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_it_opens_in_the_language_that_was_asked_for(language: str) -> None:
    document = page(colourful(), language)
    assert document.xpath("//input[@name='lang'][@checked]/@id") == [f"lang-{language}"]
    assert document.get("lang") == {"en": "en", "zh": "zh-CN"}[language]


def test_landmarks_headings_and_labels_lead_through_it() -> None:
    document = page(colourful())
    for landmark in ("header", "nav", "main", "footer"):
        assert len(document.xpath(f"//{landmark}")) == 1
    levels = [int(each.tag[1]) for each in document.xpath("//h1 | //h2 | //h3 | //h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(later - earlier <= 1 for earlier, later in pairwise(levels))
    ids = document.xpath("//@id")
    assert len(ids) == len(set(ids))
    assert {each[1:] for each in document.xpath("//a/@href") if each.startswith("#")} <= set(ids)
    assert set(document.xpath("//section/@aria-labelledby")) <= set(ids)
    assert set(document.xpath("//input/@id")) == set(document.xpath("//label/@for"))
    assert all(text_of(each) for each in document.xpath("//fieldset/legend | //summary | //th | //a"))
    assert not document.xpath("//th[not(@scope)] | //img[not(@alt)] | //table[not(thead)]")


def test_what_is_hidden_by_a_choice_has_its_choice() -> None:
    document = page(colourful())
    css = (folder("reports") / "report.css").read_text(encoding="utf-8")
    hidden = set(re.findall(r"has\(#([\w-]+):not\(:checked\)\)", css))
    assert hidden >= set(document.xpath("//input[@type='checkbox']/@id"))


def test_ink_is_legible() -> None:
    css = (folder("reports") / "report.css").read_text(encoding="utf-8")
    inks = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6})", css))
    for name in ("ink", "soft", "link", "fail", "error", "unsure", "pass", "mute"):
        for paper in ("paper", "tint"):
            assert contrast(inks[name], inks[paper]) >= 4.5, f"{name} on {paper}"


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_grid_and_what_blocks_come_first() -> None:
    document = page(colourful())
    assert document.xpath("//section/@id") == ["result", "blockers", "coverage", "device", "requirements", "timeline", "check"]
    assert len(document.xpath("//table[@class='grid']/tbody/tr")) == 6
    assert len(document.xpath("//table[@class='grid']/tbody//td")) == 18
    ranked = [text_of(each) for each in document.xpath("//section[@id='blockers']/ol[1]/li")]
    assert ranked[0].startswith("FAIL NET-11")
    assert ranked[1].startswith("INCONCLUSIVE SYS-06")
    assert ranked[2].startswith("NOT TESTED 1 not tested: did not run")
    assert ranked[3].startswith("NOT TESTED 3 not tested: no case yet")


def test_a_fail_is_told_with_what_was_asked_seen_and_expected() -> None:
    document = page(colourful())
    [found] = document.xpath("//*[@id='NET-11']")
    text = text_of(found)
    assert "The device shall keep the promise of NET-11." in text
    assert "Nothing is given without a login." in text
    assert "the owner is served" in text
    assert "RTSP gives nothing to anyone who has not logged in." in text
    assert "31× gave nothing; refused yes" in text
    assert "1 without an answer" in text
    assert "DeviceSilent: no answer in 5 s" in text
    assert len(found.xpath(".//*[@class='offender']//*[@class='one']")) == 8
    assert "RTSP requests granted without a login : 8" in text
    assert "2 more" in text
    commands = found.xpath(".//pre/code/text()")
    assert "ffprobe -v error -rtsp_transport tcp 'rtsp://192.168.77.20:554/live/main'" in commands
    assert f"../artefacts/{DIGEST}" in found.xpath(".//a/@href")
    assert found.getparent().get("open") is not None


def test_equal_offenders_are_shown_once_with_how_often() -> None:
    note = Note(verdict=Verdict.FAIL, what="open", item="/live", again="curl /live")
    failed = attempt(Verdict.FAIL, notes=(note, note.model_copy(update={"evidence": (7,)}), note.model_copy(update={"item": "/sub"})))
    [found] = page(record(plan(requirement("NET-11")), [failed])).xpath("//*[@class='offender']")
    assert text_of(found) == "open : 3 /live 2× To see it again curl /live /sub To see it again curl /live"


def test_attempts_are_all_there() -> None:
    [found] = page(colourful()).xpath("//*[@id='SYS-06']")
    assert re.findall(r"Attempt (\d)", text_of(found)) == ["1", "2"]
    assert "control after: owner is let in: no answer in 5 s" in text_of(found)


def test_three_stars_are_not_announced_from_automatic_tests() -> None:
    text = text_of(page(reached()))
    assert "Level reached: Enhanced" in text
    assert "automated part reached" in text
    assert "Three stars are never announced from these tests alone." in text
    assert "the record of an independent penetration test" in text


def test_a_photo_of_the_operator_is_shown_with_who_gave_it() -> None:
    [photo] = page(colourful()).xpath("//figure")
    assert photo.xpath("img/@src") == ["data:image/jpeg;base64,/9j/IHBpY3R1cmU="]
    assert "uart: pads.jpg · by li at 2026-08-22 10:15:02 UTC" in text_of(photo)


def test_conditions_and_coverage_are_honest() -> None:
    document = page(colourful())
    text = text_of(document)
    assert "Flaws made on purpose : rtsp_open" in text
    assert "Not possible on this bench no packet filter" in text
    assert "answers come from the bench file (scripted)" in text_of(document.xpath("//section[@id='result']")[0])
    [basic, _, leading] = document.xpath("//section[@id='coverage']//tbody/tr")
    assert [each.text for each in basic.xpath("td")] == ["8", "4", "0", "0", "4", "1"]
    assert [each.text for each in leading.xpath("td")] == ["1", "0", "1", "0", "0", "1"]
    [overlaid] = page(colourful().model_copy(update={"overlay": ("NET-11 level enhanced",)})).xpath("//section[@id='result']/p[2]")
    assert text_of(overlaid.getparent()).count("NET-11 level enhanced") == 1


def test_the_time_line_has_its_lanes_side_by_side() -> None:
    document = page(colourful())
    rows = [text_of(each) for each in document.xpath("//table[contains(@class, 'timeline')]/tbody/tr")]
    assert rows[4] == "10:15:01.000 console what the console did"
    assert len(rows) == 9
    assert "3 more are in the journal only." in text_of(document)


def test_an_old_record_without_narrative_is_still_a_report() -> None:
    older = colourful().model_dump(mode="json", exclude={"narrative"})
    text = text_of(page(RunRecord.model_validate(older)))
    assert "RTSP requests granted without a login" in text


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_text_stays_text(name: str) -> None:
    data = html.render(said(HOSTILE[name]))
    text = data.decode()
    assert {unicodedata.category(each) for each in text} & {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"} <= {"Cc"}
    assert {each for each in text if unicodedata.category(each) == "Cc"} == {"\n"}
    assert len(data) < 600_000
    document = lxml_html.document_fromstring(text)
    tags = {each.tag for each in lxml_html.document_fromstring(html.render(said("x")).decode()).iter() if isinstance(each.tag, str)}
    assert {each.tag for each in document.iter() if isinstance(each.tag, str)} <= tags
    assert all(re.fullmatch(r"#[\w-]+|\.\./artefacts/[0-9a-f]{64}", each) for each in document.xpath("//@href"))


@pytest.mark.once
def test_many_offenders_are_bounded_and_counted() -> None:
    data = html.render(crowded())
    assert len(data) < 600_000
    assert "… and 99950 more in verdicts.json" in data.decode()


@pytest.mark.parametrize(
    ("english", "chinese"),
    [
        ("no case yet", "尚无测试用例"),
        ("2 cases passed on 615 observations", "2 个用例通过，依据 615 次观测"),
        ("uart declared absent: absence not checked", "声明不具备 uart：未核实其不存在"),
        ("wifi and sd_card declared absent, looked for and not seen", "声明不具备 wifi、sd_card，已探测且未发现"),
        ("the run was stopped: no case yet", "测试运行已中止：尚无测试用例"),
        ("no case yet: 3", "尚无测试用例：3"),
        ("surfaces that take a weak thing: no case yet", "surfaces that take a weak thing: no case yet"),
        ("ways that take a weak password: there was nothing to ask", "接受弱口令的途径：没有可询问的对象"),
        ("RTSP requests granted: 8; incomplete", "RTSP requests granted: 8；未完成"),
        ("the device says hello", "the device says hello"),
        ("no case yet" * 200, "no case yet" * 200),
    ],
)
def test_known_sentences_are_said_in_chinese(english: str, chinese: str) -> None:
    assert phrases()(english) == chinese


def test_every_statement_has_its_chinese_made_from_this_very_english() -> None:
    entries = load().requirements
    assert not [each.id for each in entries if not statements()(each.id, each.statement)]
    assert set(statements().known) == {each.id for each in entries}
    assert statements()("NET-11", "Something else is asked.") == statements()("NET-99", "x") == ""


def test_what_requirements_expect_is_said_in_chinese() -> None:
    """Criterion, controls, procedure, numbers, and what their cases are for: no two English words in a row are left."""
    registry = scan(folder("testcases"))
    for each in load().requirements:
        purposes = (case.docstring for case in registry.of(each.id))
        limits = (f"{name.replace('_', ' ')}: {limit.value} {limit.unit} ({limit.role})" for name, limit in each.thresholds.items())
        told = (each.pass_criterion, *each.controls, *each.procedure, *purposes)
        assert [english for english in told if ENGLISH.search(phrases()(english))] == [], each.id
        assert [english for english in limits if NAME.search(phrases()(english))] == [], each.id


def test_how_to_see_it_again_is_a_command_and_exact_bytes() -> None:
    assert html.seen_again(f"curl -sk https://x/; exact bytes: artefacts/{DIGEST}") == ("curl -sk https://x/", [DIGEST])
    assert html.seen_again(f"exact bytes: artefacts/{DIGEST}") == ("", [DIGEST])


def test_a_run_that_was_stopped_says_so_first() -> None:
    stopped = page(colourful().model_copy(update={"exit_status": 3}))
    assert "The run was stopped before its end: this record does not say why" in text_of(stopped.xpath("//section[@id='result']")[0])
    why = "the device could not be put back as it was (account.change(web)): no answer"
    [result] = page(colourful().model_copy(update={"exit_status": 3, "stopped": why})).xpath("//section[@id='result']")
    assert f"The run was stopped before its end: {why}" in text_of(result)
    assert "测试运行提前中止：设备未能恢复原状" in text_of(result, "zh")
    assert "The run was stopped" not in text_of(page(colourful()))


def test_every_level_reached_leaves_nothing_in_the_way() -> None:
    levels = tuple(each.model_copy(update={"reached": True, "blockers": ()}) for each in reached().levels)
    text = text_of(page(reached().model_copy(update={"levels": levels})))
    assert "Every level is reached." in text
    assert "Level reached: Leading" in text
