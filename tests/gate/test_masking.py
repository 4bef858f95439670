"""No registered value leaves the gate in any common encoding, however it is cut."""

import base64
import hashlib
import html
import json
import random
import re
import threading
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.gate.masking import MASKED_FROM, Mask, encodings
from harness.gate.recorder import LIMIT, Hints, Recorder, Tape

PLAIN = "Correct-Horse-7"
NASTY = "pä\"s's<w>&/rd +\\%"
LABEL = "⟦cam-1/owner-password#1⟧"


@pytest.fixture
def mask() -> Mask:
    made = Mask()
    made.add(LABEL, PLAIN)
    made.add("⟦nasty⟧", NASTY)
    return made


def forms(value: str) -> dict[str, bytes]:
    """Written down a second time, as others would encode it."""
    plain = value.encode()
    return {
        "plain": plain,
        "upper case": value.upper().encode(),
        "lower case": value.lower().encode(),
        "utf-16-le": value.encode("utf-16-le"),
        "utf-16-be": value.encode("utf-16-be"),
        "url": quote(value, safe="").encode(),
        "url path": quote(value).encode(),
        "form": quote_plus(value).encode(),
        "url lower": re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(value, safe="")).encode(),
        "javascript url": quote(value, safe="-_.!~*'()").encode(),
        "html": html.escape(value).encode(),
        "html text": html.escape(value, quote=False).encode(),
        "html 39": html.escape(value).replace("&#x27;", "&#39;").encode(),
        "html 34": html.escape(value).replace("&#x27;", "&#39;").replace("&quot;", "&#34;").encode(),
        "json": json.dumps(value)[1:-1].encode(),
        "json utf-8": json.dumps(value, ensure_ascii=False)[1:-1].encode(),
        "json slash": json.dumps(value)[1:-1].replace("/", "\\/").encode(),
        "hex": plain.hex().encode(),
        "HEX": plain.hex().upper().encode(),
        "md5": hashlib.md5(plain).hexdigest().encode(),
        "MD5": hashlib.md5(plain).hexdigest().upper().encode(),
        "sha1": hashlib.sha1(plain).hexdigest().encode(),
        "sha256": hashlib.sha256(plain).hexdigest().encode(),
        "sha512": hashlib.sha512(plain).hexdigest().encode(),
        "base64 sha256": base64.b64encode(hashlib.sha256(plain).digest()).rstrip(b"="),
    }


@pytest.mark.parametrize("value", [PLAIN, NASTY])
@pytest.mark.parametrize("form", forms("x"))
def test_every_form_is_masked(mask: Mask, value: str, form: str) -> None:
    text = forms(value)[form]
    masked = mask(b"before " + text + b" after")
    assert text not in masked
    name = (LABEL if value == PLAIN else "⟦nasty⟧").removesuffix("⟧")
    assert re.fullmatch(f"before {re.escape(name)}( as [^⟧]+)?⟧ after", masked.decode())
    assert mask.undo(masked) == b"before " + text + b" after"


@pytest.mark.parametrize("before", ["", "a", "ab", "admin:", "admin1:", "admin12:"])
@pytest.mark.parametrize("after", ["", "x", "xy"])
@pytest.mark.parametrize("urlsafe", [False, True])
def test_base64_is_masked_at_any_alignment(mask: Mask, before: str, after: str, urlsafe: bool) -> None:
    encode = base64.urlsafe_b64encode if urlsafe else base64.b64encode
    for value in (PLAIN, NASTY):
        text = encode(f"{before}{value}{after}".encode())
        masked = mask(b"Authorization: Basic " + text)
        assert b"\xe2\x9f\xa6" in masked
        left = re.sub("⟦.*?⟧", "", masked.decode()).replace("Authorization: Basic ", "")
        assert mask.undo(masked) == b"Authorization: Basic " + text
        assert len(left) <= len(encode((before + after).encode())) + 4


@pytest.mark.parametrize("value", ["", "1234567", "admin12"])
def test_short_values_are_ordinary_text(value: str) -> None:
    mask = Mask()
    mask.add("⟦short⟧", value)
    assert mask(b"value: " + value.encode()) == b"value: " + value.encode()


def test_eight_characters_are_masked() -> None:
    mask = Mask()
    mask.add("⟦eight⟧", "12345678")
    assert mask(b"12345678") == "⟦eight⟧".encode()


def test_the_longest_wins_and_the_first_label_stays() -> None:
    mask = Mask()
    mask.add("⟦short⟧", "password")
    mask.add("⟦long⟧", "password-2024")
    mask.add("⟦again⟧", "password")
    assert mask(b"password password-2024") == "⟦short⟧ ⟦long⟧".encode()


values = st.text(st.characters(codec="utf-8"), min_size=MASKED_FROM, max_size=20)


@given(value=values, before=st.binary(max_size=80), after=st.binary(max_size=80))
@settings(max_examples=25, deadline=None)
def test_no_form_of_any_value_survives(value: str, before: bytes, after: bytes) -> None:
    mask = Mask()
    mask.add("⟦x⟧", value)
    for form in encodings(value):
        masked = mask(before + form + after)
        assert not [each for each in encodings(value) if each in masked]
        assert mask.undo(masked) == before + form + after


