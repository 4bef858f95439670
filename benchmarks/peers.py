"""The survey of ports beside nmap, and the enumeration of TLS beside sslyze and testssl.sh, on one emulated camera in one run.

    python benchmarks/peers.py [--sslyze PYTHON]

nmap and testssl are Debian's packages; PYTHON is an interpreter in whose environment `pip install sslyze` was done (it wants another
cryptography than we do). A tool that is not there is left out and named. The camera is flawed so that there is something to find: ports
that no usual list has, old versions. All tools ask the same unit, one after the other. Connections are
counted by the kernel of the network that they are made from (TcpActiveOpens). Status 0: nothing that a peer found is missing.
"""

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from xml.etree import ElementTree as ET

from harness.gate.access import GateAccess
from harness.gate.bench import Bench
from harness.gate.clock import RealClock
from harness.gate.governor import Governor
from harness.gate.ledger import Ledger
from harness.gate.secrets import SecretStore
from harness.lab import emulated
from harness.lab.lan import CAMERA
from harness.lab.namespaces import enter
from harness.model.bench import GovernorLimits, Sample
from harness.probes import tls
from harness.probes.detectors import survey
from harness.profile.read import read_profile
from harness.runner.places import ROOT

FLAWS = ("port-diagnosis", "port-telnet", "tls-old-versions")
LIMIT_S = 900
T = TypeVar("T")
SSLYZE = {
    "ssl_2_0": "SSL 2.0",
    "ssl_3_0": "SSL 3.0",
    "tls_1_0": "TLS 1.0",
    "tls_1_1": "TLS 1.1",
    "tls_1_2": "TLS 1.2",
    "tls_1_3": "TLS 1.3",
}
TESTSSL = {"SSLv2": "SSL 2.0", "SSLv3": "SSL 3.0", "TLS1": "TLS 1.0", "TLS1_1": "TLS 1.1", "TLS1_2": "TLS 1.2", "TLS1_3": "TLS 1.3"}


@dataclass
class Row:
    """One tool's result."""

    tool: str
    seconds: float
    connections: int
    found: set[str] = field(default_factory=set)


def main() -> None:
    """In a network of its own, and only there."""
    options = argparse.ArgumentParser()
    options.add_argument("--sslyze", default=sys.executable)
    python = options.parse_args().sslyze
    if (status := enter()) is not None:
        sys.exit(status)
    with tempfile.TemporaryDirectory() as folder:
        camera = emulated.start("fast", Path(folder) / "camera", flaws=FLAWS)
        try:
            right = [
                show("ports", by_survey(Path(folder) / "ours"), ports_of_others(Path(folder))),
                show("TLS", by_hellos(Path(folder) / "hellos"), tls_of_others(python)),
            ]
        finally:
            camera.stop()
    sys.exit(0 if all(right) else 1)


def show(what: str, ours: Row, others: Iterator[Row]) -> bool:
    """A line for each; True when nothing of theirs is missing in ours."""
    right = True
    print(f"{what}: {ours.tool:28} {ours.seconds:7.1f} s {ours.connections:7} connections  {len(ours.found)} facts")
    for row in others:
        missing, more = sorted(row.found - ours.found), sorted(ours.found - row.found)
        ratio = f"{ours.seconds / row.seconds:.2f} of its time" if row.seconds else ""
        print(f"{what}: {row.tool:28} {row.seconds:7.1f} s {row.connections:7} connections  {len(row.found)} facts; ours took {ratio}")
        print(f"    only there: {', '.join(missing) or 'nothing'}; only here: {', '.join(more) or 'nothing'}")
        right = right and not missing
    return right


def bench_of(folder: Path) -> Bench:
    """A real gate in front of the camera, as fast as it answers."""
    profile = read_profile(ROOT / "device_profiles/emulated-fast.yaml")
    sample = Sample.model_validate({"name": "cam-1", "address": CAMERA, "accounts": {"owner": {"user": "admin"}}})
    folder.mkdir(exist_ok=True)
    secrets = SecretStore(folder / "private", {("cam-1", "owner"): ("admin", "not-needed-here-1")})
    ledger, clock = Ledger([("cam-1", "owner")], lambda *_: None), RealClock()
    governor = Governor(GovernorLimits(connections_per_s=1000, scan_per_s=20000), clock, {}, lambda *_, **__: None)
    access = GateAccess([CAMERA], governor, secrets, ledger)
    return Bench(profile=profile, sample=sample, access=access, clock=clock, ledger=ledger, effort="full")


def by_survey(folder: Path) -> Row:
    """All TCP ports over IPv4 and link-local IPv6, each open one asked in every protocol that we know."""
    seen, row = timed("camlabel, IPv4 and IPv6", lambda: survey.survey(bench_of(folder), "factory"))
    row.found = {f"{'IPv6' if '%' in each.address else 'IPv4'} {port}" for each in seen.scans for port in each.open}
    for each in seen.services:
        print(f"    {each}")
    return row


