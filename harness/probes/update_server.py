"""The producer's update server as the stand-in internet plays it. Pure."""

import hashlib
import json
from collections.abc import Sequence

from pydantic import JsonValue

from harness.model.errors import NotPossible
from harness.model.profile import ServerAnswer, UpdMech
from harness.transports.recorders import Served, Serving
from harness.transports.templates import rendered


def answers(row: UpdMech, package: bytes, version: str, host: str) -> tuple[Serving, ...]:
    """What it answers while this package is on offer."""
    if not row.server or not host:
        raise NotPossible("ixit.upd_mech does not say what the update server answers: it needs url and server")
    values = {"version": version, "size": str(len(package)), "sha256": hashlib.sha256(package).hexdigest()}
    values["md5"] = hashlib.md5(package, usedforsecurity=False).hexdigest()
    return tuple(_answer(each, package, values, host) for each in row.server)


def fetched(served: Sequence[Served], size: int, source: str) -> bool:
    """Was a package of this size sent whole to this device?"""
    return any(each.whole and each.size == size and each.source == source for each in served)


def _answer(answer: ServerAnswer, package: bytes, values: dict[str, str], host: str) -> Serving:
    if answer.package:
        return Serving(host=host, target=answer.target, content_type="application/octet-stream", body=package)
    if answer.body:
        return Serving(host=host, target=answer.target, content_type="text/plain", body=rendered(answer.body, values).encode())
    body = json.dumps(_filled(answer.json_body, values)).encode()
    return Serving(host=host, target=answer.target, content_type="application/json", body=body)


def _filled(value: JsonValue, values: dict[str, str]) -> JsonValue:
    """A text that names the size alone is a number."""
    if isinstance(value, str):
        text = rendered(value, values)
        return int(text) if value.strip() == "{{ size }}" else text
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    return value
