"""The stand-in cloud by curl and by clients that do not behave; certificates on the fly."""

import base64
import random
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ed25519
from dnslib import DNSRecord

from harness.lab.router import authority
from harness.lab.router.authority import KEY, TRUST, Authority, make
from harness.lab.router.moved import MovedClock
from harness.lab.router.names import Names
from harness.lab.router.notebook import Entry, Notebook
from harness.lab.router.shelf import Shelf
from harness.lab.router.talk import Talker
from harness.lab.router.uploads import MOST, Uploads
from tests.lab.worlds import eventually

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="apt-get install curl")
DAY_S = 86_400.0


@dataclass
class Cloud:
    """Serves on a port of the loopback interface."""

    folder: Path
    clock: MovedClock = field(default_factory=MovedClock)
    notebook: Notebook = field(default_factory=Notebook)
    idle_s: float = 2.0
    longest_s: float = 30.0
    as_port: int = 0
    shelf: Shelf = field(default_factory=Shelf)
    uploads: Uploads = field(default_factory=Uploads)

    @contextmanager
    def up(self) -> Iterator[int]:
        """The port, while it serves."""
        make(self.folder)
        given = Authority(self.folder, self.clock.now), Names(self.notebook), self.clock, self.idle_s, self.longest_s, self.shelf
        talker = Talker(*given, uploads=self.uploads)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._serve, args=(listener, talker), daemon=True).start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket, talker: Talker) -> None:
        while True:
            try:
                peer, source = listener.accept()
            except OSError:
                return
            entry = self.notebook.connection(source[0], "198.18.0.9", self.as_port or listener.getsockname()[1])
            threading.Thread(target=talker.talk, args=(peer, entry), daemon=True).start()

    def entry(self) -> Entry:
        """The last connection."""
        return self.notebook._entries[-1]


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


def curl(
    port: int, trust: Path | None, *more: str, url: str = "https://api.vendor.example:{port}/v1/beat"
) -> subprocess.CompletedProcess[str]:
    trusted = ["--cacert", str(trust)] if trust else []
    where = ["--connect-to", f"::127.0.0.1:{port}", "--max-time", "10", "--silent", "--show-error"]
    return subprocess.run(["curl", *where, *trusted, *more, url.format(port=port)], capture_output=True, text=True, check=False)


@needs_curl
def test_a_client_that_trusts_the_runs_authority_is_served_under_any_name(cloud: Cloud) -> None:
    with cloud.up() as port:
        for name in ("api.vendor.example", "telemetry.other.example"):
            done = curl(port, cloud.folder / TRUST, "--data", "hello", url=f"https://{name}:{{port}}/v1/beat")
            assert (done.returncode, done.stdout) == (0, "{}"), done.stderr
            assert (cloud.entry().name, cloud.entry().protocol) == (name, "tls")
            assert cloud.entry().sent > len("hello")


@needs_curl
def test_a_client_that_does_not_trust_it_is_named_all_the_same(cloud: Cloud) -> None:
    with cloud.up() as port:
        assert curl(port, None).returncode == 60
        assert eventually(lambda: cloud.entry().refused != "")
        assert (cloud.entry().name, cloud.entry().refused) == ("api.vendor.example", "TLSV1_ALERT_UNKNOWN_CA")


@needs_curl
def test_plain_http_is_answered_and_named_by_its_host_line(cloud: Cloud) -> None:
    with cloud.up() as port:
        done = curl(
            port, None, "--upload-file", __file__, "--header", "Transfer-Encoding: chunked", url="http://cdn.vendor.example:{port}/video"
        )
        assert (done.returncode, done.stdout) == (0, "{}"), done.stderr
        assert (cloud.entry().name, cloud.entry().protocol) == ("cdn.vendor.example", "http")
        assert cloud.entry().sent > Path(__file__).stat().st_size
        assert curl(port, None, "--head", url="http://cdn.vendor.example:{port}/").returncode == 0
        assert curl(port, None, "--http1.0", url="http://cdn.vendor.example:{port}/").stdout == "{}"
        expecting = curl(port, None, "--header", "Expect: 100-continue", "--data", "x" * 70000, url="http://cdn.vendor.example:{port}/")
        assert expecting.stdout == "{}"


@needs_curl
def test_two_requests_of_one_connection_are_one_entry(cloud: Cloud) -> None:
    with cloud.up() as port:
        done = curl(port, cloud.folder / TRUST, f"https://api.vendor.example:{port}/again")
        assert done.stdout == "{}{}"
        assert len(cloud.notebook._entries) == 1


