"""Images of chips and cards, made and read by the programs that everybody uses for them."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

DATA = 5 << 20  # where the emulated camera's data partition begins


def tool(*argv: object, given: bytes = b"") -> bytes:
    """What a program says."""
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    return subprocess.run([str(word) for word in argv], input=given, capture_output=True, check=True, env=path, timeout=60).stdout


def kept(flash: Path, name: str) -> bytes:
    """A file of an emulated camera's flash, as debugfs reads it; empty where there is none."""
    return tool("debugfs", "-R", f"cat {name}", f"{flash / 'flash.img'}?offset={DATA}")


def kept_names(flash: Path) -> set[str]:
    """What lies in the root of its data partition."""
    listed = tool("debugfs", "-R", "ls -p", f"{flash / 'flash.img'}?offset={DATA}").decode().splitlines()
    return {line.split("/")[5] for line in listed if line.startswith("/")} - {".", "..", "lost+found"}


def squashfs(folder: Path, image: Path, *options: str) -> Path:
    """A squashfs of a folder."""
    tool("mksquashfs", folder, image, "-noappend", "-quiet", "-no-progress", *options)
    return image


def ext(image: Path, files: Mapping[str, bytes], *options: str, kind: str = "ext4", blocks: int = 4096, block: int = 1024) -> Path:
    """A file system of the ext family with these files."""
    image.unlink(missing_ok=True)
    tool("mke2fs", "-q", "-F", "-t", kind, "-b", block, *options, image, blocks)
    orders = []
    for number, (name, data) in enumerate(files.items()):
        (source := image.with_name(f"{image.name}-{number}")).write_bytes(data)
        orders += [f"mkdir {name[:at]}" for at, letter in enumerate(name) if letter == "/"] + [f"write {source} {name}"]
    tool("debugfs", "-w", "-f", "-", image, given="\n".join(orders).encode() + b"\n")
    return image


def fat(image: Path, files: Mapping[str, bytes], sectors: int, *options: str) -> Path:
    """A FAT file system with these files; how many sectors decides which of the three kinds."""
    image.unlink(missing_ok=True)
    with image.open("wb") as file:
        file.truncate(sectors * 512)
    tool("mformat", "-i", image, "-T", sectors, "-h", "16", "-s", "63", *options, "::")
    for name, data in files.items():
        for folder in (name[:at] for at, letter in enumerate(name) if letter == "/"):
            subprocess.run(["mmd", "-i", str(image), "-D", "s", f"::/{folder}"], capture_output=True, check=False)
        tool("mcopy", "-i", image, "-D", "o", "-", f"::/{name}", given=data)
    return image
