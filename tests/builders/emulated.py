"""An emulated camera behind a real gate: its declared profile, its clock advanced instead of waited for."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.gate.access import GateAccess
from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock
from harness.gate.governor import Governor
from harness.gate.ledger import Ledger
from harness.gate.secrets import SecretStore
from harness.lab.storage import BenchStorage, Images
from harness.model.bench import GovernorLimits, ImageSource, Sample
from harness.model.storage import Medium
from tests.builders.devices import HERE, OWNERS_PASSWORD
from tests.builders.profiles import emulated_profile
from tests.emulated.units import Handle, unit

VIEWERS_PASSWORD = "Second-Horse-8"

ACCOUNTS = {"owner": {"user": "admin"}, "viewer": {"user": "guest"}}
ACCOUNT, VIEWER = ("cam-1", "owner"), ("cam-1", "viewer")


@contextmanager
def emulated(folder: Path, *flaws: str, set_up: bool = True) -> Iterator[tuple[Bench, Handle]]:
    """A camera with these flaws, set up or as delivered, and the bench that asks it."""
    with unit(folder, *flaws, set_up=False, card=folder / "card.img") as camera:
        assert not set_up or camera.ask("/api/setup", {"user": "admin", "password": OWNERS_PASSWORD}).json == {"ok": True}
        bench = _bench(folder, camera)
        try:
            yield bench, camera
        finally:
            bench.lives.close_all()


def _bench(folder: Path, camera: Handle) -> Bench:
    profile = emulated_profile()
    clock = AdvancedClock(lambda seconds: float(camera.advance(seconds)) and None)
    ledger = Ledger([ACCOUNT, VIEWER], lambda *_: None)
    secrets = SecretStore(folder / "private", {ACCOUNT: ("admin", OWNERS_PASSWORD), VIEWER: ("guest", VIEWERS_PASSWORD)})
    bounds = {entry.id: entry.brute_force for entry in profile.ixit.auth_mech if entry.brute_force}
    governor = Governor(GovernorLimits(connections_per_s=2000), clock, bounds, lambda *_, **__: None)
    access = GateAccess([HERE], governor, secrets, ledger)
    ports = {443: camera.https_port, 322: camera.rtsps_port, 554: camera.rtsp_port}
    sample = Sample.model_validate({"name": "cam-1", "address": HERE, "ports": ports, "accounts": ACCOUNTS})
    sources: dict[Medium, ImageSource] = {"flash": ImageSource(file="flash/flash.img"), "card": ImageSource(file="card.img")}
    storage = BenchStorage(sources, Images(folder / "images", "cam-1"), folder)
    return Bench(profile=profile, sample=sample, access=access, clock=clock, ledger=ledger, storage=storage)
