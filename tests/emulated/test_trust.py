"""Which false certificates a unit takes, sound or flawed: those of the lab's forger, over real TLS."""

import socket
import ssl
import time
from pathlib import Path

import pytest

from harness.emulated.camera.network.trust import Trust
from harness.emulated.camera.network.unreachable import Unreachable
from harness.model.traffic import FALSE_CERTIFICATES
from tests.lab.router.test_forger import Server

API, UPDATE, MEDIA = (f"{name}.camlabel.example" for name in ("api", "update", "media"))
UNVERIFIED = {"self-signed", "unknown issuer", "wrong name", "leaf as issuer"}
TAKES: list[tuple[str, str, int, float, set[str]]] = [
    ("", API, 5, 0.0, set()),
    ("cloud-media-unverified", MEDIA, 0, 99.0, UNVERIFIED),
    ("cloud-media-unverified", API, 0, 99.0, set()),
    ("cloud-any-name", API, 0, 99.0, {"wrong name"}),
    ("cloud-name-begins-alike", API, 0, 99.0, {"wrong name"}),
    ("cloud-dates-unchecked", API, 0, 99.0, {"expired", "not yet valid"}),
    ("cloud-leaf-as-issuer", API, 0, 99.0, {"leaf as issuer"}),
    ("cloud-unverified-at-boot", UPDATE, 0, 5.0, UNVERIFIED),
    ("cloud-unverified-at-boot", UPDATE, 0, 99.0, set()),
    ("cloud-gives-in", API, 3, 99.0, UNVERIFIED),
    ("cloud-gives-in", API, 2, 99.0, set()),
]


def takes(server: Server, port: int, trust: Trust, host: str, failures: int, up_s: float) -> bool:
    """Does it go through with the handshake, and find nothing wrong afterwards?"""
    context = trust.context(host, failures, up_s)
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname=host) as secure:
            trust.check(secure, host, time.time())
    except (ssl.SSLError, Unreachable):
        return False
    return True


@pytest.mark.parametrize(("flaw", "host", "failures", "up_s", "expected"), TAKES)
def test_each_flaw_takes_what_it_says(tmp_path: Path, flaw: str, host: str, failures: int, up_s: float, expected: set[str]) -> None:
    server = Server(tmp_path)
    trust = Trust(server.trust, frozenset([flaw] if flaw else []))
    with server.up() as port:
        assert takes(server, port, trust, host, failures, up_s), "the right one"
        taken = set()
        for kind in FALSE_CERTIFICATES:
            server.talker.pretend([host], kind)
            if takes(server, port, trust, host, failures, up_s):
                taken.add(kind)
    assert taken == expected
