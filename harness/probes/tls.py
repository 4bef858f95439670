"""TLS services of the device: which versions and suites each one takes, and with which keys; asked with hellos of our own, in series."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

from harness.gate.bench import Bench
from harness.gate.marks import reads
from harness.model.base import Frozen
from harness.model.counting import counted
from harness.model.errors import DeviceSilent, Undecided
from harness.model.host import matches
from harness.model.traffic import ClientHello, ClientHellos
from harness.probes.detectors.service import Service
from harness.probes.ports import services_of
from harness.probes.tls_hello import MESSAGE_MAX, OLD, SSL2, SSL3, TLS12, TLS13, WORDS, Answer, client_hello, read
from harness.probes.tls_suites import KINDS, NAMES, is_13, is_aead, is_ephemeral, name_of, weakness
from harness.transports.tcp import connect

__all__ = [
    "KINDS",
    "OLD_VERSIONS",
    "Key",
    "Place",
    "Taken",
    "handshake",
    "lists_versions",
    "offered_kinds",
    "offers_old",
    "places",
    "prefers_secrecy",
    "taken",
]

OLD_VERSIONS = tuple(WORDS[version] for version in OLD)
PROTOCOL_VERSION = 70
ANSWER_S, PATIENT_S, LIFETIME_S = 4.0, 10.0, 12.0
SILENT_MOST = 4  # offers that get no answer, beyond which the port is not understood
AT_ONCE = 64  # suites in one hello: it stays below the 256 bytes that some servers stumble over
CURRENT = (
    *(0xC02B, 0xC02F, 0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0x009E, 0x009F, 0xC009, 0xC013, 0xC00A, 0xC014, 0xC023, 0xC027, 0x0033, 0x0039),
    *(0x009C, 0x009D, 0x002F, 0x0035, 0x003C, 0x003D, 0x000A),
)  # as common clients order them
CURRENT_13 = (0x1301, 0x1302, 0x1303)
ALL_12 = tuple(sorted((suite for suite in NAMES if not is_13(suite)), key=lambda suite: (suite not in CURRENT, suite)))
ALL_13 = tuple(suite for suite in NAMES if is_13(suite))
PLAIN = ("http", "rtsp", "ssh", "ftp", "telnet")
TAKEN_MOST = 200
Offer = tuple[int, tuple[int, ...], tuple[int, ...]]  # version, suites, versions that are listed


class Place(Frozen):
    """A port that speaks TLS; `services` are the log_intf entries of it."""

    address: str
    port: int
    services: tuple[str, ...] = ()

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"port {self.port} of {self.address}"


class Key(Frozen):
    """The public key of a certificate that the server showed."""

    kind: str
    bits: int

    @property
    def asked(self) -> str:
        """How reports name it."""
        return f"{self.kind} key of {self.bits} bits"


class Handshake(Frozen):
    """One that was completed, by the library of this machine."""

    version: str
    suite: str

    @property
    def current(self) -> bool:
        """TLS 1.2 or later."""
        return self.version in ("TLSv1.2", "TLSv1.3")


class Taken(Frozen):
    """`versions` and `suites` are what the server chose when it was offered; `weak` has the kind of each weak one, `static` lack ephemeral
    keys. `by_default` are the suites that common offers of TLS 1.3 and of TLS 1.2 led to. `unclear` says, by version, of which offers it
    is not known that they were refused.
    """

    place: Place
    versions: tuple[str, ...]
    suites: tuple[str, ...]
    weak: tuple[tuple[str, str], ...]
    static: tuple[str, ...]
    by_default: tuple[str, ...]
    not_forward_secret: tuple[str, ...]
    keys: tuple[Key, ...]
    unclear: dict[str, str]
    connections: int
    on: str
    left_out: str = ""

    def takes(self, version: str) -> bool:
        """Is a handshake of this version gone into? Undecided where it was not asked, or was answered with neither yes nor no."""
        if version in self.versions:
            return True
        if version in self.unclear:
            raise Undecided(f"{self.place.asked}, {version}: {self.unclear[version]}")
        return False

    def takes_kind(self, kind: str) -> bool:
        """Is a suite of this kind taken, in whatever version?"""
        return any(each == kind for each, _ in self.weak)


@reads(once=True)
def places(bench: Bench, services: tuple[Service, ...]) -> tuple[Place, ...]:
    """Those of a survey's open ports that speak TLS of any version. The same port over IPv6 is the same service."""
    found: dict[int, Place] = {}
    for each in sorted(services, key=lambda service: ":" in service.address):
        if each.port not in found and _speaks_tls(bench, each):
            found[each.port] = Place(address=each.address, port=each.port, services=services_of(bench, each.port, "tcp"))
    return tuple(found.values())


@reads()
def handshake(bench: Bench, place: Place) -> Handshake:
    """To its end, by the library of this machine; Undecided where that cannot."""
    with connect(bench.access, place.address, place.port, tls=True, within=ANSWER_S, lifetime=LIFETIME_S) as connection:
        facts = connection.tls_facts
    if facts is None:
        raise Undecided(f"{place.asked}: no handshake")
    bench.access.received(connection.to, f"{facts.version} {facts.cipher}".encode())
    return Handshake(version=facts.version, suite=facts.cipher)


