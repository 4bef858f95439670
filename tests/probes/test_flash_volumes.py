"""Which parts of a flash image are compared over an update: those that hold software."""

import hashlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from harness.emulated.camera.flash import ROOT, Flash
from harness.emulated.camera.update.software import root_image
from harness.probes.flash_volumes import digests, volumes
from harness.probes.update_server import answers, fetched
from harness.transports.recorders import Served
from harness.transports.storage import Taken
from tests.builders.devices import Desk
from tests.builders.updating import profile


def test_the_root_counts_and_the_data_does_not(tmp_path: Path) -> None:
    flash = Flash(tmp_path, lambda: root_image("1.0.0"))
    before = digests(flash.image)
    assert [name for name, _ in before] == [ROOT.name]
    flash.write("settings", b"changed")
    assert digests(flash.image) == before
    flash.write_partition(ROOT.name, root_image("1.0.1"))
    after = digests(flash.image)
    assert after != before
    flash.write_partition("root-b", root_image("1.0.1"))
    assert len(digests(flash.image)) == 2
    flash.write_partition(ROOT.name, b"no file system")
    assert [name for name, _ in digests(flash.image)] == ["root-b"]
    flash.close()


def test_the_bench_takes_an_image_and_keeps_none(tmp_path: Path) -> None:
    flash = Flash(tmp_path / "unit", lambda: root_image("1.0.0"))
    flash.write_partition("root-b", root_image("1.0.1"))
    copies: list[Path] = []

    def take(_: str) -> Taken:
        copies.append(tmp_path / f"copy-{len(copies)}")
        copies[-1].write_bytes(flash.image.read_bytes())
        return Taken(copies[-1], "copied")

    storage = cast("Any", SimpleNamespace(media=("flash",), take=take))
    desk = Desk(tmp_path)
    bench = desk.bench(profile(), {})
    assert volumes(bench) == ()
    assert volumes(replace(bench, storage=storage)) == digests(flash.image)
    staged = replace(desk.bench(profile(staging=["root-b"]), {}), storage=storage)
    assert [name for name, _ in volumes(staged)] == [ROOT.name]
    assert [copy.exists() for copy in copies] == [False, False]
    flash.close()


def test_a_package_counts_as_fetched_by_this_device_and_whole() -> None:
    note = Served(at=1.0, source="192.0.2.7", host="up", target="/f", size=9, whole=True)
    assert fetched((note,), 9, "192.0.2.7")
    assert not fetched((note,), 8, "192.0.2.7")
    assert not fetched((note,), 9, "192.0.2.8")
    assert not fetched((note.model_copy(update={"whole": False}),), 9, "192.0.2.7")


def test_what_an_update_server_may_answer() -> None:
    row = profile(
        server=[
            {"target": "/list", "json": [{"name": "fw-{{ version }}", "bytes": "{{ size }}", "urgent": True}]},
            {"target": "/sum", "body": "{{ md5 }} {{ sha256 }}"},
            {"target": "/file", "package": "yes"},
        ]
    ).ixit.upd_mech[0]
    told = {each.target: each.body for each in answers(row, b"package", "2.0", "up.maker.example")}
    assert told["/list"] == b'[{"name": "fw-2.0", "bytes": 7, "urgent": true}]'
    assert told["/sum"].split() == [hashlib.md5(b"package").hexdigest().encode(), hashlib.sha256(b"package").hexdigest().encode()]
    assert told["/file"] == b"package"
