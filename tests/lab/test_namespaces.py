"""Private worlds are what they say, and nothing of them stays on the host, however they end."""

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lab.lan import Namespace, link_local
from harness.lab.namespaces import enter, on_host, outside
from harness.model.errors import NotPossible
from tests.lab.worlds import ROOT, START, Person, eventually, host, inhabited, people, said

HOLD = """
with Namespace() as far:
    inside = far.start(["sleep", "600"])
    try:
        say(ours=spaces(), theirs=spaces(far._holder.pid))
        {body}
    except KeyboardInterrupt:
        say(interrupted=True)
        sys.exit(130)
"""


@pytest.fixture(params=people(), ids=lambda person: person.name)
def person(request: pytest.FixtureRequest) -> Person:
    chosen: Person = request.param
    trial = chosen.run("")
    if trial.returncode:
        pytest.skip(f"no private world for {chosen.name}: {trial.stderr[-300:]}")
    return chosen


@pytest.fixture
def as_found() -> Iterator[None]:
    before = host()
    yield
    assert eventually(lambda: host() == before), (before, host())


@pytest.mark.usefixtures("as_found")
def test_a_world_has_its_own_processes_network_and_proc(person: Person) -> None:
    seen = person.run("""
processes = [name for name in os.listdir("/proc") if name.isdecimal()]
interfaces = open("/proc/self/net/dev").read().count(":")
say(pid=os.getpid(), uid=os.geteuid(), spaces=spaces(), processes=processes, interfaces=interfaces)
""")
    here = {kind: Path(f"/proc/self/ns/{kind}").stat().st_ino for kind in ("net", "pid", "mnt")}
    world = json.loads(seen.stdout)
    assert (world["pid"], world["uid"], world["processes"], world["interfaces"]) == (1, 0, ["1"], 1)
    assert not set(world["spaces"].values()) & set(here.values())


@pytest.mark.usefixtures("as_found")
def test_the_loopback_interface_works(person: Person) -> None:
    program = "import socket\nwith socket.create_server(('127.0.0.1', 0)) as s: socket.create_connection(s.getsockname()).close()"
    assert person.run(program).returncode == 0


@pytest.mark.parametrize(("program", "status"), [("", 0), ("sys.exit(3)", 3), ("raise ValueError", 1), ("os.kill(os.getpid(), 9)", 0)])
def test_the_callers_status_is_the_worlds(person: Person, program: str, status: int) -> None:
    assert person.run(program).returncode == status


def test_a_world_that_is_killed_counts_128_and_the_signal(person: Person) -> None:
    with person.start("say(up=True)\ntime.sleep(600)") as running:
        said(running)
        first = next(pid for pid in descendants(running.pid) if process_one(pid))
        os.kill(first, signal.SIGKILL)
        assert running.wait(20) == 137


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize(
    ("body", "status"), [("pass", 0), ("raise ValueError", 1), ("os._exit(5)", 5)], ids=["end", "exception", "at once"]
)
def test_nothing_stays_after_the_end(person: Person, body: str, status: int) -> None:
    ended = person.run(HOLD.format(body=body))
    assert ended.returncode == status, ended.stderr
    assert gone(json.loads(ended.stdout.splitlines()[0]))


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_to_the_caller_ends_the_world_like_ctrl_c(person: Person, number: signal.Signals) -> None:
    with person.start(HOLD.format(body="time.sleep(600)")) as running:
        spaces = said(running)
        os.kill(caller(running.pid), number)
        assert said(running) == {"interrupted": True}
        assert running.wait(20) == 130
    assert gone(spaces)


@pytest.mark.usefixtures("as_found")
def test_killing_the_caller_ends_everything_at_once(person: Person) -> None:
    with person.start(HOLD.format(body="time.sleep(600)")) as running:
        spaces = said(running)
        os.kill(caller(running.pid), signal.SIGKILL)
        running.wait(20)
    assert gone(spaces)


def test_a_burst_of_signals_interrupts_once(person: Person) -> None:
    program = """
try:
    say(up=True); time.sleep(600)
except KeyboardInterrupt:
    for _ in range(50): time.sleep(0.01)
    say(cleaned=True)
"""
    with person.start(program) as running:
        said(running)
        for _ in range(3):
            os.kill(caller(running.pid), signal.SIGINT)
        assert said(running) == {"cleaned": True}
        assert running.wait(20) == 0