@reads(once=True)
def taken(bench: Bench, place: Place) -> Taken:
    """About a hundred hellos at effort full, one after the other; at quick those that common clients and old ones send."""
    asking = _Asking(bench, place)
    for version in OLD if bench.effort == "full" else OLD[2:]:
        asking.old(version, quick=bench.effort == "quick")
    by_default = (*asking.default(TLS13), *asking.default(TLS12))
    if bench.effort == "full":
        asking.every_suite()
    else:
        bench.spare("not every version and suite of TLS")
    asking.look_again()
    bench.note_retry_hint(f"sslscan --show-certificate {place.address}:{place.port}")
    return asking.told(by_default)


def offers_old(hello: ClientHello) -> bool:
    """Would the unit, as a client, go into a version below 1.2? Undecided where its hello does not list what it takes."""
    if hello.listed or hello.highest < TLS12:
        return any(version in OLD for version in (hello.listed or (hello.highest,)))
    raise Undecided("it lists no versions, so it may take lower ones; that would need a server that offers only those")


def lists_versions(hello: ClientHello) -> bool:
    """Does it say itself what it takes? One whose highest is old says enough."""
    return bool(hello.listed) or hello.highest < TLS12


def greeted(said: ClientHellos, host: str, port: int) -> bool:
    """Did a server of this name, or address, get a hello?"""
    return any(matches(host, each.name or each.address) and each.port == port for each in said.hellos)


def offered_kinds(hello: ClientHello) -> tuple[str, ...]:
    """The kinds of weak suites in it."""
    return tuple(dict.fromkeys(kind for suite in hello.suites if (kind := weakness(suite))))


def prefers_secrecy(hello: ClientHello) -> bool:
    """Is what it wants most forward secret and authenticated, of TLS 1.3 and of the versions before it?"""
    if not hello.suites:
        raise Undecided("it offers no suites")
    first = [next((suite for suite in hello.suites if is_13(suite) is new), None) for new in (True, False)]
    return all(is_ephemeral(suite) and is_aead(suite) for suite in first if suite is not None)


def _speaks_tls(bench: Bench, service: Service) -> bool:
    declared = any(bench.sample.port(entry.port) == service.port and entry.uses_tls for entry in bench.profile.ixit.log_intf)
    if declared or {"https", "rtsps"} & set(service.speaks):
        return True
    if set(service.speaks) & set(PLAIN):
        return False
    asking = _Asking(bench, Place(address=service.address, port=service.port))
    offers = ((TLS12, (*CURRENT_13, *CURRENT[:20]), (TLS13, TLS12)), (TLS12, CURRENT, ()), (SSL3, CURRENT, ()), (SSL2, (), ()))
    return any(asking.ask(version, suites, lists).said in ("hello", "alert") for version, suites, lists in offers)


