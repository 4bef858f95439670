"""What a recording of a serial line is searched for: each spelling of a secret is found in its place, and ordinary output is left alone."""

import base64
from typing import Literal

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from harness.emulated.camera.uart import bootlog
from harness.probes.console_patterns import DUMP, NAMED, Reader
from harness.transports.console import Chunk, Window

Private = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey

BLOCK = b"12 34 56 78 9a bc de f0 12 34 56 78 9a bc de f0"
HA1 = "d41e98d1eafa6d6011d3a70f1a5b92f0"
SECRET = "Kitchen-Cam-55731"
SHOWN = bytes(range(0x30, 0x40)) + SECRET.encode()


def read(*parts: bytes, values: dict[str, str] | None = None) -> Reader:
    """Each part is a read of its own, a second after the one before, and a window of its own."""
    reader, at = Reader({"owner": SECRET} if values is None else values), 0
    for second, part in enumerate(parts):
        reader.read(Window(at, at + len(part), (Chunk(float(second), part),)))
        at += len(part)
    return reader


def rows(data: bytes, spelled: str) -> bytes:
    """Sixteen a line, as programs dump."""
    lines = (data[at : at + 16] for at in range(0, len(data), 16))
    return "".join(
        f"{number * 16:08x}: {spelled.join(f'{byte:02x}' for byte in line)}  |..|\r\n" for number, line in enumerate(lines)
    ).encode()


