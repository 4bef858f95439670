"""What came of asking one RTSP path, and how it is read: facts and three-valued answers, pure."""

from pydantic import Field

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.rtsp_client import Answer
from harness.probes.rtsp_description import TransportAnswer, addresses_in, is_description, path_of
from harness.probes.rtsp_messages import Reply
from harness.probes.rtsp_paths import Path
from harness.transports.http import text_of

WHOLE = frozenset({"description", "setup", "play", "media"})
GRANTS = {"DESCRIBE": "description", "SETUP": "setup", "PLAY": "play"}
REFUSED = frozenset({401, 403})
SETTLED = {
    "DESCRIBE": REFUSED | {404, 405, 410},
    "SETUP": REFUSED | {404, 405, 410, 454, 455, 459, 460, 461},
    "PLAY": REFUSED | {404, 405, 410, 454, 455, 457, 459, 460},
}
UNKNOWN = frozenset({501, 505, 551})  # not implemented, version or option not supported
TEXT_MAX = 200


class Exchange(Frozen):
    """One method and its last answer: status 0 and the trouble where there is none."""

    method: str
    url: str
    status: int
    reason: str = ""
    trouble: str = ""
    challenge: str = ""
    carried: bool = False
    locked: bool = False  # refused with Retry-After: meant for the client, not for the credential


class Attempt(Frozen):
    """One walk through OPTIONS, DESCRIBE, SETUP and PLAY on one path with one credential; `odd`: in which way no standard knows."""

    asked: str
    path: Path
    transport: str
    exchanges: tuple[Exchange, ...]
    given: tuple[str, ...]
    media_packets: int = 0
    multicast: bool = False
    sent_at: float = 0.0
    answered_at: float = 0.0
    odd: str = Field(default="", exclude_if=lambda odd: not odd)

    @property
    def gave(self) -> tuple[str, ...]:
        """What the device handed out: description, setup, play, media, stream address. Nothing for certain is empty, else Undecided."""
        if self.given:
            return self.given
        if self.unclear:
            raise Undecided(f"{self.asked}: {self.unclear}")
        return ()

    @property
    def played(self) -> bool:
        """Was the stream described, set up, played, and did media come?"""
        if set(self.given) >= WHOLE:
            return True
        if self._answer("DESCRIBE") in REFUSED | {404} and not {"setup", "play", "media"} & set(self.given):
            return False
        if self.multicast:
            raise Undecided(f"{self.asked}: media go to a multicast group, where nobody listens")
        raise Undecided(f"{self.asked}: given {', '.join(self.given) or 'nothing'}; {self.unclear or self._answers()}")

    @property
    def refused(self) -> bool:
        """Was the log-in refused for certain, and nothing given?"""
        if self.played or self.given:
            return False
        if self.unclear or self._answer("DESCRIBE") not in REFUSED:
            raise Undecided(f"{self.asked}: {self.unclear or self._answers()}")
        return True

    @property
    def unclear(self) -> str:
        """Which answers settle nothing; empty when all do."""
        if self.odd:
            return self._doubt_of_odd()
        doubts = [doubt for method in SETTLED if (doubt := self._doubt(method))]
        if self.path.owner_status == 0 or (self.path.owner_status or 0) >= 500:
            doubts.append("the owner got no clear answer on this path either")
        return "; ".join(doubts)

    def _doubt_of_odd(self) -> str:
        """Any error refuses what is odd, and so does silence of a service that still answers OPTIONS afterwards."""
        last = [each for each in self.exchanges if each.method == "OPTIONS"][-1:]
        if not last or not last[0].status:
            return f"OPTIONS: {last[0].trouble if last else 'not asked'}"
        asked = (each for each in self.exchanges if each.method in SETTLED and not each.trouble)
        unsettled = (each for each in asked if each.locked or not (400 <= each.status < 500 or each.status in UNKNOWN))
        return next(filter(None, map(self._doubt_of, unsettled)), "")

    def _doubt(self, method: str) -> str:
        """Of all that was asked by this method: DESCRIBE is asked by every way of logging in."""
        found = [each for each in self.exchanges if each.method == method]
        return next(filter(None, map(self._doubt_of, found)), "") if found else f"{method}: not asked"

    def _doubt_of(self, found: Exchange) -> str:
        if found.trouble:
            return f"{found.method}: {found.trouble}"
        if found.locked:
            return f"{found.method}: {found.status} and to be tried later: locked out"
        return "" if self._settles(found) else f"{found.method}: {found.status} {found.reason}".rstrip()

    def _settles(self, found: Exchange) -> bool:
        if 200 <= found.status < 300:
            return GRANTS[found.method] in self.given
        if found.status == 400:  # a PLAY without a session is a bad request; another one, when it is so for the owner too
            return found.method == "PLAY" or self.path.owner_status == 400
        return found.status in SETTLED[found.method]

    def _answer(self, method: str) -> int:
        return next((each.status for each in self.exchanges if each.method == method), 0)

    def _answers(self) -> str:
        return ", ".join(f"{each.method} {each.status}" for each in self.exchanges)


def exchange_of(answer: Answer) -> Exchange:
    """The facts of one answer, bounded."""
    reply = answer.reply
    return Exchange(
        method=answer.method,
        url=answer.url[:TEXT_MAX],
        status=answer.status,
        reason=reply.reason[:TEXT_MAX] if reply else "",
        trouble=answer.trouble[:TEXT_MAX],
        challenge=answer.challenge,
        carried=answer.carried,
        locked=bool(reply and not reply.ok and reply.header("Retry-After")),
    )


def handed_out(answer: Answer, *, in_session: bool) -> set[str]:
    """What one answer gives away, whatever its status says of it."""
    reply = answer.reply
    if reply is None:
        return set()
    given = {"description"} if is_description(reply.body) else set()
    if _names_another_address(reply, answer.url):
        given.add("stream address")
    if answer.method == "SETUP" and is_set_up(reply):
        given.add("setup")
    if answer.method == "PLAY" and reply.ok and (in_session or reply.header("RTP-Info")):
        given.add("play")
    return given


def is_set_up(reply: Reply | None) -> bool:
    """A SETUP is granted by a transport or a session, not by the status alone."""
    return reply is not None and reply.ok and bool(reply.header("Transport") or reply.header("Session"))


def is_multicast(reply: Reply | None) -> bool:
    """Will media go to a group?"""
    return reply is not None and TransportAnswer(reply.header("Transport")).multicast


def _names_another_address(reply: Reply, asked: str) -> bool:
    """A redirect or a text that leads to a stream which was not asked for."""
    named = [reply.header("Location")] if reply.header("Location") else []
    if not is_description(reply.body):
        named += addresses_in(text_of(reply.body[:65536]))
    return any(_place(each) not in ("", "/", _place(asked)) for each in named)


def _place(address: str) -> str:
    return path_of(address).partition("?")[0].rstrip("/").lower()
