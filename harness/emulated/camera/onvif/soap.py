"""SOAP 1.2 envelopes and faults as ONVIF has them."""

from dataclasses import dataclass
from html import escape
from xml.etree.ElementTree import Element

from harness.emulated.camera.onvif.xml import BadXml, parse

ENV = "http://www.w3.org/2003/05/soap-envelope"
TDS = "http://www.onvif.org/ver10/device/wsdl"
TRT = "http://www.onvif.org/ver10/media/wsdl"
TT = "http://www.onvif.org/ver10/schema"
_PREFIXES = f'xmlns:env="{ENV}" xmlns:ter="http://www.onvif.org/ver10/error" xmlns:tds="{TDS}" xmlns:trt="{TRT}" xmlns:tt="{TT}"'


class Fault(Exception):
    """A refusal; `code` is Sender or Receiver, `subcodes` are nested from the outside in."""

    def __init__(self, code: str, subcodes: tuple[str, ...], reason: str, status: int = 400) -> None:
        super().__init__(reason)
        self.code, self.subcodes, self.reason, self.status = code, subcodes, reason, status
        self.headers: dict[str, str] = {}

    def encode(self) -> bytes:
        """As an envelope."""
        nested = ""
        for subcode in reversed(self.subcodes):
            nested = f"<env:Subcode><env:Value>{subcode}</env:Value>{nested}</env:Subcode>"
        code = f"<env:Code><env:Value>env:{self.code}</env:Value>{nested}</env:Code>"
        reason = f'<env:Reason><env:Text xml:lang="en">{escape(self.reason)}</env:Text></env:Reason>'
        return envelope(f"<env:Fault>{code}{reason}</env:Fault>")


def not_authorized(reason: str = "Sender not authorized") -> Fault:
    """The refusal of a request that lacks a valid login."""
    return Fault("Sender", ("ter:NotAuthorized",), reason)


def locked_out(seconds: int, reason: str) -> Fault:
    """The refusal of a client that has guessed too often, whatever it shows now."""
    fault = not_authorized(reason)
    fault.headers["Retry-After"] = str(seconds)
    return fault


def not_supported(reason: str = "This action is not supported") -> Fault:
    """The answer to an operation that this camera does not have."""
    return Fault("Receiver", ("ter:ActionNotSupported",), reason, 500)


def invalid(subcode: str, reason: str) -> Fault:
    """The answer to an argument that does not fit."""
    return Fault("Sender", ("ter:InvalidArgVal", subcode), reason)


def envelope(body: str) -> bytes:
    """A whole answer."""
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<env:Envelope {_PREFIXES}><env:Body>{body}</env:Body></env:Envelope>'.encode()


@dataclass(frozen=True)
class Message:
    """A request: its header, if it has one, and the operation asked for."""

    header: Element | None
    operation: Element


def read_message(document: bytes) -> Message:
    """Parse a request; raises Fault."""
    try:
        root = parse(document)
    except BadXml as mistake:
        raise Fault("Sender", ("ter:WellFormed",), str(mistake)) from None
    body = root.find(f"{{{ENV}}}Body")
    if root.tag != f"{{{ENV}}}Envelope" or body is None or len(body) != 1:
        raise Fault("Sender", ("ter:WellFormed",), "a SOAP 1.2 envelope with one operation is expected")
    return Message(root.find(f"{{{ENV}}}Header"), body[0])
