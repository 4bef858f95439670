"""A limit on what comes before the body; uvicorn's own is soft."""

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_HEADERS_MOST, _BYTES_MOST = 64, 16 << 10


class HeadLimit:
    """Refuses requests with too many or too long headers, or a too long address."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """As ASGI has it."""
        headers = scope["headers"]
        size = len(scope["raw_path"]) + len(scope["query_string"]) + sum(len(name) + len(value) for name, value in headers)
        if len(headers) > _HEADERS_MOST or size > _BYTES_MOST:
            refusal = JSONResponse({"error": "too much before the body"}, 431, {"Connection": "close"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receive, send)