class _Asking:
    """One port, hello after hello."""

    def __init__(self, bench: Bench, place: Place) -> None:
        self._bench, self._place = bench, place
        self._chosen: dict[int, dict[int, None]] = {}
        self._closed: set[int] = set()
        self._silent: dict[Offer, None] = {}
        self._unclear: dict[str, str] = {}
        self._certificates: dict[bytes, None] = {}
        self._connections = 0

    def ask(self, version: int, suites: Sequence[int], lists: Sequence[int] = ()) -> Answer:
        """Who says nothing is asked once more, gently."""
        hello = client_hello(version, suites, lists=lists)
        what = f"hello to {self._place.asked}"
        answer = self._bench.access.insisting(what, lambda: self._once(hello), lambda said: said.said in ("closed", "silent"))
        if answer.said == "hello":
            self._went_into(answer)
        elif answer.said == "silent":
            self._silent[version, tuple(suites), tuple(lists)] = None
        elif answer.said == "other":
            self._unclear.setdefault(WORDS[version], f"an answer that is no whole TLS to {_offer(suites)}")
        elif answer.said == "closed":
            self._closed.add(version)
        return answer

    def _went_into(self, answer: Answer) -> None:
        self._chosen.setdefault(answer.version, {})[answer.suite] = None
        self._certificates.update(dict.fromkeys(answer.certificates[:1]))

    def old(self, version: int, *, quick: bool) -> None:
        """Offers until one is gone into, or the version itself is refused."""
        offers = ((),) if version == SSL2 else tuple(_parts(ALL_12))
        for suites in offers[:1] if quick else offers:
            answer = self.ask(version, suites)
            if answer.said == "hello" or answer.alert == PROTOCOL_VERSION:
                return

    def default(self, version: int) -> tuple[str, ...]:
        """What a common client is led to."""
        both = version == TLS13
        answer = self.ask(TLS12, (*CURRENT_13, *CURRENT[:20]) if both else CURRENT, (TLS13, TLS12) if both else ())
        return (name_of(answer.suite),) if answer.said == "hello" else ()

    def every_suite(self) -> None:
        """Of TLS 1.2 and 1.3: what is chosen is offered no more, until nothing is chosen."""
        for version, suites in ((TLS12, ALL_12), (TLS13, ALL_13)):
            for part in _parts(suites):
                left = list(part)
                while left and len(self._chosen.get(version, {})) < TAKEN_MOST:
                    answer = self.ask(version, left)
                    if answer.said != "hello" or answer.version != version or answer.suite not in left:
                        break
                    left.remove(answer.suite)

    def look_again(self) -> None:
        """A port that hangs up or says nothing refuses only if it is still there for who offers what it took before."""
        silent = tuple(self._silent)
        if not self._closed and not silent:
            return
        there = self._takes_the_usual()
        if not there:
            for version in self._closed:
                self._unclear.setdefault(WORDS[version], "the connection was cut, as it was for an offer that should be taken")
        for number, (version, suites, lists) in enumerate(silent):
            if not (there and number < SILENT_MOST and self._known_in_time(version, suites, lists)):
                self._unclear.setdefault(WORDS[version], f"no answer to {_offer(suites)}")

    def _takes_the_usual(self) -> bool:
        return self.ask(TLS12, (*CURRENT_13, *CURRENT[:20]), (TLS13, TLS12)).said == "hello"

    def _known_in_time(self, version: int, suites: Sequence[int], lists: Sequence[int]) -> bool:
        """It answers later, or never, while the port answers others at once."""
        answer = self._once(client_hello(version, suites, lists=lists), PATIENT_S)
        if answer.said == "hello":
            self._went_into(answer)
        return answer.said in ("hello", "alert", "plain") or (answer.said == "silent" and self._takes_the_usual())

    def told(self, by_default: tuple[str, ...]) -> Taken:
        """All of it."""
        suites = [suite for version in sorted(self._chosen) if version != SSL2 for suite in self._chosen[version]]
        suites = list(dict.fromkeys(suites))
        quick = self._bench.effort == "quick"
        return Taken(
            place=self._place,
            versions=tuple(WORDS.get(version, f"0x{version:04X}") for version in sorted(self._chosen)),
            suites=tuple(map(name_of, suites)),
            weak=tuple((kind, name_of(suite)) for suite in suites if (kind := weakness(suite))),
            static=tuple(name_of(suite) for suite in suites if not is_ephemeral(suite)),
            by_default=by_default,
            not_forward_secret=tuple(name for name in by_default if not _forward_secret(name)),
            keys=tuple(dict.fromkeys(_key(each) for each in (*self._certificates, *self._last_certificate()))),
            unclear=self._unclear | ({WORDS[version]: "not asked at effort quick" for version in OLD[:2]} if quick else {}),
            connections=self._connections,
            on=datetime.now(UTC).date().isoformat(),
            left_out="effort quick: not every version and suite was offered" if quick else "",
        )

    def _last_certificate(self) -> tuple[bytes, ...]:
        """TLS 1.3 shows it inside the handshake only, so the library must go through with one."""
        with (
            suppress(Undecided),
            connect(
                self._bench.access, self._place.address, self._place.port, tls=True, within=ANSWER_S, lifetime=LIFETIME_S
            ) as connection,
        ):
            self._connections += 1
            return (connection.tls_facts.certificate,) if connection.tls_facts and connection.tls_facts.certificate else ()
        return ()

    def _once(self, hello: bytes, within: float | None = None) -> Answer:
        self._connections += 1
        with connect(self._bench.access, self._place.address, self._place.port, within=ANSWER_S, lifetime=LIFETIME_S) as connection:
            connection.send(hello)
            got = b""
            while len(got) < MESSAGE_MAX:
                try:
                    more = connection.listen(within=within or ANSWER_S)
                except DeviceSilent:  # reset after our hello: an end without a word
                    more = b""
                if more is None:
                    return Answer(said="other" if got else "silent")
                got += more
                if answer := read(got, ended=not more):
                    return answer
            return Answer(said="other")


def _offer(suites: Sequence[int]) -> str:
    return f"an offer of {counted(len(suites), 'suite')}"


def _parts(suites: Sequence[int]) -> Iterator[tuple[int, ...]]:
    return (tuple(suites[at : at + AT_ONCE]) for at in range(0, len(suites), AT_ONCE))


def _forward_secret(name: str) -> bool:
    """Ephemeral and authenticated."""
    suite = next((number for number, known in NAMES.items() if known == name), 0)
    return is_ephemeral(suite) and is_aead(suite)


def _key(certificate: bytes) -> Key:
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except (ValueError, UnsupportedAlgorithm):
        return Key(kind="unreadable", bits=0)
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey | ec.EllipticCurvePublicKey):
        kind = "RSA" if isinstance(key, rsa.RSAPublicKey) else "DSA" if isinstance(key, dsa.DSAPublicKey) else "EC"
        return Key(kind=kind, bits=key.key_size)
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return Key(kind="EC", bits=256 if isinstance(key, ed25519.Ed25519PublicKey) else 456)
    return Key(kind="other", bits=0)
