"""The home network as devices meet it: real clients of Debian's for every service, and the capture read by others."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import dpkt
import pytest

from harness.lab.home import NOT_HERE, Home
from harness.lab.sniffer import HEAD
from harness.model.errors import NotPossible
from tests.lab.test_namespaces import as_found
from tests.lab.worlds import Person

__all__ = ["as_found"]

START = """
import subprocess, tempfile
from pathlib import Path
from harness.lab.home import Home
folder = Path(tempfile.mkdtemp(dir={folder!r}))
home = Home(folder / "router", {{"02:00:00:ca:00:01": "192.168.77.20"}})
def ran(space, *argv):
    done = subprocess.run(space.command(list(argv)), capture_output=True, text=True, timeout=30)
    return done.returncode, done.stdout + done.stderr
"""
CAMERA6 = "2001:db8:77::ff:feca:1"
AWAIT_IPV6 = """
import socket, time
for _ in range(200):
    try:
        socket.socket(10, 2).connect(('2001:db8:9::7', 9))
        break
    except OSError:
        time.sleep(0.02)
"""
EVERYTHING = (
    START
    + f"AWAIT_IPV6 = {AWAIT_IPV6!r}"
    + """
recorder = home.record(folder / "recordings")
with Namespace(lan=home.lan) as camera, Namespace("192.168.77.21", "02:00:00:ca:00:02", home.lan) as other:
    fresh = ["busybox", "udhcpc", "-i", "eth0", "-n", "-q", "-f", "-t", "3", "-T", "1", "-s", {script!r}]
    leased = ran(camera, *fresh)
    stranger = ran(other, *fresh)
    looked = ran(camera, "busybox", "nslookup", "api.vendor.example", "192.168.77.1")
    elsewhere = ran(camera, "busybox", "nslookup", "api.vendor.example", "8.8.8.8")
    home.services.advance(400 * 86400)
    timed = ran(camera, "ntpdig", "-t", "3", "192.168.77.1") if {ntpdig} else None
    trusted = ["curl", "-sS", "-m", "5", "--cacert", str(home.services.trust)]
    unmoved = ran(camera, *trusted, "https://203.0.113.9:8443/x")
    home.services.outage(True)
    cut = [ran(camera, "curl", "-sS", "-m", "5", "http://203.0.113.9:12345/x")]
    cut += [ran(camera, "busybox", "nslookup", "b.example", "192.168.77.1")]
    home.services.outage(False)
    back = ran(camera, "curl", "-sS", "-m", "5", "-H", "Host: cdn.vendor.example", "http://203.0.113.9:12345/x")
    sent = ran(camera, sys.executable, "-c", "import socket; socket.socket(2, 2).sendto(b'count', ('203.0.113.77', 9999))")
    cut_file = home.capture.cut()
    ran(camera, "curl", "-sS", "-m", "5", "http://203.0.113.10/late")
    ran(camera, sys.executable, "-c", AWAIT_IPV6)
    count = "import socket; socket.socket(10, 2).sendto(b'count', ('2001:db8:9::7', 9999))"
    servers = ("2001:db8:77::1", "2001:4860:4860::8888")
    six = [ran(camera, "busybox", "nslookup", "six.vendor.example", server) for server in servers]
    unsure = [*trusted[:4], "-k"]
    six += [ran(camera, *unsure, "--connect-to", "::[2001:db8:9::9]:443", "https://six.vendor.example/x")]
    six += [ran(camera, sys.executable, "-c", count)]
    home.services.outage(True)
    six += [ran(camera, "curl", "-sS", "-m", "5", "http://[2001:db8:9::9]/")]
    home.services.outage(False)
    told = home.services.received()
    received = [(each.transport, each.source, each.address, each.port, each.name, each.protocol, each.refused) for each in told]
    names = [each.name for each in home.services.questions()]
    limits = home.limits
home.keep_received()
recorded, of = recorder.stop(), recorder.of
home.close()
say(leased=leased, stranger=stranger, looked=looked, elsewhere=elsewhere, timed=timed, unmoved=unmoved, six=six,
    cut=cut, back=back, sent=sent,
    received=received, names=names, files=[str(file) for file in cut_file.files], whole=cut_file.whole, recorded=recorded,
    folder=str(folder), of=of, limits=limits)
