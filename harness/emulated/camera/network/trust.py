"""Whom the camera believes to be its servers. A sound unit checks chain, name and dates; flawed ones look away somewhere."""

import ssl
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from harness.emulated.camera.network.unreachable import Unreachable
from harness.emulated.camera.tls_flaws import spoil_client

_NO_CHECK_TIME = 0x200000  # of OpenSSL: dates are compared with the device's clock, not the host's
_PATIENCE, _YOUNG_S = 3, 30.0


class Trust:
    """The authorities of this unit and nobody else."""

    def __init__(self, authorities: Path, flaws: frozenset[str] = frozenset()) -> None:
        self._flaws = flaws
        self._authorities = x509.load_pem_x509_certificates(authorities.read_bytes())
        self._sound, self._any_name, self._anybody = (_client(authorities, flaws) for _ in range(3))
        self._any_name.check_hostname = False
        self._anybody.check_hostname, self._anybody.verify_mode = False, ssl.CERT_NONE

    def context(self, host: str, failures: int, up_s: float) -> ssl.SSLContext:
        """For the next connection to this server, after so many that failed, so long after boot."""
        if self._looks_away(host, failures, up_s) or "cloud-leaf-as-issuer" in self._flaws:
            return self._anybody
        return self._any_name if {"cloud-any-name", "cloud-name-begins-alike"} & self._flaws else self._sound

    def check(self, secure: Any, host: str, now: float) -> None:
        """What the handshake left open; raises Unreachable."""
        if "cloud-leaf-as-issuer" in self._flaws:
            shown = secure._sslobj.get_unverified_chain()  # noqa: SLF001
            self._follow([x509.load_pem_x509_certificate(each.public_bytes().encode()) for each in shown], host, now)
        if "cloud-name-begins-alike" in self._flaws and not any(name.startswith(host) for name in _names(secure)):
            raise Unreachable(f"{host}: the certificate is another server's")
        if "cloud-dates-unchecked" not in self._flaws:
            _check_dates(secure, host, now)

    def _looks_away(self, host: str, failures: int, up_s: float) -> bool:
        return (
            ("cloud-media-unverified" in self._flaws and host.startswith("media."))
            or ("cloud-gives-in" in self._flaws and failures >= _PATIENCE)
            or ("cloud-unverified-at-boot" in self._flaws and host.startswith("update.") and up_s < _YOUNG_S)
        )

    def _follow(self, chain: list[x509.Certificate], host: str, now: float) -> None:
        """From signature to signature up to an authority, name and dates; whether a signer may sign is not looked at."""
        names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        above = [*chain[1:], *self._authorities]
        signer = chain[0]
        for _ in range(len(above) + 1):
            if signer in self._authorities and host in names:
                return
            if not signer.not_valid_before_utc.timestamp() <= now <= signer.not_valid_after_utc.timestamp():
                break
            signer = next((each for each in above if _signed(signer, each)), signer)
        raise Unreachable(f"{host}: the certificate is not signed by anybody who is trusted")


def _client(authorities: Path, flaws: frozenset[str]) -> ssl.SSLContext:
    """Trusts these authorities and nobody else."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(authorities)
    context.verify_flags |= _NO_CHECK_TIME
    spoil_client(context, flaws)
    return context


def _signed(certificate: x509.Certificate, by: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(by)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return certificate != by


def _names(secure: Any) -> list[str]:
    return [name for kind, name in (secure.getpeercert() or {}).get("subjectAltName", ()) if kind == "DNS"]


def _check_dates(secure: Any, host: str, now: float) -> None:
    """Of every certificate up to the authority's; Python shows what was verified in public from 3.13 only, and then as bytes."""
    for shown in (certificate.get_info() for certificate in secure._sslobj.get_verified_chain() or ()):  # noqa: SLF001
        begin, end = (ssl.cert_time_to_seconds(shown[name]) for name in ("notBefore", "notAfter"))
        if not begin <= now <= end:
            raise Unreachable(f"{host}: a certificate is valid from {shown['notBefore']} to {shown['notAfter']} only")
