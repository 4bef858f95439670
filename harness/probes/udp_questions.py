"""What each UDP port is asked: what its usual service answers to, else an empty line. And which ports are the common ones."""

import struct

from harness.transports.udp_scan import GENERIC

WSD_PROBE = (
    b'<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    b' xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header>'
    b"<w:MessageID>urn:uuid:6d2a41a0-94c1-4a70-8d0a-0d6f6c6b7e11</w:MessageID>"
    b"<w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    b"<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header><e:Body><d:Probe/></e:Body></e:Envelope>"
)
SSDP_SEARCH = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: ssdp:all\r\n\r\n'
SIP_OPTIONS = (
    b"OPTIONS sip:camlabel SIP/2.0\r\nVia: SIP/2.0/UDP camlabel;branch=z9hG4bK1;rport\r\nFrom: <sip:a@camlabel>;tag=1\r\n"
    b"To: <sip:b@camlabel>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n"
)
SADP = b'<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>6d2a41a0-94c1-4a70-8d0a-0d6f6c6b7e11</Uuid><Types>inquiry</Types></Probe>'
DHDISCOVER = b'{"method":"DHDiscover.search","params":{"mac":"","uni":1}}'
_DHIP = struct.pack("<I4sQQQ", 32, b"DHIP", 0, len(DHDISCOVER), len(DHDISCOVER)) + DHDISCOVER
_XM = struct.pack("<BBHIIBBHI", 0xFF, 0, 0, 0, 0, 0, 0, 1530, 0)  # the search of one family of recorders


def dns_question(name: str, kind: int = 12) -> bytes:
    """A question of the domain name system; 12 asks for services."""
    labels = b"".join(bytes([len(label)]) + label.encode() for label in name.split("."))
    return struct.pack("!6H", 0x1A1B, 0x0100, 1, 0, 0, 0) + labels + b"\0" + struct.pack("!HH", kind, 1)


def snmp_get(community: bytes, version: int) -> bytes:
    """GetRequest of sysDescr.0; version 0 is SNMPv1, 1 is v2c."""
    variable = b"\x30\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x01\x00\x05\x00"
    pdu = b"\x02\x01\x2a\x02\x01\x00\x02\x01\x00" + b"\x30" + bytes([len(variable)]) + variable
    body = b"\x02\x01" + bytes([version]) + b"\x04" + bytes([len(community)]) + community + b"\xa0" + bytes([len(pdu)]) + pdu
    return b"\x30" + bytes([len(body)]) + body


TFTP_READ = b"\x00\x01camlabel-no-such-file\x00octet\x00"
QUESTIONS: dict[int, bytes] = {
    53: dns_question("camlabel.invalid", 1),
    69: TFTP_READ,
    111: struct.pack("!10I", 0x1A1B1C1D, 0, 2, 100000, 2, 0, 0, 0, 0, 0),
    123: b"\x1b" + bytes(47),
    137: struct.pack("!6H", 0x1A1B, 0x0010, 1, 0, 0, 0) + b"\x20CKAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\x00\x00\x21\x00\x01",
    161: snmp_get(b"public", 1),
    623: bytes.fromhex("0600ff07000000000000000000092018c88100388e04b5"),
    1900: SSDP_SEARCH,
    3478: bytes.fromhex("000100002112a4421a1b1c1d1e1f1a1b1c1d1e1f"),
    3702: WSD_PROBE,
    5060: SIP_OPTIONS,
    5353: dns_question("_services._dns-sd._udp.local", 12),
    5683: bytes.fromhex("40011a1bbb2e77656c6c2d6b6e6f776e04636f7265"),
    34569: _XM,
    37020: SADP,
    37810: _DHIP,
}
_HIGH = (
    *(1025, 1026, 1027, 1028, 1029, 1030, 1194, 1434, 1645, 1646, 1701, 1718, 1719, 1812, 1813, 1883, 1900, 2000, 2048, 2049, 2222, 2345),
    *(3000, 3478, 3479, 3544, 3702, 3703, 4000, 4500, 4567, 5000, 5001, 5002, 5004, 5005, 5050, 5060, 5061, 5093, 5351, 5353, 5355, 5540),
    *(5632, 5683, 5684, 6000, 6001, 6666, 6667, 6668, 6970, 6971, 7000, 7070, 7680, 8000, 8001, 8002, 8080, 8081, 8554, 8600, 8800, 8801),
    *(8888, 8899, 8999, 9000, 9001, 9200, 9600, 9999, 10000, 10001, 10080, 11211, 12345, 15000, 16384, 17185, 19302, 20000, 20001, 20480),
    *(27015, 27036, 30000, 32100, 32108, 32761, 32768, 32769, 32770, 32771, 33434, 33435, 34567, 34568, 34569, 37020, 37021, 37777, 37778),
    *(37810, 38000, 39000, 40000, 41794, 44818, 47808, 48101, 49152, 49153, 49154, 49155, 50000, 51820, 51821, 54321, 55555, 60000, 65476),
)
FEW = (53, 69, 123, 161, 1900, 3702, 5353, 5683, 8800, 32100, 32108, 34569, 37020, 37810)


def common(count: int) -> tuple[int, ...]:
    """So many ports: those above 1023 at which cameras and their kin serve, and the well-known ones from 1 on."""
    return tuple(sorted({*_HIGH[:count], *range(1, max(1, count - len(set(_HIGH)) + 1))}))


def question(port: int) -> bytes:
    """What this port is asked."""
    return QUESTIONS.get(port, GENERIC)
