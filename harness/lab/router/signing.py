"""Certificates as the stand-in internet signs them, right or wrong."""

from datetime import datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

Key = ec.EllipticCurvePrivateKey
Signer = tuple[x509.Certificate, Key]
BEFORE, AFTER = timedelta(days=1), timedelta(days=90)
_NAME_MOST = 64  # of a common name


def authority(name: str, key: Key, begin: datetime, end: datetime) -> x509.Certificate:
    """One that signs itself and may sign others."""
    usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
    builder = _builder(named(name), named(name), key.public_key(), begin, end).add_extension(x509.BasicConstraints(True, None), True)
    builder = builder.add_extension(usage, True).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
    return builder.sign(key, hashes.SHA256())


def leaf(
    name: str, public: ec.EllipticCurvePublicKey, signer: Signer | Key, begin: datetime, end: datetime, more: tuple[str, ...] = ()
) -> x509.Certificate:
    """A server's of this name and more, signed by whom the signer is, or by itself where the signer is only a key."""
    issuer, key = signer if isinstance(signer, tuple) else (None, signer)
    subject = named(name[:_NAME_MOST])
    builder = _builder(subject, issuer.subject if issuer else subject, public, begin, end)
    builder = builder.add_extension(x509.SubjectAlternativeName([_alternative(each) for each in (name, *more)]), False)
    builder = builder.add_extension(x509.BasicConstraints(False, None), True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(public), False)
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return builder.add_extension(by, False).sign(key, hashes.SHA256())


def named(text: str) -> x509.Name:
    """A common name."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text or "unnamed")])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name.encode("ascii", "replace").decode().replace("?", "-") or "unnamed")


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key)
    return builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
