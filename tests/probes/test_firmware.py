"""What lies in the software of every unit: recognised where it is, and not where it is only named."""

from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from harness.model.errors import Undecided
from harness.model.secret import Credential
from harness.probes import account, firmware, storage
from harness.probes.firmware_patterns import ADDRESS, CLOUD, HASH, PRIVATE_KEY, SERVICE, found_in, log_ins
from tests.builders.emulated import emulated

OWNER = Credential(unit="cam-1", role="owner")
PLAIN = serialization.NoEncryption()
PEM, DER = serialization.Encoding.PEM, serialization.Encoding.DER
PKCS8, OLD, SSH = serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.OpenSSH
EC, RSA = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
KEYS = {
    "EC, PEM": EC.private_bytes(PEM, PKCS8, PLAIN),
    "EC, old PEM": EC.private_bytes(PEM, OLD, PLAIN),
    "RSA, PEM": RSA.private_bytes(PEM, OLD, PLAIN),
    "RSA, encrypted": RSA.private_bytes(PEM, PKCS8, serialization.BestAvailableEncryption(b"x")),
    "RSA, DER in a program": b"\x7fELF" + bytes(100) + RSA.private_bytes(DER, PKCS8, PLAIN) + bytes(100),
    "EC, DER": EC.private_bytes(DER, OLD, PLAIN),
    "OpenSSH": ed25519.Ed25519PrivateKey.generate().private_bytes(PEM, SSH, PLAIN),
}


@pytest.mark.parametrize("data", KEYS.values(), ids=KEYS)
def test_private_keys_of_each_form(data: bytes) -> None:
    assert {each.kind for each in found_in(b"x = 1\n" + data)} == {PRIVATE_KEY}


SECRETS = {
    b"root:$1$RYIwEiRA$d5iRRVQ5ZeRTrJwGjRy.B0:0:0:99999:7:::\n": HASH,
    b"admin:ab1cd2ef3gh4I:0:0::/root:/bin/sh\n": HASH,
    b"support::0:0:support:/root:/bin/sh\n": HASH,
    b'aws_id = "AKIAQ3EGRIZ7W5BM2K4T"': CLOUD,
    b"mqtts://device:Kj82hGvB1x@mqtt.maker.example:8883": ADDRESS,
    b"\0appSecret\x009f1c7Qe02bTkV5mZ8yR4\0": SERVICE,
    b'"device_secret": "a8Xk20fPz91LmQ7d"': SERVICE,
}


@pytest.mark.parametrize(("data", "kind"), SECRETS.items(), ids=lambda value: str(value)[:30])
def test_secrets_are_found(data: bytes, kind: str) -> None:
    assert [each.kind for each in found_in(data)] == [kind]


@pytest.mark.parametrize(
    "data",
    [
        b"-----BEGIN RSA PRIVATE KEY-----\0-----BEGIN EC PRIVATE KEY-----\0",  # as libcrypto has them
        b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n-----BEGIN PUBLIC KEY-----\nMFkw\n-----END PUBLIC KEY-----\n",
        EC.public_key().public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo),
        b"root:!:20400:0:::\nbin:*:20400::::\ncamera:x:100:100::/data:/sbin/nologin\n",
        b"AKIAIOSFODNN7EXAMPLE",
        b"http://user:password@host.example/ https://%s:%s@%s/ rtsp://{user}:{pass}@camera.example",
        b"secret = getSecret(config); apiKey: e.apiKey, appSecret=required",
        b'const secretLabel = "Please type your password";',
    ],
)
def test_what_is_only_named_or_public_is_none(data: bytes) -> None:
    assert not list(found_in(data))


def test_log_ins_of_a_file() -> None:
    assert log_ins(b"user=factory\npassword=Line7-Calibrate\n") == (("factory", "Line7-Calibrate"), ("", "Line7-Calibrate"))
    assert log_ins(b"<User>tech</User><Password>pAss1word</Password>") == (("tech", "pAss1word"), ("", "pAss1word"))
    assert log_ins(b'password: form.password.value, passwd = "required"; pwd=$1') == ()


FLAWS = {
    "": "",
    "software-server-key": PRIVATE_KEY,
    "software-root-password": HASH,
    "software-service-secret": SERVICE,
    "store-key-in-program": "key that opens",
    "software-makers-account": "taken",
}


@pytest.mark.once
@pytest.mark.parametrize("flaw", FLAWS)
def test_on_the_emulated_camera(flaw: str, tmp_path: Path) -> None:
    with emulated(tmp_path, *filter(None, [flaw])) as (bench, _):
        taken = storage.copy(bench)
        scan = firmware.scan(bench, taken)
        trials = [firmware.offer(bench, surface, OWNER, taken) for surface in account.surfaces(bench)]
        found = [each.asked for each in scan.sought if each.places] + ["taken" for trial in trials if trial.taken]
        assert bool(found) == bool(flaw)
        assert all(FLAWS[flaw] in each for each in found)
        assert (scan.whole, taken.explained) == (True, 1.0)
        assert all(trial.checked for trial in trials)
        if flaw == "software-root-password":
            assert any(trial.tried for trial in trials)  # a public password fits the hash, and no surface takes it


@pytest.mark.once
@pytest.mark.parametrize("flaw", ["", "units-share-key"])
def test_two_units_are_compared(flaw: str, tmp_path: Path) -> None:
    copies = []
    for number in (1, 2):
        (folder := tmp_path / str(number)).mkdir()
        with emulated(folder, *filter(None, [flaw])) as (bench, _):
            copies.append((bench, storage.copy(bench)))
    (bench, mine), (other_bench, other) = copies
    other = other.model_copy(update={"file": "other.img"})
    assert bench.storage is not None
    assert other_bench.storage is not None
    (other_bench.storage.folder / "cam-1-flash-0.img").rename(bench.storage.folder / "other.img")
    assert any(each.places for each in firmware.compare(bench, mine, other)) == bool(flaw)


def test_a_copy_without_software_is_undecided() -> None:
    for wrong in ({"files": 0}, {"files": 1, "doubtful": ("is it used?",)}, {"files": 1, "untold": ("cut",)}):
        with pytest.raises(Undecided):
            _ = firmware.Scan(asked="x", sought=(), **wrong).whole
