"""Values are in the private store alone; labels last over kills and resumes."""

import json
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from harness.gate.secrets import SecretStore, label
from harness.model.errors import RecordLost
from harness.model.secret import Credential
from tests.builders.children import unmeasured
from tests.builders.toy import ACCOUNT, OWNERS_PASSWORD

OWNER = Credential(unit="cam-1", role="owner")
ONE = label("cam-1", "owner", 1)


def store(folder: Path, password: str | None = OWNERS_PASSWORD) -> SecretStore:
    return SecretStore(folder / "private", {ACCOUNT: ("admin", password)})


def password(of: SecretStore, version: int) -> str:
    return of.login(OWNER.at(version), version).password


def test_the_private_store_is_private(tmp_path: Path) -> None:
    kept = store(tmp_path)
    kept.keep("cam-1/token", "abcdefghij")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "private").iterdir()}
    assert modes == {"run.key": 0o600, "secrets.jsonl": 0o600}
    assert stat.S_IMODE((tmp_path / "private").stat().st_mode) == 0o700
    assert len((tmp_path / "private/run.key").read_bytes()) == 32


def test_the_benchs_password_is_version_one(tmp_path: Path) -> None:
    login = store(tmp_path).login(OWNER, 1)
    assert (login.user, login.password) == ("admin", OWNERS_PASSWORD)


def test_generated_passwords_differ_by_version_account_and_run(tmp_path: Path) -> None:
    """And have letters of both cases and digits."""
    accounts = {("cam-1", role): (role, None) for role in ("owner", "viewer")}
    stores = [SecretStore(tmp_path / run, accounts) for run in ("one", "two")]
    made = [
        of.login(Credential(unit="cam-1", role=role), version).password
        for of in stores
        for role in ("owner", "viewer")
        for version in (1, 2, 3)
    ]
    assert len(set(made)) == 12
    for each in made:
        assert len(each) == 14
        assert each.isalnum()
        assert {any(map(kind, each)) for kind in (str.isupper, str.islower, str.isdigit)} == {True}


def test_a_killed_process_loses_no_password(tmp_path: Path) -> None:
    """The key was durable before anything was derived from it."""
    code = """
import os, signal, sys
from pathlib import Path
from tests.gate.test_secrets import OWNER, password, store
print(password(store(Path(sys.argv[1]), None), 5), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    child = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, env=unmeasured())
    assert child.returncode == -9
    assert password(store(tmp_path, None), 5) == child.stdout.strip()


def test_the_wrong_password_is_never_a_right_one(tmp_path: Path) -> None:
    kept = store(tmp_path)
    wrong = kept.login(OWNER.wrong, 1)
    assert wrong.user == "admin"
    assert wrong.password not in [password(kept, version) for version in range(1, 10)]


def test_a_cut_password_is_a_secret_too(tmp_path: Path) -> None:
    kept = store(tmp_path)
    cut = kept.login(OWNER.at(1).cut_to(8), 1).password
    assert cut == OWNERS_PASSWORD[:8]
    assert kept.mask(f"{cut}. {OWNERS_PASSWORD}".encode()).decode() == f"⟦cam-1/owner-password#1 cut to 8⟧. {ONE}"


def test_the_same_value_keeps_its_label(tmp_path: Path) -> None:
    kept = store(tmp_path)
    first, second = kept.keep("cam-1/token", "abcdefghij"), kept.keep("cam-1/token", "0123456789")
    assert (first.label, second.label) == ("⟦cam-1/token#1⟧", "⟦cam-1/token#2⟧")
    assert kept.keep("cam-1/cookie", "abcdefghij") == first
    assert kept.keep("cam-1/echo", OWNERS_PASSWORD).label == ONE
    assert kept.reveal(second) == "0123456789"
    assert kept.mask(f"{OWNERS_PASSWORD} abcdefghij 0123456789".encode()).decode() == f"{ONE} {first.label} {second.label}"


def test_the_next_process_masks_what_the_first_one_learned(tmp_path: Path) -> None:
    """And gives no label a second time; a torn line costs that value only."""
    first = store(tmp_path)
    first.keep("cam-1/token", "abcdefghij")
    new = password(first, 2)
    with (tmp_path / "private/secrets.jsonl").open("ab") as file:
        file.write(b'{"label": "torn')
    second = store(tmp_path)
    assert second.mask(f"abcdefghij {new}".encode()).decode() == f"⟦cam-1/token#1⟧ {label('cam-1', 'owner', 2)}"
    assert second.keep("cam-1/token", "0123456789").label == "⟦cam-1/token#2⟧"
    assert second.keep("cam-1/token", "abcdefghij").label == "⟦cam-1/token#1⟧"
    third = store(tmp_path)
    assert third.mask(b"0123456789") == "⟦cam-1/token#2⟧".encode()
    values = [line for line in (tmp_path / "private/secrets.jsonl").read_text().splitlines() if line != '{"label": "torn']
    assert [json.loads(line)["value"] for line in values] == [OWNERS_PASSWORD, "abcdefghij", new, "0123456789"]


def test_fingerprints_notice_a_changed_bench_and_tell_nothing(tmp_path: Path) -> None:
    first = store(tmp_path)
    before = first.fingerprints()
    first.keep("cam-1/token", "abcdefghij")
    assert list(before) == [ONE]
    assert store(tmp_path).fingerprints() == before
    changed = store(tmp_path, "Another-Horse-8")
    assert changed.fingerprints() != before
    assert changed.mask(f"{OWNERS_PASSWORD} Another-Horse-8".encode()).decode() == f"{ONE} {ONE}"
    assert SecretStore(tmp_path / "other run", {ACCOUNT: ("admin", OWNERS_PASSWORD)}).fingerprints() != before
    assert OWNERS_PASSWORD not in str(before)


def test_a_store_that_cannot_be_written_loses_the_record(tmp_path: Path) -> None:
    kept = store(tmp_path)
    (tmp_path / "private/secrets.jsonl").unlink()
    (tmp_path / "private/secrets.jsonl").mkdir()
    with pytest.raises(RecordLost, match="the private store cannot be written"):
        kept.keep("cam-1/token", "abcdefghij")
