"""The router's DNS, as a real client meets it and as garbage does."""

import random

import pytest
from dnslib import CLASS, QTYPE, RCODE, DNSHeader, DNSQuestion, DNSRecord

from harness.lab.router.names import Names
from harness.lab.router.notebook import Notebook

CAMERA = "192.168.77.20"


def asked(names: Names, name: str, kind: str = "A") -> DNSRecord:
    return DNSRecord.parse(names.answer(CAMERA, DNSRecord.question(name, kind).pack()))


def address(reply: DNSRecord) -> str:
    return str(reply.rr[0].rdata) if reply.rr else ""


def test_every_name_has_an_address_of_its_own_in_every_run() -> None:
    names, others = Names(Notebook()), Names(Notebook())
    given = {name: address(asked(names, name)) for name in (f"host{number}.example" for number in range(2000))}
    assert len(set(given.values())) == 2000
    assert all(each.startswith(("198.18.", "198.19.")) for each in given.values())
    backwards = {name: address(asked(others, name)) for name in list(given)[:5]}
    assert backwards == {name: given[name] for name in backwards}


def test_the_same_name_in_other_letters_is_the_same() -> None:
    names = Names(Notebook())
    assert address(asked(names, "API.Vendor.example")) == address(asked(names, "api.vendor.example."))


def test_two_names_of_the_emulated_cameras_service_share_an_address() -> None:
    names = Names(Notebook())
    assert address(asked(names, "edge-api.camlabel.example")) == address(asked(names, "api.camlabel.example"))


def test_where_there_is_ipv6_names_have_an_address_of_it_too() -> None:
    names = Names(Notebook(), ipv6=True)
    given = [address(asked(names, f"host{number}.example", "AAAA")) for number in range(500)]
    assert len(set(given)) == 500
    assert all(each.startswith("2001:db8:1:") for each in given)
    assert address(asked(Names(Notebook(), ipv6=True), "host7.example", "AAAA")) == given[7]


@pytest.mark.parametrize("kind", ["AAAA", "TXT", "MX", "SRV", "HTTPS", "PTR"])
def test_other_kinds_have_no_answer_but_exist(kind: str) -> None:
    reply = asked(Names(Notebook()), "api.vendor.example", kind)
    assert (reply.header.rcode, reply.rr) == (RCODE.NOERROR, [])


@pytest.mark.parametrize("name", ["camera.local", "localhost", "router.lan"])
def test_names_of_the_house_are_not_the_internet(name: str) -> None:
    assert asked(Names(Notebook()), name).header.rcode == RCODE.NXDOMAIN


def test_questions_are_noted_with_who_asked() -> None:
    notebook = Notebook()
    given = address(asked(Names(notebook), "Api.vendor.example"))
    asked(Names(notebook), "api.vendor.example", "AAAA")
    seen = [(each["source"], each["name"], each["kind"], each["answer"]) for each in notebook.read()["questions"]]
    assert seen == [(CAMERA, "api.vendor.example", "A", given), (CAMERA, "api.vendor.example", "AAAA", "")]


def test_without_the_internet_nobody_is_asked_but_the_question_is_noted() -> None:
    notebook = Notebook()
    names = Names(notebook)
    names.cut = True
    assert asked(names, "api.vendor.example").header.rcode == RCODE.SERVFAIL
    assert notebook.read()["questions"][0]["name"] == "api.vendor.example"


def test_more_names_than_are_kept_still_have_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.lab.router.names._NAMES_MOST", 3)
    names = Names(Notebook())
    assert all(address(asked(names, f"host{number}.example")) for number in range(10))


def test_what_is_no_question_has_no_answer() -> None:
    names = Names(Notebook())
    answer = DNSRecord.question("api.vendor.example").reply()
    assert names.answer(CAMERA, answer.pack()) == b""
    assert names.answer(CAMERA, DNSRecord(DNSHeader(qr=0)).pack()) == b""
    assert names.answer(CAMERA, b"") == b""


def test_other_orders_are_refused_and_other_classes_unknown() -> None:
    update = DNSRecord(DNSHeader(opcode=5), q=DNSQuestion("api.vendor.example"))
    two = DNSRecord(questions=[DNSQuestion("a.example"), DNSQuestion("b.example")])
    chaos = DNSRecord(q=DNSQuestion("version.bind", QTYPE.TXT, CLASS.CH))
    codes = [DNSRecord.parse(Names(Notebook()).answer(CAMERA, each.pack())).header.rcode for each in (update, two, chaos)]
    assert codes == [RCODE.NOTIMP, RCODE.NOTIMP, RCODE.NOERROR]


def test_names_that_point_to_themselves_end() -> None:
    names = Names(Notebook())
    head = bytes.fromhex("123401000001000000000000")
    for loop in (b"\xc0\x0c\x00\x01\x00\x01", b"\x01a\xc0\x0c\x00\x01\x00\x01", b"\x3f" + b"a" * 63 + b"\xc0\x0c"):
        assert names.answer(CAMERA, head + loop * 3) == b""


def test_garbage_ends_nothing() -> None:
    chance = random.Random(7)
    good = DNSRecord.question("api.vendor.example").pack()
    names = Names(Notebook())
    for _ in range(5000):
        message = bytearray(chance.choice((good, chance.randbytes(chance.randrange(600)), good + chance.randbytes(40))))
        for _ in range(chance.randrange(6)):
            if message:
                message[chance.randrange(len(message))] = chance.randrange(256)
        names.answer(CAMERA, bytes(message))
    assert address(asked(names, "api.vendor.example"))
