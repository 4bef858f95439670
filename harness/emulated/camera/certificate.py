"""The unit's own TLS key and self-signed certificate, made at first boot."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.rootfs_flaws import key_of_all
from harness.emulated.camera.tls_flaws import spoil_server

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric import ec

_NAME = "tls.pem"


def tls_context(flash: Flash, name: str, address: str, flaws: frozenset[str]) -> ssl.SSLContext:
    """A server's context with this unit's certificate; `name` is what it calls itself in it."""
    if flash.read(_NAME) is None:
        shared = key_of_all() if {"software-server-key", "units-share-key"} & flaws else None
        flash.write(_NAME, _self_signed(name, address, shared=shared))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(flash.path(_NAME))
    spoil_server(context, flaws, lambda bits: _second(flash, name, address, bits))
    return context


def key_rows(flash: Flash) -> str:
    """The private key as it stands in its file, without the lines around it; a sound unit shows it to nobody."""
    return (flash.read(_NAME) or b"").decode().partition("KEY-----\n")[2].partition("\n-----END")[0]


def _second(flash: Flash, name: str, address: str, bits: int) -> Path:
    """An RSA certificate beside the first one, as units have that were sold before."""
    file = f"tls-rsa-{bits}.pem"
    if flash.read(file) is None:
        flash.write(file, _self_signed(name, address, bits))
    return flash.path(file)


def _self_signed(name: str, address: str, rsa_bits: int = 0, shared: "ec.EllipticCurvePrivateKey | None" = None) -> bytes:
    """Key and certificate in one file, so that a power cut cannot part them."""
    from cryptography import x509  # noqa: PLC0415 - 0.1 s that only a first boot needs
    from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, rsa  # noqa: PLC0415

    elliptic = shared or ec.generate_private_key(ec.SECP256R1())
    key = rsa.generate_private_key(65537, rsa_bits) if rsa_bits else elliptic
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(issuer_name=subject, subject_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private + certificate.public_bytes(pem)
