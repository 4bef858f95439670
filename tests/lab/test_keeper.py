"""A network card lent to the lab's router comes back as it was: a veth in its place, in a host made for the test."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.lab.keeper import Keeper, find
from harness.model.errors import NotPossible
from tests.lab.test_namespaces import descendants, process_one
from tests.lab.worlds import ROOT, eventually

HOST = """
set -e
ip link set lo up
ip link add eth1 address 02:00:00:00:77:01 type veth peer name far
unshare --net sh -c 'echo; exec sleep 600' >{folder}/far.ready & echo $! >{folder}/far.pid
while [ ! -s {folder}/far.ready ]; do sleep 0.01; done
ip link set far netns $(cat {folder}/far.pid)
nsenter --net=/proc/$(cat {folder}/far.pid)/ns/net ip link set far name eth0 address 02:00:00:ca:00:01 up
ip link add br7 type bridge
ip link set br7 up
ip addr add 10.9.0.1/24 brd 10.9.0.255 dev eth1
ip addr add 2001:db8:9::1/64 dev eth1 nodad
ip link set eth1 mtu 1400 promisc on up
ip route add 10.10.0.0/16 via 10.9.0.7 dev eth1 metric 77
ip -6 route add 2001:db8:10::/48 via 2001:db8:9::7 dev eth1
echo 2 >/proc/sys/net/ipv4/conf/eth1/rp_filter
echo ready
exec sleep 600
"""
LAB = """
import json, sys, time
from pathlib import Path
from harness.lab.home import Home
from harness.lab.keeper import Keeper
from harness.lab.namespaces import enter
from harness.model.errors import CamlabelError
keeper = Keeper()
status = enter()
if status is not None:
    sys.exit(status)
try:
    home = Home(Path({folder!r}), {{"02:00:00:ca:00:01": "192.168.77.20"}}, keeper, {card!r})
    home.borrow()
except CamlabelError as error:
    print(json.dumps(str(error)), flush=True)
    sys.exit(3)
print(json.dumps("up"), flush=True)
for order in sys.stdin:
    if order == "wait\\n":
        try:
            home.await_unit("192.168.77.20", {mac!r}, 10)
            print(json.dumps("found"), flush=True)
        except CamlabelError as error:
            print(json.dumps(str(error)), flush=True)
    else:
        home.close()
        print(json.dumps("closed"), flush=True)
