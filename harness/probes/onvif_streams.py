"""Addresses of streams and still pictures that a device tells its owner over ONVIF."""

from collections.abc import Iterator

from harness.gate.bench import Bench
from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.onvif_client import Client
from harness.probes.onvif_operations import NAMESPACES, OPERATIONS

PROFILES_MAX = 16
MEDIA = {"trt": "profile", "tr2": "profile2"}  # service and the token that its operations name


class Told(Frozen):
    """What was told; `unclear` says why that may not be all."""

    addresses: tuple[str, ...] = ()
    unclear: str = ""


def stream_addresses(bench: Bench) -> Told:
    """Of RTSP streams."""
    return _told(bench, "GetStreamUri")


def snapshot_addresses(bench: Bench) -> Told:
    """Of still pictures."""
    return _told(bench, "GetSnapshotUri")


def _told(bench: Bench, operation: str) -> Told:
    """By every profile of every media service that the device lists; nothing where ONVIF is not declared."""
    found: list[str] = []
    unclear: list[str] = []
    for service in (entry for entry in bench.profile.ixit.log_intf if entry.protocol == "onvif"):
        try:
            for address, doubt in _of_service(Client(bench, service), operation):
                found += [address] if address else []
                unclear += [doubt] if doubt else []
        except Undecided as problem:
            unclear.append(f"{operation}: {problem}")
    return Told(addresses=tuple(dict.fromkeys(found)), unclear="; ".join(unclear)[:500])


def _of_service(client: Client, operation: str) -> Iterator[tuple[str, str]]:
    for prefix, token in MEDIA.items():
        if NAMESPACES[prefix] in client.addresses():
            yield from _of_profiles(client, f"{prefix}:{operation}", f"{prefix}:GetProfiles", token)


def _of_profiles(client: Client, operation: str, lister: str, token: str) -> Iterator[tuple[str, str]]:
    """Address and doubt for each profile; a device that has no such operation tells nothing, and that is clear."""
    listed = client.ask_owner(lister)
    profiles = [each.attributes.get("token", "") for each in listed.node.all("Profiles")] if listed.node else []
    if not profiles:
        yield "", f"{lister}: {listed.shown.told}"
    for profile in profiles[:PROFILES_MAX]:
        client.known.tokens[token] = profile
        said = client.say(OPERATIONS[operation], client.bench.credential("owner"))[-1]
        if said.shown.unsupported:
            return
        address = next((each.text.strip() for each in said.node.all("Uri")), "") if said.node else ""
        yield address, "" if address else f"{operation} of profile {profile[:60]}: {said.shown.told}"
