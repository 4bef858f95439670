"""Update packages: where in one what lies, and which ones a bench has."""

from typing import Annotated, Literal

from pydantic import Field

from harness.model.base import Frozen
from harness.model.vocabulary import YesNo

PackageKind = Literal["official", "current", "foreign_key", "other_model"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Span(Frozen):
    """Bytes from `start` to before `end`; negative ones count from the end of the package, no `end` is its end."""

    start: int = 0
    end: int | None = None

    def within(self, size: int) -> slice:
        """As a slice of a package of this size, with both ends."""
        return slice(*slice(self.start, self.end).indices(size))


class DigestField(Frozen):
    """A digest inside a package, as raw bytes at `at`, made of the bytes `over`; `little`: a checksum with its lowest byte first."""

    kind: Literal["sha256", "sha1", "md5", "crc32"]
    at: Span
    over: Span
    little: YesNo = False


class PackageLayout(Frozen):
    """Where in the producer's packages what lies; `version` is its text in the header. A package is altered by this."""

    header: Span
    payload: Span
    signature: Span
    version: Span | None = None
    digests: tuple[DigestField, ...] = ()


class PackageFile(Frozen):
    """A package of the producer: a file below the bench file's folder unless absolute, the version in it, its digest as published."""

    file: Annotated[str, Field(min_length=1)]
    version: str = ""
    sha256: Sha256 | None = None
