"""Streams without encryption: where one might be had, what is given there, and how their owner allows and forbids them."""

from collections.abc import Iterator, Sequence
from typing import Literal

from harness.gate.bench import Bench
from harness.gate.marks import acts, reads
from harness.model.base import Frozen
from harness.model.errors import DeviceSilent, NotRestored, Undecided
from harness.model.profile import Stream
from harness.model.secret import NOBODY, Credential
from harness.probes import onvif_streams, rtsp_tunnel, snapshot
from harness.probes.actions.login import session_of
from harness.probes.actions.outcome import Decided, label_of, name_of
from harness.probes.actions.perform import perform, played
from harness.probes.clear_answers import Seen, told_by
from harness.probes.detectors.service import Service
from harness.probes.detectors.survey import is_ours
from harness.probes.device import alive
from harness.probes.rtsp_description import DEFAULT_PORTS, path_of
from harness.probes.rtsp_paths import PROTOCOLS, Path, url_of
from harness.probes.rtsp_walk import Walk
from harness.probes.snapshot_paths import MISSING, declared_places
from harness.probes.snapshot_picture import given_by
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer
from harness.transports.http import HttpReply, HttpRequest, Target, exchange
from harness.transports.scan import scan
from harness.transports.templates import NOT_TRIED

__all__ = ["Answer", "Form", "Played", "Switched", "allow", "ask", "beside_tls", "forbid", "forms", "forms_told", "play_encrypted", "warn"]

USUAL = {"rtsp": (554, 8554), "picture": (80, 8080)}
REFUSED = (401, 403)
ANSWER_S = 6.0


class Form(Frozen):
    """One way in which a stream might be had without encryption; `port` is the declared one where it is declared."""

    kind: Literal["rtsp", "tunnel", "picture"]
    path: str
    port: int

    def __str__(self) -> str:
        """For people."""
        how = {"rtsp": "RTSP", "tunnel": "RTSP inside HTTP", "picture": "HTTP"}[self.kind]
        return f"{self.path} over {how} without TLS on port {self.port}"


class Answer(Seen):
    """What was given of one form, and to whom."""

    form: Form


class Played(Frozen):
    """Does a stream come encrypted? `doubt`: that was not to be seen."""

    asked: str
    plays: bool
    why: str
    doubt: str = ""

    @property
    def encrypted(self) -> bool:
        """Undecided where it was not to be seen."""
        if self.doubt and not self.plays:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return self.plays


class Switched(Decided):
    """What came of switching clear streams on or off, or of beginning to."""

    way: str


@reads()
def forms(bench: Bench, seen: Sequence[Service] = ()) -> tuple[Form, ...]:
    """Every declared stream on every port where it might be had in the clear: declared, allowed by its owner, usual, and seen to answer."""
    shared = is_ours(bench.sample.address)
    spoken = {each.port: set(each.speaks) for each in seen if "%" not in each.address}
    rtsp = {entry.port for entry in bench.profile.ixit.log_intf if entry.protocol in PROTOCOLS} | _allowed(bench)
    web = {entry.port for entry in bench.profile.ixit.log_intf if entry.protocol in ("http", "https", "onvif")}
    if not shared:
        rtsp |= {*USUAL["rtsp"], *(_declared(bench, port) for port, speaks in spoken.items() if "rtsp" in speaks)}
        web |= {*USUAL["picture"], *(_declared(bench, port) for port, speaks in spoken.items() if "http" in speaks)}
    streams = bench.profile.ixit.stream
    return tuple(_forms(streams, tuple(sorted(rtsp)), tuple(sorted(web))))


@acts("login")
def forms_told(bench: Bench) -> tuple[Form, ...]:
    """Addresses without TLS that the device itself tells its owner."""
    told = onvif_streams.stream_addresses(bench)
    addresses = [each for each in told.addresses if each.lower().startswith("rtsp://")]
    return tuple(Form(kind="rtsp", path=path_of(each), port=_port_in(bench, each)) for each in addresses)


@acts("login")
def ask(bench: Bench, form: Form, who: Credential) -> Answer:
    """Is the stream given? First to nobody; then to `who`, whose password is never shown where it could be read, but in declared ways."""
    port, host = bench.sample.port(form.port), bench.sample.address
    if port not in scan(bench.access, host, (port,)).open:
        if not alive(bench):
            raise DeviceSilent(f"{host} does not answer any more, which says nothing of port {port}")
        return Answer(asked=f"{form} as {name_of(bench, who)}", form=form, why="the port is shut")
    _hint(bench, form, who)
    asking = {"rtsp": _rtsp, "tunnel": _tunnel, "picture": _picture}[form.kind]
    told = asking(bench, form, NOBODY)
    if who.which != "nobody" and not told.given and told.asks:
        shown = told.asks == "digest" or _is_declared(bench, form)
        told = asking(bench, form, who) if shown else told.doubted("it asks for the password itself")
    return Answer(form=form, **told.model_dump())


