"""WS-Discovery (2005/04) as ONVIF has it: Hello and Bye, answers to Probe and Resolve."""

import uuid
from html import escape
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from harness.emulated.camera.identity import MODEL
from harness.emulated.camera.network.discovery.multicast import Peer, Speaker
from harness.emulated.camera.onvif.device import PATH
from harness.emulated.camera.onvif.soap import ENV
from harness.emulated.camera.onvif.xml import BadXml, parse, text_of
from harness.emulated.camera.unit import Unit

GROUP, PORT, HOPS = "239.255.255.250", 3702, 1
_WSA = "http://schemas.xmlsoap.org/ws/2004/08/addressing"
_WSD = "http://schemas.xmlsoap.org/ws/2005/04/discovery"
_DN, _TDS = "http://www.onvif.org/ver10/network/wsdl", "http://www.onvif.org/ver10/device/wsdl"
_TO_ALL, _ANONYMOUS = "urn:schemas-xmlsoap-org:ws:2005:04:discovery", f"{_WSA}/role/anonymous"
_TYPES = {"NetworkVideoTransmitter", "Device"}  # compared without their prefixes, which clients choose as they like
_PREFIXES = f'xmlns:e="{ENV}" xmlns:w="{_WSA}" xmlns:d="{_WSD}" xmlns:dn="{_DN}" xmlns:tds="{_TDS}"'
_HEARD_MOST = 8192
_RULES = {"": "prefix", f"{_WSD}/rfc2396": "prefix", f"{_WSD}/strcmp0": "equal"}


class WsDiscovery:
    """Says where the ONVIF services are; nothing that names the unit before a log-in but its address."""

    def __init__(self, unit: Unit, speaker: Speaker) -> None:
        self._unit, self._speaker = unit, speaker
        self.endpoint = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_OID, unit.identity.mac)}"
        self.scopes = (
            "onvif://www.onvif.org/type/video_encoder",
            "onvif://www.onvif.org/Profile/Streaming",
            f"onvif://www.onvif.org/name/{MODEL.replace(' ', '_')}",
        )
        self._number = 0

    def hello(self) -> None:
        """The unit is there."""
        self._speaker.tell(self._message("Hello", self._described(), _TO_ALL))

    def bye(self) -> None:
        """It goes."""
        self._speaker.tell(self._message("Bye", self._reference(), _TO_ALL))

    def heard(self, data: bytes, peer: Peer) -> None:
        """Answer a Probe or Resolve that concerns this unit."""
        try:
            root = parse(data[:_HEARD_MOST])
        except BadXml:
            return
        asked = text_of(root, f"{{{ENV}}}Header/{{{_WSA}}}MessageID")
        body = root.find(f"{{{ENV}}}Body")
        if body is None or len(body) != 1 or not asked:
            return
        if body[0].tag == f"{{{_WSD}}}Probe" and self._is_meant(body[0]):
            self._answer("Probe", asked, peer)
        elif body[0].tag == f"{{{_WSD}}}Resolve" and text_of(body[0], f"{{{_WSA}}}EndpointReference/{{{_WSA}}}Address") == self.endpoint:
            self._answer("Resolve", asked, peer)

    def _answer(self, kind: str, asked: str, peer: Peer) -> None:
        content = f"<d:{kind}Match>{self._described()}</d:{kind}Match>"
        relates = f"<w:RelatesTo>{escape(asked)}</w:RelatesTo>"
        self._speaker.tell(self._message(f"{kind}Matches", content, _ANONYMOUS, relates), peer)

    def _is_meant(self, probe: Element) -> bool:
        """All types and all scopes that are asked for must fit."""
        types = {name.rpartition(":")[2] for name in text_of(probe, f"{{{_WSD}}}Types").split()}
        scopes = probe.find(f"{{{_WSD}}}Scopes")
        rule = _RULES.get(scopes.get("MatchBy", "") if scopes is not None else "")
        wanted = text_of(scopes).split() if scopes is not None else []
        return types <= _TYPES and (not wanted or (rule is not None and all(self._has(s, rule) for s in wanted)))

    def _has(self, wanted: str, rule: str) -> bool:
        if rule == "equal":
            return wanted in self.scopes
        parts = _segments(wanted)
        return any(_segments(scope)[: len(parts)] == parts for scope in self.scopes)

    def _reference(self) -> str:
        return f"<w:EndpointReference><w:Address>{self.endpoint}</w:Address></w:EndpointReference>"

    def _described(self) -> str:
        port = "" if self._unit.https_port == 443 else f":{self._unit.https_port}"
        types = "<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>"
        scopes = f"<d:Scopes>{' '.join(self.scopes)}</d:Scopes>"
        addresses = f"<d:XAddrs>https://{self._unit.address}{port}{PATH}</d:XAddrs>"
        return f"{self._reference()}{types}{scopes}{addresses}<d:MetadataVersion>1</d:MetadataVersion>"

    def _message(self, kind: str, content: str, to: str, more: str = "") -> bytes:
        self._number += 1
        order = f'<d:AppSequence InstanceId="{int(self._unit.booted)}" MessageNumber="{self._number}"/>'
        head = f"<w:MessageID>urn:uuid:{uuid.uuid4()}</w:MessageID><w:To>{to}</w:To><w:Action>{_WSD}/{kind}</w:Action>{more}{order}"
        body = f"<d:{kind}>{content}</d:{kind}>"
        envelope = f"<e:Envelope {_PREFIXES}><e:Header>{head}</e:Header><e:Body>{body}</e:Body></e:Envelope>"
        return f'<?xml version="1.0" encoding="UTF-8"?>\n{envelope}'.encode()


def _segments(scope: str) -> list[str]:
    """Compared part by part (RFC 2396): scheme and host in any case, the path exactly."""
    scheme, _, rest = scope.partition("://")
    host, *path = rest.rstrip("/").split("/")
    return [scheme.lower(), host.lower(), *(unquote(part) for part in path)]
