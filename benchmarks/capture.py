"""Reads a capture of 212 MB: 1,000 TLS and 1,000 HTTP connections under 1,000 names, with reordering and repeats, and 20 planted values.

    python benchmarks/capture.py [--file FILE]

In one run: reading it with dpkt alone, camlabel's table of destinations and search for the values, the same of the first quarter of the
file (memory must not grow with it), tshark's fields. Each in a process of its own, so that time and memory are its own. What was found
is compared with what was planted; the status is 0 when all of it was found and no limit is passed.
"""

import argparse
import base64
import json
import random
import resource
import shutil
import socket
import ssl
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from ipaddress import ip_address, ip_network
from pathlib import Path

import dpkt

from harness.probes.captures.around import Around
from harness.probes.captures.files import CaptureFile
from harness.probes.captures.search import Search
from harness.probes.captures.survey import Survey

NAMES, VALUES, SEED = 1000, 20, 20261125
SIZE = 223_500_000
SEGMENT = 1400
UNIT, ROUTER = ip_address("192.168.77.20").packed, ip_address("192.168.77.1").packed
UNIT_MAC, ROUTER_MAC = bytes.fromhex("020000ca0001"), bytes.fromhex("0200001ab0fe")
MAX_BEYOND_S = 6.0
MAX_GROWTH_MB = 40.0  # from a quarter of the file to the whole of it, of 160 MB more


def main() -> None:
    """Make the file, run each reader, print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--file", type=Path)
    options.add_argument("--only", choices=tuple(READERS))
    asked = options.parse_args()
    if asked.only:
        print(json.dumps(READERS[asked.only](asked.file)))
        return
    with tempfile.TemporaryDirectory() as folder:
        file = asked.file or Path(folder) / "capture.pcap"
        if not file.exists():
            began = time.monotonic()
            make(file)
            print(f"made {file.stat().st_size / 1e6:.1f} MB in {time.monotonic() - began:.1f} s")
        report(file)


def report(file: Path) -> None:
    """Each reader in a process of its own."""
    results = {}
    for name in READERS:
        if name == "tshark" and shutil.which("tshark") is None:
            print("tshark is not installed (apt-get install tshark)")
            continue
        began = time.monotonic()
        argv = [sys.executable, __file__, "--file", str(file), "--only", name]
        told = json.loads(subprocess.run(argv, check=True, capture_output=True, text=True).stdout)
        results[name] = {**told, "s": told.get("s", time.monotonic() - began)}
        print(f"{name:9} {results[name]['s']:6.1f} s {told['mb']:6.0f} MB  {told['found']}")
    beyond = results["camlabel"]["s"] - results["dpkt"]["s"]
    growth = results["camlabel"]["mb"] - results["quarter"]["mb"]
    print(f"beyond reading it with dpkt: {beyond:.1f} s (at most {MAX_BEYOND_S}); more memory than for a quarter: {growth:.0f} MB")
    sys.exit(0 if results["camlabel"]["right"] and beyond <= MAX_BEYOND_S and growth <= MAX_GROWTH_MB else 1)


def by_dpkt(file: Path) -> dict[str, object]:
    """Read every frame down to TCP and UDP, and nothing else."""
    began, frames = time.monotonic(), 0
    with file.open("rb") as opened:
        for _, data in dpkt.pcap.Reader(opened):
            dpkt.ethernet.Ethernet(data)
            frames += 1
    return {"s": time.monotonic() - began, "mb": own_memory(), "found": f"{frames} frames, dpkt {dpkt.__version__}"}


def by_camlabel(file: Path) -> dict[str, object]:
    """The whole of it: destinations and planted values."""
    began = time.monotonic()
    around = Around(frozenset([UNIT_MAC]), {UNIT}, gateways={ROUTER}, networks=[ip_network("192.168.77.0/24")])
    search = Search({f"value-{number}": value for number, value in enumerate(values())})
    survey = Survey(around, search)
    survey.read(CaptureFile(file))
    survey.finish()
    spent = time.monotonic() - began
    tls = {to.shown for to in survey.destinations if to.port == 443}
    http = {to.shown for to in survey.destinations if to.port == 80}
    resolved = {name for to in survey.destinations for name in to.resolved}
    found = {found.label for found in search.found}
    wanted = set(names())
    right = (
        tls == http == resolved == wanted
        and len(found) == VALUES
        and len(search.found) == 2 * VALUES
        and len(survey.destinations) == 2 * NAMES
        and not list(survey.lost)
    )
    words = f"{len(tls)} TLS names, {len(http)} HTTP names, {len(resolved)} DNS names, {len(found)} values in {len(search.found)} places"
    return {"s": spent, "mb": own_memory(), "found": words, "right": right, "lost": list(survey.lost)}


def of_a_quarter(file: Path) -> dict[str, object]:
    """The same of the first quarter, which ends in the middle of a frame."""
    left = file.stat().st_size // 4
    with tempfile.NamedTemporaryFile() as part, file.open("rb") as whole:
        while left and (data := whole.read(min(left, 1 << 20))):
            part.write(data)
            left -= len(data)
        part.flush()
        return by_camlabel(Path(part.name))


def by_tshark(file: Path) -> dict[str, object]:
    """Names and server names as fields; payloads are not searched."""
    version = subprocess.run(["tshark", "--version"], check=True, capture_output=True, text=True).stdout.split()[2]
    fields = ["dns.qry.name", "tls.handshake.extensions_server_name", "http.host", "ip.dst", "tcp.dstport"]
    argv = [
        "tshark",
        "-n",
        "-o",
        "tcp.reassemble_out_of_order:TRUE",
        "-r",
        str(file),
        "-Y",
        "dns or tls.handshake.type==1 or http.request",
        "-T",
        "fields",
    ]
    began = time.monotonic()
    told = subprocess.run([*argv, *(word for field in fields for word in ("-e", field))], check=True, capture_output=True, text=True)
    spent, memory = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    rows = [line.split("\t") for line in told.stdout.splitlines()]
    dns, tls, http = ({row[column] for row in rows if row[column]} for column in range(3))
    words = f"{len(tls)} TLS names, {len(http)} HTTP names, {len(dns)} DNS names, values not looked for; tshark {version}"
    return {"s": spent, "mb": memory, "found": words}


READERS = {"dpkt": by_dpkt, "camlabel": by_camlabel, "quarter": of_a_quarter, "tshark": by_tshark}


def own_memory() -> float:
    """The most that this process ever held, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def names() -> list[str]:
    """What is resolved and contacted."""
    return [f"host-{number}.area-{number % 17}.maker.example" for number in range(NAMES)]


