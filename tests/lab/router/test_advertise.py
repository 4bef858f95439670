"""What devices are told about IPv6, field by field; a kernel believes it in test_home.py."""

from ipaddress import IPv6Address

from harness.lab.router.advertise import advertisement


def test_an_advertisement_names_prefix_router_and_name_server() -> None:
    message = advertisement("2001:db8:77::1")
    assert (message[0], message[4], int.from_bytes(message[6:8])) == (134, 64, 1800)
    prefix, resolver = message[16:48], message[48:]
    assert (prefix[0], prefix[1] * 8, prefix[2], prefix[3]) == (3, 32, 64, 0xC0)
    assert IPv6Address(prefix[16:32]) == IPv6Address("2001:db8:77::")
    assert (resolver[0], resolver[1] * 8, len(resolver)) == (25, 24, 24)
    assert IPv6Address(resolver[8:]) == IPv6Address("2001:db8:77::1")