@acts("login")
def play_encrypted(bench: Bench, stream: Stream, who: Credential) -> Played:
    """Play a declared stream inside TLS, or fetch a declared picture over it."""
    return _fetched(bench, stream, who) if stream.protocol == "snapshot" else _played(bench, stream, who)


@acts("login")
def beside_tls(bench: Bench, stream: Stream, who: Credential) -> Answer:
    """Ask inside TLS for media beside it, by UDP: what is agreed on inside TLS does not go inside it."""
    entry = next((each for each in bench.profile.ixit.log_intf if each.id == stream.service), None)
    if entry is None or stream.protocol == "snapshot" or not entry.uses_tls:
        return Answer(asked=f"{stream.path} beside TLS", form=Form(kind="rtsp", path=stream.path, port=0), why="no stream inside TLS")
    path = Path(path=stream.path, port=entry.port, tls=True, origin=f"stream {stream.id}")
    form = Form(kind="rtsp", path=stream.path, port=entry.port)
    with Walk(bench, path, who, "udp", own_ports=True) as walk:
        asked = f"{stream.path} beside TLS by UDP as {name_of(bench, who)}"
        bench.note_retry_hint(f"ffprobe -v error -rtsp_transport udp -show_streams {url_of(bench, path)}")
        told = walk.go()
        return Answer(form=form, **told_by(asked, told, walk.answers, beside=True, packets=walk.udp_packets).model_dump())


@acts("change")
def forbid(bench: Bench) -> Switched:
    """Switch clear streams off; NotRestored when that is not granted, unless the device is as delivered."""
    done = perform(bench, "clear_streams_off")
    if done.state != "granted":
        told = played(bench, "is_factory")
        if told is None or told.state != "granted":
            raise NotRestored(f"streams in the clear could not be switched off again: {done.why}")
        return Switched(state="granted", why="the device is as delivered", asked=done.asked, way="reset")
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way)


@acts("change", undo=forbid)
def warn(bench: Bench) -> Switched:
    """Begin to switch them on, as its page does: granted is a warning before anything was switched. Where it was asked, nobody else is."""
    told = played(bench, "clear_streams_warn")
    if told is not None:
        return Switched(state=told.state, why=told.why, asked=told.asked, way="recipe")
    done = perform(bench, "clear_streams_warn")
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way)


@acts("change", undo=forbid)
def allow(bench: Bench) -> Switched:
    """Switch them on, as the owner who was warned."""
    done = perform(bench, "clear_streams_on")
    return Switched(state=done.state, why=done.why, asked=done.asked, way=done.way)


def _hint(bench: Bench, form: Form, who: Credential) -> None:
    """How a person sees it again."""
    host, port = bench.sample.address, bench.sample.port(form.port)
    where = f"{f'[{host}]' if ':' in host else host}:{port}"
    if form.kind == "picture":
        bench.note_retry_hint(f"curl -s --path-as-is -o picture 'http://{where}{form.path}'")
        return
    login = bench.access.login(who, NOT_TRIED)
    name = f"{login.user}:{label_of(bench, who)}@" if login else ""
    way = "http" if form.kind == "tunnel" else "tcp"
    bench.note_retry_hint(f"ffprobe -v error -rtsp_transport {way} -show_streams 'rtsp://{name}{where}{form.path}'")


def _forms(streams: Sequence[Stream], rtsp: Sequence[int], web: Sequence[int]) -> Iterator[Form]:
    for stream in streams:
        if stream.protocol == "snapshot":
            yield from (Form(kind="picture", path=stream.path, port=port) for port in web)
            continue
        yield from (Form(kind="rtsp", path=stream.path, port=port) for port in rtsp)
        yield from (Form(kind="tunnel", path=stream.path, port=port) for port in sorted({*rtsp, *web}))


def _allowed(bench: Bench) -> set[int]:
    return {row.port for row in bench.profile.ixit.user_dec if row.clear_streams and row.port is not None}


def _declared(bench: Bench, port: int) -> int:
    """The declared port that leads to this one on the bench."""
    return next((declared for declared, actual in bench.sample.ports.items() if actual == port), port)


def _port_in(bench: Bench, address: str) -> int:
    port = address.partition("://")[2].partition("/")[0].rpartition(":")[2]
    return _declared(bench, int(port)) if port.isdigit() and int(port) < 65536 else DEFAULT_PORTS["rtsp"]


def _is_declared(bench: Bench, form: Form) -> bool:
    """Is it a service without TLS that the producer declares, at which its owner logs in anyway?"""
    plain = {entry.port for entry in bench.profile.ixit.log_intf if not entry.uses_tls}
    return form.port in plain | _allowed(bench)


