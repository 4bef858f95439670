"""The producer's update packages, as a bench has them. The lab implements it; a probe finds it on its bench, or None."""

from dataclasses import dataclass
from typing import Protocol

from harness.model.package import PackageKind

LARGEST = 1 << 29


@dataclass(frozen=True)
class Package:
    """One package and the version that its producer says is in it. `vouched`: its digest is the published one."""

    data: bytes
    version: str
    vouched: bool


class Packages(Protocol):
    """An official one, the one of the version under test, one signed with another key, one for another model."""

    def get(self, kind: PackageKind) -> Package | None:
        """None where this bench has none of the kind; UsageError where its file is not what it should be."""
        ...
