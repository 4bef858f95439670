"""Other people's players see the chart, with the password only; the protocol keeps its own rules."""

import contextlib
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emulated.rtsp_client import TCP, TRACK, Client, as_owner
from tests.emulated.units import HERE, OWNER, PASSWORD, PATIENCE_S, UNVERIFIED, Handle, unit

QUICKLY = ("-fpsprobesize", "0", "-analyzeduration", "500000")
SIZES = {"/live/main": "640,360", "/live/sub": "320,180"}


def frames(url: str, transport: str, count: int = 12) -> list[str]:
    """Digests of so many frames, decoded by ffmpeg."""
    command = ["ffmpeg", "-v", "error", "-rtsp_transport", transport, *QUICKLY]
    command += ["-i", url, "-an", "-frames:v", str(count), "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert "401" in done.stderr or not done.stderr, done.stderr
    return [line.rsplit(",", 1)[1] for line in done.stdout.splitlines() if not line.startswith("#")]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("path", SIZES)
def test_ffprobe_and_ffmpeg_see_a_moving_picture(camera: Handle, path: str, transport: str) -> None:
    clear = transport == "udp"
    camera.allow_clear_streams(clear)
    digests = frames(camera.stream(path, clear=clear), transport)
    assert len(set(digests)) == 12
    if transport == "tcp":
        probe = [
            "ffprobe",
            "-v",
            "error",
            *QUICKLY,
            "-rtsp_transport",
            "tcp",
            "-show_entries",
            "stream=codec_name,width,height",
            "-select_streams",
            "v",
            "-of",
            "csv=p=0",
        ]
        shown = subprocess.run([*probe, camera.stream(path)], capture_output=True, text=True, timeout=PATIENCE_S, check=False)
        assert shown.stdout.strip() == f"h264,{SIZES[path]}"


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_ffmpeg_sees_nothing_with_a_wrong_password(camera: Handle, transport: str) -> None:
    clear = transport == "udp"
    camera.allow_clear_streams(clear)
    assert frames(camera.stream(password="wrong-Pass-9", clear=clear), transport) == []


GSTREAMER = """
import sys
try:
    import gi
    gi.require_version("Gst", "1.0")
    from gi.repository import Gst
except (ImportError, ValueError):
    sys.exit(69)
Gst.init(None)
if not all(Gst.ElementFactory.find(name) for name in ("rtspsrc", "rtph264depay")):
    sys.exit(69)
words = "rtspsrc location={} user-id={} user-pw={} tls-validation-flags=0 ! rtph264depay ! fakesink num-buffers=5"
line = Gst.parse_launch(words.format(*sys.argv[1:]))
line.set_state(Gst.State.PLAYING)
message = line.get_bus().timed_pop_filtered(30 * Gst.SECOND, Gst.MessageType.EOS | Gst.MessageType.ERROR)
line.set_state(Gst.State.NULL)
sys.exit(0 if message and message.type == Gst.MessageType.EOS else 1)
"""


@pytest.mark.parametrize(("password", "status"), [(PASSWORD, 0), ("wrong-Pass-9", 1)])
def test_gstreamer_plays_inside_tls(camera: Handle, password: str, status: int) -> None:
    url = f"rtsps://{HERE}:{camera.rtsps_port}/live/main"
    command = ["/usr/bin/python3", "-I", "-c", GSTREAMER, url, OWNER, password]
    done = subprocess.run(command, capture_output=True, timeout=3 * PATIENCE_S, check=False)
    if done.returncode == 69:
        pytest.skip("this machine has no GStreamer")
    assert done.returncode == status, done.stderr


METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN", "ANNOUNCE", "RECORD")


@pytest.mark.parametrize("path", ["/live/main", "/live/sub/", "/live/main" + TRACK, "/LIVE/MAIN", "/11", "/none", "/live//main", "*"])
def test_every_request_needs_a_login(camera: Handle, path: str) -> None:
    with Client(camera.rtsps_port) as client:
        for method in METHODS:
            for transport in (TCP, "RTP/AVP;unicast;client_port=50000-50001"):
                answer = client.ask(method, path, Transport=transport)
                assert (answer.status, answer.body) == (401, b"")
                assert [offer.rpartition("=")[2] for offer in answer.headers["www-authenticate"]] == ["SHA-256", "MD5"]


def test_only_an_owner_learns_which_paths_exist(camera: Handle) -> None:
    with as_owner(camera.rtsps_port) as client:
        for path in ("/none", "/11", "/live", "/live/main/trackID=2"):
            assert client.ask("DESCRIBE", path).status == 404
        for path in ("/live/main", "/live/main/", "/LIVE/sub"):
            assert b"sprop-parameter-sets=" in client.ask("DESCRIBE", path).body


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_a_session_from_setup_to_teardown(camera: Handle, algorithm: str) -> None:
    with as_owner(camera.rtsps_port, algorithm=algorithm) as client:
        assert "GET_PARAMETER" in client.ask("OPTIONS", "/live/main").header("public")
        session = client.play()
        assert client.media()
        assert client.ask("GET_PARAMETER", "/live/main", Session=session).status == 200
        assert client.ask("PAUSE", "/live/main", Session=session).status == 200
        assert client.ask("PLAY", "/live/main", Session=session).header("rtp-info").startswith("url=rtsps://")
        assert client.media()
        assert client.ask("TEARDOWN", "/live/main", Session=session).status == 200
        assert client.ask("PLAY", "/live/main", Session=session).status == 454


def test_what_does_not_fit_is_refused(camera: Handle) -> None:
    with as_owner(camera.rtsps_port) as client:
        assert client.ask("SETUP", "/live/main" + TRACK, Transport="RTP/AVP;multicast").status == 461
        assert client.ask("SETUP", "/live/main" + TRACK, Transport=TCP, Session="1").status == 459
        assert client.ask("PLAY", "/live/main", Session="unknown").status == 454
        assert client.ask("RECORD", "/live/main").status == 501
        assert client.ask("DESCRIBE", "/live/main", Require="com.example.feature").status == 551
        session = client.ask("SETUP", "/live/main" + TRACK, Transport=TCP).session
        assert client.ask("PLAY", "/live/sub", Session=session).status == 454
        for _ in range(3):
            assert client.ask("SETUP", "/live/sub" + TRACK, Transport=TCP).status == 200
        assert client.ask("SETUP", "/live/sub" + TRACK, Transport=TCP).status == 453


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", b"505"),
        (b"OPTIONS * RTSP/1.0\r\n\r\n", b"400"),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nCSeq: 2\r\n\r\n", b"400"),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 99999\r\n\r\n", b"413"),
        (b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n" + b"X: y\r\n" * 65 + b"\r\n", b"400"),
        (b"OPTIONS " + b"a" * 9000, b"400"),
        (b"\x00\xff\x80 * RTSP/1.0\r\n\r\n", b"400"),
    ],
)
def test_what_is_not_rtsp_ends_the_connection(camera: Handle, sent: bytes, status: bytes) -> None:
    with UNVERIFIED.wrap_socket(socket.create_connection((HERE, camera.rtsps_port), timeout=PATIENCE_S)) as raw:
        raw.sendall(sent)
        with raw.makefile("rb") as answer:
            assert answer.readline().split()[1] == status
            with contextlib.suppress(ConnectionResetError):
                answer.read()


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Handle]:
    with unit(tmp_path) as handle:
        yield handle


