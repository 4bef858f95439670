"""Keeper of a network card: lends it to the router's namespace and gives it back as it was, also when everybody else was killed.

A process of its own, outside the private world, started before it. It holds the router's namespace open: no card perishes with it.
"""

import array
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.model.errors import NotPossible

_MESSAGE_MOST = 4096
_ANSWER_S = 30.0
_SYSCTLS = (Path("/proc/sys/net/ipv4/conf"), Path("/proc/sys/net/ipv6/conf"))
_KERNELS = re.compile(r"proto kernel|table local|^(local|broadcast|multicast|anycast) ")
_SWITCHES = {"PROMISC": "promisc on", "ALLMULTI": "allmulticast on", "NOARP": "arp off"}


class Keeper:
    """The caller's end; start it before a private world is entered. It gives back what it lent when all that hold this have ended."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            argv = [sys.executable, "-P", "-m", "harness.lab.keeper", str(theirs.fileno())]
            self._process = subprocess.Popen(
                argv, pass_fds=(theirs.fileno(),), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
            )
        ours.settimeout(_ANSWER_S)
        self._peer = ours

    def lend(self, interface: str, namespace: str) -> None:
        """Move a card into the namespace at this path; NotPossible, with nothing changed, when that cannot be."""
        with Path(namespace).open("rb") as opened:
            self._ask({"do": "lend", "interface": interface}, (opened.fileno(),))

    def give_back(self) -> None:
        """Put the card back as it was."""
        self._ask({"do": "give back"})

    def close(self) -> None:
        """Need it no more; it ends when all others who hold this have closed it too."""
        self._peer.close()

    def _ask(self, order: dict[str, str], descriptors: Sequence[int] = ()) -> None:
        try:
            socket.send_fds(self._peer, [json.dumps(order).encode()], descriptors)
            answer = self._peer.recv(_MESSAGE_MOST)
        except OSError as error:
            raise NotPossible(f"the keeper of the network card does not answer: {error}") from error
        if not answer or (said := json.loads(answer)).get("error"):
            raise NotPossible(f"router: {said['error'] if answer else 'the keeper of the network card is gone'}")


@dataclass(frozen=True)
class Card:
    """A network card as it was found."""

    name: str
    up: bool
    mtu: int
    master: str
    switches: tuple[str, ...]
    addresses: tuple[str, ...]
    routes: tuple[tuple[str, str], ...]
    sysctls: tuple[tuple[str, str], ...]


def find(name: str) -> Card:
    """The card now; NotPossible when it is not there, or is this machine's way to its network."""
    (link,) = json.loads(_ip("-json", "-details", "address", "show", "dev", name))
    routes = [(family, line) for family in ("-4", "-6") for line in _ip(family, "route", "show", "table", "all", "dev", name).splitlines()]
    if any(line.startswith("default") for _, line in routes):
        raise NotPossible(f"{name} is this machine's way to its network; give a card to router: that only the device hangs on")
    own = [(family, line.strip()) for family, line in routes if not _KERNELS.search(line)]
    sysctls = [(str(path), _read(path)) for folder in _SYSCTLS for path in sorted(folder.joinpath(name).glob("*")) if _read(path)]
    return Card(
        name,
        "UP" in link["flags"],
        link["mtu"],
        link.get("master", ""),
        tuple(words for flag, words in _SWITCHES.items() if flag in link["flags"]),
        tuple(filter(None, map(_address, link["addr_info"]))),
        tuple((family, _route(line)) for family, line in own),
        tuple(sysctls),
    )


def restore(card: Card) -> None:
    """Everything that a card loses by leaving its namespace; what is there already stays."""
    name = card.name
    _try("link", "set", name, "mtu", str(card.mtu))
    for path, value in card.sysctls:
        if _read(Path(path)) not in {"", value}:
            with suppress(OSError):
                Path(path).write_text(value)
    for switch in card.switches:
        _try("link", "set", name, *switch.split())
    if card.master:
        _try("link", "set", name, "master", card.master)
    for address in card.addresses:
        _try("address", "replace", *address.split(), "dev", name)
    if card.up:
        _try("link", "set", name, "up")
    for family, route in card.routes:
        _try(family, "route", "replace", *route.split(), "dev", name)


