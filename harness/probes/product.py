"""Which product the unit is, as it says itself and as its software shows, beside what was filed: profile, report, label, package."""

import hashlib
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts
from harness.model.base import Frozen
from harness.model.errors import NotPossible, Undecided
from harness.probes import device, onvif
from harness.probes.filed import FIELDS, Field, Filed, field, filed
from harness.probes.flash_volumes import Volumes, holding, volumes

What = Literal["model", "hardware", "firmware"]
WHATS: tuple[What, ...] = ("model", "hardware", "firmware")
LONGEST = 200


class Said(Frozen):
    """One identifier as one interface of the unit, or one paper, tells it, beside the profile's texts for it."""

    what: What
    by: str
    value: str
    filed: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.what} by {self.by}: {self.value}, filed as {' or '.join(self.filed)}"

    @property
    def other(self) -> bool:
        """Is it another product's? Undecided where the filed text is only part of what is told."""
        told, wanted = _plain(self.value), {_plain(text) for text in self.filed}
        if told in wanted:
            return False
        words = f" {' '.join(re.split(r'[^0-9a-z.]+', told))} "
        if any(f" {' '.join(re.split(r'[^0-9a-z.]+', text))} " in words for text in wanted):
            raise Undecided(f"{self}; if that is the same, list it under dut.aliases of the profile")
        return True


class Software(Frozen):
    """The unit's software by its digests. `on_unit` are those of its software partitions, `package` and `payload` those of the package of
    the version under test, `declared` who names which digest; `installed` says whether a partition holds the package's payload."""

    asked: str
    on_unit: Volumes = ()
    package: str = ""
    payload: str = ""
    published: bool = False
    installed: bool | None = None
    declared: tuple[tuple[str, str], ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def compared(self) -> bool:
        """Was there something of the unit, or a package, that a filed digest could be compared with?"""
        return self.installed is not None or bool(self.declared and (self.on_unit or self.package))

    @property
    def strangers(self) -> tuple[str, ...]:
        """What does not agree: software that is not the package's, digests that nothing has."""
        known = {digest for _, digest in self.on_unit} | {self.package, self.payload}
        named = [(who, digest) for who, digest in self.declared if known != {""} and digest not in known]
        lost = tuple(f"the digest of {who} is {digest}, which neither package nor unit has" for who, digest in named)
        return (*lost, *(("no partition of the unit holds the package of the version under test",) if self.installed is False else ()))


class Told(Frozen):
    """All that was told; `silent` names what nothing told."""

    asked: str
    said: tuple[Said, ...]
    silent: tuple[str, ...] = ()


class Papers(Frozen):
    """Label and report as they are in the profile, judged on a day."""

    on: str
    fields: tuple[Field, ...]

    @property
    def right(self) -> int:
        """How many fields are there and agree."""
        return sum(not each.wrong for each in self.fields)


@acts("login")
def identifiers(bench: Bench) -> Told:
    """By the profile's recipe, by ONVIF, and by every paper that names one."""
    said = tuple(_said(bench))
    units = {each.what for each in said if each.by in {"recipe", "onvif"}}
    return Told(asked=f"which product {bench.sample.name} is", said=said, silent=tuple(what for what in WHATS if what not in units))


@acts("login")
def software(bench: Bench) -> Software:
    """From the flash, the package of the version under test, and the digests that were filed."""
    dut, papers = bench.profile.dut, filed(bench.profile)
    declared = tuple((who, digest) for who, digest in (("the profile", dut.firmware_sha256 or ""), ("the report", papers.sha256)) if digest)
    with bench.access.device_time():
        current = bench.packages.get("current") if bench.packages else None
    on_unit, asked = volumes(bench), f"software of {bench.sample.name}"
    bench.note_retry_hint("sha256sum of each software partition, and cmp with the payload of packages.current of the bench")
    if current is None:
        return Software(asked=asked, on_unit=on_unit, declared=declared, unknown=("packages.current",))
    layout = next((row.layout for row in bench.profile.ixit.upd_mech if row.layout), None)
    payload = current.data[layout.payload.within(len(current.data))] if layout else b""
    return Software(
        asked=asked,
        on_unit=on_unit,
        package=hashlib.sha256(current.data).hexdigest(),
        payload=hashlib.sha256(payload).hexdigest() if payload else "",
        published=current.vouched,
        installed=holding(bench, payload) if payload and on_unit else None,
        declared=declared,
    )


@acts("login")
def papers(bench: Bench) -> Papers:
    """Every field of the label, beside the profile and the report; whether it names this unit is for `identifiers`."""
    on = time.strftime("%Y-%m-%d", time.gmtime())
    read: Filed = filed(bench.profile)
    return Papers(on=on, fields=tuple(field(read, name, on) for name in FIELDS))


def _said(bench: Bench) -> Iterator[Said]:
    dut = bench.profile.dut
    wanted: dict[What, str] = {"model": dut.model, "hardware": dut.hardware_revision, "firmware": dut.firmware_version}
    for by, told in (("recipe", _by_recipe(bench)), ("onvif", _by_onvif(bench)), *filed(bench.profile).named()):
        for what in WHATS:
            if told.get(what):
                yield Said(what=what, by=by, value=told[what][:LONGEST], filed=(wanted[what], *dut.aliases))


def _by_recipe(bench: Bench) -> dict[str, str]:
    return device.facts(bench) if bench.profile.actions.get("identity") else {}


def _by_onvif(bench: Bench) -> dict[str, str]:
    if all(entry.protocol != "onvif" for entry in bench.profile.ixit.log_intf):
        return {}
    with suppress(NotPossible, Undecided):
        told = onvif.get_device_information(bench)
        return {"model": told.model, "hardware": told.hardware, "firmware": told.firmware}
    return {}


def _plain(text: str) -> str:
    """Case, blanks and a V before a number tell nothing."""
    words = " ".join(text.casefold().split())
    return words[1:] if words[:1] == "v" and words[1:2].isdecimal() else words
