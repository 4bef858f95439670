"""Reading what a client sends, with limits, and refusing it."""

import asyncio
import json

from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request

_BODY_S = 10
_JSON_MOST = 4096
_TEXT_MOST = 256


async def read_body(request: Request, most: int) -> bytes:
    """The body; 413 when it is bigger, 408 when it does not come."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise HTTPException(413, "too big", {"Connection": "close"})
    except (TimeoutError, ClientDisconnect):
        raise HTTPException(408, "too slow", {"Connection": "close"}) from None
    return bytes(body)


async def read_json(request: Request) -> dict[str, object]:
    """A JSON object; the content type must say so, which keeps foreign web pages out."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise HTTPException(415, "send application/json")
    try:
        body = json.loads(await read_body(request, _JSON_MOST))
    except (ValueError, RecursionError):
        raise HTTPException(400, "this is not JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "send a JSON object")
    return body


def text(body: dict[str, object], name: str) -> str:
    """A member that must be there."""
    value = optional_text(body, name)
    if value is None:
        raise HTTPException(400, f"{name} is missing")
    return value


def optional_text(body: dict[str, object], name: str) -> str | None:
    """A member that may be left out."""
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > _TEXT_MOST):
        raise HTTPException(400, f"{name} must be a text of at most {_TEXT_MOST} characters")
    return value


def client(request: Request) -> str:
    """Address and port that ask."""
    return f"{request.client.host}:{request.client.port}" if request.client else ""


def source(request: Request) -> str:
    """The address that asks, for the log."""
    return request.client.host if request.client else ""
