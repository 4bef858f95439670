"""A first profile and bench of a camera, with a question mark at every place that only its producer or its lab can fill in.

Writes `device_profiles/template.yaml` and its bench, or says whether they are up to date: `python -m harness.profile.template [--check]`.
"""

import json
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import get_args

from pydantic import ValidationError

from harness.catalogue.generated import keep_current
from harness.catalogue.load import load
from harness.model.base import Frozen
from harness.model.errors import UsageError
from harness.model.profile import Port, Protocol
from harness.model.requirement import CapabilityEntry, Catalogue
from harness.places import folder

OPEN = '"?"'
WIDTH = 120
CAPABILITIES: dict[Protocol, tuple[str, ...]] = {
    "https": ("local_web_ui", "password_auth"),
    "http": ("local_web_ui", "password_auth"),
    "rtsp": ("rtsp", "password_auth"),
    "rtsps": ("rtsps", "password_auth"),
    "onvif": ("onvif", "password_auth"),
}
INTERFACES: dict[Protocol, str] = {"https": "page", "http": "page", "rtsp": "rtsp", "rtsps": "rtsp", "onvif": "onvif"}
STREAMING = ("rtsp", "rtsps")
TYPED = ("log_intf", "auth_mech", "stream", "session", "dut")


class Service(Frozen):
    """A port that answers, what it speaks, and its name in the profile."""

    id: str
    protocol: Protocol
    port: Port


class Camera(Frozen):
    """What is known of a camera when it stands unpacked on the table."""

    producer: str
    model: str
    hardware: str
    firmware: str
    address: str
    user: str = "admin"
    services: tuple[Service, ...] = ()


EXAMPLE = Camera(
    producer="ACME",
    model="Eye 1",
    hardware="A",
    firmware="1.0.0",
    address="192.0.2.20",
    services=(
        Service(id="https", protocol="https", port=443),
        Service(id="rtsp", protocol="rtsp", port=554),
        Service(id="onvif", protocol="onvif", port=80),
    ),
)


def services(text: str) -> tuple[Service, ...]:
    """What `https:443,rtsp:554` says; UsageError for what it cannot say."""
    found: list[Service] = []
    for word in (word.strip() for word in text.split(",") if word.strip()):
        protocol, _, port = word.partition(":")
        same = sum(each.protocol == protocol for each in found)
        try:
            found.append(Service.model_validate({"id": f"{protocol}-{same + 1}" if same else protocol, "protocol": protocol, "port": port}))
        except ValidationError:
            known = ", ".join(get_args(Protocol))
            raise UsageError(f"--services: {word!r} is no service; write protocol:port, with a protocol of {known}") from None
    return tuple(found)


def open_places(name: str, text: str, read: Callable[[Path], object]) -> list[str]:
    """What is still to be answered, as the check of the file says it. UsageError when it complains of anything else."""
    with tempfile.TemporaryDirectory() as folder_name:
        path = Path(folder_name) / name
        path.write_text(text, encoding="utf-8")
        try:
            read(path)
        except UsageError as error:
            said = [line.removeprefix(f"{folder_name}/") for line in str(error).splitlines()]
        else:
            said = []
    lines = text.splitlines()
    wrong = [line for line in said if OPEN not in lines[int(line.split(":")[1]) - 1]]
    if wrong:
        raise UsageError("\n".join(wrong))
    return said


def profile_text(camera: Camera, catalogue: Catalogue) -> str:
    """The profile, to be filled in where it says "?"."""
    return "\n".join([*_head(camera), *_capabilities(camera, catalogue), *_ixit(camera, catalogue), *_ACTIONS]) + "\n"


def bench_text(camera: Camera) -> str:
    """The bench, to be filled in likewise."""
    return _BENCH.format(address=camera.address, user=json.dumps(camera.user, ensure_ascii=False))


def _head(camera: Camera) -> Iterator[str]:
    yield from _comment(
        f"What the producer declares of {camera.producer} {camera.model}, and how it is made to act. Put an answer at every {OPEN};"
        " `camlabel device check FILE` names those that are left, and every contradiction. `camlabel device schema` is for editors."
    )
    yield "schema: camlabel-profile/1"
    yield "dut: # versions are text, as the camera shows them"
    named = (("producer", camera.producer), ("model", camera.model), ("hardware_revision", camera.hardware))
    for name, words in (*named, ("firmware_version", camera.firmware)):
        yield f"  {name}: {json.dumps(words, ensure_ascii=False)}"
    yield "  # firmware_sha256: of the image that is installed; serials, macs: what the labels of the samples say"
    yield from _comment("The label is for cameras that are a product of their own, for consumers, outside public security systems.")
    yield f"scope: {{standalone: {OPEN}, consumer: {OPEN}, public_security: {OPEN}}} # yes or no"


def _capabilities(camera: Camera, catalogue: Catalogue) -> Iterator[str]:
    yield from _comment(
        'What the camera has: yes, or {absent: "the reason"}. An absence is looked for in the run, so the reason is what the look will'
        " find; what is seen and declared absent fails the requirement that is named as the owner."
    )
    yield "capabilities:"
    known = {name for service in camera.services for name in CAPABILITIES.get(service.protocol, ())}
    for name, entry in catalogue.capabilities.items():
        yield from _comment(_asked(entry), 2)
        yield f"  {name}: {'yes' if name in known else OPEN}"


def _asked(entry: CapabilityEntry) -> str:
    return f"{entry.text}; looked for by {', '.join(dict.fromkeys(each.kind for each in entry.detector))}; owner {entry.owner}"


