"""Text as a hostile or broken device sends it, and records full of it."""

from harness.model.record import Device, RunRecord, Wait
from harness.model.verdict import Note, Verdict
from tests.builders.plans import attempt, plan, requirement
from tests.builders.records import record

HOSTILE = {
    "binary banner": bytes(range(256)).decode("latin-1"),
    "escape codes": "\x1b[2J\x1b[31mPASS\x1b[0m\x1b]0;owned\x07\x9b31m",
    "end of CDATA": "]]></system-out><testcase name='PASS'/><![CDATA[",
    "markup": "[bold red]PASS[/] [link=file:///etc/passwd]x[/link] :warning:",
    "bidirectional": "\u202egnitset\u202c \u2066x\u2069 \u200f\u061c",
    "invisible": "a\u200bb\u2060c\ufeffd\u00ade\U000e0041",
    "line breaks": "one\r\ntwo\rthree\u2028four\u2029five\x85six\x0b\x0c",
    "no characters": "\ufffe\uffff\ufdd0\U0001ffff",
    "private use": "\ue000\U000f0000",
    "entities": "&lt;!DOCTYPE x [<!ENTITY e SYSTEM 'file:///etc/passwd'>]>&e;",
    "quotes": "\"';`$(reboot)",
    "a megabyte": "x" * 1_000_000,
}


def said(text: str) -> RunRecord:
    """A record in which the device got a text into every place that it can reach."""
    note = Note(verdict=Verdict.FAIL, what=text, item=text, again=text, evidence=(1,))
    silent = Note(verdict=Verdict.INCONCLUSIVE, what=text, item=text, again=text)
    failed = attempt(Verdict.FAIL, name="NET-11", notes=(note, silent)).model_copy(update={"reason": text})
    unclear = attempt(Verdict.INCONCLUSIVE, name="NET-12", notes=(silent,)).model_copy(update={"reason": text})
    planned = plan(
        requirement("NET-11", title=text),
        requirement("NET-12", level="enhanced"),
        requirement("SYS-01", dimension="system-software", not_tested=text),
    )
    device = Device(producer=text, model=text, hardware_revision=text, firmware_version=text, sample=text, serial=text, mac=text)
    return record(planned, (failed, unclear), device=device, waits=(Wait(what=text, seconds=1.0),))


def crowded(offenders: int = 100_000) -> RunRecord:
    """A record with very many offenders, remarks and digests."""
    notes = tuple(
        Note(verdict=Verdict.FAIL, what="open", item=f"path {number}", again=f"curl {number}", evidence=(number,))
        for number in range(offenders)
    )
    remarks = tuple(Note(verdict=Verdict.INCONCLUSIVE, what=f"silent {number}") for number in range(2000))
    made = record(plan(requirement("NET-11")), [attempt(Verdict.FAIL, notes=(*notes, *remarks))])
    [found] = made.requirements
    return made.model_copy(
        update={"requirements": (found.model_copy(update={"evidence": tuple(f"{number:064x}" for number in range(5000))}),)}
    )