"""
WAYS = {"root": ["unshare", "--net"], "no rights": ["unshare", "--user", "--map-root-user", "--net"]}


class Host:
    """A network of its own with a card eth1, whose cable ends in a place of its own."""

    def __init__(self, way: list[str], folder: Path) -> None:
        self.folder = folder
        words = HOST.format(folder=folder)
        self._process = subprocess.Popen([*way, "sh", "-c", words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if self._process.stdout is None or self._process.stdout.readline() != b"ready\n":
            pytest.skip(f"no host for the test: {self._process.communicate()[1][-300:]!r}")
        self.inside = ["nsenter", f"--target={self._process.pid}", "--net"]
        if "--user" in way:
            self.inside += ["--user", "--preserve-credentials"]

    def run(self, *argv: str) -> str:
        """Run a tool in it."""
        done = subprocess.run([*self.inside, *argv], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def lab(self, card: str = "eth1", mac: str = "02:00:00:ca:00:01") -> "subprocess.Popen[str]":
        """Start a lab that borrows the card."""
        program = LAB.format(folder=str(self.folder / "router"), card=card, mac=mac)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        argv = [*self.inside, sys.executable, "-c", program]
        return subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, start_new_session=True)

    def far(self, *argv: str) -> str:
        """Run a tool where the cable ends."""
        return self.run("nsenter", f"--net=/proc/{(self.folder / 'far.pid').read_text().strip()}/ns/net", *argv)

    def state(self) -> dict[str, Any]:
        """The card and everything else that a lab could leave."""
        found = json.loads(self.run("ip", "-json", "-details", "address", "show"))
        links = {link["ifname"]: (sorted(set(link["flags"]) - {"LOWER_UP"}), link["mtu"], link["address"]) for link in found}
        addresses = [(link["ifname"], each["local"], each["prefixlen"], each["scope"]) for link in found for each in link["addr_info"]]
        routes = [
            re.sub(r"\s+", " ", line).strip() for family in ("-4", "-6") for line in self.run("ip", family, "route", "show").splitlines()
        ]
        return {
            "links": links,
            "addresses": sorted(addresses),
            "routes": sorted(routes),
            "rp_filter": self.run("cat", "/proc/sys/net/ipv4/conf/eth1/rp_filter"),
        }

    def state_of_links(self) -> set[str]:
        """Names of the cards that are there."""
        return {link["ifname"] for link in json.loads(self.run("ip", "-json", "link"))}

    def end(self) -> None:
        """Take it down."""
        os.kill(int((self.folder / "far.pid").read_text()), signal.SIGKILL)
        self._process.kill()
        self._process.communicate()


@pytest.fixture(params=WAYS)
def host(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Host]:
    if request.param == "root" and os.geteuid() != 0:
        pytest.skip("only root")
    made = Host(WAYS[request.param], tmp_path)
    yield made
    made.end()


def said(lab: "subprocess.Popen[str]") -> str:
    assert lab.stdout
    return str(json.loads(lab.stdout.readline() or '"it ended"'))


def ask(lab: "subprocess.Popen[str]", order: str) -> str:
    assert lab.stdin
    lab.stdin.write(f"{order}\n")
    lab.stdin.flush()
    return said(lab)


def keepers() -> list[str]:
    found = subprocess.run(["pgrep", "-f", "harness.lab.keeper"], capture_output=True, text=True, check=False).stdout
    return found.split()


def test_a_card_is_lent_and_comes_back_as_it_was(host: Host) -> None:
    before = host.state()
    with host.lab() as lab:
        assert said(lab) == "up"
        assert "eth1" not in host.state_of_links()
        host.far("ip", "addr", "add", "192.168.77.20/24", "dev", "eth0")
        assert ask(lab, "wait") == "found"
        assert ask(lab, "close") == "closed"
        assert host.state() == before
    assert host.state() == before


@pytest.mark.parametrize("whom", ["the caller", "the world"])
def test_it_comes_back_after_kill_9(host: Host, whom: str) -> None:
    """The card is a veth, which perishes with its namespace unless somebody holds that."""
    before = host.state()
    with host.lab() as lab:
        assert said(lab) == "up"
        victim = lab.pid if whom == "the caller" else next(pid for pid in descendants(lab.pid) if process_one(pid))
        os.kill(victim, signal.SIGKILL)
        lab.wait(20)
    assert eventually(lambda: "eth1" in host.state_of_links() and host.state() == before), (before, host.state())


def test_another_unit_on_the_cable_is_not_taken_for_ours(host: Host) -> None:
    with host.lab(mac="02:00:00:ca:00:99") as lab:
        assert said(lab) == "up"
        host.far("ip", "addr", "add", "192.168.77.20/24", "dev", "eth0")
        assert "is taken by 02:00:00:ca:00:01, not by 02:00:00:ca:00:99" in ask(lab, "wait")
        assert ask(lab, "close") == "closed"


def test_a_card_that_is_not_there_is_told(host: Host) -> None:
    before = host.state()
    with host.lab(card="eth9") as lab:
        assert "eth9" in said(lab)
        assert lab.wait(20) == 3
    assert host.state() == before


def test_the_way_to_the_network_is_not_lent(host: Host) -> None:
    host.run("ip", "route", "add", "default", "via", "10.9.0.7")
    before = host.state()
    with host.lab() as lab:
        assert "this machine's way to its network" in said(lab)
    assert host.state() == before


def test_nobody_is_left_to_keep_it(host: Host) -> None:
    before = set(keepers())
    with host.lab() as lab:
        assert said(lab) == "up"
        mine = set(keepers()) - before
        assert mine
        os.kill(lab.pid, signal.SIGKILL)
    assert eventually(lambda: not mine & set(keepers()))


def test_a_keeper_that_is_gone_is_told(tmp_path: Path) -> None:
    keeper = Keeper()
    keeper._process.kill()
    keeper._process.wait()
    with pytest.raises(NotPossible, match="keeper of the network card"):
        keeper.give_back()
    keeper.close()


def test_orders_that_make_no_sense_change_nothing() -> None:
    keeper = Keeper()
    keeper.give_back()
    with pytest.raises(NotPossible, match="one card at a time"):
        keeper._ask({"do": "lend", "interface": "eth1"})
    with pytest.raises(NotPossible, match="no-card-0"):
        keeper.lend("no-card-0", "/proc/self/ns/net")
    keeper.close()
    assert keeper._process.wait(20) == 0


def test_a_card_that_is_missing_cannot_be_found() -> None:
    with pytest.raises(NotPossible, match="no-card-0"):
        find("no-card-0")
