"""TCP and TLS connections: admitted and recorded by the gate, every read limited in size and time."""

import errno
import math
import re
import select
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import Any

from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, OutOfScope, Undecided, UsageError
from harness.transports.access import Access

ANSWER_S = 5.0
LIFETIME_S = 60.0
CHUNK = 65536
SAID_MOST = 4096
LEGACY_SERVER_CONNECT = 0x4  # ssl.OP_LEGACY_SERVER_CONNECT; the name exists from Python 3.12 on
OURS = ("UNSUPPORTED", "NO_CIPHERS", "UNKNOWN_", "NO_PROTOCOLS", "CERTIFICATE_VERIFY", "EE_KEY", "DH_KEY", "LEGACY", "INTERNAL_ERROR")
_PROTOCOL = re.compile(rb"(?<= )[A-Z]{1,8}/\d\.\d(?=\r\n)")
NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH", "RECORD_LAYER", "RECORD_TOO")


class TlsFacts(Frozen):
    """What the handshake agreed on; the certificate is not verified, only kept."""

    version: str
    cipher: str
    certificate: bytes


class TidyTlsSocket(ssl.SSLSocket):
    """Closes itself when the device is gone before the handshake; Python's own is left open then."""

    def getpeername(self) -> Any:
        """The far end, or a reset connection."""
        try:
            return super().getpeername()
        except OSError as problem:
            self.close()
            raise ConnectionResetError(errno.ECONNRESET, "Connection reset before the TLS handshake") from problem


