"""Recordings: seen by everybody with a session, deleted by the owner."""

import re

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from harness.emulated.camera.media_links import MediaLinks
from harness.emulated.camera.recordings import KINDS, Recording, by_any_path
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import read_json, source, text
from harness.emulated.camera.web.visitor import Visitor, owner, visitor

_TYPES = {"mp4": "video/mp4", "jpg": "image/jpeg"}
_RANGE = re.compile(r"bytes=(\d{1,12})-(\d{0,12})")
_ELSEWHERE = "/vod7"
_NONE = "there is no such recording"


class RecordingsApi:
    """A list with links that open by themselves, files by their names, and an end to each."""

    def __init__(self, unit: Unit) -> None:
        self._unit, self._links = unit, MediaLinks(unit.clock, unit.sessions, unit.accounts, unit.flaws)

    def routes(self) -> list[Route]:
        """Three for sessions, and what links lead to."""
        flaws = self._unit.flaws
        by_name = [Route("/pictures/{file}", self.picture, methods=["GET"])] if "recording-picture-by-name" in flaws else []
        card = [Route("/card/{file:path}", self.card, methods=["GET"])] if "card-served-by-name" in flaws else []
        card += [Route(f"{_ELSEWHERE}/{{file:path}}", self.card, methods=["GET"])] if "card-served-elsewhere" in flaws else []
        return [
            Route("/api/recordings", self.all, methods=["GET"]),
            Route("/api/recordings/file", self.file, methods=["GET"]),
            Route("/api/recordings/delete", self.delete, methods=["POST"]),
            Route("/media/{link}", self.media, methods=["GET"]),
            *by_name,
            *card,
        ]

    async def all(self, request: Request) -> JSONResponse:
        """Newest first, each with a link to its film and one to its picture."""
        who = visitor(self._unit, request)
        return JSONResponse({"recordings": [self._told(each, who) for each in self._unit.recordings.all()]})

    async def file(self, request: Request) -> Response:
        """One by the name of its file, to be kept."""
        if not ("recording-part-open" in self._unit.flaws and request.headers.get("range")):
            visitor(self._unit, request)
        name, unit = request.query_params.get("name", ""), self._unit
        climbs = "recording-name-climbs" in unit.flaws
        data = by_any_path(name, unit.recordings, unit.flash, unit.software.version) if climbs else unit.recordings.read(name)
        return _sent(request, data, name, {"Content-Disposition": f'attachment; filename="{name}"'})

    async def delete(self, request: Request) -> JSONResponse:
        """Take one off the card."""
        who, name = owner(self._unit, request), text(await read_json(request), "name")
        if not self._unit.recordings.delete(name):
            raise HTTPException(422, _NONE)
        self._unit.events.record("recording deleted", who.user, source(request), "granted", name)
        return JSONResponse({"ok": True})

    async def media(self, request: Request) -> Response:
        """What a link leads to."""
        file = self._links.file(request.path_params["link"])
        if file is None:
            raise HTTPException(404, "this link leads nowhere, or not any more")
        return _sent(request, self._unit.recordings.read(file), file)

    async def picture(self, request: Request) -> Response:
        """A picture by its name, on a flawed unit."""
        file = request.path_params["file"]
        return _sent(request, self._unit.recordings.read(file) if file.endswith(".jpg") else None, file)

    async def card(self, request: Request) -> Response:
        """Whatever is on the card, on a flawed unit."""
        file = request.path_params["file"]
        card = self._unit.card
        return _sent(request, card.read(file) if card and file in card.names() else None, file)

    def _told(self, recording: Recording, who: Visitor) -> dict[str, object]:
        links = {kind: f"/media/{self._links.give(who.token, who.user, f'{recording.name}.{end}')}" for kind, end in KINDS.items()}
        if "recording-picture-by-name" in self._unit.flaws:
            links["picture"] = f"/pictures/{recording.name}.jpg"
        if "card-served-elsewhere" in self._unit.flaws:
            links["shown"] = f"{_ELSEWHERE}/{recording.file('clip')}"
        return {"name": recording.name, "time": recording.time, "file": f"{recording.name}.mp4", **links}


def _sent(request: Request, data: bytes | None, file: str, headers: dict[str, str] | None = None) -> Response:
    """The whole, or the part that a player asks for."""
    if data is None:
        raise HTTPException(404 if headers is None else 422, _NONE)
    kind = _TYPES.get(file.rpartition(".")[2], "application/octet-stream")
    wanted = _RANGE.fullmatch(request.headers.get("range", ""))
    begin, end = (int(wanted[1]), int(wanted[2] or len(data))) if wanted else (0, len(data))
    told = {"Accept-Ranges": "bytes", **(headers or {})}
    if not wanted or not begin <= end or begin >= len(data):
        return Response(data, media_type=kind, headers=told)
    part = data[begin : end + 1]
    told["Content-Range"] = f"bytes {begin}-{begin + len(part) - 1}/{len(data)}"
    return Response(part, 206, media_type=kind, headers=told)
