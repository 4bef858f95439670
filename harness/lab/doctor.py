"""What a machine lacks, what that costs in verdicts, and the command that mends it. Pure: a machine and the catalogue in, findings out."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from harness.lab.machine import FOREIGN, Machine
from harness.model.base import Frozen
from harness.model.requirement import Catalogue, Requirement

Kind = Literal["program", "kernel", "right", "python"]
Road = Literal["emulated", "router", "desk", ""]
_APT = "apt-get install -y --no-install-recommends"
_NEEDED_BY_ALL = "nothing can be run"


class Lost(Frozen):
    """Requirements that stay NOT_TESTED on one kind of bench, and the side concerned; `with_case`: what would be tested today."""

    lab: Road
    side: Literal["device"] = "device"
    requirements: tuple[str, ...]
    with_case: tuple[str, ...] = ()


class Finding(Frozen):
    """One thing that was looked for; `reason` is empty where it is there, `remedy` may be empty where no command helps."""

    kind: Kind
    name: str
    there: bool
    detail: str = ""
    use: str
    cost: str = ""
    lost: tuple[Lost, ...] = ()
    remedy: str = ""

    @property
    def costs_verdicts(self) -> bool:
        """Does its absence leave something undecided?"""
        return not self.there and bool(self.lost or self.cost == _NEEDED_BY_ALL)


@dataclass(frozen=True)
class Part:
    """One row of the table: what it is for, and whose requirements need it. `needs` and `capabilities` are the catalogue's words."""

    kind: Kind
    name: str
    use: str
    cost: str
    labs: tuple[Road, ...] = ()
    needs: tuple[str, ...] = ()
    capabilities: tuple[str, ...] = ()
    package: str = ""  # the Debian package that brings it
    command: str = ""  # where no package does

    def lost(self, catalogue: Catalogue, with_case: Collection[str]) -> tuple[Lost, ...]:
        """What stays NOT_TESTED without it."""
        ids = tuple(entry.id for entry in catalogue.requirements if self._concerns(entry))
        today = tuple(name for name in ids if name in with_case)
        return tuple(Lost(lab=lab, requirements=ids, with_case=today) for lab in self.labs if ids)

    def _concerns(self, entry: Requirement) -> bool:
        applies = entry.applicability
        asked = {*applies.requires, *applies.any_of}
        return "device" in entry.sides and bool({*self.needs} & {*entry.needs} or {*self.capabilities} & asked)


_NO_WORLD = "emulated cameras run on 127.0.0.1, one address for all: nothing below IP, no router of the lab's own"
_NO_PICTURE = "the emulated camera has no streams and no still picture; what pictures show in privacy mode is not judged"
_FEW_PORTS = "it answers on well-known ports only: what a camera contacts elsewhere is seen trying, not talking"
_NO_CAMERA = "the emulated camera does not start"
_NO_ROOT = "a squashfs is not read: what is stored in a unit stays undecided"
_NO_VERDICT = "no verdict depends on it"
_SWITCH = re.compile(r"\(.*: (\S+)=(\d+);")  # how a reason names the switch of this machine that forbids it
_SWITCHED_ON = {
    "kernel.apparmor_restrict_unprivileged_userns": "0",
    "kernel.unprivileged_userns_clone": "1",
    "user.max_user_namespaces": "15000",
}

