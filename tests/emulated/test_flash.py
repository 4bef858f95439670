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

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.flash import Flash, FlashBusy
from harness.emulated.camera.vault import Vault, VaultDamaged
from tests.emulated.units import OWNER, PASSWORD, Handle, Process

KEY = bytes(32)


def test_a_file_is_old_or_new_and_private(tmp_path: Path) -> None:
    flash = Flash(tmp_path / "flash")
    assert flash.read("a") is None
    flash.write("a", b"old")
    flash.path("a.tmp").write_bytes(b"torn")
    flash.close()
    again = Flash(tmp_path / "flash")
    assert again.read("a") == b"old"
    assert not again.path("a.tmp").exists()
    assert stat.S_IMODE(again.path("a").stat().st_mode) == 0o600
    again.close()


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
