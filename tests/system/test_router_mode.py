"""A run on a unit behind a network card of this machine: a veth in the place of the card, a camera with DHCP at its far end."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import dpkt
import pytest

from tests.lab.test_keeper import Host, host
from tests.lab.worlds import ROOT, eventually
from tests.system.command import PROFILE, command, run_folder

__all__ = ["host"]

BENCH = """\
schema: camlabel-bench/1
lab: router
router: {{interface: {card}}}
samples:
  - name: cam-1
    address: 192.168.77.20
    mac: 02:00:00:ca:00:01
    accounts:
      owner: {{user: admin, password: "Quite-a-long-one-7"}}
impact: change
"""
LEASED = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip addr add "$ip/24" dev eth0
ip route add default via "$router"
echo "$ip by $router" > {folder}/leased
"""


def start_camera(host: Host) -> "subprocess.Popen[bytes]":
    """A unit that is on before the run, and asks for an address for as long as it has none."""
    script = host.folder / "leased.sh"
    script.write_text(LEASED.format(folder=host.folder))
    script.chmod(0o755)
    client = f"busybox udhcpc -i eth0 -q -f -t 1000 -T 1 -A 1 -s {script} >/dev/null 2>&1"
    camera = f"{sys.executable} -P -m harness.emulated.camera --flash {host.folder}/flash --address 192.168.77.20 --gateway 192.168.77.1"
    words = f"echo 1 >/proc/sys/net/ipv4/ip_nonlocal_bind; ip link set lo up; {client} & exec {camera} --mac 02:00:00:ca:00:01"
    pid = (host.folder / "far.pid").read_text().strip()
    argv = [*host.inside, "nsenter", f"--net=/proc/{pid}/ns/net", "sh", "-c", words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment, start_new_session=True)
    assert running.stdout
    assert running.stdout.readline()
    return running


def run(host: Host, card: str) -> "subprocess.CompletedProcess[str]":
    bench = host.folder / "bench.yaml"
    bench.write_text(BENCH.format(card=card))
    words = command(
        "run", "--json", "--profile", str(PROFILE), "--bench", str(bench), "--select", "SYS-07", "--out", str(host.folder / "runs")
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([*host.inside, *words], capture_output=True, text=True, check=False, timeout=540, env=environment)


@pytest.mark.once
@pytest.mark.slow
@pytest.mark.parametrize("host", ["no rights"], indirect=True)
def test_a_unit_behind_a_card_is_judged_and_the_card_comes_back(host: Host) -> None:
    before = host.state()
    with start_camera(host) as camera:
        done = run(host, "eth1")
        camera.kill()
    assert done.stdout, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    verdict = next(each for each in document["requirements"] if each["id"] == "SYS-07")
    assert verdict["verdict"] in {"PASS", "INCONCLUSIVE"}, (verdict, done.stderr)  # its clock is real: a lock-out may outlast patience
    assert verdict["cases"][0]["observations"] > 10
    assert (host.folder / "leased").read_text() == "192.168.77.20 by 192.168.77.1\n"
    assert eventually(lambda: host.state() == before), (before, host.state())
    recordings = run_folder(host.folder / "runs") / "private/recordings"
    assert messages(recordings / "capture-0-0.pcap") == [dpkt.dhcp.DHCPDISCOVER, dpkt.dhcp.DHCPREQUEST]
    assert (recordings / "stand-in-0.json").exists()


@pytest.mark.once
@pytest.mark.parametrize("host", ["no rights"], indirect=True)
def test_a_card_that_is_not_there_ends_the_run_with_a_sentence(host: Host) -> None:
    before = host.state()
    done = run(host, "eth9")
    assert done.returncode == 3
    assert "eth9" in done.stderr
    assert "Traceback" not in done.stderr
    assert eventually(lambda: host.state() == before)


def messages(file: Path) -> list[int]:
    """What kinds of DHCP messages the unit sent: the capture began before its card could hear us."""
    found = []
    with file.open("rb") as opened:
        for _, frame in dpkt.pcap.Reader(opened):
            packet = dpkt.ethernet.Ethernet(frame).data
            if isinstance(packet, dpkt.ip.IP) and isinstance(packet.data, dpkt.udp.UDP) and packet.data.dport == 67:
                found.append(dict(dpkt.dhcp.DHCP(packet.data.data).opts)[53][0])
    return found
