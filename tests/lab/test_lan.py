"""The network of a bench: a router with a bridge, two cameras and us, and nothing of it left."""

import json

import pytest

from harness.lab.lan import OURS, OURS_TOO, ROUTER
from harness.profile.bench_checks import NETWORK, TAKEN
from tests.lab.test_namespaces import as_found, person
from tests.lab.worlds import Person

__all__ = ["as_found", "person"]

SERVER = """
import socket
port = socket.create_server(("0.0.0.0", 80))
print("up", flush=True)
while True:
    peer, address = port.accept()
    peer.sendall(address[0].encode())
    peer.close()
"""
TWO = f"""
import socket, subprocess
from harness.lab.lan import Lan
def ask(address, port=80):
    try:
        with socket.create_connection((address, port), 2) as peer: return peer.recv(99).decode()
    except OSError as silent: return type(silent).__name__
SEEN_FROM = "import socket, sys; print(socket.create_connection((sys.argv[1], 80), 2).recv(99).decode())"
def within(space, address):
    argv = space.command([sys.executable, "-c", SEEN_FROM, address])
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
def serve(space):
    camera = space.start([sys.executable, "-c", {SERVER!r}], stdout=subprocess.PIPE)
    camera.stdout.readline()
began = time.monotonic()
with Lan() as lan:
    with Namespace(lan=lan) as one, Namespace("192.168.77.21", "02:00:00:ca:00:02", lan) as two:
        made = time.monotonic() - began
        serve(one); serve(two); serve(lan)
        routes = subprocess.run(one.command(["ip", "route"]), capture_output=True, text=True).stdout
        before = [ask(one.address), ask(two.address), ask("192.168.77.1"), within(one, two.address), within(one, "198.51.100.7")]
        one.plug(False)
        silent = [ask(one.address), ask(two.address)]
        one.plug(True)
        again = [ask(one.address), within(one, "198.51.100.7")]
        same = routes == subprocess.run(one.command(["ip", "route"]), capture_output=True, text=True).stdout
    with Namespace(lan=lan) as one:
        serve(one)
        later = ask(one.address)
    say(before=before, silent=silent, again=again, same=same, later=later, made=made, routes=routes)
"""


@pytest.mark.usefixtures("as_found")
def test_two_cameras_and_a_router(person: Person) -> None:
    ended = person.run(TWO)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["before"] == [OURS, OURS, OURS, "192.168.77.20", "192.168.77.20"]
    assert seen["silent"][0] in {"TimeoutError", "OSError"}
    assert seen["silent"][1] == OURS
    assert seen["again"] == [OURS, "192.168.77.20"]
    assert seen["same"]
    assert seen["later"] == OURS
    assert "default via 192.168.77.1" in seen["routes"]


def test_benches_leave_the_labs_own_addresses_free() -> None:
    assert {ROUTER, OURS, *OURS_TOO, str(NETWORK.network_address), str(NETWORK.broadcast_address)} == TAKEN