def test_every_form_has_a_label_of_its_own() -> None:
    """Also where two secrets have a form in common."""
    mask = Mask()
    for name, value in (("⟦one⟧", "Password"), ("⟦two⟧", "passworD"), ("⟦three⟧", NASTY)):
        mask.add(name, value)
    labels = [mask(form) for value in ("Password", "passworD", NASTY) for form in encodings(value)]
    assert [mask.undo(label) for label in labels] == [form for value in ("Password", "passworD", NASTY) for form in encodings(value)]
    assert mask(b"Password passworD PASSWORD") == "⟦one⟧ ⟦two⟧ ⟦one as upper case⟧".encode()


@pytest.mark.parametrize("text", ["⟦unknown⟧", "⟦", "⟦⟧", "⟦" * 1000, f"⟦{'x' * 5000}⟧"])
def test_what_only_looks_like_a_label_stays(mask: Mask, text: str) -> None:
    assert mask.undo(text.encode()) == text.encode()


def test_it_finds_one_secret_among_many_in_much_data() -> None:
    """At any place, also across the parts in which it looks."""
    mask, chance = Mask(), random.Random(1)
    for number in range(50):
        mask.add(f"⟦{number}⟧", chance.randbytes(12).hex())
    mask.add("⟦found⟧", PLAIN)
    noise = bytearray(chance.randbytes(200_000))
    for at in (0, 65_530, 131_070, 150_003, 199_980):
        noise[at : at + len(PLAIN)] = PLAIN.encode()
    assert mask(bytes(noise)).count("⟦found⟧".encode()) == 5


def test_threads_learn_and_mask_at_once() -> None:
    mask = Mask()
    mask.add(LABEL, PLAIN)

    def learn() -> None:
        for number in range(100):
            mask.add(f"⟦{number}⟧", f"{number:012}")

    thread = threading.Thread(target=learn)
    thread.start()
    while thread.is_alive():
        assert mask(PLAIN.encode()) == LABEL.encode()
    thread.join()
    assert mask(b"000000000099") == "⟦99⟧".encode()


def transcript(tape: Tape, mask: Mask) -> list[dict[str, object]]:
    return [json.loads(line) for line in tape.transcript(mask).splitlines()]


def test_a_secret_in_pieces_is_masked_on_the_tape(mask: Mask) -> None:
    tape = Tape()
    for byte in f"token: {PLAIN}.".encode():
        tape.add("received", "tcp://a:1", bytes([byte]))
    [line] = transcript(tape, mask)
    assert line["received"] == f"token: {LABEL}."


@pytest.mark.parametrize("cut", range(1, len(PLAIN)))
def test_a_secret_cut_by_what_went_the_other_way_is_masked(mask: Mask, cut: int) -> None:
    """The stream is kept in one piece then; others stay as they were."""
    tape = Tape()
    tape.add("received", "tcp://a:1", f"<{PLAIN[:cut]}".encode())
    tape.add("sent", "tcp://a:1", b"keep alive")
    tape.add("received", "tcp://a:1", f"{PLAIN[cut:]}>".encode())
    tape.add("sent", "tcp://a:1", b"more")
    told = [{name: text for name, text in line.items() if name not in ("at", "peer")} for line in transcript(tape, mask)]
    assert told == [{"received": f"<{LABEL}>"}, {"sent": "keep alive"}, {"sent": "more"}]


def test_streams_that_hide_nothing_keep_their_order(mask: Mask) -> None:
    tape = Tape()
    for number in range(3):
        tape.add("sent", "tcp://a:1", b"ask %d" % number)
        tape.add("received", "tcp://a:1", b"\xff\xfe" if number == 1 else PLAIN.encode())
    keys = ["sent", "received", "sent", "received_base64", "sent", "received"]
    told = transcript(tape, mask)
    assert [next(key for key in line if key in keys) for line in told] == keys
    assert told[1]["received"] == LABEL
    assert base64.b64decode(str(told[3]["received_base64"])) == b"\xff\xfe"


def test_nothing_exchanged_leaves_no_transcript(mask: Mask) -> None:
    tape = Tape()
    tape.add("sent", "tcp://a:1", b"")
    assert tape.transcript(mask) == b""


def test_the_tape_has_an_end(mask: Mask) -> None:
    tape = Tape()
    tape.add("received", "tcp://a:1", b"x" * (LIMIT - 1))
    tape.add("received", "tcp://a:1", b"yy")
    tape.add("received", "tcp://b:1", b"z")
    [line, left] = transcript(tape, mask)
    assert str(line["received"]).endswith("xy")
    assert left == {"left_out_bytes": 2}


def test_each_thread_has_its_own_tape_and_hints() -> None:
    recorder, hints = Recorder(), Hints()
    recorder.add("sent", "nowhere", b"not recorded")
    hints.texts.append("of the main thread")

    def work() -> None:
        recorder.add("sent", "elsewhere", b"not recorded")
        hints.texts.append("of another thread")

    with recorder.recording() as tape:
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        recorder.add("sent", "here", b"one")
        with recorder.recording() as inner:
            recorder.add("sent", "here", b"two")
        recorder.add("sent", "here", b"three")
    assert [bytes(chunk[3]) for chunk in tape.chunks] == [b"onethree"]
    assert [bytes(chunk[3]) for chunk in inner.chunks] == [b"two"]
    assert hints.take() == ["of the main thread"]
    assert hints.take() == []
