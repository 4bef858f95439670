"""How journal lines hang together: each carries the hash of the line before and the digest of its own body.

The chain runs over previous hash + digest, so that a body can be redacted later and the chain still verifies.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

GENESIS = "0" * 64


def canonical(body: Mapping[str, Any]) -> bytes:
    """One spelling of a JSON object: sorted keys, no blanks, no NaN."""
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def digest(spelled: bytes) -> str:
    """SHA-256 of a canonical body."""
    return hashlib.sha256(spelled).hexdigest()


def link(previous: str, body_digest: str) -> str:
    """The hash of a line, which the next one carries."""
    return hashlib.sha256(f"{previous}{body_digest}".encode()).hexdigest()


def head(number: int, previous: str, body_digest: str) -> bytes:
    """What a line says before its body; the body and `}` follow."""
    return b'{"n": %d, "prev": "%s", "digest": "%s", "body": ' % (number, previous.encode(), body_digest.encode())
