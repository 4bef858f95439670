"""A release of the unit's software: its root file system as a squashfs, the same bytes in every unit."""

import hashlib
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from harness.emulated.camera.identity import MANUFACTURER, MODEL
from harness.emulated.camera.rootfs_flaws import SPOILT, spoilt
from harness.emulated.camera.tools import ToolFailed, run

__all__ = ["SPOILT", "image", "release_of", "squashed", "tree"]

_HERE = Path(__file__).parent
_START = (
    "#!/bin/sh\nmount -t proc proc /proc\nmount -t ext4 /dev/mmcblk0p3 /data\nmount -t vfat /dev/mmcblk1p1 /media/card\n"
    "exec /usr/bin/camera --data /data --card /media/card\n"
)
_ACCOUNTS = {
    "etc/passwd": "root:x:0:0:root:/root:/sbin/nologin\ncamera:x:100:100:camera:/data:/sbin/nologin\n",
    "etc/shadow": "root:!:20400:0:99999:7:::\ncamera:!:20400:0:99999:7:::\n",
}
_FOLDERS = ("data", "media/card", "proc", "dev", "tmp")
_RELEASE = "etc/os-release"
_BLOB = 96 << 10


def tree(version: str, flaws: frozenset[str] = frozenset()) -> dict[str, bytes]:
    """The files of a release, by path."""
    release = f'NAME="{MANUFACTURER}"\nPRETTY_NAME="{MANUFACTURER} {MODEL} {version}"\nVERSION_ID="{version}"\n'
    files = {_RELEASE: release.encode(), "etc/init.d/rcS": _START.encode()}
    files |= {path: text.encode() for path, text in _ACCOUNTS.items()}
    files |= {f"usr/share/camera/page/{path.name}": path.read_bytes() for path in sorted((_HERE / "page").iterdir())}
    files["usr/share/camera/common_passwords.txt"] = (_HERE / "common_passwords.txt").read_bytes()
    files["lib/firmware/isp.bin"] = hashlib.shake_256(f"isp {version}".encode()).digest(_BLOB)
    return files | spoilt(flaws)


@cache
def image(version: str, flaws: frozenset[str] = frozenset()) -> bytes:
    """The release as a squashfs; what a flawed maker ships is only in what the factory writes."""
    return squashed(tree(version, flaws))


def release_of(flash: Path, offset: int) -> bytes:
    """What a root file system says of itself; empty where none can be read."""
    try:
        return run("unsquashfs", "-o", str(offset), "-cat", str(flash), _RELEASE).stdout
    except ToolFailed:
        return b""


def squashed(files: Mapping[str, bytes]) -> bytes:
    """A squashfs of these files and the usual empty folders."""
    with tempfile.TemporaryDirectory() as folder:
        root, made = Path(folder) / "root", Path(folder) / "root.img"
        for name in _FOLDERS:
            (root / name).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            path.chmod(0o755 if data.startswith((b"#!", b"\x7fELF")) else 0o600 if path.name == "shadow" else 0o644)
        for path in (root, *root.rglob("*")):
            if path.is_dir():
                path.chmod(0o755)
        options = (
            "-noappend",
            "-quiet",
            "-no-progress",
            "-all-root",
            "-all-time",
            "0",
            "-mkfs-time",
            "0",
            "-processors",
            "1",
            "-no-xattrs",
        )
        run("mksquashfs", str(root), str(made), *options)
        return made.read_bytes()
