"""Settings as a file, and packages for support, as the owner uses them; and what each flaw makes of them."""

import gzip
import io
import tarfile
from base64 import b64decode
from pathlib import Path

import pytest

from harness.emulated.camera.exports import MAGIC
from tests.emulated.units import OWNER, PASSWORD, Handle, Reply, unit

KEY = "a key of my own"
VIEWER, VIEWERS_PASSWORD = "guest", "third-Pass-3"


def export(camera: Handle, token: str) -> bytes:
    reply = camera.ask("/api/export", {"key": KEY}, token=token)
    assert reply.status == 200
    return reply.body


def take(camera: Handle, token: str, data: bytes, key: str = KEY) -> Reply:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/octet-stream", **({"Export-Key": key} if key else {})}
    return camera.exchange("POST", "/api/import", data, headers)


def switch(camera: Handle, token: str, *, on: bool) -> None:
    assert camera.ask("/api/settings", {"home_systems": on}, token=token).status == 200


def is_on(camera: Handle, token: str) -> bool:
    return camera.ask("/api/settings", token=token).json["settings"]["home_systems"] is True


def package(camera: Handle, token: str) -> dict[str, bytes]:
    data = camera.ask("/api/diagnostics", token=token).body
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        return {member.name: file.read() for member in archive if (file := archive.extractfile(member))}


def test_a_file_brings_settings_and_viewers_to_whoever_has_its_key(tmp_path: Path) -> None:
    with unit(tmp_path / "one") as one:
        token = one.log_in()
        assert one.ask("/api/accounts", {"user": VIEWER, "password": VIEWERS_PASSWORD}, token=token).status == 200
        switch(one, token, on=True)
        data = export(one, token)
        assert data.startswith(MAGIC)
        assert not any(secret.encode() in data for secret in (PASSWORD, VIEWERS_PASSWORD, KEY, VIEWER))
        switch(one, token, on=False)
        viewer = one.log_in(VIEWERS_PASSWORD, VIEWER)
        for path, body in (("/api/export", {"key": KEY}), ("/api/import", {}), ("/api/diagnostics", None)):
            assert (one.ask(path, body, token=viewer).status, one.ask(path, body).status) == (403, 401)
        for other, key in ((data, "another key of mine"), (data, ""), (data[:-1], KEY), (b"", KEY), (data[:20], KEY), (b"x" * 70000, KEY)):
            assert take(one, token, other, key).status in (413, 422)
        assert not is_on(one, token)
        assert take(one, token, data).json == {"ok": True}
        assert is_on(one, token)
        for key in ("short", "x" * 65, "a key with an ä in it"):
            assert one.ask("/api/export", {"key": key}, token=token).status == 422
        told = [(each["event"], each["result"]) for each in one.ask("/api/log", token=token).json["events"]]
        assert {("export", "granted"), ("setting", "refused"), ("setting", "granted")} <= set(told)
    with unit(tmp_path / "two") as two:
        token = two.log_in()
        assert take(two, token, data).status == 200
        assert is_on(two, token)
        assert two.log_in(VIEWERS_PASSWORD, VIEWER)
        assert two.log_in(PASSWORD, OWNER)


def test_a_package_for_support_holds_no_secret(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        token = camera.log_in()
        files = package(camera, token)
    assert set(files) == {"about.json", "events.json"}
    assert not any(secret.encode() in content for secret in (PASSWORD, token, "PRIVATE") for content in files.values())


@pytest.mark.parametrize(
    ("flaw", "secret"),
    [
        ("diagnostics-show-session", "Bearer {token}"),
        ("diagnostics-digest-file", ":camera:"),
        ("diagnostics-private-key", "PRIVATE KEY-----"),
    ],
)
def test_a_flawed_package_holds_one(flaw: str, secret: str, tmp_path: Path) -> None:
    with unit(tmp_path, flaw) as camera:
        token = camera.log_in()
        assert secret.format(token=token).encode() in b"".join(package(camera, token).values())


@pytest.mark.parametrize("flaw", ["export-plain", "export-packed"])
def test_a_flawed_file_is_open_to_everybody(flaw: str, tmp_path: Path) -> None:
    with unit(tmp_path, flaw) as camera:
        token = camera.log_in()
        data = export(camera, token)
        assert PASSWORD.encode() in (gzip.decompress(b64decode(data)) if flaw == "export-packed" else data)
        assert take(camera, token, data, "").status == 200
        if flaw == "export-packed":
            assert take(camera, token, b"no base64, no gzip").status == 422


@pytest.mark.parametrize(("flaw", "with_none", "with_another"), [("export-same-key", 200, 200), ("export-key-inside", 200, 422)])
def test_a_flawed_unit_takes_a_file_without_its_key(flaw: str, with_none: int, with_another: int, tmp_path: Path) -> None:
    with unit(tmp_path / "one", flaw) as camera:
        data = export(camera, camera.log_in())
    with unit(tmp_path / "two", flaw) as camera:
        token = camera.log_in()
        assert [take(camera, token, data, key).status for key in ("", "another key of mine", KEY)] == [with_none, with_another, 200]
        assert take(camera, token, data[:-1] + bytes([data[-1] ^ 1])).status == 422


def test_flawed_units_apply_what_was_altered(tmp_path: Path) -> None:
    with unit(tmp_path / "one", "export-applied-first") as camera:
        token = camera.log_in()
        switch(camera, token, on=True)
        data = export(camera, token)
        switch(camera, token, on=False)
        assert take(camera, token, data[:-1] + bytes([data[-1] ^ 1])).status == 422
        assert is_on(camera, token)
    with unit(tmp_path / "two", "export-digest-only") as camera:
        token = camera.log_in()
        data = export(camera, token)
        assert [take(camera, token, each).status for each in (data, data[:-1] + bytes([data[-1] ^ 1]))] == [200, 422]
