"""The bench file: secrets never print, addresses are those of one unit."""

import pytest
from pydantic import ValidationError

from harness.model.bench import BenchFile, Sample

SECRET = "Quite-a-long-one-7"


def bench(**sample: object) -> BenchFile:
    one = {"name": "cam-1", "address": "192.0.2.20", "accounts": {"owner": {"user": "admin", "password": SECRET}}, **sample}
    return BenchFile.model_validate({"schema": "camlabel-bench/1", "lab": "desk", "samples": [one]})


def test_passwords_never_print() -> None:
    made = bench()
    assert SECRET not in f"{made} {made!r} {made.model_dump()} {made.model_dump_json()}"
    assert made.samples[0].accounts["owner"].password.get_secret_value() == SECRET


@pytest.mark.parametrize(
    "accounts", [{"owner": {"user": "admin", "passwrd": SECRET}}, {"owner": SECRET}, {"owner": {"user": 1, "password": SECRET}}, SECRET]
)
def test_a_mistake_beside_a_password_does_not_print_it(accounts: object) -> None:
    with pytest.raises(ValidationError) as caught:
        bench(accounts=accounts)
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("192.0.2.20", "192.0.2.20"),
        ("127.0.0.1", "127.0.0.1"),
        ("::1", "::1"),
        ("2001:DB8::0:20", "2001:db8::20"),
        ("fe80::1%eth0", "fe80::1%eth0"),
    ],
)
def test_addresses_are_kept_in_their_usual_form(written: str, address: str) -> None:
    assert bench(address=written).addresses == {address}


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("cam.local", "names are not looked up"),
        ("192.0.2.020", "write an IPv4 or IPv6 address"),
        ("192.0.2.0/24", "write an IPv4 or IPv6 address"),
        ("", "write an IPv4 or IPv6 address"),
        ("224.0.0.1", "a multicast address"),
        ("ff02::1", "a multicast address"),
        ("0.0.0.0", "no address at all"),
        ("::", "no address at all"),
        ("255.255.255.255", "a broadcast or reserved address"),
        ("240.0.0.1", "a broadcast or reserved address"),
        ("::ffff:192.0.2.20", "IPv6 clothes"),
    ],
)
def test_what_is_no_address_of_one_unit_is_refused(written: str, words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        bench(address=written)


def test_declared_ports_are_mapped() -> None:
    sample = Sample.model_validate({"name": "cam-1", "address": "127.0.0.1", "ports": {"443": 8443}})
    assert (sample.port(443), sample.port(554)) == (8443, 554)
