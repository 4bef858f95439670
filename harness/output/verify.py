"""Says what is wrong with a sealed run: changed, cut, missing or added files, a broken journal, an artefact that is not its name."""

import re
from pathlib import Path, PurePosixPath

from pydantic import ValidationError

from harness.journal.reader import read
from harness.model.errors import UsageError
from harness.output import campaign
from harness.output.manifest import LEFT_OUT, NAME, NEEDED, Manifest, Sealed, files, fingerprint, spelled

_LONGEST_MANIFEST = 256 << 20
_DIGEST = re.compile("[0-9a-f]{64}")


def verify(folder: Path) -> list[str]:
    """One sentence for everything that is not as it was sealed; empty when the run is whole. Follows no link out of the folder."""
    if not folder.is_dir():
        return [f"{folder.name}: there is no such run"]
    manifest = _manifest(folder)
    if isinstance(manifest, str):
        return [manifest]
    sealed = {each.path: each for each in manifest.files}
    found = set(files(folder))
    problems = [_compared(folder, sealed.get(path), path, path in found) for path in sorted(sealed.keys() | found)]
    needed = (NEEDED[0], campaign.NAME) if campaign.is_campaign(folder) else NEEDED
    lacking = [f"{path}: the seal does not cover it, as it must" for path in needed if path not in sealed]
    inner = _members(folder) if campaign.is_campaign(folder) else _journal(folder)
    return [each for each in problems if each] + lacking + _own_words(manifest, folder / NAME) + _unlike_its_name(manifest) + inner


def _manifest(folder: Path) -> Manifest | str:
    path = folder / NAME
    if path.is_symlink() or not path.is_file():
        return f"{NAME}: missing; this is no folder of a run, the run was not finished, or the seal was taken away"
    if path.stat().st_size > _LONGEST_MANIFEST:
        return f"{NAME}: too long to be one"
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        return f"{NAME}: not a seal of this version: {error.error_count()} mistakes, the first at {error.errors()[0]['loc']}"
    names = [each.path for each in manifest.files]
    strange = [each for each in names if not _inside(each)]
    if strange or len(set(names)) < len(names):
        return (
            f"{NAME}: names {strange[0] if strange else 'a file'} {'outside the run' if strange else 'twice'}; the seal was tampered with"
        )
    return manifest


def _inside(path: str) -> bool:
    pure = PurePosixPath(path)
    return bool(path) and "\0" not in path and not pure.is_absolute() and ".." not in pure.parts and pure.as_posix() == path


def _compared(folder: Path, sealed: Sealed | None, path: str, found: bool) -> str:
    """What is wrong with one file, or nothing."""
    if not found:
        return f"{path}: missing"
    if sealed is None:
        return f"{path}: added after the run was sealed"
    try:
        now = fingerprint(folder, path)
    except (OSError, UsageError) as error:
        return f"{path}: cannot be read: {error}"
    if now.size < sealed.size:
        return f"{path}: cut or changed, {now.size} of {sealed.size} bytes"
    return "" if now == sealed else f"{path}: changed"


def _own_words(manifest: Manifest, path: Path) -> list[str]:
    """The seal is, byte for byte, what we write of what it says, and leaves out what we leave out."""
    genuine = manifest.left_out == LEFT_OUT and path.read_bytes() == spelled(manifest)
    return [] if genuine else [f"{NAME}: not as it was written; the seal was tampered with"]


def _unlike_its_name(manifest: Manifest) -> list[str]:
    """Artefacts lie under their own digest, whatever the seal says."""
    return [
        f"{each.path}: sealed with a content that does not fit its name"
        for each in manifest.files
        if each.path.startswith("artefacts/") and _DIGEST.fullmatch(name := PurePosixPath(each.path).name) and name != each.sha256
    ]


def _members(folder: Path) -> list[str]:
    """What is wrong with the runs of a campaign; a campaign holds none."""
    found = campaign.members(folder)
    if isinstance(found, str):
        return [found]
    nested = [f"{campaign.RUNS}/{each.name}: a campaign, not a run" for each in found if campaign.is_campaign(each)]
    return nested or [f"{campaign.RUNS}/{each.name}/{problem}" for each in found for problem in verify(each)]


def _journal(folder: Path) -> list[str]:
    try:
        read(folder / "journal")
    except (UsageError, ValueError, OSError, RecursionError) as error:
        return [f"journal: {str(error).removeprefix(f'{folder}/')}"]
    return []
