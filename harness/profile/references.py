"""Does every name in a profile name something?"""

import re
from collections.abc import Iterable, Iterator

from harness.catalogue.wording import nearest, shown
from harness.model.mistake import Loc, Mistake
from harness.model.profile import STANDARD_CHANGES, STANDARD_LOG_INS
from harness.model.recipe import NO_SESSION, Recipe
from harness.profile.look import Look

SPOKEN_BY: dict[str, tuple[str, ...]] = {  # interface of a surface, protocol of a stream: the protocols of services that can carry it
    "page": ("http", "https"),
    "api": ("http", "https"),
    "http": ("http", "https"),
    "snapshot": ("http", "https"),
    "rtsp": ("rtsp", "rtsps"),
    "rtsps": ("rtsps",),
    "onvif": ("onvif",),
    "ssh": ("ssh",),
    "telnet": ("telnet",),
    "ftp": ("ftp",),
    "p2p": ("p2p",),
}
ASK_BY_PROTOCOL = ("rtsp", "rtsps", "onvif")
STREAM_LOG_INS = ("digest", "basic")
OPERATION = re.compile(r"t[a-z0-9]{2,5}:Get[A-Z][A-Za-z0-9]*")


def services(look: Look) -> Iterator[Mistake]:
    """Surfaces, streams and steps name services that can carry them."""
    for surface in look.profile.ixit.auth_mech:
        if surface.service or surface.interface in SPOKEN_BY:
            yield from _service(look, look.place("auth_mech", surface.id, "service"), surface.service, surface.interface)
    for stream in look.profile.ixit.stream:
        yield from _service(look, look.place("stream", stream.id, "service"), stream.service, stream.protocol)
    for _, _, loc, recipe in look.recipes():
        for number, step in enumerate(recipe.steps):
            yield from _step_service(look, (*loc, "steps", number, "service"), step.service)


def guarded(look: Look) -> Iterator[Mistake]:
    """Where passwords are used, every service that asks for one by its protocol has its row: what no row names is never asked."""
    named = {surface.service for surface in look.profile.ixit.auth_mech}
    asking = [entry for entry in look.profile.ixit.log_intf if entry.protocol in ASK_BY_PROTOCOL and look.profile.has("password_auth")]
    for entry in asking if look.is_whole("ixit", "auth_mech") else ():
        if entry.id not in named:
            loc = look.place("log_intf", entry.id)
            yield look.mistake(loc, f"speaks {entry.protocol} and is no surface in ixit.auth_mech", "add a row with its log-in there")


def log_ins(look: Look) -> Iterator[Mistake]:
    """Streams, log-ins, sessions and recipes name surfaces."""
    surfaces = look.ids("auth_mech")
    for stream in look.profile.ixit.stream:
        if stream.auth and stream.auth not in STREAM_LOG_INS:
            known = surfaces | {*STREAM_LOG_INS}
            yield from _named(look, look.place("stream", stream.id, "auth"), stream.auth, known, "surface in ixit.auth_mech")
    for action in ("log_in", "use_session", "log_out"):
        for way in look.profile.actions.get(action, {}):
            yield from _named(look, ("actions", action, way), way, surfaces, "surface in ixit.auth_mech")
    for action, way, loc, recipe in look.recipes():
        written = look.source.at(loc)
        if action != "log_in" and isinstance(written, dict) and "ready" in written:
            yield look.mistake((*loc, "ready"), f"is a ready-made log-in under {action}", "move it to actions.log_in")
        yield from _inside(look, loc, way, recipe, needed=action in ("use_session", "log_out", "change_password"))


def changes(look: Look) -> Iterator[Mistake]:
    """Ways of changing a password and the surfaces that offer them name each other."""
    ways = look.ways("change_password")
    offered = {way for surface in look.profile.ixit.auth_mech for way in surface.change}
    for surface in look.profile.ixit.auth_mech:
        for number, way in enumerate(surface.change):
            loc = look.place("auth_mech", surface.id, "change", number)
            if way not in STANDARD_CHANGES:
                yield from _named(look, loc, way, ways, "way in actions.change_password")
            elif not any(entry.protocol == way for entry in look.profile.ixit.log_intf) and look.is_whole("ixit", "log_intf"):
                yield look.mistake(loc, f"{way} is no service of this device", f"list it in ixit.log_intf, or remove {way} here")
    for way in ways - offered if look.is_whole("ixit", "auth_mech") else ():
        yield look.mistake(
            ("actions", "change_password", way), "is offered by no surface", "list it under change of a row of ixit.auth_mech"
        )


def updates(look: Look) -> Iterator[Mistake]:
    """A path is that of one row, and a recipe offers packages by a path."""
    paths = [(row, number, path) for row, each in enumerate(look.profile.ixit.upd_mech) for number, path in enumerate(each.paths)]
    names = [path for _, _, path in paths]
    for place, (row, number, path) in enumerate(paths):
        if path in names[:place]:
            yield look.mistake(("ixit", "upd_mech", row, "paths", number), f"{path} is there twice", "name each path once")
    for way in look.profile.actions.get("offer_update", {}) if look.is_whole("ixit", "upd_mech") else ():
        yield from _named(look, ("actions", "offer_update", way), way, names, "path in ixit.upd_mech")


