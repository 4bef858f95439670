"""Reads what a serial line said; nothing here touches the line. Old recordings can be read again by a newer version."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from ruamel.yaml import YAML

Kind = Literal["login", "password", "loader", "shell", ""]

TAIL = 4096
PROMPT_MOST = 80
READABLE = 0.85
_ESCAPES = re.compile(rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]{0,200}(?:\x07|\x1b\\)|[()][0-9A-Za-z]|[@-Z\\^_a-z=>])")
_LINE_ENDS = re.compile(r"\r+\n|\r|\x0b|\x0c")
_LOGIN = re.compile(
    r"(?:(?<!last )(?<!failed )\blogin|\blog ?in as|\buser ?name|\buser|\baccount|用户名|用户|登录|登陆|账号|帐号)\s*[:：]\s*$",
    re.IGNORECASE,
)
_PASSWORD = re.compile(
    r"(?:\b(?:pass ?word|passwd|pass ?code|passphrase|pin)\b|密码|口令)[^:：\n]{0,30}[:：?]\s*$|^(?:enter )?pass ?word\s*>?\s*$",
    re.IGNORECASE,
)
_LET_IN = re.compile(
    r"\bnew (?:unix )?password|\bretype |password (?:has |is )?expired|change your password"
    r"|last (?:failed )?login|新密码|修改密码|上次登录",
    re.IGNORECASE,
)
_LOADER = re.compile(
    r"(?:^=>|(?:u-?boot|hisilicon|isvp_\w+|amboot|ambarella|barebox|redboot|cfe|rtk|xmtech)\S{0,20}\s?[#>$:]+|^[A-Z]{3,12}\d* ?[#>])\s*$",
    re.IGNORECASE,
)
_SHELL = re.compile(r"\S?[#$>%]\s*$")
_REFUSED = re.compile(
    r"incorrect|invalid|denied|refused|wrong|fail(?:ed|ure)?\b|bad (?:login|password|user|credential)"
    r"|not (?:allowed|permitted|authori[sz]ed)|unknown user|try again|mismatch|not match|错误|失败|无效|拒绝|不正确",
    re.IGNORECASE,
)
_LOCKED = re.compile(r"locked|lock ?out|too many|try again (?:later|in)|temporarily|锁定|过多|稍后", re.IGNORECASE)
_BOOTS = re.compile(
    r"u-boot|\bspl\b|\bdram\b|boot ?rom|boot ?loader|booting|starting kernel|linux version"
    r"|uncompressing|\[ {0,4}0\.0\d{5}\]|reset (?:cause|reason)"
    r"|init started|freertos|rt-thread|liteos|threadx|\bbl[123]\b|power ?on",
    re.IGNORECASE,
)


def readable(data: bytes) -> str:
    """As text, without what moves a terminal's cursor; lines end in a line feed."""
    text = _ESCAPES.sub(b"", data).replace(b"\0", b"").decode("utf-8", "replace")
    return _LINE_ENDS.sub("\n", text)


def score(data: bytes) -> float:
    """The share of what could be text, 0 to 1: at a wrong rate most bytes are none."""
    if not data:
        return 0.0
    plain = _ESCAPES.sub(b"", data)
    text = plain.decode("utf-8", "replace")
    good = sum(len(each.encode()) for each in text if each.isprintable() and each != "\ufffd")
    good += sum(text.count(each) for each in "\r\n\t\b\a")
    return min(1.0, (good + len(data) - len(plain)) / len(data))


def last_line(text: str) -> str:
    """What stands behind the last end of a line: whatever waits, or the half of what comes."""
    return text[-TAIL:].rpartition("\n")[2].strip("\a\b\t ")


def prompt_of(text: str) -> tuple[Kind, str]:
    """What waits at the end of a text, by its last line, which has no end yet."""
    last = last_line(text)
    if not last or len(last) > PROMPT_MOST:
        return "", ""
    kinds: tuple[tuple[Kind, re.Pattern[str]], ...] = (("password", _PASSWORD), ("login", _LOGIN), ("loader", _LOADER), ("shell", _SHELL))
    return next(((kind, last) for kind, pattern in kinds if pattern.search(last)), ("", ""))


def refuses(text: str) -> bool:
    """Does it say that a log-in failed?"""
    return bool(_REFUSED.search(text))


def lets_in(text: str) -> bool:
    """Does it say what only somebody hears whose password was right?"""
    return bool(_LET_IN.search(text))


def is_locked(text: str) -> bool:
    """Does it say that no log-in is looked at any more?"""
    return bool(_LOCKED.search(text))


def begins(text: str) -> bool:
    """Is it what a device says when it starts?"""
    return bool(_BOOTS.search(text))


@dataclass(frozen=True)
class Canary:
    """A harmless command whose output is not in it: no echo looks like it. `left` and `right` are words that nobody uses."""

    left: str
    right: str
    first: int
    second: int

    @property
    def lines(self) -> Sequence[str]:
        """A sum, for shells; two commands in one line, for what cannot count."""
        return (f"echo {self.left}$(({self.first}*{self.second})){self.right}", f"echo {self.left};echo {self.right}")

    def ran(self, text: str) -> bool:
        """Is there output of one of them?"""
        return f"{self.left}{self.first * self.second}{self.right}" in text or bool(re.search(rf"{self.left}\s*\n\s*{self.right}", text))


@cache
def known_logins(most: int) -> tuple[tuple[str, str], ...]:
    """User names and passwords that cameras are known to share."""
    data = YAML(typ="safe").load(files("harness.probes").joinpath("console_logins.yaml").read_text(encoding="utf-8"))
    return tuple((str(user), str(password)) for user, password in data["pairs"])[:most]