def _speaks_tls(bench: Bench, form: Form) -> bool:
    """Some wait for the rest of a hello, and say nothing to what is none."""
    return any(entry.port == form.port and entry.uses_tls for entry in bench.profile.ixit.log_intf)


def _rtsp(bench: Bench, form: Form, who: Credential) -> Seen:
    """By both transports: one may be refused, and the other not."""
    path = Path(path=form.path, port=form.port, origin="in the clear")
    found = Seen(asked=f"{form} as {name_of(bench, who)}")
    for transport in ("tcp", "udp"):
        with Walk(bench, path, who, transport, own_ports=True) as walk:
            try:
                found = found.and_then(told_by(found.asked, walk.go(), walk.answers))
            except DeviceSilent:
                said = told_by(found.asked, None, walk.answers)
                found = found.and_then(said.doubted("") if _speaks_tls(bench, form) else said)
    return found


def _tunnel(bench: Bench, form: Form, who: Credential) -> Seen:
    port, asked = bench.sample.port(form.port), f"{form} as {name_of(bench, who)}"
    authorizer = Authorizer(bench.access, who, surface_of(bench, "", "rtsp"))
    return rtsp_tunnel.ask(bench.access, bench.sample.address, port, form.path, authorizer, asked)


def _picture(bench: Bench, form: Form, who: Credential) -> Seen:
    """Redirects are not followed: where they lead is not here."""
    asked, target = f"{form} as {name_of(bench, who)}", Target(bench.sample.address, bench.sample.port(form.port), tls=False)
    auth = next((place.auth for place in declared_places(bench) if place.path == form.path), "")
    headers = session_of(bench, auth, who).headers if who.which != "nobody" and bench.profile.recipe("log_in", auth) else ()
    authorizer = Authorizer(bench.access, who, surface_of(bench, "", "http")) if who.which != "nobody" and not headers else None
    try:
        reply = exchange(bench.access, target, HttpRequest("GET", form.path, headers), authorizer=authorizer, within=ANSWER_S)
    except Undecided as nothing:
        return Seen(asked=asked, why=str(nothing))
    given = ("picture",) if "picture" in given_by(reply, target.host) else ()
    asks = "" if given or reply.status not in REFUSED or _is_the_same(bench, target, reply) else _asks(reply)
    return Seen(asked=asked, given=given, asks=asks, why=f"status {reply.status}")


def _is_the_same(bench: Bench, target: Target, refusal: HttpReply) -> bool:
    """Is a picture that cannot exist refused just so, without being asked to log in by HTTP? Then nothing shows that there is one."""
    try:
        missing = exchange(bench.access, target, HttpRequest("GET", MISSING.path), within=ANSWER_S)
    except Undecided:
        return False
    return missing.status == refusal.status and not refusal.all_headers("WWW-Authenticate")


def _asks(reply: HttpReply) -> str:
    told = " ".join(reply.all_headers("WWW-Authenticate")).lower()
    return "digest" if "digest" in told else "session" if not told else "basic"


def _played(bench: Bench, stream: Stream, who: Credential) -> Played:
    """On every declared service with TLS, else on the usual port of RTSPS."""
    asked = f"{stream.path} inside TLS as {name_of(bench, who)}"
    bench.note_retry_hint(f"openssl s_client -connect {bench.sample.address}:{bench.sample.port(DEFAULT_PORTS['rtsps'])}")
    declared = [entry.port for entry in bench.profile.ixit.log_intf if entry.protocol in PROTOCOLS and entry.uses_tls]
    usual = [DEFAULT_PORTS["rtsps"]] if not declared and not is_ours(bench.sample.address) else []
    doubts = []
    for port in (*declared, *usual):
        path = Path(path=stream.path, port=port, tls=True, origin=f"stream {stream.id}")
        try:
            with Walk(bench, path, who, "tcp") as walk:
                told = walk.go()
                if told.played:
                    return Played(asked=asked, plays=True, why=f"port {port}: {told.media_packets} packets inside TLS")
        except Undecided as doubt:
            doubts.append(str(doubt))
    return Played(asked=asked, plays=False, why="it did not play", doubt="; ".join(doubts) if declared else "")


def _fetched(bench: Bench, stream: Stream, who: Credential) -> Played:
    asked = f"{stream.path} over TLS as {name_of(bench, who)}"
    place = next((each for each in declared_places(bench) if each.path == stream.path), None)
    if place is None or not place.tls:
        return Played(asked=asked, plays=False, why="it is declared for a service without TLS")
    picture = snapshot.fetch(bench, place, who)
    return Played(asked=asked, plays=picture.served, why=f"status {picture.status}")
