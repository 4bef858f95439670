"""Ports that a flawed unit opens, and when; a sound one has none of them."""

import asyncio
import socket
from pathlib import Path

import pytest

from harness.emulated.camera.clock import Clock
from harness.emulated.camera.network import listeners
from harness.emulated.camera.network.listeners import Listeners
from harness.emulated.camera.options import Options
from harness.emulated.camera.unit import Unit
from harness.probes.udp_questions import snmp_get
from tests.emulated import units

HERE = "127.0.0.1"
FLAWS = {"port-diagnosis": "DIAGNOSIS", "port-other-family": "MIRROR", "port-factory-test": "FACTORY_TEST", "port-while-viewed": "RELAY"}


@pytest.fixture(autouse=True)
def _free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    units.free_extra_ports(monkeypatch)


def is_open(name: str) -> bool:
    with socket.socket(socket.AF_INET6 if name == "MIRROR" else socket.AF_INET) as one:
        return one.connect_ex(("::1" if name == "MIRROR" else HERE, getattr(listeners, name))) == 0


async def seen(folder: Path, *flaws: str, happenings: tuple[str, ...] = ()) -> set[str]:
    """Which of all these ports are open."""
    unit = Unit(Options(folder, HERE, flaws=frozenset(flaws)), Clock())
    opened = Listeners(unit, asyncio.Protocol)
    await opened.start()
    for each in happenings:
        unit.happened(each)  # type: ignore[arg-type]
    await asyncio.sleep(0.05)
    try:
        return {name for name in FLAWS.values() if is_open(name)}
    finally:
        opened.stop()
        unit.flash.close()


def test_a_sound_unit_opens_none(tmp_path: Path) -> None:
    assert asyncio.run(seen(tmp_path, happenings=("live view", "set-up"))) == set()


@pytest.mark.parametrize("flaw", ["port-diagnosis", "port-other-family", "port-factory-test"])
def test_a_flaw_opens_its_port(flaw: str, tmp_path: Path) -> None:
    assert asyncio.run(seen(tmp_path, flaw)) == {FLAWS[flaw]}


def test_the_factorys_port_is_closed_by_set_up(tmp_path: Path) -> None:
    assert asyncio.run(seen(tmp_path, "port-factory-test", happenings=("set-up",))) == set()


def test_a_viewing_opens_the_relay(tmp_path: Path) -> None:
    assert asyncio.run(seen(tmp_path, "port-while-viewed")) == set()
    assert asyncio.run(seen(tmp_path, "port-while-viewed", happenings=("live view", "live view"))) == {"RELAY"}


def test_the_makers_search_is_answered(tmp_path: Path) -> None:
    async def answered() -> bytes:
        unit = Unit(Options(tmp_path, HERE, flaws=frozenset({"port-search-udp"})), Clock())
        opened = Listeners(unit, asyncio.Protocol)
        await opened.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.setblocking(False)
            one.connect((HERE, listeners.SEARCH))
            one.send(b"?")
            try:
                return await asyncio.wait_for(asyncio.get_running_loop().sock_recv(one, 1000), 5)
            finally:
                opened.stop()
                unit.flash.close()

    assert b"camera" in asyncio.run(answered())


def test_the_diagnosis_speaks(tmp_path: Path) -> None:
    async def said() -> bytes:
        unit = Unit(Options(tmp_path, HERE, flaws=frozenset({"port-diagnosis"})), Clock())
        opened = Listeners(unit, asyncio.Protocol)
        await opened.start()
        reader, writer = await asyncio.open_connection(HERE, listeners.DIAGNOSIS)
        writer.write(b"x\n")
        try:
            return await asyncio.wait_for(reader.read(), 5)
        finally:
            writer.close()
            opened.stop()
            unit.flash.close()

    assert asyncio.run(said()) == b"camera diag v2\r\n> error: unknown command\r\n"


async def _told(folder: Path, flaw: str, port: str, question: bytes) -> bytes:
    unit = Unit(Options(folder, HERE, flaws=frozenset({flaw})), Clock())
    opened = Listeners(unit, asyncio.Protocol)
    await opened.start()
    reader, writer = await asyncio.open_connection(HERE, getattr(listeners, port))
    writer.write(question)
    try:
        return await asyncio.wait_for(reader.read(200), 5)
    finally:
        writer.close()
        opened.stop()
        unit.flash.close()


@pytest.mark.parametrize(
    ("flaw", "port", "question", "begins"),
    [
        ("port-telnet", "TELNET", b"", b"\xff\xfd\x18"),
        ("port-http-login", "HTTP", b"POST /api/login HTTP/1.1\r\n\r\n", b"HTTP/1.1 401"),
        (
            "port-http-login",
            "HTTP",
            b"GET / HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://127.0.0.1/\r\nContent",
        ),
        (
            "port-http-cookie",
            "HTTP",
            b"POST /api/login HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://127.0.0.1/\r\nSet-Cookie",
        ),
        ("port-http-login", "HTTP", b"OPTIONS / RTSP/1.0\r\n\r\n", b""),
    ],
)
def test_management_in_the_clear(flaw: str, port: str, question: bytes, begins: bytes, tmp_path: Path) -> None:
    assert asyncio.run(_told(tmp_path, flaw, port, question)).startswith(begins)


def test_the_agent_answers_its_community_only(tmp_path: Path) -> None:
    async def answers() -> list[bytes]:
        unit = Unit(Options(tmp_path, HERE, flaws=frozenset({"port-snmp"})), Clock())
        opened = Listeners(unit, asyncio.Protocol)
        await opened.start()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.setblocking(False)
            one.connect((HERE, listeners.SNMP))
            for community in (b"private", b"public"):
                one.send(snmp_get(community, 1))
            try:
                return [await asyncio.wait_for(asyncio.get_running_loop().sock_recv(one, 1000), 5)]
            finally:
                opened.stop()
                unit.flash.close()

    [answer] = asyncio.run(answers())
    assert b"public" in answer
    assert b"\xa2" in answer
