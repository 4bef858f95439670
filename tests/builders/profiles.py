"""Small profiles, built in code, and the emulated camera's own, read once."""

from functools import cache
from pathlib import Path
from typing import Any

from harness.model.profile import Profile
from harness.profile.read import read_profile

EMULATED = Path(__file__).parents[2] / "device_profiles/emulated-fast.yaml"
DUT = {"producer": "p", "model": "m", "hardware_revision": "1", "firmware_version": "1"}


@cache
def emulated_profile() -> Profile:
    """What the emulated camera declares."""
    return read_profile(EMULATED)


def profile(*, actions: dict[str, Any] | None = None, **ixit: Any) -> Profile:
    """A profile with just these IXIT tables."""
    return Profile.model_validate(
        {
            "schema": "camlabel-profile/1",
            "dut": DUT,
            "scope": {"standalone": "yes", "consumer": "yes", "public_security": "no"},
            "capabilities": {},
            "ixit": ixit,
            "actions": actions or {},
        }
    )


def rtsp_profile(*streams: str, transports: tuple[str, ...] = ("tcp", "udp"), protocol: str = "rtsp") -> Profile:
    """One RTSP service on its port and these streams."""
    return profile(
        log_intf=[{"id": "rtsp", "protocol": protocol, "port": 554, "transports": transports}],
        auth_mech=[{"id": "rtsp", "interface": "rtsp", "service": "rtsp"}],
        stream=[{"id": f"s{n}", "protocol": protocol, "service": "rtsp", "path": path} for n, path in enumerate(streams)],
    )
