"""Walks through OPTIONS, DESCRIBE, SETUP and PLAY on one path, each whatever came before."""

import shlex
import time
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from harness.gate.bench import Bench
from harness.model.secret import Credential
from harness.probes.actions.outcome import name_of
from harness.probes.rtsp_attempt import SETTLED, Attempt, Exchange, exchange_of, handed_out, is_multicast, is_set_up
from harness.probes.rtsp_client import ANSWER_S, Answer, Conversation
from harness.probes.rtsp_description import Session, aggregate_url, is_description, read_session, track_urls
from harness.probes.rtsp_messages import Headers, encode, is_media
from harness.probes.rtsp_paths import Path, endpoint_of, service_of, url_of
from harness.probes.surfaces import surface_of
from harness.transports.auth import Authorizer
from harness.transports.tcp import LIFETIME_S
from harness.transports.udp import UdpPair, open_pair

MEDIA_S = 2.0
OWNERS_MEDIA_S = 5.0
LOOK_S = 0.05
SILENCES_MAX = 2
CARRIED = 3  # DESCRIBE, SETUP and PLAY carry a credential
TRACKS_MAX = 4
ACCEPT: Headers = (("Accept", "application/sdp"),)
TCP_WAYS = ("RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/SAVP/TCP;unicast;interleaved=0-1")
UDP_WAYS = ("RTP/AVP;unicast;client_port={0}-{1}", "RTP/AVP/UDP;unicast;client_port={0}-{1}")
KEPT_PORTS = "rtsp-udp"
SMALL, IN_ADDRESS = "methods in small letters", "name and password in the address"


