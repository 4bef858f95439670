"""What the owner can have the camera do: try an event, restart, forget everything; and what it knows of its service."""

import asyncio

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from harness.emulated.camera.network.cloud import Cloud
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_json, source
from harness.emulated.camera.web.visitor import owner

_OK = {"ok": True}


class Service:
    """For sessions of the owner only."""

    def __init__(self, unit: Unit, cloud: Cloud | None) -> None:
        self._unit, self._cloud = unit, cloud

    def routes(self) -> list[Route]:
        """The three orders, and the state of the service."""
        return [
            Route("/api/event/test", self.test_event, methods=["POST"]),
            Route("/api/restart", self.restart, methods=["POST"]),
            Route("/api/reset", self.reset, methods=["POST"]),
            Route("/api/service", self.service, methods=["GET"]),
        ]

    async def test_event(self, request: Request) -> JSONResponse:
        """Behave as when something moved in the picture; the answer comes when it is on the card."""
        owner(self._unit, request)
        self._unit.happened("event")
        if self._unit.recording:
            await asyncio.wait({self._unit.recording})
        return JSONResponse(_OK)

    async def restart(self, request: Request) -> JSONResponse:
        """Boot again, which ends all sessions and streams."""
        self._unit.events.record("restart", owner(self._unit, request).user, source(request))
        self._unit.restart()
        return JSONResponse(_OK)

    async def reset(self, request: Request) -> JSONResponse:
        """Erase everything and boot as delivered; the card too, unless it is said to stay."""
        role = owner(self._unit, request).role
        keep_card = (await read_json(request)).get("card") == "keep"
        self._unit.reset(role, source(request), keep_card=keep_card)
        return JSONResponse(_OK)

    async def service(self, request: Request) -> JSONResponse:
        """What is known of the producer's service."""
        owner(self._unit, request)
        answer: dict[str, object] = {"used": self._cloud is not None, "firmware": self._unit.software.version}
        if self._cloud is not None:
            told = self._cloud.told
            answer |= {"registered": self._cloud.registered, "heartbeat": told.last_heartbeat, "checked": told.last_check}
            answer |= {"newest": told.newest, "update": told.update, "events_sent": told.events, "events_waiting": len(told.waiting)}
        return JSONResponse(answer)
