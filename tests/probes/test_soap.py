"""SOAP: what is built is well-formed, what a device sends is read within limits."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from harness.probes.soap import (
    DEPTH_MAX,
    EMPTY_SECURITY,
    NODES_MAX,
    SIZE_MAX,
    BadXmlError,
    Fault,
    envelope,
    parse,
    payload,
    read_fault,
    username_token,
)

NEW = '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>%s</e:Body></e:Envelope>'
OLD = '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>%s</e:Body></e:Envelope>'


def test_a_request_is_well_formed_and_says_what_it_should() -> None:
    sent = envelope('<tds:GetUsers xmlns:tds="urn:x"/>', username_token("a<d&min", "ZGln", b"nonce", "2026-11-23T00:00:00.000Z"))
    root = etree.fromstring(sent)
    values = {etree.QName(each).localname: each.text for each in root.iter()}
    assert (values["Username"], values["Password"], values["Nonce"]) == ("a<d&min", "ZGln", "bm9uY2U=")
    assert root[1][0].tag == "{urn:x}GetUsers"
    assert etree.fromstring(envelope("<x/>", EMPTY_SECURITY))[0][0].tag.endswith("}Security")
    assert len(etree.fromstring(envelope("<x/>"))) == 1


def test_an_answer_is_read() -> None:
    node = payload(parse((NEW % '<t:GetXResponse xmlns:t="urn:x" at="1"><t:A> b </t:A><t:C><t:A>d</t:A></t:C></t:GetXResponse>').encode()))
    assert node is not None
    assert (node.name, node.local, node.value("A"), node.value("C", "A"), node.value("no", "A")) == (
        "{urn:x}GetXResponse",
        "GetXResponse",
        "b",
        "d",
        "",
    )
    assert node.attributes == {"at": "1"}
    assert [each.text.strip() for each in node.all("A")] == ["b", "d"]
    assert read_fault(node) is None


def test_faults_of_both_versions_are_read() -> None:
    new = "<e:Fault><e:Code><e:Value>e:Sender</e:Value><e:Subcode><e:Value>ter:NotAuthorized</e:Value></e:Subcode></e:Code>"
    new += "<e:Reason><e:Text>no</e:Text></e:Reason></e:Fault>"
    old = "<e:Fault><faultcode>wsse:FailedAuthentication</faultcode><faultstring>no</faultstring></e:Fault>"
    assert read_fault(payload(parse((NEW % new).encode()))) == Fault(("Sender", "NotAuthorized"), "no")
    assert read_fault(payload(parse((OLD % old).encode()))) == Fault(("FailedAuthentication",), "no")


@pytest.mark.parametrize(
    "text", [NEW % "", '<Envelope><Body><x xmlns="urn:x"/></Body></Envelope>', "<html/>", NEW.replace("Body", "Head") % "<x/>"]
)
def test_what_is_no_answer_has_no_payload(text: str) -> None:
    assert payload(parse(text.encode())) is None


@pytest.mark.parametrize(
    "hostile",
    [
        b"",
        b"not xml",
        b"<a><b></a>",
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="x-unknown"?><a/>',
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"<a>" * (DEPTH_MAX + 1),
        b"<a>" + b"<b/>" * NODES_MAX + b"</a>",
        b"<a>" + b"x" * SIZE_MAX + b"</a>",
        b"<a/><b/>",
        b"<a>\x00</a>",
    ],
)
def test_hostile_xml_is_refused(hostile: bytes) -> None:
    with pytest.raises(BadXmlError):
        parse(hostile)


def test_what_was_cut_by_our_limit_is_read_as_far_as_it_goes() -> None:
    cut = (NEW % '<t:GetSystemLogResponse xmlns:t="urn:x"><t:String>very long').encode().partition(b"</e:Body>")[0]
    with pytest.raises(BadXmlError):
        parse(cut)
    node = payload(parse(cut, cut=True))
    assert node is not None
    assert node.name == "{urn:x}GetSystemLogResponse"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(junk: bytes) -> None:
    with suppress(BadXmlError):
        parse(b"<a>" + junk + b"</a>")
