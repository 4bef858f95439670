"""An RTSP conversation: one request after the other, log-ins answered, media that come between the replies counted."""

import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from harness.gate.bench import Endpoint
from harness.model.errors import DeviceSilent
from harness.probes.rtsp_messages import Demand, Feed, Headers, Interleaved, NotRtspError, Reply, encode, is_media, safe
from harness.transports.access import Access
from harness.transports.auth import Authorizer, Challenge, challenges
from harness.transports.tcp import CHUNK, LIFETIME_S, Connection, open_connection

ANSWER_S = 6.0
STRAY_MAX = 256 * 1024
OVERTIME_S = 0.5  # for what waits already; a flood must not hold us


@dataclass(frozen=True)
class Answer:
    """One request and what came back: a reply, or trouble (`silent`, `cut`, `not RTSP: …`)."""

    method: str
    url: str
    reply: Reply | None = None
    trouble: str = ""
    carried: bool = False
    challenge: str = ""

    @property
    def status(self) -> int:
        """Of the reply; 0 when there is none."""
        return self.reply.status if self.reply else 0


@dataclass
class Conversation:
    """Connects when first asked, and again when the device hung up after a reply.

    `hidden` says that the device may answer 404 where a log-in is missing. `media` counts packets, `strays` keeps what came unasked.
    `small`: methods go in small letters, which no standard knows; OPTIONS does not, and shows that the service goes on answering.
    """

    access: Access
    endpoint: Endpoint
    authorizer: Authorizer
    lifetime: float | None = LIFETIME_S
    hidden: bool = False
    small: bool = False
    media: int = 0
    strays: bytearray = field(default_factory=bytearray)
    silence: DeviceSilent | None = None
    heard: bool = False
    connection: Connection | None = field(default=None, init=False)
    feed: Feed = field(default_factory=Feed, init=False)
    number: int = field(default=0, init=False)
    _opened: int = field(default=0, init=False)
    _served: bool = field(default=False, init=False)
    _used_nonces: set[str] = field(default_factory=set, init=False)
    _challenged_on: int = field(default=0, init=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def ask(self, method: str, url: str, headers: Headers = (), *, carry: bool = True, within: float = ANSWER_S) -> Answer:
        """Ask once; a challenge is answered once, with `carry`, and so is a nonce that was used up."""
        worn = self._nonce_is_worn()
        answer = self._once(method, safe(url), headers, carry=carry, within=within)
        if self._is_to_be_answered(answer, worn=worn) and carry:
            answer = self._once(method, safe(url), headers, carry=True, within=within)
            self._is_to_be_answered(answer, worn=False)
        return answer

    def listen(self, within: float) -> bool:
        """Read on until media come or the time is over; 0 takes what is there already. Have media come by now?"""
        until = time.monotonic() + within
        try:
            while not self.media and self.connection is not None and time.monotonic() < until + OVERTIME_S:
                if self.next_message() is None and not self.read(until - time.monotonic()):
                    break
        except (DeviceSilent, NotRtspError):
            self.drop()
        return self.media > 0

    def say(self, method: str, url: str, headers: Headers = (), *, carry: bool = True) -> bytes:
        """A request whose reply nobody waits for, ready to be sent on this connection."""
        self.number += 1
        authorization = self._authorization(method, safe(url)) if carry else None
        return encode(method, safe(url), self.number, (*headers, ("Authorization", authorization)) if authorization else headers)

    def spelt(self, method: str) -> str:
        """How a method is written here."""
        return method.lower() if self.small and method != "OPTIONS" else method

    def close(self) -> None:
        """Hang up."""
        self.drop()

    def drop(self) -> None:
        """Hang up, and keep what was not understood."""
        if self.connection is not None:
            self.connection.close()
        self._keep(self.feed.rest)
        self.connection, self.feed, self._served = None, Feed(), False

    def _once(self, method: str, url: str, headers: Headers, *, carry: bool, within: float) -> Answer:
        authorization = self._authorization(method, url) if carry else None
        sent = (*headers, ("Authorization", authorization)) if authorization else headers
        reply, trouble = self._exchange(method, url, sent, within)
        schemes = reply.all_headers("WWW-Authenticate") if reply else ()
        challenge = ", ".join(each.name for each in challenges(schemes))[:200]
        return Answer(method, url, reply, trouble, authorization is not None, challenge)

    def _authorization(self, method: str, url: str) -> str | None:
        challenge = self.authorizer.challenge
        if challenge is not None:
            self._used_nonces.add(challenge.get("nonce") or "")
        return self.authorizer.header(method, url)

    def _nonce_is_worn(self) -> bool:
        """Was it used before, or given on another connection? Then a refusal may be meant for the nonce."""
        challenge = self.authorizer.challenge
        return challenge is not None and (challenge.get("nonce") in self._used_nonces or self._challenged_on != self._opened)

    def _is_to_be_answered(self, answer: Answer, *, worn: bool) -> bool:
        """Take a new challenge for the requests that follow; is this one to be asked again with it?"""
        if answer.reply is None or answer.reply.ok:
            return False
        if self.authorizer.challenged(answer.reply.all_headers("WWW-Authenticate")):
            self._challenged_on = self._opened
            return not answer.carried or worn or _is_stale(self.authorizer.challenge)
        return not answer.carried and self._presumes_basic(answer.status)

    def _presumes_basic(self, status: int) -> bool:
        """A refusal that asks for nothing gets a log-in nevertheless."""
        silent_refusal = status in (401, 403) or (status == 404 and self.hidden)
        if self.authorizer.credential.which == "nobody" or self.authorizer.challenge is not None or not silent_refusal:
            return False
        self.authorizer.challenge = Challenge(scheme="basic")
        return True

    def _exchange(self, method: str, url: str, headers: Headers, within: float) -> tuple[Reply | None, str]:
        served = self._served
        reply, trouble = self._try(method, url, headers, within)
        if trouble == "cut" and served:
            reply, trouble = self._try(method, url, headers, within)
        return reply, trouble

    def _try(self, method: str, url: str, headers: Headers, within: float) -> tuple[Reply | None, str]:
        self.number += 1
        try:
            self._connected().send(encode(self.spelt(method), url, self.number, headers))
            reply = self._reply(time.monotonic() + within)
        except DeviceSilent as silence:
            self.silence, trouble = silence, "cut"
        except NotRtspError as problem:
            self.heard, trouble = True, f"not RTSP: {problem}"
        else:
            if reply is not None:
                self.heard = self._served = True
                return reply, ""
            trouble = "silent"
            self.silence = DeviceSilent(f"{self._connected().to} did not answer {method} within {within:g} s", self.feed.rest)
        self.drop()
        return None, trouble

    def _connected(self) -> Connection:
        if self.connection is None:
            where = self.endpoint
            self.connection = open_connection(self.access, where.host, where.port, tls=where.tls, lifetime=self.lifetime)
            self._opened += 1
        return self.connection

    def _reply(self, until: float) -> Reply | None:
        """The reply to the last request; late ones to earlier requests are kept aside. None: the time is over."""
        while True:
            message = self.next_message()
            if isinstance(message, Reply) and self._answers(message):
                return message
            if message is None and not self.read(until - time.monotonic()):
                return None
            if time.monotonic() > until:
                return None

    def _answers(self, reply: Reply) -> bool:
        late = reply.cseq is not None and reply.cseq < self.number
        return not late and reply.status >= 200

    def next_message(self) -> Reply | Demand | Interleaved | None:
        """The next message that is here already; media are counted, bodies kept."""
        message = self.feed.next()
        if isinstance(message, Interleaved):
            self.media += is_media(message.data)
        elif message is not None:
            self._keep(message.body)
        return message

    def read(self, within: float) -> bool:
        """More bytes; False when none come in time. The device's end raises DeviceSilent."""
        connection = self._connected()
        data = connection.listen(CHUNK, max(within, 0.0))
        if data == b"":
            raise DeviceSilent(f"{connection.to} ended the connection without a whole reply", self.feed.rest)
        self.feed.take(data or b"")
        return bool(data)

    def _keep(self, data: bytes) -> None:
        self.strays += b"\n" * bool(data) + data[: max(0, STRAY_MAX - len(self.strays))]


def _is_stale(challenge: Challenge | None) -> bool:
    return challenge is not None and (challenge.get("stale") or "").lower() == "true"
