"""docs/real-camera.md walked by a new user, with the camera of Debian packages in the place of a real one."""

import re
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.places import ROOT
from tests.system.command import Finished, camlabel, command, run_folder

pytestmark = pytest.mark.once

PAGE = (ROOT / "docs/real-camera.md").read_text()
PROFILE_ANSWERS = (
    (r"scope: .*", "scope: {standalone: yes, consumer: yes, public_security: no}"),
    (r'  (uart|embedded_linux|local_snapshot|ethernet): "\?"', r"  \1: yes"),
    (r'  (\w+): "\?"', r'  \1: {absent: "looked for on the table, none seen"}'),
    (r'id: rtsp-main(.*)path: "\?"', r"id: rtsp-main\1path: /test"),
    (r'(.*)id: rtsp-sub(.*)path: "\?"(.*)', r"\1id: rtsp-sub\2path: /small\3\n    - STILL"),
    ("STILL", "{id: still, protocol: snapshot, service: https, path: /still.jpg, auth: digest}"),
    (r"id: https, interface: page", "id: https, interface: http"),
)


@dataclass
class Unit:
    """The camera on the table, as far as it says how it is reached."""

    ports: dict[str, str] = field(default_factory=dict)
    password: str = ""
    serial: str = ""
    off: str = ""
    on: str = ""

    def take(self, line: str) -> bool:
        """Read one line; True at the last."""
        if found := re.fullmatch(r"port (\d+): 127.0.0.1:(\d+)", line):
            self.ports[found[1]] = found[2]
        elif found := re.fullmatch(r"log in as admin with (.+)", line):
            self.password = found[1]
        elif found := re.fullmatch(r"serial line: (.+)", line):
            self.serial = found[1]
        elif found := re.match(r"power: off by `(.+?)`, on by `(.+?)`", line):
            self.off, self.on = found[1], found[2]
        return bool(self.on)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the user works."""
    return tmp_path_factory.mktemp("table")


@pytest.fixture(scope="module")
def unit(table: Path) -> Iterator[Unit]:
    """Powered until the tests are done."""
    words = command("emulate", "--device", "foreign-camera", "--folder", str(table / "unit"))
    running = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    found = Unit()
    assert running.stdout
    if not any(found.take(line.strip()) for line in running.stdout):
        _, said = running.communicate()
        pytest.skip(said)
    yield found
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=30)


@pytest.fixture(scope="module")
def described(table: Path, unit: Unit) -> tuple[str, str]:
    """Profile and bench, written by the command and answered by hand."""
    profile, bench = table / "eye.yaml", table / "bench.yaml"
    known = {"producer": "Debian", "model": "camera of packages", "hardware": "none", "firmware": "12", "address": "127.0.0.1"}
    options = [f"--{name}={value}" for name, value in known.items()]
    done = camlabel("device", "new", str(profile), *options, "--services", "https:8443,rtsp:8554,ssh:2222")
    assert done.status == 0, done.err
    assert camlabel("device", "check", str(profile)).status == 3
    text = profile.read_text()
    for pattern, answer in PROFILE_ANSWERS:
        text = re.sub(rf"(?m)^{pattern}$" if pattern.startswith(("scope", "  (", "(")) else pattern, answer, text)
    profile.write_text(text)
    wires = f"    ports: {{{', '.join(f'{declared}: {actual}' for declared, actual in unit.ports.items())}}}\n"
    wires += f'    serial: {{url: "{unit.serial}", baud: 115200}}\n'
    wires += f'    power: {{off: "{unit.off}", on: "{unit.on}", off_s: 1}}\n'
    text = bench.read_text().replace('password: "?"', f'password: "{unit.password}"').replace("    # mac:", f"{wires}    # mac:")
    text = text.replace("impact: login", "impact: change")  # the page: go higher when the first report looks right
    bench.write_text(text + "governor: {connections_per_s: 1000}\n")
    return str(profile), str(bench)


@pytest.fixture(scope="module")
def run(table: Path, described: tuple[str, str]) -> Finished:
    """As the page says it."""
    profile, bench = described
    return camlabel("run", "--profile", profile, "--bench", bench, "--out", str(table / "runs"), "--json")


def test_what_was_answered_is_right(described: tuple[str, str]) -> None:
    """Both checks say so, and count what was answered."""
    profile, bench = described
    checked = camlabel("device", "check", profile)
    assert checked.status == 0, checked.err
    assert "7 of 40 capabilities" in checked.out
    assert camlabel("bench", "check", bench, "--profile", profile).status == 0
    tried = camlabel("device", "try", "log_in", "--profile", profile, "--bench", bench)
    assert (tried.status, "granted" in tried.out) == (0, True), tried.err
    planned = camlabel("plan", "--profile", profile, "--bench", bench)
    assert planned.status == 0, planned.err
    assert "NET-11 device" in planned.out


def test_the_right_grid_comes_out(run: Finished) -> None:
    """What can be judged on a desk is; wrong with this camera is what the page says."""
    assert run.status == 1, run.err
    assert run.requirement("NET-11")["verdict"] == "PASS", run.err
    verdicts = {each["id"]: each["verdict"] for each in run.document["requirements"]}
    assert {name for name, verdict in verdicts.items() if verdict in ("FAIL", "ERROR")} == {"SYS-06", "NET-12", "NET-27"}, run.err
    assert run.requirement("SYS-07")["verdict"] == "INCONCLUSIVE"
    assert "no way of changing a password" in run.requirement("SYS-07")["reason"]


def test_the_run_is_whole_and_can_be_read_again(run: Finished, table: Path) -> None:
    """verify, rejudge, report; a resume of a finished run changes nothing."""
    folder = run_folder(table / "runs")
    assert (folder / "reports/report.html").is_file()
    assert camlabel("verify", str(folder)).status == 0
    again = camlabel("rejudge", str(folder), "--json")
    assert again.requirement("NET-11") == run.requirement("NET-11")
    assert camlabel("report", str(folder), "--language", "zh").status == 0


def test_every_command_of_the_page_was_walked() -> None:
    """The page names no command that this file does not try, but for the doctor's."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    named = {" ".join(re.findall(r"[a-z]+", line)[1:3]) for block in blocks for line in block.splitlines()}
    tried = {
        "device new",
        "device check",
        "bench check",
        "plan profile",
        "run profile",
        "verify runs",
        "rejudge runs",
        "report runs",
        "emulate device",
        "device try",
    }
    assert named - tried == {"doctor", "run resume"}
