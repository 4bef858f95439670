"""The certification authority of a run, and certificates on the fly for whatever server a device asks for."""

import os
import socket
import ssl
import threading
import warnings
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from harness.lab.router.forger import Forger
from harness.lab.router.held import ENDED
from harness.lab.router.notebook import Entry
from harness.lab.router.signing import AFTER, BEFORE, authority, leaf
from harness.model.traffic import OLD_VERSIONS

TRUST, KEY = "stand-in-ca.pem", "stand-in-ca.key"
_CA_FROM, _CA_UNTIL = datetime(2000, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
_CONTEXTS_MOST = 1000


def make(folder: Path) -> Path:
    """Certificate and key of a new authority, or those that are there; returns the file for a device's trust store."""
    if not (folder / TRUST).exists():
        folder.mkdir(parents=True, exist_ok=True)
        key = ec.generate_private_key(ec.SECP256R1())
        signed = authority("camlabel stand-in authority", key, _CA_FROM, _CA_UNTIL)
        _write(folder / KEY, _pem(key), 0o600)
        _write(folder / TRUST, signed.public_bytes(Encoding.PEM), 0o644)
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
        self._false: dict[str, str] = {}
        self._lock = threading.Lock()
        self._asked = threading.local()

    def pretend(self, places: Iterable[str], certificate: str) -> None:
        """Under these names and at these addresses show a false certificate of this kind from now on; anywhere else none."""
        with self._lock:
            self._false = dict.fromkeys(places, certificate)
            self._contexts.clear()  # the right ones begin anew too, so that a false date is false for every clock that takes these

    def secure(self, peer: socket.socket, entry: Entry) -> ssl.SSLSocket:
        """Shake hands as whoever the client asks for, or as the address; the entry gets the name, also when that fails later."""
        self._asked.entry = entry
        context = self._shown(entry, entry.address)
        return context.wrap_socket(peer, server_side=True)

    def _choose(self, connection: ssl.SSLSocket | ssl.SSLObject, name: str | None, _first: ssl.SSLContext) -> int | None:
        """Runs in the thread of the handshake, when its version is agreed on already: by then only the address can have told that the
        server is old, and where it did not, nothing can be learned."""
        if name:
            entry: Entry = self._asked.entry
            was_old = entry.shown == OLD_VERSIONS
            entry.call(name.lower())
            context = self._shown(entry, name.lower()[:255])
            if entry.shown == OLD_VERSIONS and not was_old:
                entry.refused = ENDED
                return ssl.ALERT_DESCRIPTION_INTERNAL_ERROR
            connection.context = context
        return None

    def _shown(self, entry: Entry, name: str) -> ssl.SSLContext:
        """The context for a name. While anything false is shown each is made anew, so that no session of before goes on in it."""
        with self._lock:
            now = datetime.fromtimestamp(self._now(), UTC)
            entry.shown = self._false.get(name, "")
            if entry.shown == OLD_VERSIONS:
                return _old(self._make(self._leaf_key, self.leaf(name, now)))
            if entry.shown:
                return self._make(*Forger(self._certificate, self._key).forge(entry.shown, name, now))
            return self._make(self._leaf_key, self.leaf(name, now)) if self._false else self.context(name)

    def context(self, name: str) -> ssl.SSLContext:
        """For a server of this name or address; old clients are served too, since nothing here is judged."""
        now = datetime.fromtimestamp(self._now(), UTC)
        until, context = self._contexts.get(name, (_CA_FROM, None))
        if context is None or not now < until:
            until, context = now + AFTER - BEFORE, self._make(self._leaf_key, self.leaf(name, now))
            if len(self._contexts) >= _CONTEXTS_MOST:
                self._contexts.pop(next(iter(self._contexts)))
            self._contexts[name] = (until, context)
        return context

    def _make(self, key: ec.EllipticCurvePrivateKey, *chain: x509.Certificate) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.set_alpn_protocols(["http/1.1"])
        context.sni_callback = self._choose
        with open(os.memfd_create("server"), "wb") as memory:  # noqa: PTH123 - no file: a kill would leave it
            memory.write(_pem(key) + b"".join(each.public_bytes(Encoding.PEM) for each in chain))
            memory.flush()
            context.load_cert_chain(f"/proc/self/fd/{memory.fileno()}")
        return context

    def leaf(self, name: str, now: datetime) -> x509.Certificate:
        """A server's certificate, valid from a day before `now`."""
        return leaf(name, self._leaf_key.public_key(), (self._certificate, self._key), now - BEFORE, now + AFTER)


def _old(context: ssl.SSLContext) -> ssl.SSLContext:
    """The same server, as one of years ago."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    return context


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _write(path: Path, data: bytes, mode: int) -> None:
    """Whole or not at all."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    new.touch(mode=mode)
    new.write_bytes(data)
    new.replace(path)
