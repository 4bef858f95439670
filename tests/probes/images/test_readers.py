"""Readers of file systems, beside the programs that made them."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.emulated.camera.card import Card
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.rootfs import squashed
from harness.probes.images import volumes
from harness.probes.images.region import Entry
from tests.builders import images

FILES = {
    "small": b"hello",
    "empty": b"",
    "etc/config/network.json": b'{"ssid": "home"}',
    "big.bin": bytes(range(256)) * 3000,
    "log/a-name-that-is-rather-long-and-has-Capitals.txt": b"line\n" * 400,
}
DIVERSE = os.urandom(700_000)


def read(image: Path) -> tuple[dict[str, bytes], list[Entry], list[str]]:
    """Every file with its bytes, all else, and what could not be read."""
    files, others, troubles = {}, [], []
    with volumes.opened(image) as region:
        for reading in volumes.readings(region, troubles):
            for entry in reading.entries():
                if entry.kind == "file":
                    files[entry.path] = b"".join(reading.content(entry))
                else:
                    others.append(entry)
            troubles += reading.troubles
    return files, others, troubles


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "tree"
    for name, data in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    (root / "etc/shadow").write_bytes(b"root:x")
    (root / "etc/shadow").chmod(0o600)
    (root / "etc/up").symlink_to("../../../../etc/passwd")
    os.link(root / "small", root / "zz-hard")
    return root


@pytest.mark.parametrize("compressor", ["gzip", "xz", "zstd", "lz4", "lzo"])
def test_a_squashfs_of_each_compressor(tmp_path: Path, tree: Path, compressor: str) -> None:
    files, others, troubles = read(images.squashfs(tree, tmp_path / "root.img", "-comp", compressor))
    shown = {"zz-hard", "small"} & {name for name, data in files.items() if data}  # one of the two names has the bytes
    assert (files | dict.fromkeys(("small", "zz-hard"), b"hello"), troubles) == (
        {**FILES, "etc/shadow": b"root:x", "zz-hard": b"hello"},
        [],
    )
    assert shown
    (link,) = (entry for entry in others if entry.kind == "link")
    assert (link.path, link.target) == ("etc/up", "../../../../etc/passwd")


@pytest.mark.parametrize(
    ("kind", "options", "block"),
    [
        ("ext2", (), 1024),
        ("ext3", (), 4096),
        ("ext4", (), 1024),
        ("ext4", ("-O", "64bit,metadata_csum", "-I", "256"), 4096),
        ("ext4", ("-O", "inline_data"), 1024),
        ("ext4", ("-I", "128"), 2048),
    ],
)
def test_file_systems_of_the_ext_family(tmp_path: Path, kind: str, options: tuple[str, ...], block: int) -> None:
    image = images.ext(tmp_path / "data.img", {**FILES, "diverse": DIVERSE}, *options, kind=kind, block=block)
    files, others, troubles = read(image)
    assert (files, troubles) == ({**FILES, "diverse": DIVERSE}, [])
    assert {entry.path for entry in others} == {"lost+found", "etc", "etc/config", "log"}


def test_links_holes_and_rights_of_an_ext4(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a": b"x"})
    hole = tmp_path / "hole"
    hole.write_bytes(b"begin")
    os.truncate(hole, 300_000)
    orders = f"write {hole} hole\nsymlink short /etc/passwd\nsymlink long {'/very' * 30}\nsif a mode 0100640\nsif a uid 7\n"
    images.tool("debugfs", "-w", "-f", "-", image, given=orders.encode())
    files, others, troubles = read(image)
    assert (files["hole"], troubles) == (b"begin".ljust(300_000, b"\0"), [])
    assert {entry.path: entry.target for entry in others if entry.kind == "link"} == {"short": "/etc/passwd", "long": "/very" * 30}
    with volumes.opened(image) as region:
        (reading,) = volumes.readings(region, troubles)
        assert [(stat.filemode(e.mode)[-9:], e.owner) for e in reading.entries() if e.path == "a"] == [("rw-r-----", 7)]


@pytest.mark.parametrize(("sectors", "options"), [(5760, ()), (65536, ()), (163840, ("-F",))], ids=["FAT12", "FAT16", "FAT32"])
def test_the_three_kinds_of_fat(tmp_path: Path, sectors: int, options: tuple[str, ...]) -> None:
    files, others, troubles = read(images.fat(tmp_path / "card.img", {**FILES, "diverse": DIVERSE}, sectors, *options))
    assert (files, troubles) == ({**FILES, "diverse": DIVERSE}, [])
    assert {entry.kind for entry in others} == {"folder"}


def test_a_deleted_file_is_in_no_folder(tmp_path: Path) -> None:
    card = Card(tmp_path / "card.img")
    card.write("rec/gone.mp4", b"rare-Canary-77")
    card.write("rec/stays.mp4", b"stays")
    card.delete("rec/gone.mp4")
    files, _, troubles = read(card.image)
    assert (set(files), troubles) == ({"rec/stays.mp4"}, [])
    assert b"rare-Canary-77" in card.image.read_bytes()


def test_the_flash_of_the_emulated_camera_is_explained_whole(tmp_path: Path) -> None:
    flash = Flash(tmp_path, lambda: squashed({"etc/os-release": b"NAME=x"}))
    flash.write("accounts.json", b"{}")
    flash.close()
    with volumes.opened(flash.image) as region:
        found = volumes.survey(region, troubles := [])
        assert [(each.name, each.kind, each.files, each.whole) for each in found] == [
            ("root-a", "squashfs", 1, True),
            ("root-b", "empty", 0, True),
            ("data", "ext", 1, True),
        ]
        assert (volumes.explained(region, found), troubles) == (1.0, [])


def test_a_chip_without_a_table_is_searched(tmp_path: Path, tree: Path) -> None:
    """As a clip reads it: boot loader, squashfs, ext4, padding."""
    root = images.squashfs(tree, tmp_path / "root.img").read_bytes()
    data = images.ext(tmp_path / "data.img", {"accounts": b"kept"}).read_bytes()
    loader = os.urandom(0x40000)
    chip = tmp_path / "chip.img"
    chip.write_bytes(loader + root.ljust(0x200000, b"\xff") + data + b"\xff" * 0x100000)
    files, _, troubles = read(chip)
    assert (files["accounts"], files["small"] or files["zz-hard"]) == (b"kept", b"hello")
    assert troubles == ["what is in it is not read here: unknown"]
    with volumes.opened(chip) as region:
        found = volumes.survey(region, [])
        assert [each.kind for each in found] == ["unknown", "squashfs", "empty", "ext", "empty"]
        assert volumes.explained(region, found) == pytest.approx(1 - len(loader) / chip.stat().st_size)


def test_something_behind_a_file_system_is_not_explained(tmp_path: Path, tree: Path) -> None:
    image = images.squashfs(tree, tmp_path / "root.img")
    with image.open("ab") as file:
        file.write(b"\0" * 4096 + b"secret")
    flash = Flash(tmp_path / "flash", image.read_bytes)
    flash.close()
    with volumes.opened(flash.image) as region:
        root, *_ = volumes.survey(region, [])
        assert "behind its end" in root.troubles[0]
        assert not root.whole
