"""Images that are cut, broken or made to mislead: each ends in time, within its memory, and says that not all was read."""

import os
import random
import re
import resource
import struct
import time
from pathlib import Path

import pytest

from harness.emulated.camera.flash import DATA, ROOT, Flash
from harness.emulated.camera.partitions import MIB, Part, gpt, mbr
from harness.emulated.camera.rootfs import squashed
from harness.model.storage import Volume
from harness.probes.images import volumes
from harness.probes.images.region import Budget, Region
from harness.transports import unsquash
from tests.builders import images

BOUND_S = 60.0  # of a test that would hang, or read for hours


def surveyed(image: Path) -> tuple[list[Volume], list[str], float]:
    """Its parts, its troubles, and the share that was explained."""
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with volumes.opened(image) as region:
        troubles: list[str] = []
        found = volumes.survey(region, troubles)
        share = volumes.explained(region, found)
    assert time.monotonic() - began < BOUND_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10
    return list(found), troubles, share


def names(image: Path) -> list[str]:
    with volumes.opened(image) as region:
        return [entry.path for reading in volumes.readings(region, []) for entry in reading.entries()]


def inode_at(image: Path, name: str, part: int = 0) -> int:
    """Where in the image the inode of a file is."""
    told = re.search(rb"located at block (\d+), offset 0x([0-9a-f]+)", images.tool("debugfs", "-R", f"imap {name}", image))
    assert told
    return part + int(told[1]) * 1024 + int(told[2], 16)


def poke(image: Path, at: int, data: bytes) -> None:
    with image.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.fixture
def chip(tmp_path: Path) -> Path:
    flash = Flash(tmp_path / "flash", lambda: squashed({"etc/passwd": b"root", "usr/bin/camera": os.urandom(90_000)}))
    flash.write("accounts.json", b'{"accounts": []}' * 200)
    flash.close()
    return flash.image


def test_an_image_that_is_cut_off_is_not_whole(chip: Path) -> None:
    whole = chip.read_bytes()
    for length in (0, 100, 600, 20_000, MIB + 50, MIB + 40_000, DATA.offset + 10, DATA.offset + 2_000_000):
        chip.write_bytes(whole[:length])
        found, troubles, _ = surveyed(chip)
        assert troubles or not all(each.whole for each in found) or not any(each.files for each in found)
        assert not any(each.kind == "ext" and each.whole for each in found)


def test_an_image_that_was_read_twice_in_a_row_is_not_whole(chip: Path) -> None:
    chip.write_bytes(chip.read_bytes() * 2)
    found, _, share = surveyed(chip)
    assert len(found) == 3
    assert share < 0.9


@pytest.mark.once
def test_random_damage_never_hangs_nor_raises(chip: Path) -> None:
    whole, chance = chip.read_bytes(), random.Random(7)
    places = [(0, 40_000), (ROOT.offset, 92_000), (DATA.offset, 200_000)]
    for _ in range(60):
        broken = bytearray(whole)
        begin, length = chance.choice(places)
        for _ in range(chance.choice((1, 20, 400))):
            broken[begin + chance.randrange(length)] = chance.randrange(256)
        chip.write_bytes(broken)
        surveyed(chip)


def test_partitions_that_overlap_or_reach_too_far_are_told(tmp_path: Path) -> None:
    image = tmp_path / "chip.img"
    begin, _ = gpt((Part("a", MIB, 2 * MIB), Part("b", 2 * MIB, MIB), Part("c", 3 * MIB, 9 * MIB)), 4 * MIB)
    image.write_bytes(begin.ljust(4 * MIB, b"\0"))
    _, troubles, _ = surveyed(image)
    assert troubles == ["partitions a and b overlap", "partition c reaches beyond the end of the image"]
    image.write_bytes(mbr(Part("", 512, 4096), kind=0x05).ljust(MIB, b"\0"))
    assert surveyed(image)[1] == ["the partition table: extended partitions are not read here"]


@pytest.mark.parametrize(("count", "size"), [(0xFFFFFFFF, 128), (128, 0), (1000, 4096)])
def test_a_table_of_impossible_sizes(chip: Path, count: int, size: int) -> None:
    poke(chip, 512 + 80, struct.pack("<II", count, size))
    _, troubles, share = surveyed(chip)
    assert troubles
    assert troubles[0].startswith("the partition table: ")
    assert share <= 1


