"""The words of reports by id, in English and Chinese, and Chinese for sentences that the harness makes; files in `reports/`."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ruamel.yaml import YAML

from harness.places import folder

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = ("en", "zh")
_LONGEST = 600
_DIGITS = 12
_ANYTHING = "[^;]+?"
_KINDS = {"n": "[0-9]+", "m": "[0-9]+", "id": "[a-z][a-z0-9_]*"}
_COLON, _COLONS = re.compile(": "), 4
_GAP = re.compile(r"\{\w+\}")


@dataclass(frozen=True)
class Words:
    """A word's two forms by id; `{name}` in them is filled in."""

    forms: Mapping[str, Mapping[Language, str]]

    def __call__(self, id: str, language: Language, **filled: object) -> str:  # noqa: A002 - the word's own name
        """The word; KeyError for an id that is not there."""
        return self.forms[id][language].format(**filled)


@dataclass(frozen=True)
class Phrases:
    """Sentences of the harness with their Chinese: whole ones, and ones with gaps."""

    whole: Mapping[str, str]
    gapped: Sequence[tuple[re.Pattern[str], str]]

    def __call__(self, text: str) -> str:
        """In Chinese as far as it is known, part by part; the rest, and what is too long for a sentence of ours, as it was."""
        if len(text) > _LONGEST:
            return text
        return self._whole(text) or "；".join(self._whole(part) or self._led(part) or part for part in text.split("; "))

    def _led(self, text: str) -> str:
        """`what: why`, as a note says why something is not settled, or a reason counts offenders: the longest `what` that is known."""
        places = [found.start() for found in _COLON.finditer(text)][-_COLONS:]
        for place in reversed(places):
            if known := self._whole(text[:place]):
                return f"{known}：{self(text[place + 2 :])}"
        return ""

    def _whole(self, text: str) -> str:
        if text in self.whole:
            return self.whole[text]
        for pattern, chinese in self.gapped:
            if found := pattern.fullmatch(text):
                return chinese.format(**{name: self(value) for name, value in found.groupdict().items()})
        return ""


@cache
def words() -> Words:
    """As `reports/words.yaml` has them."""
    return Words(YAML(typ="safe").load(folder("reports") / "words.yaml"))


@cache
def phrases() -> Phrases:
    """As `reports/phrases.yaml` has them."""
    pairs = YAML(typ="safe").load(folder("reports") / "phrases.yaml")
    gapped = [(_pattern(english), chinese) for english, chinese in pairs if _GAP.search(english)]
    return Phrases({english: chinese for english, chinese in pairs if not _GAP.search(english)}, gapped)


@dataclass(frozen=True)
class Statements:
    """What requirements ask, in Chinese; only where it was made from this very English."""

    known: Mapping[str, tuple[str, str]]

    def __call__(self, id: str, english: str) -> str:  # noqa: A002 - the catalogue's own word
        """Empty where there is none."""
        digest, chinese = self.known.get(id, ("", ""))
        return chinese if digest == hashlib.sha256(english.encode("utf-8", "replace")).hexdigest()[:_DIGITS] else ""


@cache
def statements() -> Statements:
    """As `reports/statements.yaml` has them."""
    return Statements(YAML(typ="safe").load(folder("reports") / "statements.yaml"))


def _pattern(english: str) -> re.Pattern[str]:
    """`{name}` stands for anything but a second sentence, `{n}` and `{m}` for numbers, `{id1}` for a capability."""
    parts = _GAP.split(english)
    names = [each[1:-1] for each in _GAP.findall(english)]
    gaps = [f"(?P<{name}>{_KINDS.get(name.rstrip('1234'), _ANYTHING)})" for name in names]
    return re.compile("".join(re.escape(part) + gap for part, gap in zip(parts, [*gaps, ""], strict=True)))
