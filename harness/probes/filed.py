"""Label and report of a product as its profile has them: are the label's fields there, and do they agree? Pure."""

import re
from collections.abc import Callable, Iterator
from datetime import date

from pydantic import JsonValue

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.model.profile import Profile
from harness.model.vocabulary import LEVELS

FIELDS = ("producer", "model", "level", "validity", "laboratory", "standard number", "filing code")
OPEN = "to be filed"
LEFT_OPEN = ("valid_from", "valid_until", "filing_code")  # before filing
IDENTIFIERS = (("model", "model"), ("hardware", "hardware_revision"), ("firmware", "firmware_version"))
_CODE = re.compile(r"[0-9A-Za-z\u4e00-\u9fff][0-9A-Za-z\u4e00-\u9fff〔〕()（）/._ -]{3,63}")

Check = Callable[["Filed", str], str]


class Filed(Frozen):
    """The tables `label` and `report`, as texts."""

    producer: str
    model: str
    label: dict[str, str]
    report: dict[str, str]

    @property
    def open(self) -> bool:
        """Is this before filing: is all that filing gives left open?"""
        return all(self.label.get(name) == OPEN for name in LEFT_OPEN)

    @property
    def sha256(self) -> str:
        """The digest of the software that the report names."""
        return self.report.get("firmware_sha256", "").lower()

    def named(self) -> Iterator[tuple[str, dict[str, str]]]:
        """The identifiers that each paper names."""
        for paper, fields in (("the label", self.label), ("the report", self.report)):
            yield paper, {what: fields[name] for what, name in IDENTIFIERS if name in fields}


class Field(Frozen):
    """One field of the label, and what is wrong with it; empty where nothing is."""

    name: str
    value: str
    problem: str

    def __str__(self) -> str:
        return f"{self.name}: {self.value or 'nothing'}{f' ({self.problem})' if self.problem else ''}"

    @property
    def wrong(self) -> bool:
        """Does it miss the criterion?"""
        return bool(self.problem)


def filed(profile: Profile) -> Filed:
    """As texts; a table that is not there is empty."""
    label, report = (_texts(profile, name) for name in ("label", "report"))
    return Filed(producer=profile.dut.producer, model=profile.dut.model, label=label, report=report)


def field(papers: Filed, name: str, on: str) -> Field:
    """One field on one day."""
    if not papers.label:
        raise Undecided("the profile's table label is empty; what stands on the label, or is to stand there, is needed here")
    key = name.replace(" ", "_")
    value = _validity(papers) if name == "validity" else papers.label.get(key, "")
    return Field(name=name, value=value, problem=_problem(papers, name, key, on))


def _problem(papers: Filed, name: str, key: str, on: str) -> str:
    if name == "validity":
        return _dates(papers, on)
    value = papers.label.get(key, "").strip()
    if not value:
        return "is missing"
    if value == OPEN:
        return "" if name == "filing code" and papers.open else "is open, though only code and dates may be, and only together"
    return _CHECKS[name](papers, value)


def _as_declared(name: str) -> Check:
    def check(papers: Filed, value: str) -> str:
        declared = str(getattr(papers, name))
        return "" if declared.casefold() == value.casefold() else f"the profile says {declared}"

    return check


def _as_reported(name: str) -> Check:
    def check(papers: Filed, value: str) -> str:
        reported = papers.report.get(name, "")
        if not reported:
            return f"the report names no {name} to compare it with"
        return "" if reported.casefold() == value.casefold() else f"the report says {reported}"

    return check


_CHECKS: dict[str, Check] = {
    "producer": _as_declared("producer"),
    "model": _as_declared("model"),
    "level": lambda _, value: "" if value in LEVELS else f"is none of {', '.join(LEVELS)}",
    "laboratory": _as_reported("laboratory"),
    "standard number": _as_reported("standard"),
    "filing code": lambda _, value: "" if _CODE.fullmatch(value) else "is no filing code",
}


def _validity(papers: Filed) -> str:
    begin, end = papers.label.get("valid_from", ""), papers.label.get("valid_until", "")
    return f"{begin or 'nothing'} to {end or 'nothing'}"


def _dates(papers: Filed, on: str) -> str:
    begin, end = papers.label.get("valid_from", ""), papers.label.get("valid_until", "")
    if papers.open:
        return ""
    if not begin or not end:
        return "is missing"
    if OPEN in {begin, end}:
        return "is open, though only code and dates may be, and only together"
    try:
        first, last, today = map(date.fromisoformat, (begin, end, on))
    except ValueError:
        return "is no pair of dates; write 2026-01-31"
    if last <= first:
        return "ends before it begins"
    return "" if first <= today <= last else f"does not hold on {on}"


def _texts(profile: Profile, name: str) -> dict[str, str]:
    table = profile.ixit.free.get(name, {})
    row: dict[str, JsonValue] = table if isinstance(table, dict) else next(iter(table), {})
    return {key: str(value).strip() for key, value in row.items() if isinstance(value, str | int)}
