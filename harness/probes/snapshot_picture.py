"""What an answer to a request for a still picture holds, pure: judged by its bytes, not by its status."""

import re

from harness.model.base import Frozen
from harness.model.errors import Undecided
from harness.probes.rtsp_description import addresses_in, same_host
from harness.probes.snapshot_paths import Place
from harness.transports.http import HttpReply, text_of

MAGIC = {
    "jpeg": rb"\xff\xd8\xff",
    "png": rb"\x89PNG\r\n\x1a\n",
    "gif": rb"GIF8[79]a",
    "webp": rb"RIFF....WEBP",
    "bmp": rb"BM....\0\0\0\0",
    "heif, avif or mp4": rb"....ftyp",
    "flv": rb"FLV\x01",
    "list of films": rb"#EXTM3U",
    "h.264 or h.265": rb"\0\0\0?\x01[\x06\x09\x40\x42\x44\x46\x67\x68]",
    "jpeg in parts": rb"\s*--.{0,600}?\r?\n\r?\n\xff\xd8\xff",
}
WRAPPED = re.compile(rb"\xff\xd8\xff[\xc0-\xfe]|\A\s*[{\[\"].*(?:/9j/[24]|iVBORw0KGgo)", re.DOTALL)  # behind other bytes; in JSON as base64
LOOKED_AT = 65536
MEDIA_TYPES = re.compile(r"\s*(image/(?!svg)|video/|multipart/x-mixed-replace)", re.IGNORECASE)
SETTLED = frozenset({401, 403, 404, 405, 406, 410})
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TEXT_MAX = 200


class Picture(Frozen):
    """One request for a still picture and what came back, after redirects inside the device."""

    asked: str
    place: Place
    shown: str
    status: int
    content_type: str = ""
    size: int = 0
    truncated: bool = False
    kind: str = ""
    given: tuple[str, ...] = ()
    doubt: str = ""
    redirected: tuple[str, ...] = ()
    sent_at: float = 0.0
    answered_at: float = 0.0

    @property
    def gave(self) -> tuple[str, ...]:
        """`picture` or `stream address`. Nothing for certain is empty, else Undecided."""
        if not self.given and self.doubt:
            raise Undecided(f"{self.asked}: {self.doubt}")
        return self.given

    @property
    def served(self) -> bool:
        """Was it a picture?"""
        return "picture" in self.gave


def kind_of(body: bytes) -> str:
    """Which kind of picture or film the bytes begin or wrap, empty when none."""
    begun = next((kind for kind, magic in MAGIC.items() if re.match(magic, body[:1024], re.DOTALL)), "")
    return begun or ("a picture inside" if WRAPPED.search(body[:LOOKED_AT]) else "")


def given_by(reply: HttpReply, host: str) -> tuple[str, ...]:
    """What the answer hands out."""
    media = kind_of(reply.body) or (reply.body and reply.status < 400 and MEDIA_TYPES.match(reply.header("Content-Type") or ""))
    given = ("picture",) if media else ()
    if not media and any(same_host(address, host) for address in addresses_in(text_of(reply.body[:65536]))):
        given = ("stream address",)
    return given


def doubt_about(reply: HttpReply) -> str:
    """Why an answer without a picture settles nothing; empty when it does."""
    if reply.header("Retry-After") and reply.status >= 400:
        return f"status {reply.status} and to be tried later: locked out"
    if reply.truncated and not reply.body:
        return f"status {reply.status}, and the body never came"
    if reply.status in SETTLED or 200 <= reply.status < 300:
        return ""
    return f"status {reply.status} {reply.reason[:TEXT_MAX]}".rstrip()
