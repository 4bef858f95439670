"""Small real servers, sound and hostile, and a real gate in front of them."""

import datetime as dt
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from harness.gate.access import GateAccess
from harness.gate.bench import Bench
from harness.gate.clock import AdvancedClock, Clock
from harness.gate.governor import Governor
from harness.gate.ledger import Ledger
from harness.gate.recorder import Tape
from harness.gate.secrets import SecretStore
from harness.model.bench import GovernorLimits, Sample
from harness.model.profile import BruteForce, Profile
from harness.model.secret import Credential

Talk = Callable[[socket.socket], object]
HERE = "127.0.0.1"
OWNER = Credential(unit="cam-1", role="owner")
OWNERS_PASSWORD = "Correct-Horse-7"


@contextmanager
def device(talk: Talk, *, tls: bool = False, tmp_path: Path | None = None) -> Iterator[int]:
    """A server on a loopback port that runs `talk` for each connection, until the test is over."""
    context = server_context(tmp_path) if tls and tmp_path else None
    opened: list[socket.socket] = []

    def serve(plain: socket.socket) -> None:
        with suppress(OSError), context.wrap_socket(plain, server_side=True) if context else plain as connection:
            opened.append(connection)
            talk(connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                opened.append(connection)
                workers.append(threading.Thread(target=serve, args=(connection,)))
                workers[-1].start()

    with socket.create_server((HERE, 0)) as listener:
        workers = [threading.Thread(target=accept)]
        workers[0].start()
        try:
            yield listener.getsockname()[1]
        finally:
            shut(listener)
            for each in opened:
                shut(each)
            for worker in workers:
                worker.join()
            for each in opened:
                each.close()


def shut(each: socket.socket) -> None:
    """Wake whoever reads from it."""
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


def answering(answer: bytes) -> Talk:
    """Reads one request and answers these bytes to everything."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(answer)

    return talk


def endless(first: bytes, then: bytes, pause: float = 0.0) -> Talk:
    """Begins and never comes to an end."""

    def talk(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(first)
        while True:
            connection.sendall(then)
            time.sleep(pause)

    return talk


def silent(connection: socket.socket) -> None:
    """Takes everything and says nothing."""
    while connection.recv(65536):
        pass


def resetting(connection: socket.socket) -> None:
    """Cuts the connection at once."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def read_request(connection: socket.socket) -> bytes:
    """One HTTP-like request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return data
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(lengths) and (more := connection.recv(65536)):
        body += more
    return head + b"\r\n\r\n" + body


def server_context(folder: Path) -> ssl.SSLContext:
    """TLS with a self-signed certificate."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(7).not_valid_before(now).not_valid_after(now + dt.timedelta(days=1))
    pem = builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
    private = serialization.PrivateFormat.PKCS8
    pem += key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    (folder / "device.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "device.pem")
    return context


class Desk:
    """A real gate over the loopback, without a journal: `access`, and benches for profiles."""

    def __init__(
        self, folder: Path, brute_force: Mapping[str, BruteForce] | None = None, clock: Clock | None = None, address: str = HERE
    ) -> None:
        self.address = address
        self.records: list[tuple[str, Any]] = []
        self.clock = clock or AdvancedClock(lambda _: None)
        self.secrets = SecretStore(folder / "private", {("cam-1", "owner"): ("admin", OWNERS_PASSWORD)})
        self.ledger = Ledger([("cam-1", "owner")], lambda kind, body: self.records.append((kind, body)))
        limits = GovernorLimits(connections_per_s=2000, away_s=0.5)
        governor = Governor(limits, self.clock, brute_force or {}, lambda *told, **how: self.records.append(told[:2]))
        self.access = GateAccess([address], governor, self.secrets, self.ledger)

    def bench(self, profile: Profile, ports: Mapping[int, int]) -> Bench:
        """The bench of a device whose declared ports lead to these."""
        sample = Sample.model_validate({"name": "cam-1", "address": self.address, "ports": ports, "accounts": {"owner": {"user": "admin"}}})
        return Bench(profile=profile, sample=sample, access=self.access, clock=self.clock, ledger=self.ledger)

    @contextmanager
    def recorded(self) -> Iterator[Tape]:
        """What went over the wire meanwhile."""
        with self.access.recorder.recording() as tape:
            yield tape