def _ixit(camera: Camera, catalogue: Catalogue) -> Iterator[str]:
    yield from _comment("How it is done, table by table. A requirement that needs a table which is not filled in stays INCONCLUSIVE.")
    yield "ixit:"
    yield from _services(camera)
    yield from _log_ins(camera)
    yield from _streams(camera)
    yield "  session: {} # token_bits, idle_s, revocation_s, step_up_s"
    for name, table in catalogue.ixit.items():
        if name not in TYPED:
            yield from _comment(f"{name} ({table.table}): {table.fields}", 2)


def _services(camera: Camera) -> Iterator[str]:
    yield "  # every port that answers; before_login of ONVIF: the operations that need no log-in"
    yield "  log_intf:" if camera.services else "  log_intf: []"
    for service in camera.services:
        path = ", path: /onvif/device_service" if service.protocol == "onvif" else ""
        transports = ", transports: [tcp, udp]" if service.protocol in STREAMING else ""
        yield f"    - {{id: {service.id}, protocol: {service.protocol}, port: {service.port}{path}{transports}}}"


def _log_ins(camera: Camera) -> Iterator[str]:
    yield from _comment(
        "every place that takes a password. interface: page is a form, which needs a recipe below; http is the browser's own log-in window,"
        " which needs none. brute_force: {failures, window_s, lock_s}; change: ways to change the password there",
        2,
    )
    asking = [service for service in camera.services if service.protocol in INTERFACES]
    yield "  auth_mech:" if asking else "  auth_mech: []"
    for service in asking:
        yield f"    - {{id: {service.id}, interface: {INTERFACES[service.protocol]}, service: {service.id}, factor: password}}"


def _streams(camera: Camera) -> Iterator[str]:
    yield from _comment(
        "every stream and still picture that can be fetched locally. A still picture over HTTP is {protocol: snapshot, service: https,"
        " path: /still.jpg, auth: digest}; auth: digest, basic, or the log-in whose session opens it",
        2,
    )
    carriers = [service for service in camera.services if service.protocol in STREAMING]
    yield "  stream:" if carriers else "  stream: []"
    for service in carriers:
        for name in ("main", "sub"):
            fields = f"protocol: {service.protocol}, service: {service.id}, path: {OPEN}, local: digest"
            yield f"    - {{id: {service.id}-{name}, {fields}}}"


def _comment(words: str, indent: int = 0) -> Iterator[str]:
    yield from textwrap.wrap(words, WIDTH, initial_indent=f"{' ' * indent}# ", subsequent_indent=f"{' ' * indent}# ")


_ACTIONS = """\
# How the camera is made to act, one recipe a way. RTSP, ONVIF and log-ins by HTTP need none. In `granted_when` stands what only a success
# shows and in `refused_when` what only a wrong credential shows; an answer that is neither settles nothing. An example of a page's log-in:
#
#   log_in:
#     https:
#       steps:
#         - service: https
#           request: {method: POST, path: /api/login, json: {user: "{{ user }}", password: "{{ password }}"}}
#           take: {token: {json: token}}
#       granted_when: {status: 200, json: token}
#       refused_when: {status: 401}
#       session: {headers: {Authorization: "Bearer {{ token }}"}}
#
# Likewise set_up, use_session, log_out, change_password (its ways stand under `change` of auth_mech), identity; the emulated camera's
# profile device_profiles/emulated-fast.yaml has one of each. Ready-made log-ins (basic, digest, bearer, form, challenge): docs/log-ins.md.
actions: {}""".splitlines()

_BENCH = f"""\
# Today's wiring, addresses and passwords; git ignores a file called bench.yaml. Put an answer at every {OPEN};
# `camlabel bench check FILE --profile PROFILE` names those that are left.
schema: camlabel-bench/1
lab: desk # the camera stays where it is; router: the lab is its network, and says on which card: router: {{{{interface: eth1}}}}
samples: # one or two units of the product; only their addresses are ever contacted
  - name: cam-1
    address: {{address}}
    accounts:
      owner: {{{{user: {{user}}, password: {OPEN}}}}} # 8 characters or more, in no list of default passwords
    # mac: 02:00:00:ca:00:01 # of its network card; needed with lab: router
    # serial: {{{{url: /dev/ttyUSB0}}}} # or socket://host:port, rfc2217://host:port; baud: where it is not found out by itself
    # flash: {{{{command: "flashrom -p ch341a_spi -r $CAMLABEL_IMAGE"}}}} # or file: an image that others made; likewise card:
    # power: {{{{off: "relay off 1", on: "relay on 1"}}}} # shell commands, or by: operator
# packages: # update packages of the producer; the profile says in ixit.upd_mech how they are made up
#   official: {{{{file: new.bin, version: "1.1", sha256: ...}}}} # installs on this unit
#   current: {{{{file: old.bin, version: "1.0"}}}} # the version under test, to put the unit back
#   foreign_key: {{{{file: other-key.bin}}}} # signed with another key; other_model: for another model, with the right one
# captures: [capture.pcapng] # with lab: desk, what another recorded; or mirror: eth1, a card on which a switch repeats its frames
# the highest act that this bench permits, of listen, ask, login, change, reboot, reset, flash: what is above it is NOT_TESTED
impact: login
"""


def main(arguments: Sequence[str]) -> int:
    """0 when the files are, or were brought, up to date."""
    profiles = folder("device_profiles")
    files = {profiles / "template.yaml": profile_text(EXAMPLE, load()), profiles / "template.bench.yaml": bench_text(EXAMPLE)}
    return keep_current(files, "harness.profile.template", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
