"""False certificates: each is right but for one thing, and each is shown with a key that fits it."""

from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from harness.lab.router.signing import AFTER, BEFORE, Key, authority, leaf

OTHER = "other-server.example"
_YEAR, _DAY = timedelta(days=365), timedelta(days=1)


class Forger:
    """With the authority that the device trusts, and with its key: only so the wrong name or date is all that is wrong."""

    def __init__(self, certificate: x509.Certificate, key: Key) -> None:
        self._certificate, self._key = certificate, key

    def forge(self, kind: str, name: str, now: datetime) -> tuple[Key, *tuple[x509.Certificate, ...]]:
        """The server's key, its certificate and those above it. No clock that takes the right certificate can take the date of one of
        these: they end before the right one begins, or begin after it ends. Wrong names begin or end like the right one, for who only
        compares so far."""
        key, begin, end = ec.generate_private_key(ec.SECP256R1()), now - BEFORE, now + AFTER
        public, trusted = key.public_key(), (self._certificate, self._key)
        match kind:
            case "self-signed":
                return key, leaf(name, public, key, begin, end)
            case "unknown issuer":
                stranger = ec.generate_private_key(ec.SECP256R1())
                of_same_name = authority(_common_name(self._certificate), stranger, begin - _YEAR, end + _YEAR)
                return key, leaf(name, public, (of_same_name, stranger), begin, end), of_same_name
            case "wrong name":
                return key, leaf(OTHER, public, trusted, begin, end, (f"{name}.{OTHER}", f"not-{name}"))
            case "expired":
                return key, leaf(name, public, trusted, begin - _YEAR, begin - _DAY)
            case "not yet valid":
                return key, leaf(name, public, trusted, end + _DAY, end + _YEAR)
            case "leaf as issuer":
                other = ec.generate_private_key(ec.SECP256R1())
                issuer = leaf(OTHER, other.public_key(), trusted, begin, end)
                return key, leaf(name, public, (issuer, other), begin, end), issuer
        raise ValueError(f"{kind} is no kind of false certificate")


def _common_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)[0].value)
