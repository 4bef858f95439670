"""What is on the flash is whole, also when power goes while it is written."""

import contextlib
import http.client
import os
import random
import signal
import ssl
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.emulated.camera import rootfs
from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.card import Card
from harness.emulated.camera.flash import ROOT, Flash, FlashBusy
from harness.emulated.camera.tools import ToolFailed
from harness.emulated.camera.vault import Vault, VaultDamaged
from tests.builders.images import DATA, kept, kept_names, tool
from tests.emulated.units import OWNER, PASSWORD, Handle, Process

KEY = bytes(32)


def test_a_file_is_old_or_new_and_private(tmp_path: Path) -> None:
    flash = Flash(tmp_path / "flash")
    assert flash.read("a") is None
    flash.write("a", b"old")
    (flash.directory / "flash-1.tmp").write_bytes(b"torn")
    flash.close()
    again = Flash(tmp_path / "flash")
    assert again.read("a") == b"old"
    assert {path.name for path in again.directory.iterdir()} == {".lock", "flash.img"}
    assert stat.S_IMODE(again.image.stat().st_mode) == 0o600
    again.close()


def test_others_read_what_it_writes(tmp_path: Path) -> None:
    """A partition table, a squashfs and an ext4, as the programs of Linux see them; nothing lies beside the image."""
    flash = Flash(tmp_path, lambda: rootfs.image("1.0.0"))
    flash.write("accounts.json", b"one")
    flash.write("log/today.txt", b"two")
    flash.write("log/today.txt", b"three")
    flash.write("gone", b"four")
    flash.remove("gone")
    assert (flash.names(), flash.read("log/today.txt"), flash.path("accounts.json").read_bytes()) == (
        ("accounts.json", "log/today.txt"),
        b"three",
        b"one",
    )
    flash.close()
    assert b'PTTYPE="gpt"' in tool("blkid", "-p", flash.image)
    assert tool("e2fsck", "-fn", f"{flash.image}?offset={DATA}")
    assert kept(tmp_path, "log/today.txt") == b"three"
    assert kept_names(tmp_path) == {"accounts.json", "log"}
    listed = tool("unsquashfs", "-o", ROOT.offset, "-lln", flash.image)
    assert b"squashfs-root/lib/firmware/isp.bin" in listed
    assert b"-rw------- 0/0" in listed


def test_a_reset_leaves_nothing_of_it_on_the_medium(tmp_path: Path) -> None:
    flash = Flash(tmp_path, lambda: b"hsqs root")
    flash.write("canary", b"rare-Canary-77")
    flash.remove("canary")
    assert b"rare-Canary-77" in flash.image.read_bytes()
    flash.erase()
    assert b"rare-Canary-77" not in flash.image.read_bytes()
    assert flash.names() == ()
    assert flash.partition("root-a").startswith(b"hsqs root")
    flash.write_partition("root-b", b"another")
    assert flash.partition("root-b").rstrip(b"\0") == b"another"
    flash.close()


def test_what_does_not_fit_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    flash = Flash(tmp_path)
    flash.write("a", b"old")
    with pytest.raises(OSError, match="Could not allocate block"):
        flash.write("a", os.urandom(5 << 20))
    assert (flash.read("a"), kept(tmp_path, "a")) == (b"old", b"old")
    for name in ("../a", "/etc/passwd", "a b", "", "a\nrm a"):
        with pytest.raises(ValueError, match="is no name"):
            flash.write(name, b"new")
    with pytest.raises(ValueError, match="do not fit"):
        flash.write_partition("root-b", bytes(3 << 20))
    flash.close()


def test_without_its_programs_it_says_which_package_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.emulated.camera.tools.system_program", lambda name: None)
    with pytest.raises(ToolFailed, match="mke2fs is missing: apt-get install e2fsprogs"):
        Flash(tmp_path)


def test_a_card_is_a_fat_file_system_that_keeps_what_is_on_it(tmp_path: Path) -> None:
    card = Card(tmp_path / "card.img")
    card.write("recordings/2026-11-26/front-door.mp4", b"one")
    card.write("recordings/2026-11-26/front-door.mp4", b"two")
    card.write("recordings/b.mp4", b"three")
    card.delete("recordings/b.mp4")
    again = Card(tmp_path / "card.img")
    assert again.names() == ("recordings/2026-11-26/front-door.mp4",)
    assert (again.read("recordings/2026-11-26/front-door.mp4"), again.read("nothing")) == (b"two", None)
    with pytest.raises(ToolFailed, match="Disk full"):
        again.write("big", os.urandom(40 << 20))
    with pytest.raises(ValueError, match="is no name"):
        again.read("../x")
    again.format()
    assert again.names() == ()


def test_a_flash_belongs_to_one_process(tmp_path: Path) -> None:
    flash = Flash(tmp_path)
    with pytest.raises(FlashBusy):
        Flash(tmp_path)
    flash.close()
    Flash(tmp_path).close()


def test_no_password_is_on_the_flash(tmp_path: Path) -> None:
    flash = Flash(tmp_path)
    accounts = Accounts(flash, Vault(KEY))
    accounts.add(OWNER, "owner", PASSWORD)
    accounts.change(OWNER, "another-Pass-9")
    kept = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert PASSWORD.encode() not in kept
    assert b"another-Pass-9" not in kept
    assert b'"former": null' in kept
    flash.close()


def test_sealed_passwords_are_worthless_elsewhere() -> None:
    sealed = Vault(KEY).seal("secret", "admin")
    assert Vault(KEY).open(sealed, "admin") == "secret"
    for vault, owner in ((Vault(bytes(31) + b"\x01"), "admin"), (Vault(KEY), "viewer")):
        with pytest.raises(VaultDamaged):
            vault.open(sealed, owner)


def test_a_power_cut_during_a_change_leaves_the_old_or_the_new_password(tmp_path: Path) -> None:
    """Twenty cuts at random moments, on two units at a time; a unit always boots, and exactly one of the two passwords is right."""
    with ThreadPoolExecutor() as pool:
        assert list(pool.map(cut_ten_times, (tmp_path / "one", tmp_path / "two"))) == [10, 10]


def cut_ten_times(folder: Path) -> int:
    folder.mkdir()
    password, process, booted = PASSWORD, boot(folder), 0
    camera = process.ready()
    camera.set_up()
    chance = random.Random(folder.name)
    for number in range(10):
        new, token = f"changed-Pass-{number}", camera.log_in(password)
        changing = threading.Thread(target=change_and_be_cut, args=(camera, password, new, token))
        changing.start()
        time.sleep(chance.uniform(0.02, 0.2))
        process.end(signal.SIGKILL)
        changing.join()
        process = boot(folder)
        camera = process.ready()
        works = [bool(camera.log_in(candidate)) for candidate in (password, new)]
        assert sorted(works) == [False, True]
        password, booted = new if works[1] else password, booted + 1
    assert process.end()[0] == 0
    return booted


def boot(folder: Path) -> Process:
    """Without media, which is quicker."""
    return Process(folder, environment={"PATH": os.fspath(folder)})


def change_and_be_cut(camera: Handle, current: str, new: str, token: str) -> None:
    with contextlib.suppress(ConnectionError, http.client.HTTPException, ssl.SSLError):
        camera.change(new, current=current, token=token)
