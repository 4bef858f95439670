"""A camera made of other people's servers: GStreamer for RTSP, Apache for HTTPS with a log-in, dropbear for SSH, busybox for the console.

Runs as a script under the distribution's own Python; imports nothing of ours and speaks no protocol: it writes their configuration, starts
them, carries bytes between the serial line and getty's terminal, and ends when one of them does. The login file holds {"user": …,
"password": …}. Prints one JSON line when all of them listen, and ends with the process that started it. `--check` alone says which
Debian packages are missing.
"""

import argparse
import ctypes
import hashlib
import json
import os
import pty
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from fcntl import ioctl
from pathlib import Path
from termios import TIOCSCTTY
from typing import NoReturn

MISSING = 69  # exit status: Debian packages are missing; the last line of standard error names them
NEEDED = {"apache2": "apache2-bin", "dropbear": "dropbear-bin", "dropbearkey": "dropbear-bin", "busybox": "busybox", "openssl": "openssl"}
_ENVIRONMENT = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
_MODULES = Path("/usr/lib/apache2/modules")
_REALM = "Camera"
_CHUNK = 4096
_READY_S = 20.0
_RESPAWN_S = 1.0
_PR_SET_PDEATHSIG = 1
_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_HTTPD = """\
ServerRoot "{folder}"
ServerName camera
Listen {address}:{port}
PidFile httpd.pid
Mutex pthread
ErrorLog /dev/stderr
ServerTokens Prod
StartServers 1
{modules}
TypesConfig /dev/null
AddType text/html .html
AddType image/jpeg .jpg
DirectoryIndex index.html
DocumentRoot "{www}"
SSLEngine on
SSLCertificateFile certificate.pem
SSLCertificateKeyFile key.pem
<Directory "{www}">
  AuthType Digest
  AuthName "{realm}"
  AuthDigestProvider file
  AuthUserFile htdigest
  Require valid-user
</Directory>
"""
_LOADED = ("mpm_event", "authn_core", "authn_file", "authz_core", "authz_user", "auth_digest", "ssl", "mime", "dir")
_CERTIFICATE = (
    "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=camera -out certificate.pem -keyout key.pem"
)


def main() -> None:
    """Run until killed, or until one of the servers ends."""
    die_with_parent()
    if absent := sorted({package for program, package in NEEDED.items() if found(program) is None}):
        missing(" ".join(absent))
    if sys.argv[1:] == ["--check"]:
        return
    camera = Camera(parse())
    camera.start()
    sys.stdout.write(json.dumps({"ready": True, **camera.ports}) + "\n")
    sys.stdout.flush()
    camera.run()


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Camera made of the distribution's servers.")
    parser.add_argument("--folder", type=whole_path, required=True, help="its memory")
    parser.add_argument("--www", type=whole_path, required=True, help="its page")
    parser.add_argument("--login", type=whole_path, required=True, help="JSON file with user and password")
    parser.add_argument("--address", required=True)
    for name in ("rtsp", "https", "ssh"):
        parser.add_argument(f"--{name}-port", type=int, default=0, help="0: any free port")
    parser.add_argument("--uart-fd", type=int, help="its end of the serial line")
    parser.add_argument("--listed", action="store_true", help="root logs in at the console without a password")
    return parser.parse_args()


def whole_path(text: str) -> Path:
    """Servers run in the folder, so that no path may depend on where we are."""
    return Path(text).resolve()


class Camera:
    """The servers, each a child process."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._folder: Path = options.folder
        self._login: dict[str, str] = json.loads(options.login.read_text())
        self.ports = {f"{name}_port": getattr(options, f"{name}_port") or free_port(options.address) for name in ("rtsp", "https", "ssh")}
        self._children: list[subprocess.Popen[bytes]] = []
        self._console = Console(self._folder / "root", options.uart_fd) if options.uart_fd is not None else None

    def start(self) -> None:
        """All of them, until each listens; a power cut leaves files that say that one still runs."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / "httpd.pid").unlink(missing_ok=True)
        self._make_keys()
        if self._console:
            self._console.prepare("" if self._options.listed else self._hashed_password())
            self._console.start()
        self._start_rtsp()
        self._start_https()
        self._start_ssh()
        for port in self.ports.values():
            self._await_listening(port)

    def run(self) -> None:
        """Carry the console's bytes; end when a server ends."""
        while all(child.poll() is None for child in self._children):
            if self._console:
                self._console.carry(0.5)
            else:
                time.sleep(0.5)
        sys.exit("camera: one of its servers ended")

    def _make_keys(self) -> None:
        """Of this unit, made at its first start."""
        if not (self._folder / "key.pem").exists():
            self._call("openssl", *_CERTIFICATE.split(), "-out", "certificate.pem", "-keyout", "key.pem")
        if not (self._folder / "host.key").exists():
            self._call("dropbearkey", "-t", "ed25519", "-f", "host.key")

    def _hashed_password(self) -> str:
        return self._call("openssl", "passwd", "-6", "-stdin", text=self._login["password"]).strip()

    def _start_rtsp(self) -> None:
        script = Path(__file__).with_name("gstreamer.py")
        words = [sys.executable, "-I", str(script), "--address", self._options.address, "--port", str(self.ports["rtsp_port"])]
        server = self._start([*words, "--login", str(self._options.login)], stdout=subprocess.PIPE)
        if server.stdout is None or not server.stdout.readline():
            sys.exit(server.wait())

    def _start_https(self) -> None:
        user = self._login["user"]
        secret = hashlib.md5(f"{user}:{_REALM}:{self._login['password']}".encode(), usedforsecurity=False).hexdigest()
        (self._folder / "htdigest").write_text(f"{user}:{_REALM}:{secret}\n")
        modules = "\n".join(f"LoadModule {name}_module {_MODULES}/mod_{name}.so" for name in _LOADED)
        where = {"address": self._options.address, "port": self.ports["https_port"], "www": self._options.www}
        (self._folder / "httpd.conf").write_text(_HTTPD.format(folder=self._folder, modules=modules, realm=_REALM, **where))
        self._start([*as_nobody(), "apache2", "-D", "FOREGROUND", "-f", str(self._folder / "httpd.conf")])

    def _start_ssh(self) -> None:
        """By key only, and nobody's key is known: a service port, as producers leave it."""
        where = f"{self._options.address}:{self.ports['ssh_port']}"
        self._start([*as_nobody(), "dropbear", "-F", "-E", "-s", "-r", "host.key", "-P", "dropbear.pid", "-p", where])

    def _start(self, words: Sequence[str], stdout: int | None = None) -> subprocess.Popen[bytes]:
        child = subprocess.Popen(
            words,
            cwd=self._folder,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=stdout or sys.stderr,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - there are no threads
        )
        self._children.append(child)
        return child

    def _call(self, *words: str, text: str = "") -> str:
        done = subprocess.run(words, cwd=self._folder, env=_ENVIRONMENT, input=text, capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"camera: {words[0]}: {done.stderr.strip()}")
        return done.stdout

    def _await_listening(self, port: int) -> None:
        deadline = time.monotonic() + _READY_S
        while time.monotonic() < deadline and all(child.poll() is None for child in self._children):
            with suppress(OSError), socket.create_connection((self._options.address, port), 1):
                return
            if self._console:
                self._console.carry(0.05)
            else:
                time.sleep(0.05)
        sys.exit(f"camera: nothing listens on port {port}")