def test_a_nonce_ages_and_belongs_to_one_connection(own: Handle) -> None:
    with as_owner(own.rtsps_port) as client:
        assert client.ask("OPTIONS", "/live/main").status == 200
        own.advance(299)
        assert client.ask_once("OPTIONS", "/live/main").status == 200
        own.advance(2)
        assert "stale=true" in client.ask_once("OPTIONS", "/live/main").header("www-authenticate")
        with as_owner(own.rtsps_port) as other:
            other.nonce = client.nonce
            assert other.ask_once("OPTIONS", "/live/main").status == 401


def test_a_response_is_good_for_its_own_stream_and_method_only(own: Handle) -> None:
    with as_owner(own.rtsps_port) as client:
        assert client.ask("DESCRIBE", "/live/main").status == 200
        signed = client.authorization("DESCRIBE", f"rtsps://{HERE}:{own.rtsps_port}/live/main")
        assert client.ask_once("DESCRIBE", "/live/sub", Authorization=signed).status == 401
        assert client.ask_once("OPTIONS", "/live/main", Authorization=signed).status == 401
        for nonsense in ("Basic YTpi", "Digest", 'Digest username="admin"', signed.replace("MD5", "MD4"), signed.replace("camera", "x")):
            assert client.ask_once("DESCRIBE", "/live/main", Authorization=nonsense).status == 401