@needs_curl
def test_certificates_move_with_the_clock(cloud: Cloud) -> None:
    """A client with the time of today refuses what is valid in 400 days only."""
    with cloud.up() as port:
        assert curl(port, cloud.folder / TRUST).returncode == 0
        cloud.clock.advance(400 * DAY_S)
        done = curl(port, cloud.folder / TRUST)
        assert done.returncode == 60
        assert "not yet valid" in done.stderr


def test_leaves_are_valid_around_the_moved_time_only(tmp_path: Path) -> None:
    make(tmp_path)
    moved = datetime(2031, 5, 6, tzinfo=UTC)
    leaf = Authority(tmp_path, time.time).leaf("api.vendor.example", moved)
    assert leaf.not_valid_before_utc < moved < leaf.not_valid_after_utc
    assert (leaf.not_valid_after_utc - leaf.not_valid_before_utc).days < 100
    leaf.verify_directly_issued_by(x509.load_pem_x509_certificate((tmp_path / TRUST).read_bytes()))


def test_an_address_without_a_name_has_a_certificate_too(tmp_path: Path) -> None:
    make(tmp_path)
    leaf = Authority(tmp_path, time.time).leaf("203.0.113.9", datetime.now(UTC))
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["203.0.113.9"]


@pytest.mark.parametrize("name", ["a" * 300, "naïve.example", "spa ce.example", "x..y"])
def test_strange_names_have_certificates(tmp_path: Path, name: str) -> None:
    make(tmp_path)
    assert Authority(tmp_path, time.time).leaf(name, datetime.now(UTC))


def test_the_authority_of_a_run_stays_the_same_and_its_key_is_ours_alone(tmp_path: Path) -> None:
    before = make(tmp_path).read_bytes()
    assert make(tmp_path).read_bytes() == before
    assert (tmp_path / KEY).stat().st_mode & 0o777 == 0o600


def test_contexts_are_kept_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(authority, "_CONTEXTS_MOST", 3)
    make(tmp_path)
    made = Authority(tmp_path, time.time)
    kept = made.context("host0.example")
    assert made.context("host0.example") is kept
    for number in range(10):
        made.context(f"host{number}.example")
    assert len(made._contexts) == 3


def test_a_key_of_another_kind_is_refused(tmp_path: Path) -> None:
    make(tmp_path)
    (tmp_path / KEY).write_bytes(authority._pem(ed25519.Ed25519PrivateKey.generate()))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="no key of a stand-in authority"):
        Authority(tmp_path, time.time)


def said(port: int, *parts: bytes) -> bytes:
    """What is answered to bytes that a client sends before it stops sending."""
    answer = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 10) as peer:
        for part in parts:
            peer.sendall(part)
            time.sleep(0.01)
        peer.shutdown(socket.SHUT_WR)
        while more := peer.recv(4096):
            answer += more
    return answer


