"""Update packages of the emulated camera: what it installs, by which way, and what each flaw lets through."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.identity import RELEASED
from harness.emulated.camera.update import producer
from harness.emulated.camera.update.package import HEADER, TRAILER, PackageRefused, unpack
from harness.emulated.camera.update.software import Software, root_image
from harness.emulated.camera.update.updater import Updater, install_staged
from tests.emulated.internet import HOSTS, internet
from tests.emulated.units import HERE, Handle, unit

OFFICIAL = producer.package()
BAD = {
    "empty": b"",
    "cut": OFFICIAL[: len(OFFICIAL) // 2],
    "doubled": OFFICIAL * 2,
    "unsigned": OFFICIAL[:-TRAILER],
    "zeroed signature": OFFICIAL[:-64] + bytes(64),
    "payload": OFFICIAL[:5000] + bytes([OFFICIAL[5000] ^ 1]) + OFFICIAL[5001:],
    "header": OFFICIAL[: HEADER - 1] + b"?" + OFFICIAL[HEADER:],
    "foreign key": producer.package(key=producer.STRANGER),
    "other model": producer.package(model=producer.OTHER_MODEL),
}
FLAWED = {
    "update-digest-only": {"unsigned", "zeroed signature", "header", "foreign key"},
    "update-old-format": {"unsigned"},
    "update-key-inside": {"foreign key"},
    "update-payload-unread": {"payload"},
    "update-any-model": {"other model"},
    "update-written-first": set(),
    "update-at-next-boot": set(),
    "update-only-said": set(),
}


def updater(folder: Path, *flaws: str) -> tuple[Flash, Software, Updater]:
    flash = Flash(folder, lambda: root_image(RELEASED))
    software = Software(flash)
    return flash, software, Updater(flash, software, frozenset(flaws))


def taken(folder: Path, *flaws: str, way: str = "page") -> set[str]:
    """Which of the bad ones are installed."""
    found = set()
    flash, _, update = updater(folder, *flaws)
    for name, data in BAD.items():
        try:
            update.install(data, way)  # type: ignore[arg-type]
            found.add(name)
        except PackageRefused:
            continue
    flash.close()
    return found


def test_a_sound_unit_installs_only_what_its_producer_signed_for_it(tmp_path: Path) -> None:
    assert taken(tmp_path) == set()
    flash, software, update = updater(tmp_path)
    assert software.version == RELEASED
    assert flash.partition("root-a").startswith(root_image(RELEASED))
    assert update.install(OFFICIAL, "page") == producer.NEWER
    install_staged(flash)
    assert Software(flash).version == producer.NEWER
    flash.close()


@pytest.mark.parametrize("flaw", FLAWED)
def test_each_flaw_lets_just_its_own_through(flaw: str, tmp_path: Path) -> None:
    assert taken(tmp_path, flaw) == FLAWED[flaw]


def test_the_network_may_be_trusted_alone(tmp_path: Path) -> None:
    flaw = "update-network-trusted"
    assert taken(tmp_path, flaw) == set()
    assert taken(tmp_path, flaw, way="network") == {"unsigned", "zeroed signature", "header", "foreign key"}


def test_what_was_refused_is_found_on_the_flash_of_flawed_units_only(tmp_path: Path) -> None:
    for flaw, after in (("", RELEASED), ("update-written-first", producer.NEWER), ("update-at-next-boot", producer.NEWER)):
        folder = tmp_path / (flaw or "sound")
        flash, _, update = updater(folder, flaw)
        with pytest.raises(PackageRefused):
            update.install(BAD["foreign key"], "page")
        install_staged(flash)
        assert Software(flash).version == after
        flash.close()


def test_one_flaw_says_installed_and_is_not(tmp_path: Path) -> None:
    flash, _, update = updater(tmp_path, "update-only-said")
    assert update.install(OFFICIAL, "page") == producer.NEWER
    assert Software(flash).version == RELEASED
    flash.close()


def test_a_root_partition_that_cannot_be_read_has_no_version(tmp_path: Path) -> None:
    flash, software, _ = updater(tmp_path)
    software.write(b"?" + root_image("1.0.1")[1:])
    assert Software(flash).version == "unknown"
    flash.close()


def test_the_desk_makes_the_packages_as_files(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", producer.__name__, str(tmp_path)], check=True, capture_output=True, timeout=60)
    assert b'"official": {"file": ' in done.stdout
    assert {path.name: unpack(path.read_bytes()).version for path in tmp_path.iterdir()} == {
        "official-1.0.1.bin": "1.0.1",
        "current-1.0.0.bin": "1.0.0",
        "foreign-key-1.0.1.bin": "1.0.1",
        "other-model-1.0.1.bin": "1.0.1",
    }


def upload(camera: Handle, data: bytes) -> int:
    headers = {"Authorization": f"Bearer {camera.log_in()}", "Content-Type": "application/octet-stream"}
    return camera.exchange("POST", "/api/update/upload", data, headers).status


def firmware(camera: Handle) -> str:
    return str(camera.ask("/api/device", token=camera.log_in()).json["firmware"])


def test_a_file_is_installed_by_the_page_and_stays_over_a_reset(tmp_path: Path) -> None:
    with unit(tmp_path) as camera:
        assert camera.exchange("POST", "/api/update/upload", OFFICIAL, {}).status == 401
        assert upload(camera, BAD["foreign key"]) == 422
        assert firmware(camera) == RELEASED
        assert upload(camera, OFFICIAL) == 200
        camera.advance(1)
        assert firmware(camera) == producer.NEWER
        camera.order('{"do": "press_reset", "seconds": 10}')
        camera.set_up()
        assert firmware(camera) == producer.NEWER


def test_the_producers_server_has_a_package(tmp_path: Path) -> None:
    with internet(tmp_path) as net, unit(tmp_path, gateway=HERE, trust=net.trust, far=net.far) as camera:

        def offered(package: bytes) -> None:
            net.answers["/v1/firmware"] = b'{"version": "1.0.1", "path": "/v1/firmware/1.0.1.bin"}'
            net.answers["/v1/firmware/1.0.1.bin"] = package
            for path in ("/api/update/check", "/api/update/install"):
                assert camera.ask(path, {}, token=camera.log_in()).status == 200
                camera.advance(0)

        offered(BAD["unsigned"])
        assert camera.ask("/api/service", token=camera.log_in()).json["update"].startswith("refused: the producer's signature")
        assert firmware(camera) == RELEASED
        offered(OFFICIAL)
        camera.advance(1)
        assert firmware(camera) == producer.NEWER
        assert net.asked() <= {"time.camlabel.example", *HOSTS}
        net.answers["/v1/firmware"] = b"{}"
        assert camera.ask("/api/update/check", {}, token=camera.log_in()).status == 200
        camera.advance(0)
        assert camera.ask("/api/update/install", {}, token=camera.log_in()).status == 200
        camera.advance(0)
        assert camera.ask("/api/service", token=camera.log_in()).json["update"] == "nothing newer is known"