"""
)
SCRIPT = """#!/bin/sh
[ "$1" = bound ] && echo "bound $ip $subnet via $router names $dns time $ntpsrv lease $lease"
exit 0
"""


IN_USER_NAMESPACE = ("unshare", "--user", "--map-root-user", sys.executable)


@pytest.fixture(scope="module", params=[(sys.executable,), IN_USER_NAMESPACE], ids=["as myself", "without rights"])
def myself(request: pytest.FixtureRequest) -> Person:
    person = Person("myself", request.param)
    trial = person.run("")
    if trial.returncode:
        pytest.skip(f"no private world: {trial.stderr[-300:]}")
    return person


@pytest.fixture(scope="module")
def seen(myself: Person, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """One home for all questions."""
    missing = [tool for tool in ("busybox", "curl", "nft") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"missing: {missing}")
    folder = tmp_path_factory.mktemp("home")
    script = folder / "leased.sh"
    script.write_text(SCRIPT)
    script.chmod(0o755)
    program = EVERYTHING.format(folder=str(folder), script=str(script), ntpdig=shutil.which("ntpdig") is not None)
    ended = myself.run(program)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.once
def test_a_dhcp_client_gets_the_address_of_its_card(seen: dict[str, Any]) -> None:
    status, said = seen["leased"]
    assert status == 0, said
    assert "bound 192.168.77.20 255.255.255.0 via 192.168.77.1 names 192.168.77.1 time 192.168.77.1 lease 86400" in said


def test_a_stranger_gets_one_of_the_pool(seen: dict[str, Any]) -> None:
    assert "bound 192.168.77.100 " in seen["stranger"][1]


def test_every_name_server_answers_alike(seen: dict[str, Any]) -> None:
    assert seen["looked"][0] == seen["elsewhere"][0] == 0
    assert seen["looked"][1].splitlines()[-2:] == seen["elsewhere"][1].splitlines()[-2:]
    assert set(seen["names"]) == {"api.vendor.example", "b.example", "six.vendor.example"}


def test_a_time_client_is_told_the_moved_time(seen: dict[str, Any]) -> None:
    if seen["timed"] is None:
        pytest.skip("apt-get install ntpsec-ntpdig")
    status, said = seen["timed"]
    assert status == 0, said
    offset = float(next(word for word in said.split() if word.startswith(("+", "-")) and "." in word))
    assert 400 * 86_400 - 60 < offset < 400 * 86_400 + 60


def test_certificates_moved_too(seen: dict[str, Any]) -> None:
    assert "not yet valid" in seen["unmoved"][1]


def test_a_device_that_prefers_ipv6_is_answered_over_ipv6(seen: dict[str, Any]) -> None:
    router, elsewhere, secure, datagram, cut = seen["six"]
    assert "2001:db8:1:" in router[1]
    assert router[1].splitlines()[-2:] == elsewhere[1].splitlines()[-2:]
    assert secure == [0, "{}"]
    assert datagram[0] == 0
    assert cut[0] == 7


def test_an_outage_is_felt_and_ends(seen: dict[str, Any]) -> None:
    unreachable, unresolved = seen["cut"]
    assert unreachable[0] == 7
    assert "SERVFAIL" in unresolved[1]
    assert seen["back"] == [0, "{}"]


def test_whatever_is_contacted_is_noted(seen: dict[str, Any]) -> None:
    camera = "192.168.77.20"
    assert seen["received"] == [
        ["udp", camera, "8.8.8.8", 53, "", "dns", ""],
        ["tcp", camera, "203.0.113.9", 8443, "", "tls", "SSLV3_ALERT_BAD_CERTIFICATE"],
        ["tcp", camera, "203.0.113.9", 12345, "cdn.vendor.example", "http", ""],
        ["udp", camera, "203.0.113.77", 9999, "", "", ""],
        ["tcp", camera, "203.0.113.10", 80, "", "http", ""],
        ["udp", CAMERA6, "2001:4860:4860::8888", 53, "", "dns", ""],
        ["tcp", CAMERA6, "2001:db8:9::9", 443, "six.vendor.example", "tls", ""],
        ["udp", CAMERA6, "2001:db8:9::7", 9999, "", "", ""],
    ]
    assert seen["limits"] == []


def test_a_cut_is_a_finished_capture_and_the_rest_is_in_the_next_file(seen: dict[str, Any]) -> None:
    assert seen["whole"]
    first, second = (Path(seen["folder"], "recordings", each["file"]) for each in seen["recorded"]["files"])
    assert [str(first)] == seen["files"]
    assert contacted(first) == {"8.8.8.8", "203.0.113.9", "203.0.113.77"}
    assert contacted(second) == {"203.0.113.10"}
    assert seen["of"] == "br0"
    assert seen["recorded"]["lost"] == 0
    assert json.loads(Path(seen["folder"], "recordings/stand-in-0.json").read_text())["received"]


def contacted(file: Path) -> set[str]:
    """Foreign addresses that the camera sent to, as dpkt reads the file."""
    found = set()
    with file.open("rb") as opened:
        for at, frame in dpkt.pcap.Reader(opened):
            packet = dpkt.ethernet.Ethernet(frame).data
            assert at > 1.7e9
            if isinstance(packet, dpkt.ip.IP) and packet.src == bytes((192, 168, 77, 20)):
                found.add(".".join(map(str, packet.dst)))
    return {address for address in found if not address.startswith(("192.168.77.", "224.", "239.", "255."))}


def test_tcpdump_reads_it_too(seen: dict[str, Any]) -> None:
    if shutil.which("tcpdump") is None:
        pytest.skip("apt-get install tcpdump")
    done = subprocess.run(["tcpdump", "-nr", seen["files"][0], "tcp port 12345"], capture_output=True, text=True, check=False)
    assert done.returncode == 0
    assert "192.168.77.20" in done.stdout
    assert "Flags [S]" in done.stdout


def test_the_digest_is_that_of_the_file(seen: dict[str, Any]) -> None:
    for entry in seen["recorded"]["files"]:
        file = Path(seen["folder"], "recordings", entry["file"])
        told = subprocess.run(["sha256sum", file], capture_output=True, text=True, check=True).stdout.split()[0]
        assert (told, file.stat().st_size) == (entry["sha256"], entry["bytes"])
        assert file.read_bytes().startswith(HEAD)
        assert file.stat().st_mode & 0o777 == 0o600


def test_here_is_no_home(tmp_path: Path) -> None:
    with pytest.raises(NotPossible, match=NOT_HERE[:20]):
        Home(tmp_path, {})


WITHOUT_NFT = """
import os, shutil, tempfile
tools = tempfile.mkdtemp()
for tool in ("ip", "nsenter", "unshare", "sh", "cat", "curl"):
    os.symlink(shutil.which(tool), os.path.join(tools, tool))