def values() -> list[str]:
    """What is planted, each of 20 characters."""
    chance = random.Random(SEED)
    return ["cnry-" + "".join(chance.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(15)) for _ in range(VALUES)]


def make(file: Path) -> None:
    """Write the capture: connections in groups of 20 that run side by side."""
    chance = random.Random(SEED)
    planted = iter([*values(), *values()])
    with file.open("wb", buffering=1 << 20) as out:
        out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
        at, each = 1_700_000_000.0, SIZE // NAMES // 2 - 12_000
        for begin in range(0, NAMES, 10):
            group = [talk for number in range(begin, begin + 10) for talk in talks(number, each, chance, planted)]
            for frame in shuffled(group, chance):
                at += 0.0005
                out.write(struct.pack("<IIII", int(at), int(at % 1 * 1e6), len(frame), len(frame)) + frame)


def talks(number: int, size: int, chance: random.Random, planted: Iterator[str]) -> list[list[bytes]]:
    """The name is resolved; then one connection over TLS and one over HTTP, each with its upload."""
    name, peer = names()[number], ip_address(f"203.0.{113 + number // 250}.{number % 250 + 1}").packed
    port = 20000 + number
    question = b"".join(bytes([len(label)]) + label.encode() for label in name.split(".")) + b"\0\0\1\0\1"
    asked = struct.pack(">HHHHHH", number, 0x100, 1, 0, 0, 0) + question
    answer = struct.pack(">HHHHHH", number, 0x8180, 1, 1, 0, 0) + question + b"\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4" + peer
    resolved = [udp(UNIT, ROUTER, port, 53, asked), udp(ROUTER, UNIT, 53, port, answer)]
    hello = client_hello(name)
    body = chance.randbytes(size)
    post = f"POST /up/{number} HTTP/1.1\r\nUser-Agent: camera\r\nHost: {name}\r\nContent-Length: {size}\r\n\r\n".encode()
    text = base64.b64encode(chance.randbytes(size * 3 // 4))
    if number % (NAMES // VALUES) == 0:
        plain, coded = next(planted), next(planted)
        text = plant(text, plain.encode(), chance.randrange(4, 30))
        text = plant(text, base64.b64encode(b"x" * (number % 3) + coded.encode()), chance.randrange(34, 60))
    return [
        resolved + connection(peer, 443, 30000 + number, [hello[:70], hello[70:], body], chance),
        connection(peer, 80, 40000 + number, [post + text], chance),
    ]


def plant(text: bytes, value: bytes, segment: int) -> bytes:
    """Across the end of a segment, where a search of packets would miss it."""
    at = segment * SEGMENT - len(value) // 2
    return text[:at] + value + text[at + len(value) :]


def connection(peer: bytes, port: int, own: int, parts: list[bytes], chance: random.Random) -> list[bytes]:
    """Handshake, upload with one segment in fifty late and one in a hundred twice, acknowledgements, end."""
    there, here = (UNIT, peer), (peer, UNIT)
    seq, ack = chance.getrandbits(32), chance.getrandbits(32)
    frames = [tcp(there, (own, port), seq, 0, 2), tcp(here, (port, own), ack, seq + 1, 18)]
    seq, ack = seq + 1, ack + 1
    segments = []
    for part in parts:
        for begin in range(0, len(part), SEGMENT):
            data = part[begin : begin + SEGMENT]
            segments.append(tcp(there, (own, port), seq, ack, 24, data))
            seq += len(data)
    for index in range(3, len(segments) - 1):
        if chance.random() < 0.02:
            segments[index], segments[index + 1] = segments[index + 1], segments[index]
    segments = [each for frame in segments for each in ([frame, frame] if chance.random() < 0.01 else [frame])]
    closing = [tcp(there, (own, port), seq, ack, 17), tcp(here, (port, own), ack, seq + 1, 17)]
    return [*frames, *segments, *closing]


def shuffled(group: list[list[bytes]], chance: random.Random) -> Iterator[bytes]:
    """The frames of all, each connection's in their order; the name is resolved before both of its connections begin."""
    waiting = [iter(frames) for frames in group]
    for frames in waiting[::2]:
        yield next(frames)
        yield next(frames)
    while waiting:
        frames = chance.choice(waiting)
        for _ in range(chance.randrange(1, 6)):
            frame = next(frames, None)
            if frame is None:
                waiting.remove(frames)
                break
            yield frame


def client_hello(name: str) -> bytes:
    """As OpenSSL makes it."""
    outgoing = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), outgoing, server_hostname=name)
    try:
        client.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("a handshake without an answer")


def tcp(ends: tuple[bytes, bytes], ports: tuple[int, int], seq: int, ack: int, flags: int, data: bytes = b"") -> bytes:
    """A frame; sums are left out, as network cards fill them in."""
    head = struct.pack(">HHIIBBHHH", *ports, seq % (1 << 32), ack % (1 << 32), 5 << 4, flags, 64000, 0, 0)
    return ip(*ends, socket.IPPROTO_TCP, head + data)


def udp(source: bytes, target: bytes, sport: int, dport: int, data: bytes) -> bytes:
    """A frame."""
    return ip(source, target, socket.IPPROTO_UDP, struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data)


def ip(source: bytes, target: bytes, protocol: int, payload: bytes) -> bytes:
    """IPv4 over Ethernet."""
    macs = ROUTER_MAC + UNIT_MAC if source == UNIT else UNIT_MAC + ROUTER_MAC
    return macs + b"\x08\0" + struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0, 64, protocol, 0) + source + target + payload


if __name__ == "__main__":
    main()
