"""A camera made of one of other people's servers: motion, or lighttpd, with TLS and a log-in by digest.

Runs as a script under the distribution's own Python; imports nothing of ours and speaks no protocol: it writes the server's configuration,
starts it, and ends when it does. The login file holds {"user": …, "password": …}. Prints one JSON line when it listens, and ends with the
process that started it. `--server NAME --check` says which Debian packages are missing.
"""

import argparse
import ctypes
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

MISSING = 69  # exit status: Debian packages are missing; the last line of standard error names them
_ENVIRONMENT = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"}
_OPENSSL_OF_LIGHTTPD = Path("/usr/lib/lighttpd/mod_openssl.so")
_READY_S = 20.0
_PR_SET_PDEATHSIG = 1
_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")
_REALM = "Camera"
_CERTIFICATE = (
    "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 -subj /CN=camera"
    " -out certificate.pem -keyout key.pem"
)
_CHART = "ffmpeg -v error -y -f lavfi -i testsrc=size=320x240:rate=5 -t 10 -c:v mjpeg chart.mkv"
_MOTION = """\
daemon off
setup_mode off
log_level 4
target_dir {folder}
netcam_url file://{folder}/chart.mkv
netcam_params loop = on
width 320
height 240
framerate 5
picture_output off
movie_output off
webcontrol_port {https}
webcontrol_localhost off
webcontrol_parms 2
webcontrol_auth_method 2
webcontrol_authentication {user}:{password}
webcontrol_tls on
webcontrol_cert {folder}/certificate.pem
webcontrol_key {folder}/key.pem
stream_port {stream}
stream_localhost off
stream_auth_method 2
stream_authentication {user}:{password}
stream_tls on
"""
_LIGHTTPD = """\
server.modules = ("mod_auth", "mod_authn_file", "mod_openssl", "mod_redirect")
server.document-root = "{www}"
server.bind = "{address}"
server.port = {http}
server.tag = "camera"
index-file.names = ("index.html")
mimetype.assign = (".html" => "text/html", ".jpg" => "image/jpeg")
url.redirect = ("^(.*)" => "https://{address}:{https}$1")
$SERVER["socket"] == "{address}:{https}" {{
  ssl.engine = "enable"
  ssl.pemfile = "{folder}/certificate.pem"
  ssl.privkey = "{folder}/key.pem"
  url.redirect = ()
  auth.backend = "htdigest"
  auth.backend.htdigest.userfile = "{folder}/htdigest"
  auth.require = ("/" => ("method" => "digest", "algorithm" => "SHA-256", "realm" => "{realm}", "require" => "valid-user"))
}}
"""


def main() -> None:
    """Run until killed, or until the server ends."""
    die_with_parent()
    options = parse()
    serve = {"motion": motion, "lighttpd": lighttpd}[options.server]
    if absent := sorted(needed(options.server)):
        missing(" ".join(absent))
    if options.check:
        return
    options.folder.mkdir(parents=True, exist_ok=True)
    if not (options.folder / "key.pem").exists():
        call(options.folder, _CERTIFICATE)
    ports = {name: getattr(options, name) or free_port(options.address) for name in ("https_port", "other_port")}
    server = serve(options, ports, json.loads(options.login.read_text()))
    for port in ports.values():
        await_listening(server, options.address, port)
    sys.stdout.write(json.dumps({"ready": True, **ports}) + "\n")
    sys.stdout.flush()
    sys.exit(f"{options.server} ended with status {server.wait()}")


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description="Camera made of one of the distribution's servers.")
    parser.add_argument("--server", choices=("motion", "lighttpd"), required=True)
    parser.add_argument("--check", action="store_true", help="only look whether its packages are here")
    for name in ("folder", "www", "login"):
        parser.add_argument(
            f"--{name}", type=lambda text: Path(text).resolve(), help="its memory, its page, JSON file with user and password"
        )
    parser.add_argument("--address")
    for name in ("https", "other"):
        parser.add_argument(
            f"--{name}-port", type=int, default=0, help="0: any free port; the other one is of the stream, or leads to HTTPS"
        )
    return parser.parse_args()


def needed(server: str) -> set[str]:
    """Debian packages that are not here."""
    programs = {"motion": ("motion", "ffmpeg", "openssl"), "lighttpd": ("lighttpd", "openssl")}[server]
    absent = {name for name in programs if shutil.which(name, path=_ENVIRONMENT["PATH"]) is None}
    return absent | ({"lighttpd-mod-openssl"} if server == "lighttpd" and not _OPENSSL_OF_LIGHTTPD.exists() else set())


def motion(options: argparse.Namespace, ports: dict[str, int], login: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Its page and its stream, each by TLS and digest; the picture is a chart that moves."""
    folder: Path = options.folder
    if not (folder / "chart.mkv").exists():
        call(folder, _CHART)
    written = _MOTION.format(folder=folder, https=ports["https_port"], stream=ports["other_port"], **login)
    private(folder / "motion.conf", written)
    return start(folder, "motion", "-n", "-c", "motion.conf", "-p", str(folder / "motion.pid"), "-l", str(folder / "motion.log"))


def lighttpd(options: argparse.Namespace, ports: dict[str, int], login: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Files by TLS and digest with SHA-256; without TLS it leads there."""
    folder: Path = options.folder
    secret = hashlib.sha256(f"{login['user']}:{_REALM}:{login['password']}".encode()).hexdigest()
    private(folder / "htdigest", f"{login['user']}:{_REALM}:{secret}\n")
    where = {"address": options.address, "https": ports["https_port"], "http": ports["other_port"]}
    (folder / "lighttpd.conf").write_text(_LIGHTTPD.format(folder=folder, www=options.www, realm=_REALM, **where))
    return start(folder, "lighttpd", "-D", "-f", "lighttpd.conf")


def private(path: Path, text: str) -> None:
    """A file that holds a secret."""
    path.touch(mode=0o600)
    path.write_text(text)


def start(folder: Path, *words: str) -> "subprocess.Popen[bytes]":
    """The server, not as root where we are it."""
    return subprocess.Popen(
        [*(_NOBODY if os.geteuid() == 0 else ()), *words],
        cwd=folder,
        env=_ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        preexec_fn=die_with_parent,  # noqa: PLW1509 - there are no threads
    )


def call(folder: Path, words: str) -> None:
    """A program that makes a file there."""
    done = subprocess.run(
        words.split(), cwd=folder, env=_ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode:
        sys.exit(f"{words.split(maxsplit=1)[0]}: {done.stderr.strip()}")


def await_listening(server: "subprocess.Popen[bytes]", address: str, port: int) -> None:
    """Until the port takes a connection."""
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((address, port), 1):
            return
        time.sleep(0.05)
    sys.exit(f"nothing listens on port {port}")


def die_with_parent() -> None:
    """Ask the kernel for SIGKILL when the starting thread ends; leaves at once when it already has."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


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