os.environ["PATH"] = tools
"""
FEW = (
    WITHOUT_NFT
    + START
    + """
with Namespace(lan=home.lan) as camera:
    known = ran(camera, "curl", "-sS", "-m", "5", "-k", "https://203.0.113.9/x")
    unknown = ran(camera, "curl", "-sS", "-m", "5", "http://203.0.113.9:12345/x")
    received = [(each.address, each.port) for each in home.services.received()]
    say(limits=home.limits, known=known, unknown=unknown, received=received)
home.close()
"""
)
MANY = (
    START
    + """
FLOOD = "import socket; peers = [socket.create_connection(('203.0.113.9', 80)) for _ in range(140)]; print(peers[-1].recv(1))"
with Namespace(lan=home.lan) as camera:
    flooded = ran(camera, sys.executable, "-c", FLOOD)
    served = ran(camera, "curl", "-sS", "-m", "5", "http://203.0.113.9/x")
    refused = [each.refused for each in home.services.received()]
    say(flooded=flooded, served=served, count=len(refused), refused=refused.count("too many connections at once"))
home.close()
"""
)


def test_without_nftables_well_known_ports_answer_and_that_is_said(myself: Person, tmp_path: Path) -> None:
    ended = myself.run(FEW.format(folder=str(tmp_path)))
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert "apt-get install nftables" in found["limits"][0]
    assert found["known"] == [0, "{}"]
    assert found["unknown"][0] == 7
    assert found["received"] == [["203.0.113.9", 443]]


def test_a_flood_of_connections_is_noted_and_ends(myself: Person, tmp_path: Path) -> None:
    ended = myself.run(MANY.format(folder=str(tmp_path)))
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout)
    assert found["flooded"] == [0, "b''\n"]
    assert found["served"] == [0, "{}"]
    assert (found["count"], found["refused"]) == (141, 12)
