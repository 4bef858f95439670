"""Clients that do not finish what they begin are hung up on, in real seconds."""

import socket
import ssl
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.emulated.units import HERE, UNVERIFIED, Handle

PATIENCE_S = 90
HALF = {
    "rtsp": b"OPTIONS * RTSP/1.0\r\nCSe",
    "rtsp packet": b"$\x00\xff\xff",
    "rtsp silence": b"",
    "tls": b"\x16\x03\x01",
    "https head": b"GET / HTTP/1.1\r\nHo",
    "https body": b"POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{",
    "https silence": b"",
}


@pytest.mark.slow
def test_unfinished_requests_end(camera: Handle) -> None:
    def ends(what: str) -> bool:
        port = camera.rtsps_port if what.startswith("rtsp") else camera.https_port
        with socket.create_connection((HERE, port), timeout=PATIENCE_S) as raw:
            client = UNVERIFIED.wrap_socket(raw) if what.startswith("https") else raw
            try:
                client.sendall(HALF[what])
                while client.recv(4096):
                    pass
            except (ConnectionError, ssl.SSLError):
                pass
            finally:
                client.close()
        return True

    with ThreadPoolExecutor() as pool:
        assert all(pool.map(ends, HALF))