def test_guessing_locks_the_account_for_a_while(own: Handle) -> None:
    for user in (OWNER, "nobody"):
        with Client(own.rtsps_port, (user, "wrong-Pass-9")) as client:
            statuses = [client.ask_once("DESCRIBE", "/live/main").status]
            statuses += [client.ask("DESCRIBE", "/live/main").status for _ in range(11)]
            assert statuses[-1] == 403
    with as_owner(own.rtsps_port) as client:
        assert client.ask("DESCRIBE", "/live/main").status == 403
        assert own.log_in()
        own.advance(601)
        assert client.ask("DESCRIBE", "/live/main").status == 200


@contextlib.contextmanager
def udp_ports() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.socket(type=socket.SOCK_DGRAM) as rtp, socket.socket(type=socket.SOCK_DGRAM) as rtcp:
        for one in (rtp, rtcp):
            one.bind((HERE, 0))
            one.settimeout(PATIENCE_S)
        yield rtp, rtcp


def test_a_viewer_over_udp_that_is_silent_for_a_minute_is_given_up(own: Handle) -> None:
    own.allow_clear_streams()
    with udp_ports() as (rtp, rtcp), as_owner(own.rtsp_port, clear=True) as client:
        ports = "-".join(str(one.getsockname()[1]) for one in (rtp, rtcp))
        session = client.play(transport=f"RTP/AVP;unicast;client_port={ports}")
        assert rtp.recv(2000)[0] == 0x80
        own.advance(59)
        assert client.ask("GET_PARAMETER", "/live/main", Session=session).status == 200
        own.advance(59)
        report, server = rtcp.recvfrom(2000)
        assert report[1] == 200
        rtcp.sendto(bytes.fromhex("80c90001") + bytes(4), server)
        client.ask("OPTIONS", "/live/main")  # by now the report has been heard
        own.advance(59)
        assert client.ask("OPTIONS", "/live/main", Session=session).status == 200
        own.advance(601)
        assert client.gone()
        while (report := rtcp.recv(2000))[1] != 201:
            pass
        assert report[9] == 203


def test_without_tls_nothing_is_there_until_its_owner_allows_it(own: Handle) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HERE, own.rtsp_port), timeout=PATIENCE_S)
    with socket.create_connection((HERE, own.rtsps_port), timeout=PATIENCE_S) as raw:
        raw.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert b"RTSP" not in raw.recv(4096)
    token = own.log_in()
    asked = own.ask("/api/settings", {"clear_streams": True}, token=token)
    assert (asked.status, "Without encryption" in asked.json["warning"]) == (409, True)
    assert own.ask("/api/settings", token=token).json["settings"]["clear_streams"] is False
    own.allow_clear_streams()
    with as_owner(own.rtsp_port, clear=True) as clear, as_owner(own.rtsps_port) as secured:
        clear.play()
        secured.play()
        own.allow_clear_streams(on=False)
        assert clear.gone()
        assert secured.still_plays()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((HERE, own.rtsp_port), timeout=PATIENCE_S)


def test_beside_tls_no_packet_goes_by_udp(own: Handle) -> None:
    own.allow_clear_streams()
    with as_owner(own.rtsps_port) as client:
        assert client.ask("SETUP", "/live/main" + TRACK, Transport="RTP/AVP;unicast;client_port=50000-50001").status == 461


def test_a_changed_password_ends_the_streams_of_its_account_only(own: Handle) -> None:
    token = own.log_in()
    assert own.curl("/api/accounts", {"user": "guest", "password": "guest-Pass-1"}, token=token).status == 200
    with as_owner(own.rtsps_port) as owner, Client(own.rtsps_port, ("guest", "guest-Pass-1")) as guest:
        owner.play()
        guest.play("/live/sub")
        assert owner.media()
        assert own.change(token=token) == 200
        assert owner.gone()
        assert guest.still_plays()
    with as_owner(own.rtsps_port) as client:
        assert client.ask("DESCRIBE", "/live/main").status == 401


def test_more_than_64_connections_are_not_served(own: Handle) -> None:
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(Client(own.rtsps_port)) for _ in range(64)]
        assert [client.ask("OPTIONS", "*").status for client in clients] == [401] * 64
        assert stack.enter_context(Client(own.rtsps_port)).gone()
    assert frames(own.stream(password=PASSWORD), "tcp", 1)
