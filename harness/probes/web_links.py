"""Where a page leads on its own port. Pure."""

import re
from contextlib import suppress
from urllib.parse import urlsplit

from harness.transports.http import HttpReply, Target

READ_MOST = 65536
_LINK = re.compile(r"""(?:src|href|action)\s*=\s*["']?([^"'\s>#]{1,200})""", re.IGNORECASE)


def links(reply: HttpReply, target: Target, most: int) -> tuple[str, ...]:
    """Paths that a page loads or links to, each once; other hosts and ports are left out."""
    found: dict[str, None] = {}
    for link in _LINK.findall(reply.body[:READ_MOST].decode("utf-8", errors="replace")):
        with suppress(ValueError):
            parts = urlsplit(link)
            if parts.scheme in ("", "http", "https") and parts.netloc in ("", target.authority) and parts.path:
                found[f"/{parts.path.lstrip('/')}" + (f"?{parts.query}" if parts.query else "")] = None
    return tuple(path for path in found if path.isascii() and path.isprintable() and " " not in path)[:most]
