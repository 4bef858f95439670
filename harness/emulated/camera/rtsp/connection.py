"""One RTSP connection: requests in, answers and interleaved packets out."""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

from harness.emulated.camera.media.channel import Channel
from harness.emulated.camera.rtsp.asked import Asked, served_without_login, understand
from harness.emulated.camera.rtsp.cover import Cover
from harness.emulated.camera.rtsp.login import LoginCheck
from harness.emulated.camera.rtsp.message import BadRequest, Request, Response, read_message
from harness.emulated.camera.rtsp.rtp import PAYLOAD_TYPE as VIDEO
from harness.emulated.camera.rtsp.rtp import Packetizer
from harness.emulated.camera.rtsp.sdp import SOUND_TRACK, TRACK, describe
from harness.emulated.camera.rtsp.sound import PAYLOAD_TYPE as SOUND
from harness.emulated.camera.rtsp.sound import Hearing, SoundTrack
from harness.emulated.camera.rtsp.transport import TcpSender, UdpPorts, Way, choose_way
from harness.emulated.camera.rtsp.viewing import TIMEOUT_S, Viewing
from harness.emulated.camera.unit import Unit

_log = logging.getLogger(__name__)
_REQUEST_S, _IDLE_S, _DESCRIBE_S, _FLUSH_S = 10, 60, 5, 2
_MOST_VIEWINGS = 4
METHODS = ("OPTIONS", "DESCRIBE", "SETUP", "PLAY", "PAUSE", "GET_PARAMETER", "TEARDOWN")