@pytest.mark.parametrize(
    "parts",
    [
        (b"\x00\x01\x02 no protocol that we know",),
        (b"GET / HTTP/1.1\r\n" + b"x" * 100_000,),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",),
        (b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\nabc",),
        (b"POST / HTTP/1.1\r\nContent-Length: 10\r\n\r\nabc",),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcdef",),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1" * 5000,),
        (b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x",),
        (b"\x16\x03\x01 no greeting",),
        (b"\x16",),
        (),
    ],
)
def test_what_is_broken_ends_alone(cloud: Cloud, parts: tuple[bytes, ...]) -> None:
    with cloud.up() as port:
        assert b" 200 " not in said(port, *parts)
        assert b" 200 OK" in said(port, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")


def test_a_request_in_pieces_is_one_request(cloud: Cloud) -> None:
    pieces = (
        b"POST /x HT",
        b"TP/1.1\r\nHo",
        b"st: [2001:db8::1]\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"3",
        b"\r\nab",
        b"c\r",
        b"\n0\r\n",
        b"\r\n",
    )
    with cloud.up() as port:
        assert said(port, *pieces).count(b" 200 OK") == 1
        assert cloud.entry().name == ""


def test_silence_and_slowness_end(tmp_path: Path) -> None:
    with Cloud(tmp_path / "a", idle_s=0.1).up() as port, socket.create_connection(("127.0.0.1", port), 5) as peer:
        assert peer.recv(1) == b""
    slow = Cloud(tmp_path / "b", longest_s=0.3)
    with slow.up() as port, socket.create_connection(("127.0.0.1", port), 5) as peer, pytest.raises(OSError, match=r"pipe|reset"):  # noqa: PT012
        for _ in range(100):
            peer.sendall(b"x")
            time.sleep(0.05)


def test_a_name_inside_tls_is_told_apart_from_one_on_the_cable(cloud: Cloud) -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with cloud.up() as port:
        context.load_verify_locations(cloud.folder / TRUST)
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain) as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: hidden.example:443\r\n\r\n")
            assert peer.recv(100).startswith(b"HTTP/1.1 200")
        assert (cloud.entry().name, cloud.entry().inside) == ("", "hidden.example")


def test_names_are_answered_over_tcp_too(tmp_path: Path) -> None:
    question = DNSRecord.question("api.vendor.example").pack()
    framed = len(question).to_bytes(2) + question
    with Cloud(tmp_path, as_port=53).up() as port:
        answer = said(port, framed[:1], framed[1:] + framed, b"\xff")
    size = int.from_bytes(answer[:2])
    assert DNSRecord.parse(answer[2 : 2 + size]).rr
    assert len(answer) == 2 * (2 + size)


def test_garbage_ends_nothing(cloud: Cloud) -> None:
    chance = random.Random(5)
    with cloud.up() as port:
        for _ in range(60):
            start = chance.choice((b"", b"\x16\x03\x01", b"GET / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\n"))
            said(port, start + chance.randbytes(chance.randrange(300)))
        assert b" 200 OK" in said(port, b"GET / HTTP/1.1\r\nHost: a.example\r\n\r\n")


def test_an_old_client_is_served(cloud: Cloud) -> None:
    context = ssl.create_default_context()
    with cloud.up() as port:
        context.load_verify_locations(cloud.folder / TRUST)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("AES128-SHA256:AES128-SHA:ECDHE-ECDSA-AES128-SHA:@SECLEVEL=0")
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname="old.example") as peer:
            peer.sendall(b"GET / HTTP/1.1\r\nHost: old.example\r\n\r\n")
            assert peer.recv(100).startswith(b"HTTP/1.1 200")


@needs_curl
def test_what_lies_on_the_shelf_is_answered_and_noted(cloud: Cloud) -> None:
    package = bytes(range(256)) * 2000
    answers = [
        {"host": "update.vendor.example", "target": r"/v1/check\?.*", "content_type": "application/json", "body": "eyJ2IjogMn0="},
        {"host": "Update.vendor.example", "target": "/v1/file", "content_type": "x/y", "body": base64.urlsafe_b64encode(package).decode()},
    ]
    cloud.shelf.fill(answers)
    with cloud.up() as port:

        def got(path: str, host: str = "update", *more: str) -> bytes:
            curl(
                port,
                cloud.folder / TRUST,
                "--output",
                str(cloud.folder / "got"),
                *more,
                url=f"https://{host}.vendor.example:{{port}}{path}",
            )
            return (cloud.folder / "got").read_bytes()

        assert got("/v1/check?version=1") == b'{"v": 2}'
        assert got("/v1/check") == b"{}"
        assert got("/v1/check?version=1", "other") == b"{}"
        assert got("/v1/file") == package
        curl(port, cloud.folder / TRUST, "--head", url="https://update.vendor.example:{port}/v1/file")
        notes = [(note["host"], note["target"], note["size"], note["whole"]) for note in cloud.shelf.read()]
        assert notes == [
            ("update.vendor.example", "/v1/check?version=1", 8, True),
            ("update.vendor.example", "/v1/file", len(package), True),
            ("update.vendor.example", "/v1/file", len(package), False),
        ]
        cloud.shelf.fill([])
        assert got("/v1/file") == b"{}"


@needs_curl
def test_bodies_that_may_be_pictures_are_kept(cloud: Cloud, tmp_path: Path) -> None:
    """Whole and in chunks, the beginning of a long one; small ones not."""
    long, some = tmp_path / "long", tmp_path / "some"
    long.write_bytes(bytes(range(256)) * 5000)
    some.write_bytes(b"x" * 2000)
    with cloud.up() as port:
        for more in (
            ("--data", "small"),
            ("-T", str(some)),
            ("-T", str(long), "-H", "Transfer-Encoding: chunked"),
        ):
            assert curl(port, None, *more, url="http://media.vendor.example:{port}/v1/a?b=1").stdout == "{}"
    kept = cloud.uploads.read(0.0)
    assert {(each["host"], each["target"]) for each in kept} == {("media.vendor.example", "/v1/a?b=1")}
    assert [each["size"] for each in kept] == [2000, 1_280_000]
    assert [base64.urlsafe_b64decode(each["body"]) for each in kept] == [some.read_bytes(), long.read_bytes()[:MOST]]
    assert cloud.uploads.read(time.time() + 1) == []
