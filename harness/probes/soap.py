"""SOAP 1.2, pure: envelopes to bytes, answers to a small tree. XML of a device is hostile: no document types, limits everywhere."""

import base64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from xml.parsers import expat
from xml.sax.saxutils import escape

ENVELOPES = ("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
WSSE = f"{WSS}-wssecurity-secext-1.0.xsd"
WSU = f"{WSS}-wssecurity-utility-1.0.xsd"

SIZE_MAX = 4 * 1024 * 1024
DEPTH_MAX = 64
NODES_MAX = 50_000
TEXT_MAX = 200

EMPTY_SECURITY = f'<wsse:Security xmlns:wsse="{WSSE}"/>'


class BadXmlError(Exception):
    """Not well-formed, with a document type, or more than we read."""


@dataclass
class Node:
    """An element; names are `{namespace}local`."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list["Node"] = field(default_factory=list)
    text: str = ""

    @property
    def local(self) -> str:
        """The name without its namespace."""
        return self.name.rpartition("}")[2]

    def all(self, local: str) -> Iterator["Node"]:
        """Every descendant of this local name, in order."""
        for child in self.children:
            if child.local == local:
                yield child
            yield from child.all(local)

    def value(self, *path: str) -> str:
        """The text found by local names, one a level; empty when it is not there."""
        node: Node | None = self
        for local in path:
            node = next((child for child in node.children if child.local == local), None) if node else None
        return node.text.strip() if node else ""


@dataclass(frozen=True)
class Fault:
    """A SOAP fault: local names of its codes from the outside in, its reason."""

    codes: tuple[str, ...]
    reason: str


def envelope(body: str, header: str = "") -> bytes:
    """A request."""
    headed = f"<s:Header>{header}</s:Header>" if header else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{ENVELOPES[0]}">{headed}<s:Body>{body}</s:Body></s:Envelope>'.encode()
    )


def username_token(user: str, digest: str, nonce: bytes, created: str) -> str:
    """A Security header with a password digest."""
    return (
        f'<wsse:Security s:mustUnderstand="true" xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(user)}</wsse:Username>"
        f'<wsse:Password Type="{WSS}-username-token-profile-1.0#PasswordDigest">{digest}</wsse:Password>'
        f'<wsse:Nonce EncodingType="{WSS}-soap-message-security-1.0#Base64Binary">{base64.b64encode(nonce).decode()}</wsse:Nonce>'
        f"<wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )


def name_alone(user: str) -> str:
    """A Security header that names somebody and proves nothing."""
    return (
        f'<wsse:Security s:mustUnderstand="true" xmlns:wsse="{WSSE}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(user)}</wsse:Username></wsse:UsernameToken></wsse:Security>"
    )


def password_text(user: str, password: str) -> str:
    """A Security header with the password itself."""
    return (
        f'<wsse:Security s:mustUnderstand="true" xmlns:wsse="{WSSE}"><wsse:UsernameToken>'
        f"<wsse:Username>{escape(user)}</wsse:Username>"
        f'<wsse:Password Type="{WSS}-username-token-profile-1.0#PasswordText">{escape(password)}</wsse:Password>'
        f"</wsse:UsernameToken></wsse:Security>"
    )


def parse(data: bytes, *, cut: bool = False) -> Node:
    """The root element. `cut`: the end is missing by our own limit, take what there is. Raises BadXmlError."""
    if len(data) > SIZE_MAX and not cut:
        raise BadXmlError(f"more than {SIZE_MAX} bytes of XML")
    builder = _Builder()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler = builder.start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, _refuse_doctype
    try:
        parser.Parse(data, not cut)
    except (expat.ExpatError, ValueError, LookupError) as problem:
        raise BadXmlError(str(problem)[:TEXT_MAX]) from None
    if builder.root is None:
        raise BadXmlError("no element")
    return builder.root


def payload(root: Node) -> Node | None:
    """The first element in the body of an envelope."""
    if root.local != "Envelope" or root.name.partition("}")[0].lstrip("{") not in ENVELOPES:
        return None
    body = next((child for child in root.children if child.local == "Body"), None)
    return body.children[0] if body is not None and body.children else None


def read_fault(node: Node | None) -> Fault | None:
    """The fault that a payload is, if it is one."""
    if node is None or node.local != "Fault" or node.name.partition("}")[0].lstrip("{") not in ENVELOPES:
        return None
    values = [each.text for each in node.all("Value")] + [each.text for each in node.all("faultcode")]
    reasons = [each.text for name in ("Text", "faultstring") for each in node.all(name)]
    codes = tuple(value.strip().rpartition(":")[2][:TEXT_MAX] for value in values[:8])
    return Fault(codes, " ".join(reasons).strip()[:TEXT_MAX])


class _Builder:
    """Builds the tree, within limits."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[Node] = []
        self._count = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        if len(self._open) >= DEPTH_MAX or self._count > NODES_MAX:
            raise BadXmlError("too deep, or too many elements")
        node = Node(_clark(name), {_clark(key).rpartition("}")[2]: value for key, value in attributes.items()})
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def end(self, _: str) -> None:
        self._open.pop()

    def data(self, text: str) -> None:
        if self._open:
            self._open[-1].text += text


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def _refuse_doctype(*_: Any) -> None:
    raise BadXmlError("a document type, which is not read")
