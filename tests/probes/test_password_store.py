"""How a password is kept: made again from what stands in a file, and looked for in whole images."""

import base64
import hashlib
import hmac
import os
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from harness.emulated.camera.storage_flaws import REALM
from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes import account, password_store, storage
from harness.probes.images.needles import Needles, spellings
from harness.probes.password_formats import Account, Method, fresh, keys_in, opened, stores, tokens
from harness.transports.crypt import crypt
from tests.builders.emulated import emulated

PASSWORD = "Rare-Canary-77x"
SALT = bytes(range(3, 19))
WHOSE = Account("admin", PASSWORD, (REALM,))
SCRYPT = Method("scrypt", n=1024, r=8, p=1)
OWNER = Credential(unit="cam-1", role="owner")


def openssl(method: str) -> bytes:
    argv = ["openssl", "passwd", method, "-salt", "saltsalt", "-stdin"]
    return subprocess.run(argv, input=PASSWORD.encode(), capture_output=True, check=True).stdout.strip()


def digest(name: str, *parts: bytes) -> str:
    return hashlib.new(name, b"".join(parts)).hexdigest()


KEYED = hmac.digest(SALT, PASSWORD.encode(), "sha256").hex()
FAST = {
    "salted sha256": f'{{"salt": "{SALT.hex()}", "hash": "{digest("sha256", SALT, PASSWORD.encode())}"}}',
    "salted md5, salt as text": f"salt=x9Y8z7W6v5 hash={digest('md5', PASSWORD.encode(), b'x9Y8z7W6v5')}",
    "base64": f"{base64.b64encode(SALT).decode()} {base64.b64encode(hashlib.sha1(PASSWORD.encode() + SALT).digest()).decode()}",
    "hmac": f"{SALT.hex()}:{KEYED}",
    "nested": f"{SALT.hex()} {digest('md5', SALT, digest('md5', PASSWORD.encode()).encode())}",
    "digest log-in": f"admin:{REALM}:{digest('md5', f'admin:{REALM}:{PASSWORD}'.encode())}",
}
SLOW = {
    "scrypt": (f"{SALT.hex()} {hashlib.scrypt(PASSWORD.encode(), salt=SALT, n=1024, r=8, p=1, dklen=32).hex()}", 1024, 1024),
    "pbkdf2": (f"{SALT.hex()} {hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), SALT, 10000).hex()}", 10000, 0),
    "as frameworks write it": (
        f"pbkdf2:sha256:20000$aSaltOfText${hashlib.pbkdf2_hmac('sha256', PASSWORD.encode(), b'aSaltOfText', 20000).hex()}",
        20000,
        0,
    ),
}


@pytest.mark.parametrize("text", FAST.values(), ids=FAST)
def test_what_is_made_in_one_round_is_fast(text: str) -> None:
    found = stores(text.encode(), b"", WHOSE, (SCRYPT,))
    assert found
    assert {each.strength for each in found} == {"fast"}


@pytest.mark.parametrize(("text", "rounds", "memory"), SLOW.values(), ids=SLOW)
def test_slow_hashes_are_made_again_with_their_cost(text: str, rounds: int, memory: int) -> None:
    (found, *more) = stores(text.encode(), b"", WHOSE, (SCRYPT,))
    assert (found.strength, found.rounds, found.memory_kib, more) == ("slow", rounds, memory, [])


def test_another_password_is_not_found() -> None:
    for text in (*FAST.values(), SLOW["scrypt"][0]):
        assert not stores(text.encode(), b"", Account("admin", "another-Word-5", (REALM,)), (SCRYPT,))


@pytest.mark.parametrize(("method", "strength"), [("-1", "fast"), ("-5", "slow"), ("-6", "slow")])
def test_hashes_of_crypt(method: str, strength: str) -> None:
    stored = openssl(method)
    (found,) = stores(b"root:" + stored + b":20000:0:::\n", b"", WHOSE, ())
    assert found.strength == strength
    assert crypt(b"another", stored) is False
    assert not stores(b"root:" + stored + b":\n", b"", Account("admin", "another-Word-5"), ())


def test_a_hash_that_cannot_be_made_again_counts_when_it_changed_with_the_password() -> None:
    bcrypt = b"$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234"
    (found,) = stores(b"admin:" + bcrypt, b"admin:$2b$12$old", WHOSE, ())
    assert (found.strength, found.rounds) == ("slow", 4096)
    assert not stores(b"admin:" + bcrypt, b"admin:" + bcrypt, WHOSE, ())
    (des,) = stores(b"root:ab1cd2ef3gh4I:0:0:\n", b"", WHOSE, ())
    assert des.strength == "fast"


def test_only_what_came_with_the_change_is_compared() -> None:
    old = f"token={SALT.hex()}".encode()
    assert fresh(old + b" new=" + bytes(range(40, 60)).hex().encode(), old) == {bytes(range(40, 60)).hex().encode(): bytes(range(40, 60))}
    assert tokens(b"too short: abcd, odd") == {}