def test_a_folder_inside_itself_ends(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a/b/c": b"x"})
    images.tool("debugfs", "-w", "-f", "-", image, given=b"ln a a/b/again\n")
    found, _, _ = surveyed(image)
    assert found[0].troubles == ("/a/b/again: the folder is inside itself, or too deep",)


def test_a_file_that_says_to_be_huge_is_left_at_the_budget(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a": b"x"})
    poke(image, inode_at(image, "a") + 108, struct.pack("<I", 0x400))  # 4 TiB, all but its first block a hole
    with volumes.opened(image) as region:
        (reading,) = volumes.readings(region, [], Budget(bytes=64 << 20))
        assert sum(len(data) for entry in reading.entries() for data in reading.content(entry)) <= 64 << 20
        assert "MiB of content" in reading.troubles[0]


def test_a_tree_of_extents_inside_itself_ends(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a": b"x" * 5000})
    block = struct.pack("<HHHHIIIHH", 0xF30A, 1, 4, 1, 0, 0, 100, 0, 0)
    poke(image, inode_at(image, "a") + 40, block)
    poke(image, 100 * 1024, block)
    found, _, _ = surveyed(image)
    assert any("tree of extents is inside itself" in trouble for trouble in found[0].troubles)


def test_names_lead_nowhere(tmp_path: Path) -> None:
    """A name that climbs, one with an escape of a terminal, one with a line break: shown, and never followed."""
    image = images.ext(tmp_path / "data.img", {"AAAAAAAAAAAA": b"x", "BBBBBBBBBBBB": b"y", "CCCCCCCCCCCC": b"z"})
    raw = image.read_bytes()
    for name, hostile in ((b"A", b"../../../etc"), (b"B", b"\x1b[2J\x1b[31mroo"), (b"C", b"a\nroot:x:0:0")):
        raw = raw.replace(name * 12, hostile)
    image.write_bytes(raw)
    assert {r"..\x2f..\x2f..\x2fetc", r"\x1b[2J\x1b[31mroo", r"a\x0aroot:x:0:0"} <= set(names(image))


def test_a_squashfs_with_hostile_names_is_not_whole(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "fine").write_bytes(b"x")
    (root / "new\n#\n# START OF DATA - DO NOT MODIFY\n#").write_bytes(b"y" * 50)
    found, _, _ = surveyed(images.squashfs(root, tmp_path / "root.img"))
    assert found[0].troubles


@pytest.mark.once
def test_a_squashfs_of_many_gigabytes_of_zeros_is_left_at_the_budget(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for number in range(4):
        with (root / f"bomb-{number}").open("wb") as file:
            file.truncate(200 << 20)
    image = images.squashfs(root, tmp_path / "root.img")
    assert image.stat().st_size < 1 << 20
    with volumes.opened(image) as region:
        (reading,) = volumes.readings(region, [], Budget(bytes=64 << 20))
        assert sum(len(data) for entry in reading.entries() for data in reading.content(entry)) <= 64 << 20
        assert any("MiB of content" in trouble for trouble in reading.troubles)


def test_more_entries_than_are_read(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {f"file-{number}": b"" for number in range(30)})
    with volumes.opened(image) as region:
        (reading,) = volumes.readings(region, [], Budget(entries=10))
        assert len(list(reading.entries())) == 10
        assert "entries" in reading.troubles[0]


def test_time_that_runs_out_is_told(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a": b"x"})
    with volumes.opened(image) as region:
        (reading,) = volumes.readings(region, [], Budget(seconds=0.0))
        assert not list(reading.entries())
        assert reading.troubles == ["reading took longer than 0 s"]


def test_a_chain_of_clusters_in_a_circle_ends(tmp_path: Path) -> None:
    image = images.fat(tmp_path / "card.img", {"a.bin": b"x" * 20_000}, 65536)
    head = image.read_bytes()[:512]
    table = int.from_bytes(head[14:16], "little") * 512
    poke(image, table + 4, struct.pack("<HH", 3, 2))
    found, _, _ = surveyed(image)
    assert "chain of clusters" in found[0].troubles[0]


def test_a_file_system_that_is_not_read_here_is_named(tmp_path: Path) -> None:
    image = tmp_path / "chip.img"
    for magic, kind in ((b"UBI#", "ubi"), (b"\x85\x19", "jffs2"), (b"LUKS\xba\xbe", "LUKS"), (b"\x45\x3d\xcd\x28", "cramfs")):
        image.write_bytes(magic + os.urandom(MIB))
        found, _, share = surveyed(image)
        assert (found[0].kind, found[0].whole, share) == (kind, False, 0.0)


def test_a_superblock_with_impossible_sizes(tmp_path: Path) -> None:
    image = images.ext(tmp_path / "data.img", {"a": b"x"})
    whole = image.read_bytes()
    for at, value in ((1024 + 40, 0), (1024 + 88, 0), (1024 + 88, 60000), (1024 + 20, 0xFFFFFFFF)):
        image.write_bytes(whole)
        poke(image, at, struct.pack("<I", value))
        found, _, _ = surveyed(image)
        assert not found[0].whole or value == 0


def test_without_squashfs_tools_nothing_is_read_and_it_says_what_to_install(chip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsquash, "system_program", lambda name: None)
    found, _, _ = surveyed(chip)
    assert "apt-get install squashfs-tools" in found[0].troubles[0]


def test_a_region_never_reads_beyond_itself(chip: Path) -> None:
    with volumes.opened(chip) as image:
        part = Region(image.file, 100, 50)
        assert len(part.head(1000)) == 50
        assert len(part.behind(10).head(9)) == 0