class Console:
    """busybox getty and login in a folder of their own, behind the serial line."""

    def __init__(self, root: Path, line: int) -> None:
        self._root, self._line = root, line
        self._ours, self._again_at = -1, 0.0
        self._getty: subprocess.Popen[bytes] | None = None

    def prepare(self, password: str) -> None:
        """What getty, login and a shell need. `password` is a hash; empty: none is asked."""
        for name in ("bin", "etc", "dev", "root"):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        busybox = Path(found("busybox") or "")
        libraries = subprocess.run(["ldd", busybox], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/\S+) \(0x", libraries):
            (self._root / library[1:]).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(library, self._root / library[1:])
        shutil.copy(busybox, self._root / "bin/busybox")
        for applet in ("sh", "login", "getty"):
            (self._root / "bin" / applet).unlink(missing_ok=True)
            (self._root / "bin" / applet).symlink_to("busybox")
        (self._root / "dev/null").touch()
        (self._root / "etc/passwd").write_text(f"root:{password}:0:0:root:/root:/bin/sh\n")
        (self._root / "etc/group").write_text("root:x:0:\n")
        (self._root / "etc/issue").write_text("Camera, built of Debian packages\n")

    def start(self) -> None:
        """A terminal for getty; `login` for whoever answers it."""
        self._ours, theirs = pty.openpty()
        words = [*as_root(), "chroot", str(self._root), "/bin/getty", "-L", "115200", "-", "linux"]
        self._getty = subprocess.Popen(
            words,
            env=_ENVIRONMENT,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            preexec_fn=own_terminal,  # noqa: PLW1509 - there are no threads
        )
        os.close(theirs)
        self._again_at = time.monotonic() + _RESPAWN_S

    def carry(self, seconds: float) -> None:
        """Bytes both ways, for a while; getty comes again when it ended, as init would see to."""
        readable, _, _ = select.select([self._line, self._ours], [], [], seconds)
        if self._ours in readable:
            self._pass(self._ours, self._line)
        if self._line in readable:
            self._pass(self._line, self._ours)
        if self._getty is not None and self._getty.poll() is not None and time.monotonic() > self._again_at:
            os.close(self._ours)
            self.start()

    @staticmethod
    def _pass(source: int, target: int) -> None:
        """What a full line does not take is lost, as on any wire."""
        with suppress(OSError):
            os.write(target, os.read(source, _CHUNK))


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the starting thread ends; leaves at once when it already has."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def own_terminal() -> None:
    """Of a session of its own, as login shells want it."""
    os.setsid()
    ioctl(0, TIOCSCTTY, 0)
    die_with_parent()


def found(program: str) -> str | None:
    """Where a program is; servers lie where ordinary users do not look."""
    return shutil.which(program, path=_ENVIRONMENT["PATH"])


def as_nobody() -> tuple[str, ...]:
    """Servers do not run as root, where we are it."""
    return _NOBODY if os.geteuid() == 0 else ()


def as_root() -> tuple[str, ...]:
    """The console needs a root folder of its own, which an ordinary user may change in a namespace only."""
    return () if os.geteuid() == 0 else ("unshare", "--user", "--map-root-user")


def free_port(address: str) -> int:
    """A port that nobody listens on just now."""
    with socket.socket() as asked:
        asked.bind((address, 0))
        port: int = asked.getsockname()[1]
        return port


def missing(packages: str) -> NoReturn:
    """End with the one status that says so."""
    sys.stderr.write(f"missing: {packages}\n")
    sys.exit(MISSING)


if __name__ == "__main__":
    main()
