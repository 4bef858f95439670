"""Pictures are told by their bytes: a table of what came and what follows from it."""

from base64 import b64encode

import pytest

from harness.model.errors import Undecided
from harness.probes.snapshot_paths import Place
from harness.probes.snapshot_picture import Picture, doubt_about, given_by, kind_of
from harness.transports.http import HttpReply

HOST = "192.0.2.7"
JPEG = b"\xff\xd8\xff\xe0\0\x10JFIF\0" + b"\0" * 30
PAGE = b"<html><script>open('rtsp://' + host)</script>log in</html>"


def reply(status: int, body: bytes = b"", *, truncated: bool = False, **headers: str) -> HttpReply:
    named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return HttpReply(status=status, reason="Word", headers=named, body=body, truncated=truncated, sent_at=1.0, answered_at=2.0)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (JPEG, "jpeg"),
        (b"\x89PNG\r\n\x1a\n..", "png"),
        (b"GIF89a...", "gif"),
        (b"RIFF\x01\x02\x03\x04WEBPVP8 ", "webp"),
        (b"BM\x01\x02\x03\x04\0\0\0\0...", "bmp"),
        (b"\0\0\0\x18ftypheic", "heif, avif or mp4"),
        (b"FLV\x01\x05", "flv"),
        (b"#EXTM3U\n#EXT-X-VERSION:3\n", "list of films"),
        (b"\0\0\0\x01\x67\x42\0", "h.264 or h.265"),
        (b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 9\r\n\r\n" + JPEG, "jpeg in parts"),
        (b"\r\n" + JPEG, "a picture inside"),
        (b"--frame\r\nX-Padding: " + b"x" * 900 + b"\r\n\r\n" + JPEG, "a picture inside"),
        (b'{"image": "data:image/jpeg;base64,' + b64encode(JPEG) + b'"}', "a picture inside"),
        (b'<html><img src="data:image/jpeg;base64,' + b64encode(JPEG) + b'">log in</html>', ""),  # the page's own logo
        (PAGE, ""),
        (b"", ""),
        (b'{"code": -1}', ""),
        (b"\0" * 100, ""),
        (b"RIFF", ""),
    ],
)
def test_kinds_of_pictures(body: bytes, kind: str) -> None:
    assert kind_of(body) == kind


@pytest.mark.parametrize(
    ("said", "given", "doubtful"),
    [
        (reply(200, JPEG, Content_Type="text/html"), ("picture",), False),
        (reply(401, JPEG), ("picture",), False),  # handed out with the refusal
        (reply(200, b"proprietary", Content_Type="image/x-own"), ("picture",), False),
        (reply(200, b"--b\r\n", Content_Type="multipart/x-mixed-replace;boundary=b", truncated=True), ("picture",), True),
        (reply(200, b"", Content_Type="image/jpeg"), (), False),
        (reply(200, b"<svg/>", Content_Type="image/svg+xml"), (), False),
        (reply(404, b"oops", Content_Type="image/jpeg"), (), False),
        (reply(200, PAGE, Content_Type="text/html"), (), False),
        (reply(200, b"<a href='rtsp://192.0.2.7/live'>"), ("stream address",), False),
        (reply(200, b"see rtsp://192.0.2.8/live"), (), False),
        (reply(401), (), False),
        (reply(404, PAGE), (), False),
        (reply(302, Location="/login"), (), True),
        (reply(400), (), True),
        (reply(500), (), True),
        (reply(503), (), True),
        (reply(200, truncated=True), (), True),
        (reply(403, Retry_After="60"), (), True),
        (reply(429), (), True),
    ],
)
def test_what_an_answer_gives(said: HttpReply, given: tuple[str, ...], doubtful: bool) -> None:
    assert given_by(said, HOST) == given
    if not given:
        assert bool(doubt_about(said)) is doubtful


def test_doubt_is_no_refusal() -> None:
    picture = Picture(asked="it", place=Place(path="/x"), shown="nobody", status=500, doubt="status 500")
    for question in ("gave", "served"):
        with pytest.raises(Undecided, match="status 500"):
            getattr(picture, question)
    assert picture.model_copy(update={"given": ("picture",)}).served
    assert not picture.model_copy(update={"doubt": ""}).served
