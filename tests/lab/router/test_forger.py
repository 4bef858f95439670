"""False certificates, by OpenSSL's client: each is refused for its own reason, and for no other."""

import socket
import ssl
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.lab.router.authority import TRUST, Authority, make
from harness.lab.router.forger import Forger
from harness.lab.router.held import ENDED
from harness.lab.router.moved import MovedClock
from harness.lab.router.names import Names
from harness.lab.router.notebook import Entry, Notebook
from harness.lab.router.talk import Talker
from harness.model.traffic import FALSE_CERTIFICATES, OLD_VERSIONS
from tests.lab.worlds import eventually

NAME = "api.vendor.example"
NO_CHECK_TIME = 0x200000
WHY = {
    "self-signed": "self-signed certificate",
    "unknown issuer": "self-signed certificate in certificate chain",
    "wrong name": "Hostname mismatch",
    "expired": "certificate has expired",
    "not yet valid": "certificate is not yet valid",
    "leaf as issuer": "invalid CA certificate",
}


class Server:
    """The stand-in internet on one port."""

    def __init__(self, folder: Path) -> None:
        make(folder)
        self.trust, self.notebook = folder / TRUST, Notebook()
        self.talker = Talker(Authority(folder, time.time), Names(self.notebook), MovedClock(), 5.0, 30.0)

    @contextmanager
    def up(self) -> Iterator[int]:
        """Its port, while it serves."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            threading.Thread(target=self._serve, args=(listener,), daemon=True).start()
            yield listener.getsockname()[1]
            listener.shutdown(socket.SHUT_RDWR)

    def _serve(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                peer, source = listener.accept()
                entry = self.notebook.connection(source[0], "198.18.0.9", 443)
                threading.Thread(target=self.talker.talk, args=(peer, entry), daemon=True).start()

    @property
    def last(self) -> Entry:
        """The last connection."""
        return self.notebook._entries[-1]

    def client(self) -> ssl.SSLContext:
        """Trusts the run's authority."""
        return ssl.create_default_context(cafile=str(self.trust))


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def ask(port: int, context: ssl.SSLContext, session: ssl.SSLSession | None = None, name: str = NAME) -> tuple[bytes, ssl.SSLSession | None]:
    with (
        socket.create_connection(("127.0.0.1", port), 5) as plain,
        context.wrap_socket(plain, server_hostname=name, session=session) as tls,
    ):
        tls.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        return tls.recv(1000), tls.session


def lenient(context: ssl.SSLContext, kind: str) -> ssl.SSLContext:
    """Looks away from just this one thing; a signature by nobody cannot be taken for right."""
    if kind == "wrong name":
        context.check_hostname = False
    elif kind in {"expired", "not yet valid"}:
        context.verify_flags |= NO_CHECK_TIME
    return context


@pytest.mark.parametrize("kind", FALSE_CERTIFICATES)
def test_each_is_false_in_its_own_way(server: Server, kind: str) -> None:
    with server.up() as port:
        server.talker.pretend([NAME], kind)
        with pytest.raises(ssl.SSLCertVerificationError, match=WHY[kind]):
            ask(port, server.client())
        assert eventually(lambda: bool(server.last.refused))
        assert (server.last.name, server.last.shown, server.last.secured, server.last.sent) == (NAME, kind, False, 0)


@pytest.mark.parametrize("kind", ["wrong name", "expired", "not yet valid"])
def test_nothing_else_is_wrong_with_it(server: Server, kind: str) -> None:
    with server.up() as port:
        server.talker.pretend([NAME], kind)
        assert b"200 OK" in ask(port, lenient(server.client(), kind))[0]
        assert (server.last.shown, server.last.secured) == (kind, True)
        assert server.last.sent > 0


