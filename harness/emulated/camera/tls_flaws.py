"""How flawed units speak TLS; contexts of sound ones are left as they are."""

import ssl
import warnings
from collections.abc import Callable
from pathlib import Path

_SOUND = "ECDHE+AESGCM:ECDHE+CHACHA20"


def spoil_server(context: ssl.SSLContext, flaws: frozenset[str], rsa: Callable[[int], Path]) -> None:
    """`rsa` gives a second certificate with a key of so many bits."""
    if "tls-old-versions" in flaws:
        _from_10(context)
        context.set_ciphers(f"{_SOUND}:ECDHE+AES:@SECLEVEL=0")
    if "tls-null-suite" in flaws:
        context.set_ciphers(f"{_SOUND}:ECDHE-ECDSA-NULL-SHA:@SECLEVEL=0")
    if "tls-anonymous-suite" in flaws:
        context.set_ciphers(f"{_SOUND}:AECDH-AES128-SHA:@SECLEVEL=0")
    if "tls-short-second-key" in flaws:
        context.set_ciphers(f"{_SOUND}:@SECLEVEL=0")
        context.load_cert_chain(rsa(1024))
    if "tls-static-suite" in flaws:
        context.load_cert_chain(rsa(2048))
        context.set_ciphers(f"{_SOUND}:AES128-GCM-SHA256")
    if "tls-cbc-first" in flaws:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_CIPHER_SERVER_PREFERENCE
        context.set_ciphers(f"ECDHE-ECDSA-AES256-SHA384:ECDHE-ECDSA-AES128-SHA256:{_SOUND}")


def spoil_streams(context: ssl.SSLContext, flaws: frozenset[str]) -> None:
    """RTSP only: the page is sound."""
    if "rtsps-old-tls" in flaws:
        _from_10(context)
        context.set_ciphers(f"{_SOUND}:ECDHE+AES:@SECLEVEL=0")


def spoil_client(context: ssl.SSLContext, flaws: frozenset[str]) -> None:
    """What it offers its servers."""
    if "cloud-old-tls" in flaws:
        _from_10(context)
    if "cloud-old-unlisted" in flaws:
        _from_10(context)
        context.maximum_version = ssl.TLSVersion.TLSv1_2  # below 1.3 a hello has no list of versions
        context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20:ECDHE+AES:@SECLEVEL=0")
    if "cloud-cbc-first" in flaws:
        context.set_ciphers("ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA256:ECDHE+AESGCM")


def _from_10(context: ssl.SSLContext) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
