"""The certification authority of a run, and certificates on the fly for whatever server a device asks for."""

import os
import socket
import ssl
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

TRUST, KEY = "stand-in-ca.pem", "stand-in-ca.key"
_CA_FROM, _CA_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_BEFORE, _AFTER = timedelta(days=1), timedelta(days=90)
_CONTEXTS_MOST = 1000
_NAME_MOST = 64  # of a common name


def make(folder: Path) -> Path:
    """Certificate and key of a new authority, or those that are there; returns the file for a device's trust store."""
    if not (folder / TRUST).exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("camlabel stand-in authority")
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        signed = _builder(name, name, key.public_key(), _CA_FROM, _CA_UNTIL).add_extension(x509.BasicConstraints(True, None), True)
        signed = signed.add_extension(usage, True).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        _write(folder / KEY, _pem(key), 0o600)
        _write(folder / TRUST, signed.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM), 0o644)
    return folder / TRUST


class Authority:
    """Server contexts by name; a certificate that is no longer valid at `now` is replaced."""

    def __init__(self, folder: Path, now: Callable[[], float]) -> None:
        self._certificate = x509.load_pem_x509_certificate((folder / TRUST).read_bytes())
        key = load_pem_private_key((folder / KEY).read_bytes(), None)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise TypeError(f"{folder / KEY}: no key of a stand-in authority")
        self._key, self._now = key, now
        self._leaf_key = ec.generate_private_key(ec.SECP256R1())
        self._contexts: dict[str, tuple[datetime, ssl.SSLContext]] = {}
        self._lock = threading.Lock()
        self._asked = threading.local()

    def secure(self, peer: socket.socket, address: str, named: Callable[[str], None]) -> ssl.SSLSocket:
        """Shake hands as whoever the client asks for, or as the address; `named` is told the name, also when that fails later."""
        self._asked.named = named
        with self._lock:
            context = self.context(address)
        return context.wrap_socket(peer, server_side=True)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _first: ssl.SSLContext) -> None:
        """Runs in the thread of the handshake."""
        if name:
            self._asked.named(name.lower())
            with self._lock:
                connection.context = self.context(name.lower()[:255])

    def context(self, name: str) -> ssl.SSLContext:
        """For a server of this name or address; old clients are served too, since nothing here is judged."""
        now = datetime.fromtimestamp(self._now(), UTC)
        until, context = self._contexts.get(name, (_CA_FROM, None))
        if context is None or not now < until:
            until, context = now + _AFTER - _BEFORE, self._make(name, now)
            if len(self._contexts) >= _CONTEXTS_MOST:
                self._contexts.pop(next(iter(self._contexts)))
            self._contexts[name] = (until, context)
        return context

    def _make(self, name: str, now: datetime) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = self._choose
        with open(os.memfd_create("server"), "wb") as memory:  # noqa: PTH123 - no file: a kill would leave it
            memory.write(_pem(self._leaf_key) + self.leaf(name, now).public_bytes(Encoding.PEM))
            memory.flush()
            context.load_cert_chain(f"/proc/self/fd/{memory.fileno()}")
        return context

    def leaf(self, name: str, now: datetime) -> x509.Certificate:
        """A server's certificate, valid from a day before `now`."""
        subject, public = _named(name[:_NAME_MOST]), self._leaf_key.public_key()
        builder = _builder(subject, self._certificate.subject, public, now - _BEFORE, now + _AFTER)
        builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(name)]), False)
        builder = builder.add_extension(x509.BasicConstraints(False, None), True)
        builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        return builder.add_extension(issuer, False).sign(self._key, hashes.SHA256())


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("ascii", "replace").decode().replace("?", "-") or "unnamed")


def _named(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text or "unnamed")])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=mode)
    new.write_bytes(data)
    new.replace(path)