class Connection:
    """One open connection. `b""` from a read is the device's orderly end; silence, refusal and reset raise DeviceSilent."""

    def __init__(self, access: Access, to: str, lifetime: float | None) -> None:
        self.to = to
        self.tls_facts: TlsFacts | None = None
        self.local_address = ""
        self._access = access
        self._ends = time.monotonic() + lifetime if lifetime is not None else None
        self._held = ExitStack()
        self._socket: socket.socket | None = None
        self._said = b""
        self._sent = 0
        self._received = 0
        self._ahead = bytearray()
        self._heard = False
        self._taken: Callable[[], None] = lambda: None

    def open(self, address: tuple[str, int], *, tls: bool, within: float) -> None:
        """Connect, after the gate has admitted it; on trouble nothing stays held. Nothing was said yet, so it may be tried again."""
        with self._access.device_time():
            beginning = partial(self._begin, address, tls=tls, within=within)
            while (refused := self._access.insisting(self.to, beginning, lambda _: False)) is not None:
                if not self._access.outlast(self.to):
                    raise refused

    def send(self, data: bytes, within: float = ANSWER_S) -> None:
        """Send all of it; what an earlier question brought no longer counts as its answer."""
        self._sent, self._received = len(data), 0
        self._said = self._said or data[:SAID_MOST]
        self._access.sent(self.to, data)
        try:
            with self._access.device_time():
                self._ready(within).sendall(data)
        except TimeoutError:
            raise self._silent(f"took no more data for {within:g} s") from None
        except OSError as problem:
            raise self._broken(problem) from problem

    def receive(self, most: int = CHUNK, within: float = ANSWER_S) -> bytes:
        """What comes next, at most `most` bytes; `b""` at the orderly end."""
        data = self.listen(most, within)
        if data is None:
            raise self._silent(f"did not answer within {within:g} s")
        return data

    def listen(self, most: int = CHUNK, within: float = ANSWER_S) -> bytes | None:
        """Like `receive`, but silence is an answer too: None. For streams, where nothing is news."""
        if self._ahead:
            data = bytes(self._ahead[:most])
            del self._ahead[:most]
            return data
        return self._read(most, within)

    def receive_exactly(self, count: int, within: float = ANSWER_S) -> bytes:
        """Exactly `count` bytes, all of them within the time; an end before that is silence."""
        self._gather(lambda got: len(got) >= count, within, f"{count} bytes")
        return self.listen(count) or b"" if count else b""

    def receive_until(self, marker: bytes, limit: int = CHUNK, within: float = ANSWER_S) -> bytes:
        """Bytes up to and with the marker; one that comes later than the limit or the time is undecided."""
        self._gather(lambda got: marker in got or len(got) > limit, within, repr(marker))
        end = self._ahead.find(marker)
        if not 0 <= end <= limit:
            raise Undecided(f"{self.to} sent {limit} bytes and more without the expected {marker!r}")
        return self.listen(end + len(marker)) or b""

    def close(self) -> None:
        """Close and give the place back; closing twice is fine."""
        self._held.close()
        self._socket = None

    def _gather(self, enough: Callable[[bytearray], bool], within: float, wanted: str) -> None:
        """Read ahead until it is enough, all within the time."""
        until = time.monotonic() + within
        while not enough(self._ahead):
            data = self._read(CHUNK, until - time.monotonic())
            if not data:
                what = "ended the connection" if data == b"" else f"fell silent for {within:g} s"
                raise self._silent(f"{what} before {wanted} had come", bytes(self._ahead))
            self._ahead += data

    def _begin(self, address: tuple[str, int], *, tls: bool, within: float) -> DeviceSilent | None:
        """Returns the refusal of a port that means it."""
        with ExitStack() as held:
            taken = held.enter_context(self._access.admit(*address, "tcp"))
            try:
                plain = held.enter_context(self._connect(address, within))
            except DeviceSilent as refusal:
                if self._access.alone:
                    return refusal
                raise
            self._socket = held.enter_context(self._shake_hands(plain)) if tls else self._listened_to(plain)
            self.local_address = str(self._socket.getsockname()[0])
            self._taken, self._heard = taken, tls
            if tls:
                self._answered()
            self._held = held.pop_all()
        return None

    def _listened_to(self, plain: socket.socket) -> socket.socket:
        """What ends before a word was said was never an answer."""
        try:
            ended = select.select([plain], [], [], self._access.listen_first_s)[0] and not plain.recv(1, socket.MSG_PEEK)
        except OSError as problem:
            raise self._broken(problem) from problem
        if ended:
            raise self._silent("ended the connection before anything was said")
        return plain

    def _read(self, most: int, within: float) -> bytes | None:
        try:
            with self._access.device_time():
                data = self._ready(within).recv(most)
        except (TimeoutError, BlockingIOError, ssl.SSLWantReadError):
            self._in_its_time()
            return None
        except OSError as problem:
            raise self._broken(problem) from problem
        self._received += len(data)
        if data:
            self._access.received(self.to, data)
        if not self._heard:
            self._heard = True
            self._answered() if data else self._access.suspect(self._spoken)
        return data

    @property
    def _spoken(self) -> str:
        """This port, and the protocol in which it was spoken to first where that shows."""
        words = _PROTOCOL.search(self._said)
        return f"{self.to} {words[0].decode()}" if words else self.to

    def _answered(self) -> None:
        self._taken()
        self._access.spoke(self._spoken)

    def _connect(self, address: tuple[str, int], within: float) -> socket.socket:
        try:
            socket.getaddrinfo(*address, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
        except socket.gaierror:
            raise OutOfScope(f"{address[0]!r} is a name, not an address that the bench names") from None
        try:
            with self._access.device_time():
                source = (self._access.source, 0) if self._access.source else None
                return socket.create_connection(address, timeout=within, source_address=source)
        except TimeoutError:
            raise self._silent(f"did not take a connection within {within:g} s") from None
        except OSError as problem:
            raise self._broken(problem) from problem

    def _shake_hands(self, plain: socket.socket) -> ssl.SSLSocket:
        try:
            with self._access.device_time():
                secured = permissive_context().wrap_socket(plain)
        except TimeoutError:
            raise self._silent("did not finish the TLS handshake in time") from None
        except ssl.SSLError as problem:
            raise self._tls_trouble(problem) from problem
        except OSError as problem:
            raise self._broken(problem) from problem
        cipher = secured.cipher()
        self.tls_facts = TlsFacts(
            version=secured.version() or "", cipher=cipher[0] if cipher else "", certificate=secured.getpeercert(binary_form=True) or b""
        )
        return secured

    def _ready(self, within: float) -> socket.socket:
        if self._socket is None:
            raise self._silent("was closed by ourselves")
        left = self._in_its_time()
        self._socket.settimeout(max(min(within, left), 0.0))
        return self._socket

    def _in_its_time(self) -> float:
        """Seconds that this connection may still last."""
        left = math.inf if self._ends is None else self._ends - time.monotonic()
        if left <= 0:
            raise self._silent("did not come to an end in the time that one connection may take")
        return left

    def _silent(self, what: str, received: bytes = b"") -> DeviceSilent:
        return DeviceSilent(f"{self.to} {what} (asked {self._sent} bytes, {self._received} came back)", received)

    def _broken(self, problem: OSError) -> DeviceSilent | UsageError:
        refused = problem.errno == errno.ECONNREFUSED
        if not self._heard and not refused:
            self._access.suspect(self._spoken)
        if problem.errno in {errno.ENETUNREACH, errno.EADDRNOTAVAIL}:
            return UsageError(f"no way from this bench to {self.to}: {problem.strerror}; check the bench's interface and address")
        what = "refused the connection" if refused else f"cut the connection: {problem.strerror or problem}"
        return self._silent(what, bytes(self._ahead))

    def _tls_trouble(self, problem: ssl.SSLError) -> Undecided:
        """Ours, theirs, or no TLS at all: three different things."""
        reason = problem.reason or str(problem)
        if reason.startswith(NOT_TLS):
            return self._silent(f"answered the TLS handshake with something that is not TLS: {reason}")
        if "ALERT" not in reason and reason.startswith(OURS):
            return Undecided(f"our own TLS library cannot talk to {self.to}: {reason}")
        return self._silent(f"refused or cut the TLS handshake: {reason}")


@cache
def permissive_context() -> ssl.SSLContext:
    """A client that takes any certificate, version and cipher: whether they are good is for others to judge."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.sslsocket_class = TidyTlsSocket
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= LEGACY_SERVER_CONNECT
    return context


def name_of(host: str, port: int, *, tls: bool = False, transport: str = "tcp") -> str:
    """How the far end is named in evidence: `tcp://192.0.2.7:554`, `tls://[fe80::1]:443`."""
    return f"{'tls' if tls else transport}://{f'[{host}]' if ':' in host else host}:{port}"


def open_connection(
    access: Access, host: str, port: int, *, tls: bool = False, within: float = ANSWER_S, lifetime: float | None = None
) -> Connection:
    """A connection that the caller closes; without a lifetime it may stay open as long as a stream needs."""
    connection = Connection(access, name_of(host, port, tls=tls), lifetime)
    connection.open((host, port), tls=tls, within=within)
    return connection


@contextmanager
def connect(
    access: Access, host: str, port: int, *, tls: bool = False, within: float = ANSWER_S, lifetime: float = LIFETIME_S
) -> Iterator[Connection]:
    """A connection for one question; the lifetime bounds all of it, so that no drip of bytes holds us for ever."""
    connection = open_connection(access, host, port, tls=tls, within=within, lifetime=lifetime)
    try:
        yield connection
    finally:
        connection.close()
