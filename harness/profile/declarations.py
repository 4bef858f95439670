"""Does a profile answer the whole catalogue, without contradicting itself?"""

from collections.abc import Callable, Iterator

from harness.catalogue.wording import nearest
from harness.model.mistake import Mistake
from harness.model.profile import HTTP_PROTOCOLS, Ixit
from harness.profile.look import TABLES_WITH_IDS, Look

Rows = Callable[[Ixit], list[str]]


def _services(*protocols: str) -> Rows:
    return lambda ixit: [entry.id for entry in ixit.log_intf if entry.protocol in protocols]


def _streams(protocol: str) -> Rows:
    return lambda ixit: [entry.id for entry in ixit.stream if entry.protocol == protocol]


def _pages(ixit: Ixit) -> list[str]:
    return [entry.id for entry in ixit.auth_mech if entry.interface == "page"]


def _passwords(ixit: Ixit) -> list[str]:
    return [entry.id for entry in ixit.auth_mech if entry.factor in ("password", "pin")]


SHOWN_BY: tuple[tuple[str, str, str, Rows], ...] = (  # capability, table, what stands there, its rows
    ("rtsp", "log_intf", "a service with protocol rtsp", _services("rtsp")),
    ("rtsp", "stream", "a stream with protocol rtsp", _streams("rtsp")),
    ("rtsps", "log_intf", "a service with protocol rtsps", _services("rtsps")),
    ("rtsps", "stream", "a stream with protocol rtsps", _streams("rtsps")),
    ("onvif", "log_intf", "a service with protocol onvif", _services("onvif")),
    ("local_snapshot", "stream", "a stream with protocol snapshot", _streams("snapshot")),
    ("local_web_ui", "log_intf", "a service with protocol http or https", _services(*HTTP_PROTOCOLS)),
    ("password_auth", "auth_mech", "a surface with factor password or pin", _passwords),
)
ONLY_WITH: tuple[tuple[tuple[str, ...], str, str, Rows], ...] = (  # one of these capabilities, or no such row
    *(((capability,), table, what, rows) for capability, table, what, rows in SHOWN_BY if capability != "local_web_ui"),
    (
        ("local_web_ui", "local_api", "onvif", "local_snapshot"),
        "log_intf",
        "a service with protocol http or https",
        _services(*HTTP_PROTOCOLS),
    ),
    (("local_web_ui",), "auth_mech", "a surface with interface page", _pages),
)


CONTACTS = ("cloud_service", "cloud_storage", "cloud_account", "p2p_relay", "telemetry", "ota_update")


def scope(look: Look) -> Iterator[Mistake]:
    """The label's scheme covers standalone consumer cameras outside public security."""
    asked = look.profile.scope
    if not asked.standalone:
        yield look.mistake(("scope", "standalone"), "is no", "only a camera that is a product of its own is in the scheme; do not run it")
    if not asked.consumer:
        yield look.mistake(("scope", "consumer"), "is no", "only consumer cameras are in the scheme; do not run it")
    if asked.public_security:
        yield look.mistake(("scope", "public_security"), "is yes", "public security systems are out of the scheme; do not run it")


def answers(look: Look) -> Iterator[Mistake]:
    """Every capability of the catalogue is answered, and no other."""
    known, given = look.catalogue.capabilities, look.profile.capabilities
    for name in given.keys() - known.keys():
        yield look.mistake(("capabilities", name), "is no capability of the catalogue", nearest(name, known.keys() - given.keys()))
    for name in (name for name in known.keys() - given.keys() if look.is_whole("capabilities", name)):
        remedy = f'answer yes or {{absent: "the reason"}} ({known[name].text})'
        yield look.mistake(("capabilities", name), "is not answered", remedy)


def tables(look: Look) -> Iterator[Mistake]:
    """IXIT tables are those of the catalogue; ids are unique in a table."""
    if "dut" in look.profile.ixit.free:
        yield look.mistake(("ixit", "dut"), "stands in ixit", "move it to the top level")
    for name in look.profile.ixit.free.keys() - look.catalogue.ixit.keys():
        yield look.mistake(("ixit", name), "is no IXIT table of the catalogue", nearest(name, look.catalogue.ixit))
    for table in TABLES_WITH_IDS:
        seen: set[object] = set()
        for number, row in look.rows(table):
            if row in seen:
                yield look.mistake(("ixit", table, number, "id"), f"the id {row} is there twice", "give each row an id of its own")
            seen.add(row)


def contradictions(look: Look) -> Iterator[Mistake]:
    """What is declared present has its rows, what is declared absent has none."""
    has, ixit, answered = look.profile.has, look.profile.ixit, look.profile.capabilities
    for name, table, what, rows in SHOWN_BY:
        if has(name) and look.is_whole("ixit", table) and not rows(ixit):
            yield look.mistake(
                ("capabilities", name), "is yes", f"but ixit.{table} lists no row for it: add {what}, or say why it is absent"
            )
    for names, table, what, rows in ONLY_WITH:
        if all(name in answered and not has(name) for name in names):
            for row in rows(ixit):
                words = " and ".join(names)
                yield look.mistake(look.place(table, row), f"is {what}", f"but {words} declared absent: answer yes there, or remove it")


def servers(look: Look) -> Iterator[Mistake]:
    """Who contacts servers names them; each once. Time and name servers are named by devices without a cloud too."""
    endpoints = look.profile.ixit.cloud.endpoints
    if not endpoints and look.is_whole("ixit", "cloud"):
        for name in filter(look.profile.has, CONTACTS):
            remedy = (
                "but ixit.cloud.endpoints names no server: add each with host, port, protocol, purpose and region, or say why it is absent"
            )
            yield look.mistake(("capabilities", name), "is yes", remedy)
    seen: set[tuple[str, int, str]] = set()
    for number, entry in enumerate(endpoints if look.is_whole("ixit", "cloud") else ()):
        key = (entry.host, entry.port, entry.protocol)
        if key in seen:
            yield look.mistake(("ixit", "cloud", "endpoints", number), f"{entry.asked} is there twice", "remove one of the two")
        seen.add(key)