def test_a_server_of_old_versions_is_talked_to_only_by_who_takes_them(server: Server) -> None:
    """Its certificate is right; who begins at 1.2 hangs up, with or without a list of versions in its hello."""
    with server.up() as port:
        server.talker.pretend([NAME, "198.18.0.9"], OLD_VERSIONS)
        for highest in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            sound = server.client()
            sound.minimum_version, sound.maximum_version = ssl.TLSVersion.TLSv1_2, highest
            with pytest.raises(ssl.SSLError):
                ask(port, sound)
        assert eventually(lambda: bool(server.last.refused))
        assert (server.last.shown, server.last.secured, server.last.sent) == (OLD_VERSIONS, False, 0)
        old = server.client()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            old.minimum_version = ssl.TLSVersion.TLSv1
        old.set_ciphers("ALL:@SECLEVEL=0")
        assert b"200 OK" in ask(port, old)[0]
        assert (server.last.shown, server.last.secured) == (OLD_VERSIONS, True)


def test_an_old_server_that_the_address_did_not_tell_teaches_nothing(server: Server) -> None:
    """The version is agreed on before the name is read: that handshake counts neither way."""
    with server.up() as port:
        server.talker.pretend([NAME], OLD_VERSIONS)
        with pytest.raises(ssl.SSLError):
            ask(port, server.client())
        assert eventually(lambda: bool(server.last.refused))
        assert (server.last.shown, server.last.secured, server.last.refused) == (OLD_VERSIONS, False, ENDED)


def test_wrong_names_begin_and_end_like_the_right_one(server: Server) -> None:
    with server.up() as port:
        server.talker.pretend([NAME], "wrong name")
        context = lenient(server.client(), "wrong name")
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname=NAME) as tls:
            names = [name for _, name in tls.getpeercert()["subjectAltName"]]  # type: ignore[index,misc]
    assert NAME not in names
    assert any(name.startswith(NAME) for name in names)
    assert any(name.endswith(NAME) for name in names)


def test_who_is_not_pretended_to_be_stays_genuine(server: Server) -> None:
    with server.up() as port:
        server.talker.pretend([NAME], "expired")
        assert b"200 OK" in ask(port, server.client(), name="other.vendor.example")[0]
        assert server.last.shown == ""
        server.talker.be_genuine()
        assert b"200 OK" in ask(port, server.client())[0]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_of_before_goes_on_under_a_false_certificate(server: Server, version: ssl.TLSVersion) -> None:
    """Else a sound device, which is shown no certificate when it resumes, would send data."""
    context = server.client()
    context.maximum_version = version
    with server.up() as port:
        _, session = ask(port, context)
        assert session is not None
        server.talker.pretend([NAME], "unknown issuer")
        with pytest.raises(ssl.SSLCertVerificationError):
            ask(port, context, session)


def test_open_connections_end_when_it_begins_and_when_it_ends(server: Server) -> None:
    context = lenient(server.client(), "wrong name")
    with server.up() as port:
        for begin in (lambda: server.talker.pretend([NAME], "wrong name"), server.talker.be_genuine):
            with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname=NAME) as tls:
                tls.sendall(b"once")
                assert eventually(lambda: server.last.sent == 4)
                begin()
                assert tls.recv(10) == b""
        with socket.create_connection(("127.0.0.1", port), 5) as plain, context.wrap_socket(plain, server_hostname="other.example"):
            server.talker.pretend([NAME], "expired")
            assert len(server.talker.held._open) == 1
        assert eventually(lambda: not server.talker.held._open)


def test_a_handshake_that_the_lab_cut_is_no_refusal_of_the_device(server: Server) -> None:
    with server.up() as port, socket.create_connection(("127.0.0.1", port), 5) as client:
        client.sendall(b"\x16\x03\x01\x00\xc8")
        assert eventually(lambda: bool(server.notebook._entries) and server.last.protocol == "tls")
        server.talker.be_genuine(["198.18.0.9"])
        assert eventually(lambda: server.last.refused == ENDED)


def test_a_client_that_hangs_up_amid_the_handshake_has_refused(server: Server) -> None:
    with server.up() as port:
        with socket.create_connection(("127.0.0.1", port), 5) as client:
            client.sendall(b"\x16\x03\x01\x00\xc8")
        assert eventually(lambda: bool(server.notebook._entries) and bool(server.last.refused))


def test_other_kinds_are_no_kind(tmp_path: Path) -> None:
    make(tmp_path)
    key = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(ValueError, match="no kind"):
        Forger(x509.load_pem_x509_certificate((tmp_path / TRUST).read_bytes()), key).forge("crooked", NAME, datetime.now(UTC))