def exports(look: Look) -> Iterator[Mistake]:
    """A kind of file has its recipe, one to import it where that is possible, and both name kinds."""
    rows = look.profile.ixit.api.export
    names = [each.id for each in rows]
    for number, row in enumerate(rows):
        if row.id in names[:number]:
            yield look.mistake(("ixit", "api", "export", number, "id"), f"{row.id} is there twice", "name each kind of file once")
        if row.imported and not look.profile.recipe("import", row.id) and look.profile.recipe("export", row.id):
            loc: Loc = ("ixit", "api", "export", number, "imported")
            yield look.mistake(loc, "says that it is imported, and no recipe does that", f"add actions.import.{row.id}")
    for action in ("export", "import") if rows and look.is_whole("ixit", "api") else ():
        for way in look.profile.actions.get(action, {}):
            yield from _named(look, ("actions", action, way), way, names, "file in ixit.api.export")


def recordings(look: Look) -> Iterator[Mistake]:
    """A kind of links has its recipe, a service that speaks HTTP, and a name of its own."""
    rows = look.profile.ixit.api.recordings
    ways = look.ways("list_recordings")
    for number, row in enumerate(rows):
        loc: Loc = ("ixit", "api", "recordings", number)
        if row.id in [each.id for each in rows[:number]]:
            yield look.mistake((*loc, "id"), f"{row.id} is there twice", "name each kind of links once")
        yield from _named(look, (*loc, "listed_by"), row.listed_by, ways, "way in actions.list_recordings")
        yield from _step_service(look, (*loc, "service"), row.service)


def driver(look: Look) -> Iterator[Mistake]:
    """The driver lies beside the profile, does something, and logs in where no recipe and no protocol does."""
    named = look.profile.driver
    if named and not (look.source.path.parent / named.file).is_file():
        yield look.mistake(("driver", "file"), f"{shown(named.file)} is no file beside the profile", "put the driver there")
    if named and not (named.actions or named.log_ins):
        yield look.mistake(("driver",), "does nothing", "list what it does under actions, and surfaces that it logs in on under log_ins")
    surfaces = {each.id: each for each in look.profile.ixit.auth_mech}
    for number, id_ in enumerate(named.log_ins if named else ()):
        loc: Loc = ("driver", "log_ins", number)
        yield from _named(look, loc, id_, look.ids("auth_mech"), "surface in ixit.auth_mech")
        if look.profile.recipe("log_in", id_) or (id_ in surfaces and surfaces[id_].interface in STANDARD_LOG_INS):
            yield look.mistake(loc, f"{id_} has a log-in already, by its protocol or a recipe", "remove it here")


def operations(look: Look) -> Iterator[Mistake]:
    """What answers before a log-in are reading operations of ONVIF, on ONVIF services."""
    for entry in look.profile.ixit.log_intf:
        loc = look.place("log_intf", entry.id, "before_login")
        if entry.before_login and entry.protocol != "onvif":
            yield look.mistake(loc, f"is given for a service that speaks {entry.protocol}", "remove it; it lists ONVIF operations")
        for number, name in enumerate(entry.before_login):
            if not OPERATION.fullmatch(name):
                yield look.mistake((*loc, number), f"{shown(name)} is no reading operation", "write names like tds:GetSystemDateAndTime")


def _service(look: Look, loc: Loc, name: str, spoken: str) -> Iterator[Mistake]:
    yield from _named(look, loc, name, look.ids("log_intf"), "service in ixit.log_intf")
    entry = look.profile.service(name)
    if entry is not None and entry.protocol not in SPOKEN_BY.get(spoken, (entry.protocol,)):
        yield look.mistake(loc, f"{name} speaks {entry.protocol}", f"name a service that speaks {' or '.join(SPOKEN_BY[spoken])}")


def _step_service(look: Look, loc: Loc, name: str) -> Iterator[Mistake]:
    if name:
        yield from _service(look, loc, name, "page")
    elif look.profile.http_service is None and look.is_whole("ixit", "log_intf"):
        yield look.mistake(loc, "is missing and no service speaks HTTP", "list one in ixit.log_intf")


def _inside(look: Look, loc: Loc, way: str, recipe: Recipe, *, needed: bool) -> Iterator[Mistake]:
    """The log-in whose session a recipe runs in has a recipe too; a session that was forgotten would look like a refusal."""
    log_ins = look.ways("log_in")
    if recipe.inside:
        yield from _named(look, (*loc, "inside"), recipe.inside, {*log_ins, NO_SESSION}, "way in actions.log_in")
    elif needed and way not in log_ins and not any(step.request.auth for step in recipe.steps):
        remedy = f"say inside which log-in it runs (or inside: {NO_SESSION}), or add actions.log_in for it"
        yield look.mistake(loc, f"has no log-in of its own name {way}", remedy)


def _named(look: Look, loc: Loc, name: str, known: Iterable[object], what: str) -> Iterator[Mistake]:
    names = {str(entry) for entry in known}
    if name not in names:
        yield look.mistake(loc, f"{shown(name)} is no {what}", nearest(name, names) if names else "list it there")
