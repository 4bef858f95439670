"""`campaign.json`: of which runs a campaign is made; each lies below `runs/` as it was sealed."""

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict, Field, ValidationError

from harness.model.base import Frozen
from harness.output.manifest import NAME as MANIFEST

NAME = "campaign.json"
RUNS = "runs"
_LONGEST = 1 << 20


class Member(Frozen):
    """A run by its name in the campaign, and the SHA-256 of its seal."""

    run: str = Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}$")
    seal: str = Field(pattern="^[0-9a-f]{64}$")


class Campaign(Frozen):
    """The whole list."""

    model_config = ConfigDict(serialize_by_alias=True, validate_by_name=True)

    schema_: Literal["camlabel-campaign/1"] = Field(default="camlabel-campaign/1", alias="schema")
    run: str
    runs: tuple[Member, ...] = Field(min_length=2)


def spelled(found: Campaign) -> bytes:
    """As a file."""
    return found.model_dump_json(by_alias=True, indent=1).encode() + b"\n"


def seal_of(folder: Path) -> str:
    """The SHA-256 of a run's seal."""
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()


def is_campaign(folder: Path) -> bool:
    """Is this folder a campaign's?"""
    return (folder / NAME).is_file() and not (folder / NAME).is_symlink()


def members(folder: Path) -> list[Path] | str:
    """The folders of its runs, or what is wrong with the list."""
    path = folder / NAME
    if path.stat().st_size > _LONGEST:
        return f"{NAME}: too long to be one"
    try:
        found = Campaign.model_validate_json(path.read_bytes())
    except ValidationError as error:
        return f"{NAME}: not a list of runs: {error.error_count()} mistakes, the first at {error.errors()[0]['loc']}"
    there = sorted(each.name for each in (folder / RUNS).iterdir()) if (folder / RUNS).is_dir() else []
    if there != sorted(each.run for each in found.runs):
        return f"{NAME}: names other runs than lie below {RUNS}/"
    for each in found.runs:
        place = folder / RUNS / each.run
        if place.is_symlink() or not (place / MANIFEST).is_file() or seal_of(place) != each.seal:
            return f"{RUNS}/{each.run}: its seal is not the one that was merged"
    return [folder / RUNS / each.run for each in found.runs]
