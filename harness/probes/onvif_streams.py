"""Addresses of streams and still pictures that a device tells its owner over ONVIF."""

from harness.gate.bench import Bench
from harness.model.base import Frozen


class Told(Frozen):
    """What was told; `unclear` says why that may not be all."""

    addresses: tuple[str, ...] = ()
    unclear: str = ""


def stream_addresses(bench: Bench) -> Told:
    """Of RTSP streams."""
    return Told()
