"""Bad packages made of a good one: each change does just what it says."""

import hashlib
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.errors import Undecided
from harness.model.package import DigestField, PackageLayout, Span
from harness.probes.package_changes import CHANGES, PAYLOAD, RENEWED, changed, damage, possible, proven

CRC = DigestField(kind="crc32", at=Span(start=12, end=16), over=Span(start=20, end=-4), little=True)
SHA = DigestField(kind="sha1", at=Span(start=-24, end=-4), over=Span(start=0, end=-24))
LAYOUT = PackageLayout(
    header=Span(start=0, end=20), version=Span(start=4, end=12), payload=Span(start=20, end=-4), signature=Span(start=-4), digests=(CRC,)
)


def package(body: bytes = b"software", version: bytes = b"1.9") -> bytes:
    return b"HEAD" + version.ljust(8, b"\0") + zlib.crc32(body).to_bytes(4, "little") + b"rest" + body + b"SIGN"


@given(st.binary(min_size=1, max_size=300), st.sampled_from(CHANGES))
def test_every_change_changes_something_and_only_the_renewed_keep_their_digests(body: bytes, how: str) -> None:
    made = changed(package(body), LAYOUT, how)
    assert made != package(body)
    if how != CHANGES[0]:
        assert bool(damage(made, LAYOUT)) == (how in PAYLOAD)
        assert len(made) == len(package(body))


def test_what_each_does() -> None:
    assert changed(package(), LAYOUT, "signature cut off") == package()[:-4]
    assert changed(package(), LAYOUT, "signature of zeros") == package()[:-4] + bytes(4)
    assert changed(package(), LAYOUT, "version in the header") == package(version=b"1.0")
    assert changed(package(), LAYOUT, "last byte of the header")[:20] == package()[:19] + b"u"
    assert [changed(package(), LAYOUT, how)[20:28] for how in PAYLOAD] == [b"roftware", b"sogtware", b"softvare", b"softwase", b"softward"]
    assert changed(package(), LAYOUT, f"{PAYLOAD[-1]}{RENEWED}") == package(b"softward")


def test_what_would_change_nothing_is_undecided() -> None:
    with pytest.raises(Undecided, match="changes nothing"):
        changed(bytes(60), LAYOUT.model_copy(update={"digests": ()}), "signature of zeros")


def test_only_what_the_layout_knows_is_possible() -> None:
    bare = LAYOUT.model_copy(update={"digests": (), "version": None})
    assert possible(LAYOUT) == CHANGES
    assert set(CHANGES) - set(possible(bare)) == {*(f"{each}{RENEWED}" for each in PAYLOAD), "version in the header"}


def test_a_package_is_proven_whole_by_a_digest_over_all_of_its_payload() -> None:
    assert proven(package(), LAYOUT)
    assert not proven(package()[:-5] + package()[-4:], LAYOUT)
    assert not proven(package(), LAYOUT.model_copy(update={"digests": ()}))
    half = CRC.model_copy(update={"over": Span(start=20, end=22)})
    head = b"HEAD" + bytes(8) + zlib.crc32(b"so").to_bytes(4, "little") + b"rest"
    assert not proven(head + b"softwareSIGN", LAYOUT.model_copy(update={"digests": (half,)}))
    assert damage(b"short", LAYOUT) == "it has 5 bytes and no place for its payload"


def test_digests_of_other_kinds() -> None:
    body = bytes(40)
    sealed = body + hashlib.sha1(body, usedforsecurity=False).digest() + b"SIGN"
    layout = LAYOUT.model_copy(update={"digests": (SHA,), "payload": Span(start=20, end=-24)})
    assert damage(sealed, layout) == ""
    assert damage(changed(sealed, layout, PAYLOAD[1]), layout).startswith("the sha1 in it")
    assert damage(changed(sealed, layout, f"{PAYLOAD[1]}{RENEWED}"), layout) == ""
