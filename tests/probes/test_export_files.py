"""What is inside exported files, and how they are altered."""

import base64
import bz2
import gzip
import hashlib
import io
import lzma
import tarfile
import zipfile
import zlib

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from harness.probes import export_files
from harness.probes.export_files import TooMuch, altered, is_packed, layers, private_keys

NEEDLE = b"the needle in it, which is long enough to be written in base64"
KEY = ec.generate_private_key(ec.SECP256R1())


def tar(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        NEEDLE,
        gzip.compress(NEEDLE),
        zlib.compress(NEEDLE),
        bz2.compress(NEEDLE),
        lzma.compress(NEEDLE),
        tar(a=NEEDLE),
        zipped(a=NEEDLE),
        b"config=" + base64.b64encode(NEEDLE) + b";",
        base64.urlsafe_b64encode(b"\xff\xff" + NEEDLE),
        base64.b64encode(gzip.compress(tar(a=b"x", b=zipped(c=NEEDLE)))),
    ],
)
def test_what_is_packed_is_unpacked(data: bytes) -> None:
    assert any(NEEDLE in content for _, content in layers(data))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x1f\x8b",
        b"\x78no zlib",
        b"BZhno",
        b"\xfd7zXZ\0no",
        b"PK\3\4no",
        zipped(a=NEEDLE)[:-30],
        tar(a=NEEDLE * 50)[:700],
        b"\0" * 257 + b"ustar",
        b"A" * 41,
    ],
)
def test_what_is_broken_has_an_end(data: bytes) -> None:
    assert next(iter(layers(data))) == ("the file", data)
    assert len(list(layers(data))) < 5


def test_a_bomb_is_said_and_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export_files, "WHOLE_MAX", 1 << 20)
    with pytest.raises(TooMuch, match="1 MiB are packed"):
        list(layers(gzip.compress(bytes(2 << 20))))
    monkeypatch.setattr(export_files, "LAYERS_MAX", 3)
    with pytest.raises(TooMuch, match="more than 3 parts"):
        list(layers(zipped(a=b"1", b=b"2", c=b"3", d=b"4")))


def test_private_keys_are_seen_and_sealed_ones_are_not() -> None:
    pem = KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    pkcs8 = KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    sec1 = KEY.private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    assert list(private_keys(b"x" + pem)) == ["private key in PEM (EC)"]
    for der in (pkcs8, sec1):
        assert all(each.startswith("private key in DER") for each in private_keys(b"\x30\x82\x01" + der + b"rest"))
        assert list(private_keys(b"begin" + der + b"rest"))
    sealed = BestAvailableEncryption(b"x")
    assert not list(private_keys(KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealed)))
    assert not list(private_keys(KEY.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, sealed)))
    assert not list(private_keys(KEY.private_bytes(Encoding.DER, PrivateFormat.PKCS8, sealed)))
    assert not list(private_keys(b"\x30\x82\xff\xff\x02\x01\x00" * 400))
    assert not list(private_keys(KEY.public_key().public_bytes_raw() if hasattr(KEY.public_key(), "public_bytes_raw") else b""))


def test_every_alteration_is_another_file() -> None:
    for data in (bytes(range(256)) * 3, b'{"light": "on", "name": "nursery"}', b"x"):
        made = list(altered(data))
        assert data not in [other for _, other in made]
        assert len({how for how, _ in made}) == len(made)
    assert len(list(altered(bytes(range(256)) * 3))) > 15
    assert b'{"light": "on", "oame": "nursery"}' in [other for _, other in altered(b'{"light": "on", "name": "nursery"}')]


@pytest.mark.parametrize("name", ["sha512", "sha256", "sha1", "md5"])
@pytest.mark.parametrize("spelled", [lambda digest: digest, lambda digest: digest.hex().encode()], ids=["raw", "hex"])
def test_digests_at_either_end_are_made_anew(name: str, spelled: object) -> None:
    def digest(body: bytes) -> bytes:
        return spelled(hashlib.new(name, body).digest())  # type: ignore[operator]

    body = b"settings of a camera, in a format of its own" * 9
    size = len(digest(b""))
    last = [other for how, other in altered(body + digest(body)) if "made anew" in how]
    assert last
    assert all(other[-size:] == digest(other[:-size]) != digest(body) for other in last)
    first = [other for how, other in altered(digest(body) + body) if "made anew" in how]
    assert first
    assert all(other[:size] == digest(other[size:]) != digest(body) for other in first)


def test_what_is_packed_is_altered_inside_and_packed_again() -> None:
    inner = b"user=admin\nlight=on\n" * 5
    data = base64.b64encode(gzip.compress(inner))
    inside = [other for how, other in altered(data) if how.endswith("inside of base64 and gzip")]
    assert inside
    opened = [gzip.decompress(base64.b64decode(other)) for other in inside]
    assert all(len(each) == len(inner) and each != inner for each in opened)
    assert [how for how, _ in altered(zlib.compress(inner)) if how.endswith("inside of zlib")]


def test_what_comes_to_the_same_is_no_alteration() -> None:
    """The last letter of base64 has bits that nobody reads, and gzip has a time that nobody needs."""
    text = base64.b64encode(b"x" * 61)
    changed = [data for how, data in altered(text) if how.startswith(("bit", "letter")) and data.rstrip(b"=").isalnum()]
    assert changed
    assert b"x" * 61 not in [base64.b64decode(data) for data in changed if len(data) == len(text)]
    packed = gzip.compress(b"x" * 100)
    assert "with a byte more" not in [how for how, _ in altered(packed)]


def test_what_is_packed_is_known_by_its_beginning() -> None:
    assert all(map(is_packed, (gzip.compress(b"x"), bz2.compress(b"x"), lzma.compress(b"x"), b"PK\3\4", bytes(257) + b"ustar")))
    assert not any(map(is_packed, (b"", b"{}", b"\x1f", b"PK")))