def test_a_terminal_works_inside_and_its_ctrl_c_interrupts_once() -> None:
    program = (
        START
        + """
print("asked", input("name? "), flush=True)
try:
    print("waiting", flush=True); time.sleep(600)
except KeyboardInterrupt:
    time.sleep(0.2); print("interrupted once", flush=True)
"""
    )
    pid, terminal = pty.fork()
    if not pid:
        os.environ["PYTHONPATH"] = str(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", program])
    screen = read_until(terminal, "name? ")
    os.write(terminal, b"camera\n")
    screen += read_until(terminal, "waiting")
    os.write(terminal, b"\x03")
    screen += read_until(terminal, "interrupted once")
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    os.close(terminal)
    assert "asked camera" in screen


CAMERA = """
import socket
ports = [socket.create_server(("0.0.0.0", 80)), socket.create_server(("::", 81), family=socket.AF_INET6)]
print("up", flush=True)
while True:
    for port in ports:
        peer, address = port.accept()
        peer.sendall(address[0].encode())
        peer.close()
"""


@pytest.mark.usefixtures("as_found")
def test_a_camera_is_reached_by_cable_over_both_families(person: Person) -> None:
    program = f"""
import socket, subprocess
def ask(address, port):
    with socket.create_connection((address, port), 3) as peer: return peer.recv(99).decode()
with Namespace() as far:
    camera = far.start([sys.executable, "-c", {CAMERA!r}], stdout=subprocess.PIPE)
    camera.stdout.readline()
    first = ask("192.168.77.20", 80), ask("{link_local("02:00:00:ca:00:01")}%lab0", 81)
    far.plug(False)
    try: ask("192.168.77.20", 80)
    except OSError as silent: pulled = type(silent).__name__
    far.plug(True)
    say(first=first, pulled=pulled, again=ask("192.168.77.20", 80))
"""
    ended = person.run(program)
    assert ended.returncode == 0, ended.stderr
    seen = json.loads(ended.stdout)
    assert seen["first"] == ["192.168.77.50", link_local("02:00:00:1a:b0:01")]
    assert seen["again"] == "192.168.77.50"
    assert seen["pulled"] in {"TimeoutError", "OSError"}


def test_missing_rights_are_told_with_what_they_cost() -> None:
    """In a user namespace that may have no further namespaces."""
    forbid = "for kind in user net; do echo 0 > /proc/sys/user/max_${kind}_namespaces; done; exec "
    program = START.replace("status = enter()", "").replace("if status is not None:\n    sys.exit(status)", "") + "enter()"
    argv = ["unshare", "--user", "--map-root-user", "sh", "-c", forbid + shlex.join([sys.executable, "-c", program])]
    told = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=ROOT).stderr
    if "NotPossible" not in told:
        pytest.skip(f"no user namespace to try it in: {told[-200:]}")
    assert "user.max_user_namespaces=0" in told
    assert "127.0.0.1" in told


CHROOT = """
mount -t tmpfs none "$1" && mkdir "$1/root" && cd "$1/root"
for top in /*; do
    if [ -L "$top" ]; then cp -P "$top" .; elif [ -d "$top" ]; then mkdir ".$top" && mount --rbind "$top" ".$top"; fi
done
shift
exec chroot . "$@"
"""


@pytest.mark.usefixtures("as_found")
@pytest.mark.skipif(os.geteuid() != 0, reason="only root may chroot")
def test_a_world_can_be_made_in_a_chroot(tmp_path: Path) -> None:
    """There `/` is no mount point."""
    program = people()[0].argv("say(pid=os.getpid())")
    argv = ["unshare", "--mount", "sh", "-euc", CHROOT, "sh", str(tmp_path), "env", f"PYTHONPATH={ROOT}", *program]
    seen = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=60)
    if "NotPossible" in seen.stderr:
        pytest.skip(seen.stderr[-200:])
    assert seen.stdout == '{"pid": 1}\n', seen.stderr


def test_threads_forbid_a_world() -> None:
    go = threading.Event()
    thread = threading.Thread(target=go.wait)
    thread.start()
    try:
        with pytest.raises(NotPossible, match="threads"):
            enter()
    finally:
        go.set()
        thread.join()


def test_a_namespace_needs_its_tools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NotPossible, match="ip, nsenter, unshare missing"), Namespace():
        pass


def gone(spaces: dict[str, object]) -> bool:
    """Nobody lives in these namespaces any more."""
    ours, theirs = spaces["ours"], spaces["theirs"]
    assert isinstance(ours, dict)
    assert isinstance(theirs, dict)
    return eventually(lambda: not inhabited({**ours}) and not inhabited({"net": theirs["net"]}))


def caller(pid: int) -> int:
    """The Python process that called `enter`: runuser stands before it."""
    return descendants(pid)[0] if Path(f"/proc/{pid}/comm").read_text() == "runuser\n" else pid


def descendants(pid: int) -> list[int]:
    answer = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False).stdout
    children = [int(word) for word in answer.split()]
    return children + [deeper for child in children for deeper in descendants(child)]


def process_one(pid: int) -> bool:
    numbers = [line.split() for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("NSpid:")]
    return len(numbers[0]) > 2 and numbers[0][-1] == "1"


def read_until(terminal: int, text: str) -> str:
    screen = ""
    while text not in screen:
        screen += os.read(terminal, 4096).decode()
    return screen


def test_a_command_may_run_in_the_network_outside() -> None:
    """The bench's power switch may hang on the network of this machine; it needs the rights that a card behind the router needs too."""
    myself = people()[0]
    program = """
import subprocess
from harness.lab.namespaces import on_host
from harness.lab.namespaces import outside
argv, descriptors = on_host(["readlink", "/proc/self/ns/net"])
done = subprocess.run(argv, pass_fds=descriptors, capture_output=True, text=True)
found = {"own": os.readlink("/proc/self/ns/net")}
if not done.returncode:
    found["called"] = outside(lambda: os.readlink("/proc/thread-self/ns/net"))
    try: outside(lambda: 1 / 0)
    except ZeroDivisionError: found["raised"] = True
say(status=done.returncode, network=done.stdout.strip(), said=done.stderr, **found)
"""
    ended = myself.run(program)
    if ended.returncode:
        pytest.skip(f"no private world: {ended.stderr[-200:]}")
    seen = json.loads(ended.stdout)
    if seen["status"]:
        pytest.skip(f"not as this user: {seen['said']}")
    assert seen["network"] == os.readlink("/proc/self/ns/net")  # noqa: PTH115 - the same tool as inside
    assert seen["called"] == seen["network"] != seen["own"]
    assert seen["raised"]


def test_outside_a_world_a_command_is_itself() -> None:
    assert on_host(["true"]) == (["true"], ())
    assert outside(os.getpid) == os.getpid()
