"""Links to recordings at the producer's service, as the person at the bench finds them with the accounts of the lab."""

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.operator import Answer, Question, Words
from harness.probes.operator import YES_NO, asked, dialogue
from harness.probes.recordings import Chance
from harness.probes.token_figures import figures_of

LONGEST_S = 400 * 86400
LINES_MOST, LINE_MOST = 1000, 4000


def _foreign(key: str, en: str, zh: str) -> Question:
    return Question(key=f"service_links.{key}", kind="choice", words=Words(en=en, zh=zh), choices=YES_NO)


OWN = _foreign(
    "own",
    "As owner, take the link to a recording at the service and open it. Is the recording shown?",
    "请以所有者身份获取云端录像的链接并打开。录像是否显示？",
)
FOREIGN = (
    _foreign(
        "no_session",
        "Open it in a browser that never logged in. Is the recording shown?",
        "请在从未登录过的浏览器中打开该链接。录像是否显示？",
    ),
    _foreign("log_out", "Log the owner out and open it again. Is the recording shown?", "请让所有者退出登录后再次打开。录像是否显示？"),
    _foreign("late", "Open a link whose stated life is over. Is the recording shown?", "请打开已超过声明有效期的链接。录像是否显示？"),
    _foreign(
        "altered",
        "Change name, number, end time and random part of a link, one at a time, and open each. Is any recording shown?",
        "请逐一修改链接中的名称、编号、到期时间和随机部分并打开。是否显示任何录像？",
    ),
    _foreign("other", "Open it from another account of the service. Is the recording shown?", "请用另一云端账户打开该链接。录像是否显示？"),
)
LIFE = Question(
    key="service_links.life",
    kind="number",
    words=Words(
        en="For how long does a link of the service open? 0 if only in a session.", zh="云端链接的有效期是多久？仅在会话内有效填 0。"
    ),
    unit="s",
    lowest=0,
    highest=LONGEST_S,
)
FILE = Question(
    key="service_links.links",
    kind="file",
    words=Words(
        en="Collect links to one recording, each taken anew, one a line in a text file. Which file?",
        zh="请反复获取同一录像的链接，每行一个保存为文本文件。文件是哪个？",
    ),
)


@reads()
def answer(bench: Bench, question: Question) -> Answer:
    """One of them."""
    return asked(bench, question)


@reads()
def links(bench: Bench, life_s: float | None, wanted: float) -> Chance:
    """A file of links, one a line, and what varies in them; not asked for where they are good in a session only.

    Whether the service compares all of it is told by altered ones.
    """
    number = int(wanted)
    if life_s == 0:
        return Chance(asked="links of the service, good in a session only", wanted=number, bound=True)
    given = dialogue(bench, FILE)
    bench.attach(given.content)
    lines = given.content[: LINES_MOST * LINE_MOST].decode("utf-8", "replace").splitlines()[:LINES_MOST]
    found = [line.strip() for line in lines if 0 < len(line.strip()) <= LINE_MOST]
    figures = figures_of(found) if len(found) > 1 else None
    bits, rule = (figures.bits, figures.rule) if figures else (0.0, "")
    return Chance(
        asked=f"{number} links of the service: {bits:.0f} bits{f', {rule}' if rule else ''}",
        wanted=number,
        number=len(set(found)),
        bits=round(bits, 1),
        rule=rule,
        source="are in the file",
    )