def test_a_key_that_opens_it_is_found_in_each_mode() -> None:
    key, iv, plain = os.urandom(32), os.urandom(16), PASSWORD.encode().ljust(32, b"\0")
    sealed = []
    for mode, before in (
        (modes.ECB(), b""),
        (modes.CBC(iv), iv),
        (modes.CBC(bytes(16)), b""),
        (modes.CTR(iv), iv),
        (modes.GCM(iv[:12]), iv[:12]),
    ):
        encryptor = Cipher(algorithms.AES(key), mode).encryptor()
        sealed.append(before + encryptor.update(plain) + encryptor.finalize())
    for blob in sealed:
        assert list(opened([blob], [(os.urandom(32), "elsewhere"), (key, "here")], PASSWORD)) == ["here"]
    assert not list(opened([os.urandom(48)], [(key, "here")], PASSWORD))
    assert key in set(keys_in(b"key=" + key.hex().encode()))
    assert b"c4mLabel-kEy-0f-" in set(keys_in(b"\0init\0c4mLabel-kEy-0f-\0/data\0"))
    assert next(keys_in(key)) == key


def xored(data: bytes, key: bytes) -> bytes:
    return bytes(byte ^ key[index % len(key)] for index, byte in enumerate(data))


@pytest.mark.parametrize(
    "spelled", ["plain", "reversed", "XOR with one", "XOR with three", "XOR, upper half", *("base64", "sha1, raw", "UTF-16")]
)
def test_a_value_is_found_in_each_spelling_and_across_pieces(spelled: str) -> None:
    plain = PASSWORD.encode()
    forms = {
        "plain": plain,
        "reversed": plain[::-1],
        "XOR with one": xored(plain, b"\x5a"),
        "XOR with three": xored(plain, b"k3y"),
        "XOR, upper half": xored(b"user\0" + plain + b"\0", b"\xff\x80"),
        "base64": base64.b64encode(b'{"password": "' + plain + b'"}'),
        "sha1, raw": hashlib.sha1(plain).digest(),
        "UTF-16": PASSWORD.encode("utf-16-le"),
    }
    data = os.urandom(3001) + forms[spelled] + os.urandom(3001)
    needles = Needles({"⟦owner⟧": PASSWORD})
    for cut in (1000, 3004, 3010):
        assert needles.look(iter((data[:cut], data[cut:])), "here"), (spelled, cut)
    assert not needles.look(iter((os.urandom(100_000), bytes(100_000), b"\xff" * 1000)), "here")


def test_what_is_too_short_is_told() -> None:
    assert Needles({"⟦pin⟧": "123456"}).short == ("⟦pin⟧",)
    assert not Needles({"⟦pin⟧": "123456"}).look(iter((b"123456",)), "here")
    assert len(spellings(PASSWORD)) > 40


FLAWS = {
    "": "",
    "store-plain-copy": "search",
    "store-digest-login": "examine",
    "store-xor": "search",
    "store-fast-hash": "examine",
    "store-key-beside": "examine",
    "store-key-in-program": "examine",
    "store-backup-on-card": "search",
}


@pytest.mark.once
@pytest.mark.parametrize("flaw", FLAWS)
def test_on_the_emulated_camera(flaw: str, tmp_path: Path) -> None:
    """Sound: its own store is found, and nothing else; each flaw is found by the one or the other."""
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        before = storage.copy(bench, "flash")
        assert account.change_password(bench, OWNER, OWNER).granted
        copies = [storage.copy(bench, medium) for medium in storage.media(bench)]
        sought = [password_store.search(bench, taken, OWNER) for taken in copies]
        examined = password_store.examine(bench, before, copies[0], OWNER)
        weak = [kept for kept in examined.kept if not kept.is_slow(10000, 4096)]
        assert (any(each.places for each in sought), bool(weak)) == (FLAWS[flaw] == "search", FLAWS[flaw] == "examine")
        if not flaw:
            assert [each.method for each in examined.kept] == ["scrypt with N=8192, r=8, p=1"]
            assert examined.found
            assert all(each.whole for each in sought)


def test_a_cost_that_is_not_told_and_a_store_that_is_not_found_are_undecided() -> None:
    kept = password_store.Kept(method="$argon2id$ of crypt", strength="slow", rounds=0, memory_kib=0, where="/x")
    with pytest.raises(Undecided, match="the cost of"):
        kept.is_slow(1, 1)
    with pytest.raises(Undecided, match="no file that changed"):
        _ = password_store.Examined(asked="x").found
    with pytest.raises(Undecided, match="not declared"):
        _ = password_store.Examined(asked="x", kept=(kept,), unexplained=("it is not declared",)).found
    with pytest.raises(Undecided, match="jffs2"):
        _ = password_store.Sought(asked="x", untold=("rootfs: jffs2",)).whole