class Connection:
    """Serves one client; its viewings end with it."""

    def __init__(
        self,
        unit: Unit,
        channels: dict[str, Channel],
        hearing: Hearing,
        cover: Cover,
        udp: UdpPorts,
        streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
        *,
        secured: bool,
    ) -> None:
        self.secured = secured
        self._unit, self._channels, self._udp = unit, channels, udp
        self._hearing, self._cover = hearing, cover
        self._reader, self._writer = streams
        peer = self._writer.get_extra_info("peername")
        self.client = str(peer[0])
        self._login = LoginCheck(unit, f"{peer[0]}:{peer[1]}")
        self._tcp = TcpSender(self._writer)
        self._viewings: dict[str, Viewing] = {}

    async def serve(self) -> None:
        """Answer until the client goes, or sends what is not RTSP."""
        try:
            while first := await self._first_byte():
                async with asyncio.timeout(_REQUEST_S):
                    message = await read_message(self._reader, first)
                if isinstance(message, Request):
                    await self._handle(message)
        except BadRequest as bad:
            self._writer.write(Response(bad.status).encode("0"))
        except (TimeoutError, ConnectionError, asyncio.IncompleteReadError):
            _log.debug("a client went")
        finally:
            self.close()

    def close(self) -> None:
        """End all viewings and hang up."""
        for viewing in list(self._viewings.values()):
            self._end(viewing)
        self._writer.close()
        asyncio.get_running_loop().call_later(_FLUSH_S, self._writer.transport.abort)

    def end_streams(self, user: str) -> None:
        """The account's password changed: its viewings end now, and those of nobody too."""
        if any(viewing.user in (user, None) for viewing in self._viewings.values()):
            self.close()

    def heard(self, port: int) -> None:
        """A report came from one of the client's UDP ports."""
        for viewing in self._viewings.values():
            if not viewing.way.tcp and port in (viewing.way.rtp, viewing.way.rtcp):
                self._alive(viewing)

    async def _first_byte(self) -> bytes:
        """Of the next message; blank lines between messages are skipped."""
        while True:
            async with asyncio.timeout(None if self._viewings else _IDLE_S):
                first = await self._reader.read(1)
            if first not in (b"\r", b"\n"):
                return first

    async def _handle(self, request: Request) -> None:
        asked = self._understand(request)
        login = self._login.check(request)
        if login.user is None and not self._is_open(asked):
            self._answer(request, login.refusal)
        elif (request := self._known(request)).method not in METHODS:
            self._answer(request, Response(501, [("Public", ", ".join(METHODS))]))
        elif self._is_half_shut(request.method, asked):
            self._answer(request, Response(403))
        elif "require" in request.headers:
            self._answer(request, Response(551, [("Unsupported", request.headers["require"])]))
        else:
            await self._serve(request, asked, login.user)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REQUEST_S):
                await self._writer.drain()

    def _known(self, request: Request) -> Request:
        """Methods are told apart by their letters' case too, but on a flawed unit."""
        return replace(request, method=request.method.upper()) if "rtsp-small-letters-open" in self._unit.flaws else request

    async def _serve(self, request: Request, asked: Asked, user: str | None) -> None:
        if request.method == "OPTIONS":
            self._keep_alive(request)
            self._answer(request, Response(200, [("Public", ", ".join(METHODS))]))
        elif asked.stream is None:
            self._answer(request, Response(404))
        elif request.method == "DESCRIBE":
            self._answer(request, await self._describe(request, self._channels[asked.stream]))
        elif request.method == "SETUP":
            self._answer(request, self._set_up(request, asked, user))
        else:
            self._in_session(request, asked)

    def _is_open(self, asked: Asked) -> bool:
        """Only ever true on a flawed unit."""
        watched = "rtsp-watched-open" in self._unit.flaws and self._channels[asked.stream or "main"].viewers > 0
        early = "before-set-up-sub-stream" in self._unit.flaws and self._unit.accounts.factory and asked.stream == "sub"
        return early or watched or "reset-stream-open" in self._unit.openings or served_without_login(asked, self._unit.flaws)

    def _is_half_shut(self, method: str, asked: Asked) -> bool:
        """What a flawed unit, which always listens in the clear, does not serve there all the same."""
        if self.secured or self._unit.settings["clear_streams"]:
            return False
        main_only = "clear-sub-stream" in self._unit.flaws and asked.stream != "sub"
        described = "clear-streams-described" in self._unit.flaws and method not in ("OPTIONS", "DESCRIBE")
        return main_only or described

    def _way(self, request: Request) -> Way | None:
        """Beside TLS no packet goes in the clear."""
        way = choose_way(request.headers.get("transport", ""))
        beside = way is not None and not way.tcp and self.secured and "rtsps-udp-in-clear" not in self._unit.flaws
        return None if beside else way

    def _understand(self, request: Request) -> Asked:
        viewing = self._viewings.get(_session_id(request))
        way = viewing.way if viewing else choose_way(request.headers.get("transport", ""))
        hidden = "rtsp-hidden-path-open" in self._unit.flaws
        return understand(request.method, request.path, udp=way is not None and not way.tcp, hidden=hidden)

    async def _describe(self, request: Request, channel: Channel) -> Response:
        try:
            async with asyncio.timeout(_DESCRIBE_S):
                parameters = await channel.parameters()
        except TimeoutError:
            return Response(503)
        sound = self._hearing.is_described(channel.name)
        body = describe(channel, parameters, self._unit.address, self._unit.clock.now(), sound=sound)
        told = [("X-Session", self._unit.newest_token)] if self._unit.newest_token else []
        return Response(200, [("Content-Base", f"{request.uri}/"), ("Content-Type", "application/sdp"), *told], body)

    def _set_up(self, request: Request, asked: Asked, user: str | None) -> Response:
        way = self._way(request)
        if way is None:
            return Response(461)
        if "session" in request.headers:
            return self._add_sound(self._viewings.get(_session_id(request)), asked, way) if asked.sound else Response(459)
        if len(self._viewings) >= _MOST_VIEWINGS:
            return Response(453)
        viewing = self._new_viewing(self._channels[asked.stream or ""], user, way)
        if asked.sound:
            viewing.shows = False
            made = self._add_sound(viewing, asked, way)
            if made.status != 200:
                self._end(viewing)
            return made
        return self._made(viewing, way, viewing.packetizer)

    def _made(self, viewing: Viewing, way: Way, packetizer: Packetizer) -> Response:
        return Response(200, [("Session", f"{viewing.id};timeout={TIMEOUT_S}"), ("Transport", self._transport(way, packetizer))])

    def _add_sound(self, viewing: Viewing | None, asked: Asked, way: Way) -> Response:
        """A second track of the same viewing, or the only one."""
        if viewing is None or viewing.channel.name != asked.stream:
            return Response(454)
        if not self._hearing.is_given(viewing.channel.name):
            return Response(404)
        if viewing.sound is not None or viewing.playing or viewing.way.tcp != way.tcp:
            return Response(455)
        viewing.sound = SoundTrack(self._hearing, viewing.channel.name, way, self._packetizer(way, SOUND))
        viewing.sound.ready = viewing.ready
        return self._made(viewing, way, viewing.sound.packetizer)

    def _packetizer(self, way: Way, kind: int = VIDEO) -> Packetizer:
        if way.tcp:
            send_rtp, send_rtcp = self._tcp.on(way.rtp), self._tcp.on(way.rtcp)
        else:
            send_rtp, send_rtcp = self._udp.to(0, self.client, way.rtp), self._udp.to(1, self.client, way.rtcp)
        return Packetizer(send_rtp, send_rtcp, self._unit.clock.now, kind)

    def _new_viewing(self, channel: Channel, user: str | None, way: Way) -> Viewing:
        viewing = Viewing(channel, user, way, self._packetizer(way), self._unit.clock, self._cover)
        if way.tcp:
            viewing.ready = self._tcp.ready
        self._viewings[viewing.id] = viewing
        self._alive(viewing)
        return viewing

    def _transport(self, way: Way, packetizer: Packetizer) -> str:
        source = f"ssrc={packetizer.ssrc:08X}"
        if way.tcp:
            return f"RTP/AVP/TCP;unicast;interleaved={way.rtp}-{way.rtcp};{source}"
        ports = f"client_port={way.rtp}-{way.rtcp};server_port={self._udp.ports[0]}-{self._udp.ports[1]}"
        return f"RTP/AVP;unicast;{ports};{source}"

    def _in_session(self, request: Request, asked: Asked) -> None:
        viewing = self._viewings.get(_session_id(request))
        if request.method == "GET_PARAMETER" and "session" not in request.headers:
            self._answer(request, Response(200))
        elif viewing is None or viewing.channel.name != asked.stream:
            self._answer(request, Response(454))
        else:
            self._alive(viewing)
            self._IN_SESSION[request.method](self, request, viewing)

    def _play(self, request: Request, viewing: Viewing) -> None:
        """The answer goes out before the first picture."""
        packets, stream = viewing.packetizer, request.uri.rstrip("/").removesuffix(f"/{TRACK}").removesuffix(f"/{SOUND_TRACK}")
        info = f"url={stream}/{TRACK};seq={packets.sequence};rtptime={packets.rtp_time(viewing.channel.next_timestamp())}"
        self._answer(request, Response(200, [("Session", viewing.id), ("Range", "npt=now-"), ("RTP-Info", info)]))
        viewing.play()
        self._unit.happened("live view")

    def _pause(self, request: Request, viewing: Viewing) -> None:
        viewing.pause()
        self._answer(request, Response(200, [("Session", viewing.id)]))

    def _get_parameter(self, request: Request, viewing: Viewing) -> None:
        """Only used to keep a session alive; no parameter is known."""
        known = request.headers.get("content-length", "0") == "0"
        self._answer(request, Response(200 if known else 451, [("Session", viewing.id)]))

    def _tear_down(self, request: Request, viewing: Viewing) -> None:
        self._end(viewing)
        self._answer(request, Response(200))

    _IN_SESSION: ClassVar[dict[str, Callable[["Connection", Request, Viewing], None]]] = {
        "PLAY": _play,
        "PAUSE": _pause,
        "GET_PARAMETER": _get_parameter,
        "TEARDOWN": _tear_down,
    }

    def _keep_alive(self, request: Request) -> None:
        viewing = self._viewings.get(_session_id(request))
        if viewing is not None:
            self._alive(viewing)

    def _alive(self, viewing: Viewing) -> None:
        viewing.alive(on_timeout=self.close)

    def _end(self, viewing: Viewing) -> None:
        self._viewings.pop(viewing.id, None)
        viewing.end()

    def _answer(self, request: Request, response: Response) -> None:
        if not self._writer.is_closing():
            self._writer.write(response.encode(request.headers["cseq"]))


def _session_id(request: Request) -> str:
    return request.headers.get("session", "").partition(";")[0].strip()