def ports_of_others(folder: Path) -> Iterator[Row]:
    """nmap, the same ports and both families."""
    if shutil.which("nmap") is None:
        print("nmap is not installed (apt-get install nmap)")
        return
    near = bench_of(folder / "near").access.link_local(CAMERA)
    total = Row(f"{version('nmap', '--version')}", 0, 0)
    for name, more in (("IPv4", [CAMERA]), *((("IPv6", ["-6", near]),) if near else ())):
        found, row = timed("nmap", lambda more=more: run("nmap", "-Pn", "-n", "-p-", "-sV", "-oX", "-", *more))  # type: ignore[misc]
        total.seconds, total.connections = total.seconds + row.seconds, total.connections + row.connections
        for port in ET.fromstring(found).iter("port"):
            state, service = port.find("state"), port.find("service")
            if state is not None and state.get("state") == "open":
                total.found.add(f"{name} {port.get('portid')}")
                print(f"    nmap {name} {port.get('portid')}: {service.get('name') if service is not None else '?'}")
    total.tool += " -p- -sV"
    yield total


def by_hellos(folder: Path) -> Row:
    """Versions, suites and key of the page's port."""
    place = tls.Place(address=CAMERA, port=443)
    seen, row = timed("camlabel", lambda: tls.taken(bench_of(folder), place))
    row.found = {*(f"version {each}" for each in seen.versions), *(f"suite {each}" for each in seen.suites)}
    row.found |= {f"key {each.kind} {each.bits}" for each in seen.keys}
    return row


def tls_of_others(python: str) -> Iterator[Row]:
    """sslyze and testssl.sh, asked for versions, suites and the certificate only."""
    target = f"{CAMERA}:443"
    known = subprocess.run([python, "-c", "import sslyze"], check=False, capture_output=True).returncode == 0
    if known:
        asked = [
            *(f"--{name}" for name in ("sslv2", "sslv3", "tlsv1", "tlsv1_1", "tlsv1_2", "tlsv1_3")),
            "--certinfo",
            "--json_out=-",
            target,
        ]
        told, row = timed("sslyze", lambda: run(python, "-m", "sslyze", *asked))
        row.tool, row.found = f"sslyze {pip_version(python)}", set(of_sslyze(json.loads(told)))
        yield row
    else:
        print("sslyze is not there (pip install sslyze, in an environment of its own; --sslyze PYTHON)")
    if shutil.which("testssl") is None:
        print("testssl.sh is not installed (apt-get install testssl.sh)")
        return
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        asked = ["--quiet", "--warnings", "off", "--color", "0", "--mapping", "rfc", "-p", "-E", "-S", "--jsonfile", str(report), target]
        _, row = timed("testssl", lambda: run("testssl", *asked))
        row.tool, row.found = f"testssl.sh {version('testssl', '--version')}", set(of_testssl(json.loads(report.read_text())))
        yield row


def of_sslyze(told: Any) -> Iterator[str]:
    """Its JSON as facts."""
    result = told["server_scan_results"][0]["scan_result"]
    for name, word in SSLYZE.items():
        accepted = (result[f"{name}_cipher_suites"]["result"] or {}).get("accepted_cipher_suites", [])
        if accepted:
            yield f"version {word}"
        yield from (f"suite {each['cipher_suite']['name']}" for each in accepted)
    for deployment in result["certificate_info"]["result"]["certificate_deployments"]:
        key = deployment["received_certificate_chain"][0]["public_key"]
        yield f"key {'EC' if key.get('ec_curve_name') else 'RSA'} {key['key_size']}"


def of_testssl(told: Any) -> Iterator[str]:
    """Its JSON as facts."""
    for each in told:
        name, text = each["id"], each["finding"]
        if name in TESTSSL and text.startswith("offered"):
            yield f"version {TESTSSL[name]}"
        if name.startswith("cipher") and (suite := re.search(r"\b(TLS_[A-Z0-9_]+)\b", text)):
            yield f"suite {suite[1]}"
        if name.startswith("cert_keySize") and (size := re.search(r"(EC|RSA) (\d+)", text)):
            yield f"key {size[1]} {size[2]}"


def timed(tool: str, act: Callable[[], T]) -> tuple[T, Row]:
    """With the seconds, and the connections that were made in this network meanwhile."""
    began, before = time.monotonic(), opened()
    done = act()
    return done, Row(tool, time.monotonic() - began, opened() - before)


def opened() -> int:
    """Connections that were ever opened from this network."""
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines() if line.startswith("Tcp:"))
    return int(values[names.index("ActiveOpens")])


def run(*words: str) -> str:
    """A command to its end, bounded."""
    return subprocess.run(words, check=False, capture_output=True, text=True, timeout=LIMIT_S).stdout


def version(*words: str) -> str:
    """What a tool says of itself."""
    found = re.search(r"(?:Nmap version |testssl(?:\.sh)?\s+)(\d[\w.]*)", run(*words))
    return f"{words[0]} {found[1]}" if found and words[0] == "nmap" else found[1] if found else ""


def pip_version(python: str) -> str:
    """Of the package, in its own environment."""
    return run(python, "-c", "from importlib.metadata import version; print(version('sslyze'))").strip()


if __name__ == "__main__":
    main()
