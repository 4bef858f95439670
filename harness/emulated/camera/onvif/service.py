"""ONVIF over HTTPS: parse, check the login, answer."""

from dataclasses import dataclass
from xml.etree.ElementTree import Element

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from harness.emulated.camera.accounts import Account
from harness.emulated.camera.onvif import device, media
from harness.emulated.camera.onvif.operation import Access, Call, Operation
from harness.emulated.camera.onvif.soap import TDS, TRT, Fault, Message, envelope, not_authorized, not_supported, read_message
from harness.emulated.camera.onvif.token import TokenCheck, has_empty_security
from harness.emulated.camera.unit import Unit
from harness.emulated.camera.web.body import client, read_body

_REQUEST_MOST = 64 << 10
_SOAP = "application/soap+xml; charset=utf-8"


@dataclass(frozen=True)
class Service:
    """One of the services: its prefix and namespace, its operations."""

    prefix: str
    namespace: str
    operations: dict[str, Operation]


SERVICES = {
    device.PATH: Service("tds", TDS, device.OPERATIONS),
    device.MEDIA_PATH: Service("trt", TRT, media.OPERATIONS),
}


class Onvif:
    """Both services behind one check."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self._tokens = TokenCheck(unit)

    def routes(self) -> list[Route]:
        """One path a service."""
        return [Route(path, self.serve, methods=["POST"]) for path in SERVICES]

    async def serve(self, request: Request) -> Response:
        """Answer one request."""
        document = await read_body(request, _REQUEST_MOST)
        try:
            answer = self._answer(SERVICES[request.url.path], read_message(document), client(request))
        except Fault as fault:
            return Response(fault.encode(), fault.status, fault.headers, _SOAP)
        return Response(envelope(answer), media_type=_SOAP)

    def _answer(self, service: Service, message: Message, peer: str) -> str:
        name = message.operation.tag.removeprefix(f"{{{service.namespace}}}")
        operation = service.operations.get(name)
        if operation is not None and operation.access is Access.BEFORE_LOGIN:
            return self._call(service, name, Call(self._unit, None, message.operation, peer.rpartition(":")[0]))
        user = self._tokens.user(message.header, peer)
        who = self._account(user) if user is not None else None
        if who is None and not self._served_without_login(name, operation, message.header):
            raise not_authorized()
        if operation is None:
            raise not_supported()
        if operation.access is Access.OWNER and who is not None and who.role != "owner":
            raise not_authorized("only the owner may do this")
        return self._call(service, name, Call(self._unit, who, message.operation, peer.rpartition(":")[0]))

    def _account(self, user: str) -> Account | None:
        """Also one that was taken away, only ever on a flawed unit."""
        removed = self._unit.accounts.removed if "viewer-onvif-survives" in self._unit.flaws else {}
        return self._unit.accounts.find(user) or removed.get(user)

    def _call(self, service: Service, name: str, call: Call) -> str:
        content = service.operations[name].answer(call)
        return f"<{service.prefix}:{name}Response>{content}</{service.prefix}:{name}Response>"

    def _served_without_login(self, name: str, operation: Operation | None, header: Element | None) -> bool:
        """Only ever true on a flawed unit."""
        readable = operation is not None and operation.access is Access.READ
        openings = {
            "onvif-media-open": name == "GetStreamUri",
            "onvif-snapshot-uri-open": name == "GetSnapshotUri",
            "onvif-empty-security-open": readable and has_empty_security(header),
            "onvif-change-unauthenticated": name == "SetUser",
            "before-set-up-onvif-users": name in ("CreateUsers", "DeleteUsers") and not self._unit.accounts.owned,
        }
        return any(flaw in self._unit.flaws and is_open for flaw, is_open in openings.items())
