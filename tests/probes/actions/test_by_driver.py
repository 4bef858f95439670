"""A binary protocol of a camera's own, which a driver beside the profile speaks: framed JSON with a folded hash of the password."""

import dataclasses
import hashlib
import json
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.gate.bench import Bench
from harness.model.action import Surface
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import BruteForce, Profile
from harness.model.secret import NOBODY
from harness.probes import account
from harness.transports.driver import Driver
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk, device

PORT = 34567
BINARY = Surface(id="binary", interface="app")
SPEAKS = """\
import hashlib, json, socket, struct, sys
order = json.load(sys.stdin)
digest = hashlib.md5(order.get("password", "").encode()).digest()
folded = "".join(chr(33 + (digest[i] + digest[i + 1]) % 90) for i in range(0, 16, 2))
body = json.dumps({"UserName": order.get("user", ""), "PassWord": folded, "LoginType": "DVRIP-Web"}).encode()
with socket.create_connection((order["address"], order["ports"]["34567"]), timeout=5) as line:
    line.sendall(struct.pack("<BB2xIIHHI", 255, 0, 0, 0, 0, 1000, len(body)) + body)
    head = line.recv(20, socket.MSG_WAITALL)
    told = json.loads(line.recv(struct.unpack("<I", head[16:])[0], socket.MSG_WAITALL))["Ret"]
state = {100: "granted", 203: "refused"}.get(told, "unclear")
print(json.dumps({"state": state, "why": f"{order['action']} on {order['surface']}: Ret {told}"}))
"""


def folded(password: str) -> str:
    digest = hashlib.md5(password.encode()).digest()
    return "".join(chr(33 + (digest[i] + digest[i + 1]) % 90) for i in range(0, 16, 2))


@dataclasses.dataclass
class Camera:
    """`locked` answers neither yes nor no."""

    password: str = OWNERS_PASSWORD
    locked: bool = False
    seen: list[dict[str, Any]] = dataclasses.field(default_factory=list)

    def talk(self, line: socket.socket) -> None:
        """One log-in."""
        head = line.recv(20, socket.MSG_WAITALL)
        self.seen.append(json.loads(line.recv(struct.unpack("<I", head[16:])[0], socket.MSG_WAITALL)))
        right = self.seen[-1]["PassWord"] == folded(self.password) and self.seen[-1]["UserName"] == "admin"
        answer = json.dumps({"Ret": 205 if self.locked else 100 if right else 203}).encode()
        line.sendall(struct.pack("<BB2xIIHHI", 255, 0, 0, 0, 0, 1001, len(answer)) + answer)


def profile() -> Profile:
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": {"producer": "tests", "model": "binary", "hardware_revision": "1", "firmware_version": "1"},
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": {
                "log_intf": [{"id": "binary", "protocol": "other", "port": PORT}],
                "auth_mech": [{"id": "binary", "interface": "app", "service": "binary"}],
            },
        }
    )


@contextmanager
def camera(folder: Path, brute_force: dict[str, BruteForce] | None = None) -> Iterator[tuple[Bench, Camera, Desk]]:
    desk, one = Desk(folder, brute_force), Camera()
    (folder / "binary.py").write_text(SPEAKS)
    driver = Driver(folder / "binary.py", (), 20.0, ("binary",))
    with device(one.talk) as port:
        yield dataclasses.replace(desk.bench(profile(), {PORT: port}), driver=driver), one, desk


def test_the_owner_is_let_in_and_others_are_not(tmp_path: Path) -> None:
    with camera(tmp_path) as (bench, one, _):
        assert account.usable(bench) == (BINARY,)
        told = account.let_in(bench, BINARY, OWNER)
        assert (told.state, told.why) == ("granted", "log_in on binary: Ret 100")
        assert account.let_in(bench, BINARY, OWNER.wrong).refused
        assert account.let_in(bench, BINARY, NOBODY).refused
        assert [each["UserName"] for each in one.seen] == ["admin", "admin", ""]
        one.locked = True
        with pytest.raises(Undecided, match="Ret 205"):
            assert account.let_in(bench, BINARY, OWNER).granted


def test_what_it_was_given_ends_with_the_password(tmp_path: Path) -> None:
    with camera(tmp_path) as (bench, one, _):
        opened = account.log_in(bench, BINARY, OWNER).session
        assert account.use(bench, (opened,))[0].granted
        one.password = "Another-Pass-2"
        assert account.use(bench, (opened,))[0].refused


def test_failures_are_budgeted_and_no_password_is_kept(tmp_path: Path) -> None:
    waits = BruteForce(failures=4, window_s=60, lock_s=60)
    with camera(tmp_path, {"binary": waits}) as (bench, _, desk), desk.recorded() as tape:
        before = desk.clock.now()
        for _ in range(3):
            assert account.let_in(bench, BINARY, OWNER.wrong).refused
        assert account.let_in(bench, BINARY, OWNER).granted
        assert desk.clock.now() - before > waits.window_s
    assert OWNERS_PASSWORD.encode() not in tape.transcript(desk.secrets.mask)


def test_without_the_driver_nobody_knows_how(tmp_path: Path) -> None:
    with camera(tmp_path) as (bench, _, _):
        bare = dataclasses.replace(bench, driver=None)
        assert account.usable(bare) == ()
        with pytest.raises(NotPossible, match="log_in on binary: the profile has no recipe for it, and no driver"):
            account.let_in(bare, BINARY, OWNER)


def test_a_camera_that_does_not_answer_is_undecided(tmp_path: Path) -> None:
    with camera(tmp_path) as (bench, _, _):
        (tmp_path / "binary.py").write_text("import sys; sys.exit(1)")
        with pytest.raises(Undecided, match=r"binary\.py ended with status 1"):
            account.let_in(bench, BINARY, OWNER)