PARTS: tuple[Part, ...] = (
    Part("program", "ip", "networks of the lab", _NO_WORLD, ("emulated", "router"), ("router",), package="iproute2"),
    Part("program", "nsenter", "processes inside the lab's networks", _NO_WORLD, ("emulated", "router"), ("router",), package="util-linux"),
    Part("program", "unshare", "networks of the lab", _NO_WORLD, ("emulated", "router"), ("router",), package="util-linux"),
    Part(
        "program",
        "ffmpeg",
        "live pictures of the emulated camera; pictures of any camera are decoded",
        _NO_PICTURE,
        ("emulated",),
        (),
        ("rtsp", "local_snapshot", "privacy_mode"),
        "ffmpeg",
    ),
    Part("program", "nft", "the stand-in internet on every port", _FEW_PORTS, package="nftables"),
    Part("program", "mke2fs", "flash of the emulated camera", _NO_CAMERA, ("emulated",), package="e2fsprogs"),
    Part("program", "mksquashfs", "flash of the emulated camera", _NO_CAMERA, ("emulated",), package="squashfs-tools"),
    Part("program", "mformat", "card of the emulated camera", _NO_CAMERA, ("emulated",), package="mtools"),
    Part("program", "unsquashfs", "root file systems of flash images", _NO_ROOT, (), ("flash_access",), package="squashfs-tools"),
    Part("program", "tshark", "a second opinion on captures, in benchmarks/", _NO_VERDICT, package="tshark"),
    Part("program", "chromium", "tests of report.html in a browser", _NO_VERDICT, package="chromium"),
    Part("program", "curl", "the project's own tests of the emulated camera", _NO_VERDICT, package="curl"),
    Part("kernel", "private world", "namespaces that die with the run", _NO_WORLD, ("emulated",), ("router",)),
    Part("kernel", "veth", "the camera's cable", _NO_WORLD, ("emulated",), ("router",)),
    Part("kernel", "bridge", "the router's switch", _NO_WORLD, ("emulated", "router"), ("router",)),
    Part("kernel", "packet sockets", "capture of the whole run", "traffic is not seen", ("emulated", "router"), ("router",)),
    Part("kernel", "IPv6", "IPv6 in the lab's networks", "what the camera does over IPv6 is not seen; said in the run"),
    Part("kernel", "nf_tables", "the stand-in internet on every port", _FEW_PORTS),
    Part(
        "right",
        "raw packets",
        "a NIC of this machine as the camera's router",
        "lab: router with a real NIC is not possible",
        ("router",),
        ("router",),
        command='sudo "$(command -v camlabel)" run …',
    ),
    Part(
        "right",
        "serial ports",
        "the camera's console",
        "the console is not heard",
        ("router", "desk"),
        ("uart",),
        command="usermod -aG dialout $USER",
    ),
)


def diagnose(machine: Machine, catalogue: Catalogue, with_case: Collection[str] = ()) -> tuple[Finding, ...]:
    """Everything that was looked for, in the order of the table; `with_case` are the requirements that have a case."""
    return (*_parts(machine, catalogue, with_case), *_foreign(machine), *_packages(machine))


def mend(findings: tuple[Finding, ...], root: bool) -> str:
    """One command that brings all Debian packages that are missing; empty when none is."""
    packages = sorted({name for each in findings if each.remedy.startswith(_APT) for name in each.remedy.removeprefix(_APT).split()})
    return f"{'' if root else 'sudo '}{_APT} {' '.join(packages)}" if packages else ""


def _parts(machine: Machine, catalogue: Catalogue, with_case: Collection[str]) -> Iterator[Finding]:
    for part in PARTS:
        found = {"program": machine.programs, "kernel": machine.features, "right": machine.rights}[part.kind][part.name]
        there = bool(found) if part.kind == "program" else not found
        if there:
            yield Finding(kind=part.kind, name=part.name, there=True, detail=found, use=part.use)
        else:
            remedy = f"{_APT} {part.package}" if part.package else part.command or _switch(found)
            lost = part.lost(catalogue, with_case)
            yield Finding(kind=part.kind, name=part.name, there=False, detail=found, use=part.use, cost=part.cost, lost=lost, remedy=remedy)


def _switch(reason: str) -> str:
    """The command for the switch that a reason names."""
    found = _SWITCH.search(reason)
    return f"sysctl -w {found[1]}={_SWITCHED_ON[found[1]]}" if found and found[1] in _SWITCHED_ON else ""


def _foreign(machine: Machine) -> Iterator[Finding]:
    """Cameras that are not of our making say themselves which Debian packages they miss."""
    for name in FOREIGN:
        use, said = "a foreign camera, to prove the probes on", machine.features[name]
        packages = said.removeprefix("missing:").strip() if said.startswith("missing:") else ""
        cost = "" if not said else f"it cannot be emulated; {_NO_VERDICT} on another camera"
        remedy = f"{_APT} {packages}" if packages else ""
        yield Finding(kind="program", name=name, there=not said, detail=said, use=use, cost=cost, remedy=remedy)


def _packages(machine: Machine) -> Iterator[Finding]:
    for line, version in machine.packages.items():
        if version:
            yield Finding(kind="python", name=line, there=True, detail=version, use="imported by camlabel")
        else:
            remedy = f"python3 -m pip install '{line}'"
            yield Finding(kind="python", name=line, there=False, use="imported by camlabel", cost=_NEEDED_BY_ALL, remedy=remedy)
