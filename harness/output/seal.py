"""Seals a run: writes `manifest.json` over all files of its folder."""

from pathlib import Path

from harness.journal.files import write_durably
from harness.output.manifest import LEFT_OUT, NAME, Manifest, files, fingerprint, spelled


def seal(folder: Path, run: str) -> Path:
    """Write the manifest and return its path; an older seal is replaced. Nothing may be written to the folder after this."""
    manifest = Manifest(run=run, files=tuple(fingerprint(folder, each) for each in files(folder)), left_out=LEFT_OUT)
    write_durably(folder / NAME, spelled(manifest))
    return folder / NAME
