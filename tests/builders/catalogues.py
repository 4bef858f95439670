"""Small catalogues made of the one in the tree."""

from pathlib import Path

from harness.catalogue.load import HERE, TWIN, twin_text


def small_catalogue(folder: Path) -> Path:
    """A folder with all tables, the first requirement of each dimension, and a current twin."""
    folder.mkdir()
    for file in HERE.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        second = text.find("\n  - id: ", text.find("  - id: ")) if text.startswith("requirements:") else -1
        (folder / file.name).write_text(text if second < 0 else text[: second + 1], encoding="utf-8")
    (folder / TWIN).write_text(twin_text(folder), encoding="utf-8")
    return folder


def edit(path: Path, old: str, new: str) -> int:
    """Change one place of a file and say in which line it stands."""
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1
