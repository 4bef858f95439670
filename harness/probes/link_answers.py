"""What an answer at a link to a recording or picture holds: pure, by its bytes, beside the owner's and that to no link at all."""

import re
from collections.abc import Iterator

from harness.probes.actions.outcome import State
from harness.probes.actions.recipe import is_locked_out
from harness.probes.function_answers import Seen as Looked
from harness.probes.function_answers import alike
from harness.probes.snapshot_picture import MAGIC
from harness.transports.http import HttpReply

COMPARED, ENOUGH = 65536, 48  # bytes; fewer are alike by chance
_FILMS = {
    "avi": rb"RIFF....AVI ",
    "matroska": rb"\x1a\x45\xdf\xa3",
    "asf": rb"\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    "mpeg-ps": rb"\0\0\x01\xba",
    "mpeg-ts": rb"\x47.{187}\x47",
    "dav": rb"DHAV",
    "hikvision": rb"IMKH",
}
_KINDS = {name: re.compile(pattern, re.DOTALL) for name, pattern in {**MAGIC, **_FILMS}.items()}
_TEXT = re.compile(r"\s*(text/|application/(json|xml|javascript|xhtml))", re.IGNORECASE)
UNSUITABLE = 416


def media_of(body: bytes) -> str:
    """Which kind of film or picture begins here; empty for anything else."""
    return next((name for name, pattern in _KINDS.items() if pattern.match(body)), "")


def same_media(one: bytes, other: bytes) -> bool:
    """Do both begin with the same bytes, as far as both go?"""
    length = min(len(one), len(other), COMPARED)
    return length >= ENOUGH and one[:length] == other[:length]


def owners_state(reply: HttpReply, nothing: HttpReply) -> tuple[State, str]:
    """Was the owner given something that a link to nothing does not give?"""
    told = f"status {reply.status}"
    if 200 <= reply.status < 300 and reply.body and not _as_nothing(reply, nothing):
        return "granted", f"{told}, {media_of(reply.body) or 'no kind of film or picture that is known'}, {len(reply.body)} bytes"
    return ("unclear" if is_locked_out(reply) or reply.status < 400 or reply.status >= 500 else "refused"), told


def judged(reply: HttpReply, owners: bytes, nothing: HttpReply) -> tuple[State, str]:
    """Of somebody without the right: granted where media come, refused where they surely do not."""
    for state, why in _rules(reply, owners, nothing):
        if why:
            return state, f"status {reply.status}{why}"
    return "unclear", f"status {reply.status}, neither a refusal nor what its owner gets"


def _rules(reply: HttpReply, owners: bytes, nothing: HttpReply) -> Iterator[tuple[State, str]]:
    fine, kind = 200 <= reply.status < 300, media_of(reply.body)
    text = bool(media_of(owners)) and _TEXT.match(reply.header("Content-Type") or "") is not None
    yield "granted", ", with what its owner gets" if fine and same_media(reply.body, owners) else ""
    yield "granted", f", {kind}" if fine and kind else ""
    yield "unclear", ": locked out" if is_locked_out(reply) else ""
    yield "unclear", ": the part that was asked for is not there" if reply.status == UNSUITABLE else ""
    yield "refused", ", a refusal" if 400 <= reply.status < 500 else ""
    yield "refused", f" to {(reply.header('Location') or 'nowhere')[:100]}" if 300 <= reply.status < 400 else ""
    yield "refused", ", as for a link to nothing" if fine and _as_nothing(reply, nothing) else ""
    yield "refused", ", a text where its owner gets a film or picture" if fine and text else ""
    yield "refused", ", nothing" if fine and not reply.body and not reply.truncated else ""


def _as_nothing(reply: HttpReply, nothing: HttpReply) -> bool:
    return reply.status == nothing.status and alike(Looked.of(reply), Looked.of(nothing))
