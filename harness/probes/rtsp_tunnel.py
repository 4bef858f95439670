"""RTSP inside plain HTTP, as QuickTime began it: answers come on a GET, requests go in Base64 on a POST."""

import base64
import secrets

from harness.model.errors import DeviceSilent, Undecided
from harness.probes.clear_answers import Seen
from harness.probes.rtsp_description import is_description, url
from harness.probes.rtsp_messages import Feed, NotRtspError, Reply, encode
from harness.transports.access import Access
from harness.transports.auth import Authorizer, challenges
from harness.transports.tcp import Connection, connect

TYPE = "application/x-rtsp-tunnelled"
HEAD_MOST, ANSWER_S, LIFETIME_S = 8192, 6.0, 30.0
READS_MOST = 64


def ask(access: Access, host: str, port: int, path: str, authorizer: Authorizer, asked: str) -> Seen:
    """Open a tunnel and ask for the description through it, once more with the log-in that is asked for."""
    cookie = secrets.token_hex(11)
    try:
        with connect(access, host, port, within=ANSWER_S, lifetime=LIFETIME_S) as answers:
            answers.send(_head("GET", path, cookie, f"Accept: {TYPE}"))
            head = answers.receive_until(b"\r\n\r\n", HEAD_MOST, ANSWER_S).decode("latin-1").lower()
            if not head.startswith("http/1.") or f"content-type: {TYPE}" not in head:
                return Seen(asked=asked, why=head.partition("\r\n")[0][:100])
            with connect(access, host, port, within=ANSWER_S, lifetime=LIFETIME_S) as requests:
                requests.send(_head("POST", path, cookie, f"Content-Type: {TYPE}", "Content-Length: 32767"))
                return _described(answers, requests, url(host, port, tls=False, path=path), authorizer, asked)
    except (Undecided, NotRtspError) as nothing:
        return Seen(asked=asked, why=str(nothing)[:200])


def _described(answers: Connection, requests: Connection, address: str, authorizer: Authorizer, asked: str) -> Seen:
    feed = Feed()
    reply = _once(feed, answers, requests, address, 1, None)
    if reply is not None and reply.status == 401 and authorizer.challenged(reply.all_headers("WWW-Authenticate")):
        reply = _once(feed, answers, requests, address, 2, authorizer.header("DESCRIBE", address))
    if reply is None:
        return Seen(asked=asked, doubt="a tunnel was opened, and nothing came through it", why="no answer")
    names = " ".join(each.name for each in challenges(reply.all_headers("WWW-Authenticate"))).lower()
    asks = "digest" if "digest" in names else "basic" if reply.status == 401 else ""
    given = ("description",) if is_description(reply.body) else ()
    return Seen(asked=asked, given=given, asks="" if given else asks, why=f"DESCRIBE {reply.status} through the tunnel")


def _once(feed: Feed, answers: Connection, requests: Connection, address: str, number: int, authorization: str | None) -> Reply | None:
    headers = (("Accept", "application/sdp"), *((("Authorization", authorization),) if authorization else ()))
    requests.send(base64.b64encode(encode("DESCRIBE", address, number, headers)))
    for _ in range(READS_MOST):
        message = feed.next()
        if isinstance(message, Reply) and message.status >= 200:
            return message
        if message is None:
            try:
                data = answers.receive(within=ANSWER_S)
            except DeviceSilent:
                return None
            if not data:
                return None
            feed.take(data)
    return None


def _head(method: str, path: str, cookie: str, *more: str) -> bytes:
    lines = (f"{method} {path} HTTP/1.0", f"x-sessioncookie: {cookie}", *more, "Pragma: no-cache", "Cache-Control: no-cache", "", "")
    return "\r\n".join(lines).encode()