@dataclass
class Walk:
    """One walk; `conversation` stays open after `go` until it is closed. `odd`: in which way no standard knows, SMALL or IN_ADDRESS."""

    bench: Bench
    path: Path
    credential: Credential
    transport: str
    lifetime: float | None = LIFETIME_S
    own_ports: bool = False
    answer_s: float = ANSWER_S
    authorizer: Authorizer | None = None
    odd: str = ""
    given: set[str] = field(default_factory=set)
    answers: list[Answer] = field(default_factory=list)
    session: Session | None = None
    aggregate: str = ""
    multicast: bool = False
    pair: UdpPair | None = None
    conversation: Conversation = field(init=False)
    udp_packets: int = 0
    sent_at: float = 0.0

    def __post_init__(self) -> None:
        surface = surface_of(self.bench, service_of(self.bench, self.path).id, "rtsp")
        authorizer = self.authorizer or Authorizer(self.bench.access, self.credential, surface)
        where = endpoint_of(self.bench, self.path)
        self.conversation = Conversation(
            self.bench.access, where, authorizer, self.lifetime, hidden=self.path.exists, small=self.odd == SMALL
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def go(self) -> Attempt:
        """All of it. Raises DeviceSilent when nothing at all was answered."""
        self.conversation.authorizer.count_ahead(CARRIED, self.bench.clock.now)
        self.sent_at = time.time()
        asked = url_of(self.bench, self.path)
        self._ask("OPTIONS", asked, carry=False)
        self._set_up(asked, self._describe(asked))
        self._play()
        answered_at = time.time()
        self._look_for_media()
        self._go_by_others()
        self._is_there_still(asked)
        if not self.conversation.heard and self.conversation.silence is not None:
            raise self.conversation.silence
        return self._attempt(asked, answered_at)

    def close(self) -> None:
        """End the session, hang up, give ports back that were in use."""
        if self.session is not None and self.conversation.connection is not None:
            self.conversation.ask("TEARDOWN", self.aggregate, self._in_session(), within=1.0)
        self.conversation.close()
        if self.pair is not None and self.own_ports:
            self.pair.close()
        elif self.pair is not None and ("setup" in self.given or self.udp_packets):
            _ports(self.bench).close()

    def _describe(self, asked: str) -> tuple[str, ...]:
        """Ask for the description; the addresses of the tracks by it, else as the owner learned them."""
        answer = self._ask("DESCRIBE", asked, ACCEPT)
        self.aggregate = self.path.aggregate or asked
        if answer.reply is not None and is_description(answer.reply.body):
            self.aggregate = aggregate_url(answer.reply, asked)
            tracks = track_urls(answer.reply, asked)
            if tracks:
                return tracks
        return self.path.tracks

    def _set_up(self, asked: str, learned: tuple[str, ...]) -> None:
        """The first track; without a credential every track, and what is guessed from the path as written, until one is granted."""
        guessed = f"{asked.rstrip('/')}{self.path.guess}"
        chosen = learned[:1] or (guessed,)
        if self.credential.which == "nobody":
            chosen = tuple(dict.fromkeys((*learned[:TRACKS_MAX], guessed, *(() if learned else (asked,)))))
        answers: list[Answer] = []
        for track in chosen:
            answers.append(self._set_up_track(track))
            if is_set_up(answers[-1].reply):
                break
        self.answers.append(_speaking(answers, learned=max(1, len(learned[:TRACKS_MAX]))))

    def _set_up_track(self, track: str) -> Answer:
        """By the common spelling of the transport; one that is not known gets the other."""
        first, second = self._ways()
        answer = self._send("SETUP", track, (("Transport", first),))
        if answer.status == 461:
            answer = self._send("SETUP", track, (("Transport", second),))
        if is_set_up(answer.reply) and answer.reply is not None:
            self.multicast = is_multicast(answer.reply)
            self.session = read_session(answer.reply.header("Session")) if answer.reply.header("Session") else None
        return answer

    def _ways(self) -> tuple[str, str]:
        if self.transport == "tcp":
            return TCP_WAYS
        if self.pair is None:
            ports = Ports() if self.own_ports else _ports(self.bench)
            self.pair = ports.of(self.bench, self.conversation.endpoint.host)
        return UDP_WAYS[0].format(*self.pair.ports), UDP_WAYS[1].format(*self.pair.ports)

    def _play(self) -> None:
        self._ask("PLAY", self.aggregate, (*self._in_session(), ("Range", "npt=0.000-")))

    def _in_session(self) -> Headers:
        return (("Session", self.session.id),) if self.session else ()

    def _ask(self, method: str, url: str, headers: Headers = (), *, carry: bool = True) -> Answer:
        answer = self._send(method, url, headers, carry=carry)
        self.answers.append(answer)
        return answer

    def _send(self, method: str, url: str, headers: Headers = (), *, carry: bool = True) -> Answer:
        """Send, unless the device has kept silent too often."""
        if sum(each.trouble != "" for each in self.answers) >= SILENCES_MAX:
            return Answer(method, url, trouble="not asked: no answers before")
        answer = self.conversation.ask(method, url, headers, carry=carry, within=self.answer_s)
        given = handed_out(answer, in_session="setup" in self.given)
        if given - self.given - {"play"} and answer.reply is not None:
            self._hint(method, url, headers)
        self.given |= given
        return answer

    def _go_by_others(self) -> None:
        """What the strongest log-in was refused may be given to another one that is offered: each has a walk of its own."""
        if self.credential.which in ("nobody", "current") or self.given:
            return
        for other in self.conversation.authorizer.others():
            with replace(self, authorizer=other, given=set(), answers=[], session=None, pair=None, udp_packets=0) as walk:
                walk.go()
            self.answers += walk.answers
            self.given |= walk.given
            self.conversation.media += walk.conversation.media
            self.udp_packets += walk.udp_packets

    def _is_there_still(self, asked: str) -> None:
        """Silence to what is odd is a refusal only of a service that answers what is not."""
        if self.odd and any(each.trouble for each in self.answers):
            self.answers.append(self.conversation.ask("OPTIONS", asked, carry=False, within=self.answer_s))

    def _look_for_media(self) -> None:
        patience = OWNERS_MEDIA_S if self.credential.which in ("current", "version") else MEDIA_S
        self.media(patience if "play" in self.given and not self.multicast else 0.0)
        if is_description(bytes(self.conversation.strays) + self.conversation.feed.rest):
            self.given.add("description")
        if self.conversation.media or self.udp_packets:
            self.given.add("media")

    def media(self, within: float) -> None:
        """Wait until media come, over either way; 0 takes what is there."""
        until = time.monotonic() + within
        while not self._media_came(until - time.monotonic()) and time.monotonic() < until and self._is_open():
            pass

    def _media_came(self, left: float) -> bool:
        if self.pair is None:
            return self.conversation.listen(max(left, 0.0))
        packets = self.pair.drain(min(max(left, 0.0), LOOK_S))
        self.udp_packets += sum(is_media(each.data) and not each.control for each in packets)
        return self.conversation.listen(0.0) or self.udp_packets > 0

    def _is_open(self) -> bool:
        return self.pair is not None or self.conversation.connection is not None

    def _attempt(self, asked: str, answered_at: float) -> Attempt:
        exchanges: tuple[Exchange, ...] = tuple(exchange_of(each) for each in self.answers)
        return Attempt(
            asked=f"{asked} over {self.transport} as {name_of(self.bench, self.credential)}{self.odd and f', {self.odd}'}",
            path=self.path,
            transport=self.transport,
            exchanges=exchanges,
            given=tuple(sorted(self.given)),
            media_packets=self.conversation.media + self.udp_packets,
            multicast=self.multicast,
            sent_at=self.sent_at,
            answered_at=answered_at,
            odd=self.odd,
        )

    def _hint(self, method: str, url: str, headers: Headers) -> None:
        """How a person sees this answer again; only without a credential, which has no place in a command."""
        if self.credential.which == "nobody":
            where = self.conversation.endpoint
            text = encode(self.conversation.spelt(method), url, 1, headers).decode().replace("\\", "\\\\").replace("\r\n", "\\r\\n")
            host = f"[{where.host}]" if ":" in where.host else where.host
            secured = f"(printf %b {shlex.quote(text)}; sleep 3) | openssl s_client -quiet -connect {host}:{where.port}"
            self.bench.note_retry_hint(secured if where.tls else f"printf %b {shlex.quote(text)} | nc -w 3 {where.host} {where.port}")


@dataclass
class Ports:
    """Our pair of UDP ports, shared by attempts until media may come to it; lives in the gate."""

    pair: UdpPair | None = None

    def of(self, bench: Bench, host: str) -> UdpPair:
        """The pair, opened when there is none."""
        if self.pair is None:
            self.pair = open_pair(bench.access, host)
        return self.pair

    def close(self) -> None:
        """Give it back; the next attempt gets another, so that late packets are not taken for its own."""
        if self.pair is not None:
            self.pair.close()
        self.pair = None


def _ports(bench: Bench) -> Ports:
    return bench.remembered(KEPT_PORTS, Ports)


def _speaking(answers: list[Answer], *, learned: int) -> Answer:
    """The answer that stands for all: a granted one, else the least clear of the first so many; what was guessed adds no doubt."""
    granted = next((each for each in answers if is_set_up(each.reply)), None)
    doubtful = next((each for each in answers[:learned] if each.reply is None or each.status not in SETTLED["SETUP"]), None)
    return granted or doubtful or answers[0]
