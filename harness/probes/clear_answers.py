"""What answers say of a stream that was asked for without encryption: given, refused, or not to be told; pure."""

import re
from collections.abc import Sequence

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.rtsp_attempt import Attempt
from harness.probes.rtsp_client import Answer
from harness.probes.rtsp_description import is_description

MEDIA = frozenset({"description", "setup", "play", "media"})
BUSY = frozenset({453, 500, 503})
_MEDIA_LINE = re.compile(rb"^m=\w+ \S+ (\S+)", re.MULTILINE)
_SRTP = re.compile(r"^RTP/SAVPF?\b", re.IGNORECASE)


class Seen(Frozen):
    """What was handed out in the clear. `asks`: by what a log-in is asked for. `doubt`: what was answered settles nothing."""

    asked: str
    given: tuple[str, ...] = ()
    asks: str = ""
    doubt: str = ""
    why: str = ""

    @property
    def gave(self) -> bool:
        """Undecided where the answers settle nothing."""
        if not self.given and self.doubt:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return bool(self.given)

    def doubted(self, doubt: str) -> "Seen":
        """The same, which settles nothing."""
        return self.model_copy(update={"doubt": doubt})

    def and_then(self, other: "Seen") -> "Seen":
        """Both together."""
        given = tuple(sorted({*self.given, *other.given}))
        why = "; ".join(dict.fromkeys(filter(None, (self.why, other.why))))
        return Seen(asked=self.asked, given=given, asks=self.asks or other.asks, doubt=self.doubt or other.doubt, why=why)


def told_by(asked: str, attempt: Attempt | None, answers: Sequence[Answer], *, beside: bool = False, packets: int = 0) -> Seen:
    """Of one walk through RTSP; `attempt` None: nothing at all was answered. `beside`: asked inside TLS for `packets` outside of it."""
    given = sorted(MEDIA & set(attempt.given)) if attempt else []
    why = ", ".join(f"{each.method} {each.status or each.trouble}" for each in answers)
    if beside:
        return _beside(asked, answers, packets, why)
    if given and _is_srtp(answers):
        return Seen(asked=asked, doubt="it is described in the clear, for media by SRTP, whose keys are not looked at", why=why)
    if given:
        return Seen(asked=asked, given=tuple(given), why=why)
    return Seen(asked=asked, asks=_asks(answers), doubt="; ".join(filter(None, map(_doubt, answers))), why=why)


def _beside(asked: str, answers: Sequence[Answer], packets: int, why: str) -> Seen:
    """Agreed on or not, packets that come are given; SRTP is no offence."""
    agreed = [each.reply.header("Transport") or "" for each in answers if each.method == "SETUP" and each.reply and each.reply.ok]
    clear = [each for each in agreed if not _SRTP.match(each) and "TCP" not in each.upper().partition(";")[0]]
    if packets and (clear or not agreed):
        return Seen(asked=asked, given=("media",), why=why)
    if clear and any(each.method == "PLAY" and each.reply and each.reply.ok for each in answers):
        return Seen(asked=asked, doubt=f"media by UDP were agreed on ({clear[0][:100]}), and none came", why=why)
    doubts = [_doubt(each) for each in answers if each.method == "SETUP"]
    return Seen(asked=asked, doubt="" if agreed else "; ".join(filter(None, doubts)), why=why)


def _is_srtp(answers: Sequence[Answer]) -> bool:
    """Every media line of the description says so, and no other transport was agreed on."""
    bodies = [each.reply.body for each in answers if each.reply and is_description(each.reply.body)]
    lines = [line.decode("latin-1") for body in bodies for line in _MEDIA_LINE.findall(body)]
    agreed = [each.reply.header("Transport") or "" for each in answers if each.method == "SETUP" and each.reply and each.reply.ok]
    return bool(lines) and all(_SRTP.match(each) for each in (*lines, *agreed))


def _doubt(answer: Answer) -> str:
    """Silence and a device that is busy; a connection that is cut, and what is no RTSP, are no stream."""
    if answer.trouble == "silent":
        return f"{answer.method}: no answer"
    reply = answer.reply
    if reply is None:
        return ""
    if reply.header("Retry-After") or reply.status in BUSY:
        return f"{answer.method}: {reply.status}, to be tried later"
    return f"{answer.method}: {reply.status} without what was asked for" if reply.ok and answer.method != "OPTIONS" else ""


def _asks(answers: Sequence[Answer]) -> str:
    told = "".join(each.challenge for each in answers).lower()
    return "digest" if "digest" in told else "basic" if told or any(each.status in (401, 403) for each in answers) else ""