def words(data: bytes, size: int, order: Literal["big", "little"]) -> bytes:
    """The same by words, as xxd, od and a boot loader's md show them; none has the secret's own letters beside it."""
    shown = data.ljust(-len(data) // 16 * -16, b"\0")
    lines = (shown[at : at + 16] for at in range(0, len(shown), 16))
    spelled = (" ".join(f"{int.from_bytes(line[at : at + size], order):0{2 * size}x}" for at in range(0, 16, size)) for line in lines)
    return "".join(f"{number * 16:08x}: {line}    ....\r\n" for number, line in enumerate(spelled)).encode()


@pytest.mark.parametrize(
    ("said", "spelled"),
    [
        (SECRET.encode(), ""),
        (SECRET.encode().hex().encode(), "hex"),
        (base64.b64encode(f"admin:{SECRET}".encode()), "base64 0"),
        (SECRET.encode("utf-16-le"), "UTF-16"),
        (rows(SHOWN, " "), DUMP),
        (rows(SHOWN, ":"), DUMP),
        (words(SHOWN, 2, "big"), DUMP),
        (words(SHOWN, 2, "little"), DUMP),
        (words(SHOWN, 4, "big"), DUMP),
        (words(SHOWN, 4, "little"), DUMP),
        (b"{ " + b", ".join(b"0x%02x" % byte for byte in SECRET.encode()) + b" }", DUMP),
    ],
)
def test_a_known_secret_is_found_however_it_is_spelled(said: bytes, spelled: str) -> None:
    found = read(b"[ 1.0] web: up\r\n" + said + b"\r\n").found
    assert [(leak.what, leak.spelled) for leak in found] == [("owner", spelled)]
    assert found[0].offset >= 16


def test_it_is_found_across_reads_once_with_its_place_and_time() -> None:
    (leak,) = read(b"boot\r\npw " + SECRET.encode()[:5], SECRET.encode()[5:] + b"\r\n", b"more\r\n").found
    assert (leak.offset, leak.at) == (9, 1.0)
    first, second = read(SECRET.encode() + b"\r\n", SECRET.encode() + b"\r\n").found
    assert (first.offset, first.at, second.offset, second.at) == (0, 0.0, len(SECRET) + 2, 1.0)


@pytest.mark.parametrize(
    ("said", "what", "value"),
    [
        (b"-----BEGIN EC PRIVATE KEY-----\r\nMHcC", "private key", ""),
        (b"root:$1$JCKyp$x1bJbGD8kR3tBdPfJ6.3z/:0:0", "hash of a password", "JCKyp$x1bJbGD8kR3tBdPfJ6.3z/"),
        (b"rtsp://admin:hunter22@10.0.0.2/live", "password in an address", "hunter22"),
        (b"> Authorization: Bearer 0f2a99c4d1e07b6a", "Authorization header", "0f2a99c4d1e07b6a"),
        (b"using AKIAIOSFODNN7EXAMPLE for s3", "key of a cloud service", "AKIAIOSFODNN7EXAMPLE"),
        (b'wpa_psk="blue7house"', NAMED, "blue7house"),
        (b"cloud: device_token = 9f86d081884c7d659a2feaa0c55ad015", NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"Password: Password: blue7house", NAMED, "blue7house"),
        (b"password: secret=blue7house", NAMED, "secret=blue7house"),
        (b'{"deviceSecret":"9f86d081884c7d659a2feaa0c55ad015"}', NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"accessToken=9f86d081884c7d659a2feaa0c55ad015", NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"wifiPassword: blue7house", NAMED, "blue7house"),
        (b"aes_key: 9f86d081884c7d659a2feaa0c55ad015", NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"Device key: 9f86d081884c7d659a2feaa0c55ad015", NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"<Password>blue7house</Password>", NAMED, "blue7house"),
        (b'<wsse:Password Type="http://x#PasswordText">blue7house</wsse:Password>', NAMED, "blue7house"),
        (b"<userName>admin</userName>\r\n<pass><![CDATA[blue7house]]></pass>", NAMED, "blue7house"),
        (b'<string name="wifi_password">blue7house</string>', NAMED, "blue7house"),
        (b'<param name="password" value="blue7house"/>', NAMED, "blue7house"),
        (b'{"name": "password", "value": "blue7house"}', NAMED, "blue7house"),
        (b"user=admin pass=blue7house", NAMED, "blue7house"),
        (b"wifi_pass=blue7house", NAMED, "blue7house"),
        (b"ftpPass: blue7house", NAMED, "blue7house"),
        (b"HA1=9f86d081884c7d659a2feaa0c55ad015", NAMED, "9f86d081884c7d659a2feaa0c55ad015"),
        (b"WPA: PMK - hexdump(len=16): " + BLOCK, NAMED, BLOCK.decode()),
        (b"aes_key[16] = {\r\n  0x" + BLOCK.replace(b" ", b", 0x") + b" }", NAMED, "0x" + BLOCK.decode().replace(" ", ", 0x")),
        (b"private-key:\r\n    priv:\r\n        " + BLOCK.replace(b" ", b":") + b":", "private key", ""),
        (b"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW0ifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r", "JSON web token", None),
    ],
)
def test_what_looks_like_a_secret_is_found(said: bytes, what: str, value: str | None) -> None:
    (leak,) = read(b"x\r\n" + said + b"\r\n").found
    assert leak.what == what
    assert value is None or leak.value == value


@pytest.mark.parametrize(
    "said",
    [
        b"\r\ncamera login: root\r\nPassword: \r\nLogin incorrect\r\n",
        b"Password: Password: Password:\r\n",
        b"[    1.9] Loaded X.509 cert 'Build time autogenerated kernel key: 3b8a9cf0d3e5f7a1b2c3d4e5f60718293a4b5c6d'\r\n",
        b"psk=******** token=<hidden> password: (null) secret: none api_key=0\r\n",
        b"rtsp://admin:*****@10.0.0.2/live\r\nhttp://10.0.0.2:80/a@b\r\n",
        b"crng init done; SHA256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\r\n",
        b"00000000: dead beef 0000 0001  ....\r\nmonkey: 9f86d081884c7d659a2feaa0c55ad015 public key: 3059301306072a8648ce3d0201\r\n",
        b"self-test: pass=1 fail=0\r\nPASS: rtc_test_01\r\nddr pass: 0x80001234, pass=1a2b3c4d5e, pass: 1024KB/s\r\n",
        b"pass=12of34, bypass=abc12345x, multi_pass=abc12345x\r\n",
        b'<trt:Profiles token="Profile_1_of_the_main_stream" fixed="true"><ProfileToken>MainStreamProfile01x</ProfileToken>\r\n',
        b'<wsse:Password Type="http://x#PasswordDigest">tuOSpGlFlIXsozq4HFNeeGeFLEI=</wsse:Password><pass>12</pass>\r\n',
        b'<label key="password">Password</label>\r\nWPA: PMK - hexdump(len=32): [REMOVED]\r\n',
        b"Session ID: " + BLOCK + b"\r\npublic key: " + BLOCK + b"\r\naes_key: " + b"00 " * 16 + b"\r\n",
        b"mac 02:00:5e:10:00:00 at 12:30:45:01\r\n",
        "".join(text for _, text in (*bootlog.LOADER, *bootlog.KERNEL, *bootlog.SERVICES)).encode(),
        bytes(range(256)) * 40,
    ],
)
def test_ordinary_output_is_left_alone(said: bytes) -> None:
    reader = read(said)
    assert (reader.found, reader.doubtful) == ([], [])


def test_what_only_a_person_can_judge_is_said_and_not_shown() -> None:
    reader = read(b"password: letmein\r\nadmin_pwd=12345\r\ntoken=abc123\r\n" * 3)
    assert reader.found == []
    assert reader.doubtful == [
        "is l…, 7 characters after 'password', a secret?",
        "is 1…, 5 characters after 'admin_pwd', a secret?",
        "is a…, 6 characters after 'token', a secret?",
    ]


def test_what_a_test_or_a_log_in_may_have_said_is_for_a_person() -> None:
    reader = read(b"memtest\r\npass=ab12cd34x\r\nuser=admin pass=admin\r\n")
    assert reader.found == []
    assert reader.doubtful == ["is a…, 9 characters after 'pass', a secret?", "is a…, 5 characters after 'pass', a secret?"]


def of_digest(said: bytes) -> list[tuple[str, str, str]]:
    """What a reader says that knows one digest."""
    reader = Reader({"owner": SECRET}, {HA1: ("digest of owner", "that of 'Yard'")})
    reader.read(Window(0, len(said), (Chunk(0.0, said),)))
    return [(leak.what, leak.spelled, leak.value) for leak in reader.found]


def test_what_opens_a_digest_log_in_is_found_as_text_and_in_dumps() -> None:
    raw = bytes.fromhex(HA1)
    for form, kind in ((HA1, ""), (HA1.upper(), " upper case"), (base64.b64encode(raw).decode().rstrip("="), " base64")):
        assert of_digest(f"htdigest admin:Yard:{form}\r\n".encode()) == [("digest of owner", f"that of 'Yard'{kind}", form)]
    assert of_digest(rows(raw, " "))[0][:2] == ("digest of owner", DUMP)
    assert of_digest(b"9f86d081884c7d659a2feaa0c55ad015\r\n") == []


def written(key: Private) -> dict[str, bytes]:
    """A key in every writing that does not name it."""
    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    body = pem.splitlines()[1:-1]
    return {
        "rows": b"\r\n".join(body),
        "one": b'key="' + b"".join(body) + b'"',
        "with a begin of each line": b"\r\n".join(b"[  1.23] tlsd: " + row for row in body),
        "with others between": b"\r\n[ 2.0] eth0: link down\r\n".join(body),
        "as a literal": b"\\n".join(body),
        "hex": der.hex().encode(),
        "hex in rows": b"\r\n".join(der.hex().encode()[at : at + 64] for at in range(0, 2 * len(der), 64)),
        "a dump": rows(der, " "),
        "a dump of its file": rows(pem, " "),
        "words": words(der, 4, "little"),
    }


@pytest.mark.parametrize(
    "key", [ec.generate_private_key(ec.SECP256R1()), ed25519.Ed25519PrivateKey.generate(), rsa.generate_private_key(65537, 2048)]
)
def test_a_private_key_is_found_without_the_line_that_names_it(key: Private) -> None:
    for writing, said in written(key).items():
        found = read(b"[ 1.0] web: up\r\n" + said + b"\r\nready\r\n").found
        assert {leak.what for leak in found} == {"private key"}, writing
        assert found[0].offset >= 16


def test_public_keys_and_certificates_are_none() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    der = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for said in (public, b"\r\n".join(public.splitlines()[1:-1]), der.hex().encode(), rows(der, " "), b"MIIE" + b"QUJD" * 400):
        assert read(b"x\r\n" + said + b"\r\n").found == []


def test_a_flood_is_bounded() -> None:
    reader = read(*[b"AKIAIOSFODNN7EXAMPLE password=ab\r\n" * 700] * 3)
    assert len(reader.found) == 1000
    assert len(reader.doubtful) == 1


def test_without_a_value_only_shapes_are_looked_for() -> None:
    assert read(b"psk=abcd1234efgh\r\n", values={}).found[0].what == NAMED