def _address(info: dict[str, Any]) -> str:
    """An address as `ip` takes it; empty for what the kernel gives the card itself."""
    if info.get("protocol") == "kernel_ll" or (info["family"] == "inet6" and info["scope"] == "link"):
        return ""
    words = f"{info['local']}/{info['prefixlen']} scope {info['scope']}"
    words += f" broadcast {info['broadcast']}" if info.get("broadcast") else ""
    if info.get("dynamic"):
        words += f" valid_lft {info['valid_life_time']} preferred_lft {info['preferred_life_time']}"
    return words + (" noprefixroute" if info.get("noprefixroute") else "")


def _route(line: str) -> str:
    """A line of `ip route show` as `ip route replace` takes it."""
    line = re.sub(r"\b(linkdown|dead|pervasive|offload|notify)\b", "", line)
    return re.sub(r"expires (\d+)sec", r"expires \1", line)


class Loan:
    """The keeper's own side: at most one card at a time."""

    def __init__(self) -> None:
        self._card: Card | None = None
        self._namespace = -1

    def obey(self, order: dict[str, str], descriptors: Sequence[int]) -> None:
        """Carry out one order."""
        if order["do"] == "lend" and descriptors and self._card is None:
            self._namespace = descriptors[0]
            card = find(order["interface"])
            self._run("ip", "link", "set", card.name, "netns", f"/proc/self/fd/{self._namespace}")
            self._card = card
        elif order["do"] == "give back":
            self.give_back()
        else:
            raise NotPossible("one card at a time")

    def give_back(self) -> None:
        """Take the card out of the router's namespace, which lives for as long as we hold it."""
        card, self._card = self._card, None
        if card is None:
            return
        inside = ("nsenter", f"--net=/proc/self/fd/{self._namespace}", "--", "ip", "link", "set", card.name)
        with suppress(NotPossible):
            self._run(*inside, "nomaster")
        self._run(*inside, "netns", str(os.getpid()))
        restore(card)
        os.close(self._namespace)

    def _run(self, *argv: str) -> None:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, pass_fds=(self._namespace,), timeout=_ANSWER_S)
        if done.returncode:
            raise NotPossible(f"{' '.join(argv)}: {done.stderr.strip()[:300]}")


def _ip(*arguments: str) -> str:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False, timeout=_ANSWER_S)
    if done.returncode:
        raise NotPossible(f"ip {' '.join(arguments)}: {done.stderr.strip()[:300]}")
    return done.stdout


def _try(*arguments: str) -> None:
    """One step of putting back; the others are tried whatever becomes of it."""
    try:
        _ip(*arguments)
    except NotPossible as error:
        sys.stderr.write(f"camlabel: the network card is not quite as it was: {error}\n")


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def main() -> None:
    """Serve until nobody is left, then give back what was lent."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(number, signal.SIG_IGN)
    loan = Loan()
    with socket.socket(fileno=int(sys.argv[1])) as peer:
        while True:
            message, ancillary, _, _ = peer.recvmsg(_MESSAGE_MOST, socket.CMSG_SPACE(4))
            if not message:
                break
            said = {"error": ""}
            try:
                loan.obey(json.loads(message), _descriptors(ancillary))
            except (NotPossible, OSError, ValueError, KeyError, subprocess.TimeoutExpired) as error:
                said = {"error": str(error) or type(error).__name__}
            with suppress(OSError):
                peer.send(json.dumps(said).encode())
    with suppress(NotPossible):
        loan.give_back()


def _descriptors(ancillary: list[tuple[int, int, bytes]]) -> list[int]:
    found = array.array("i")
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            found.frombytes(data[: len(data) - len(data) % found.itemsize])
    return found.tolist()


if __name__ == "__main__":
    main()
