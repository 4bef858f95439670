"""What UPnP control points read after they found the unit: no more than a browser sees before a log-in."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.emulated.camera.identity import MANUFACTURER, MODEL
from harness.emulated.camera.network.discovery.ssdp import DESCRIPTION, TYPE, device_name
from harness.emulated.camera.unit import Unit


def routes(unit: Unit) -> list[Route]:
    """The one document."""
    names = f"<manufacturer>{MANUFACTURER}</manufacturer><modelName>{MODEL}</modelName><UDN>{device_name(unit)}</UDN>"
    device = f"<deviceType>{TYPE}</deviceType><friendlyName>{MODEL}</friendlyName>{names}<presentationURL>/</presentationURL>"
    version = "<specVersion><major>1</major><minor>1</minor></specVersion>"
    content = f'<?xml version="1.0"?>\n<root xmlns="urn:schemas-upnp-org:device-1-0">{version}<device>{device}</device></root>'

    async def serve(_: Request) -> Response:
        return Response(content, media_type="text/xml")

    return [Route(DESCRIPTION, serve, methods=["GET"])]
