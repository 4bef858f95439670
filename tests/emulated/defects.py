"""What is wrong with a unit, found by raw clients: open doors (NET-11), and what outlives a password (SYS-07)."""

from collections.abc import Callable, Iterator

from tests.emulated.rtsp_client import TCP, TRACK, Client, as_owner
from tests.emulated.soap_client import EMPTY_SECURITY, MAIN, NAME_ALONE, NOTHING, call, security, set_user
from tests.emulated.units import HERE, NEW_PASSWORD, OWNER, PASSWORD, Handle

PATHS = ("/live/main", "/live/sub", "/live/main/", "/LIVE/MAIN", "/11", "/live/ch00_0")
WAYS = {"tcp": TCP, "udp": "RTP/AVP;unicast;client_port=50000-50001"}
WRONG = "wrong-Pass-9"


def open_doors(unit: Handle) -> set[str]:
    """Everything that is given without a valid login."""
    return {*_rtsp_doors(unit), *_onvif_doors(unit), *_snapshot_doors(unit)}


def _rtsp_doors(unit: Handle) -> Iterator[str]:
    described = [path for path in PATHS if _describes(Client(unit.rtsps_port), path)]
    yield from (f"describe {path}" for path in described)
    unit.allow_clear_streams()
    for stream in ("main", "sub"):
        for way, transport in WAYS.items():
            with Client(unit.rtsp_port, clear=True) if way == "udp" else Client(unit.rtsps_port) as client:
                session = client.ask("SETUP", f"/live/{stream}{TRACK}", Transport=transport).session
                if session and client.ask("PLAY", f"/live/{stream}", Session=session).status == 200:
                    assert way == "udp" or client.media()
                    yield f"play {stream} over {way}"
    if _describes(as_owner(unit.rtsps_port, WRONG)):
        yield "describe with a wrong password"
    if "/live/main" not in described:
        yield from _more_rtsp_doors(unit)


def _more_rtsp_doors(unit: Handle) -> Iterator[str]:
    if _describes(Client(unit.rtsps_port, ("stranger", WRONG))):
        yield "describe as a stranger"
    if _describes(as_owner(unit.rtsps_port, "")):
        yield "describe with an empty password"
    with Client(unit.rtsps_port) as client:
        if client.ask("describe", "/live/main").status == 200:
            yield "describe in small letters"
    if _describes(Client(unit.rtsps_port), f"/live/main?user={OWNER}&password="):
        yield "describe by the name in the address"
    with as_owner(unit.rtsps_port) as owner:
        owner.play()
        if _describes(Client(unit.rtsps_port)):
            yield "describe while it is watched"


def _describes(client: Client, path: str = "/live/main") -> bool:
    with client:
        return client.ask("DESCRIBE", path).status == 200


def _onvif_doors(unit: Handle) -> Iterator[str]:
    now = unit.now()
    used = security(at=now)
    call(unit, "trt:GetStreamUri", MAIN, used)
    for operation in ("tds:GetDeviceInformation", "trt:GetStreamUri", "trt:GetSnapshotUri"):
        bad = {
            "nothing": NOTHING,
            "empty": EMPTY_SECURITY,
            "wrong": security(WRONG, at=now),
            "stale": security(at=now - 900),
            "name alone": NAME_ALONE,
            "repeated": used,
        }
        for name, header in bad.items():
            if call(unit, operation, MAIN, header)[0] == 200:
                yield f"{operation} {name}"


def _snapshot_doors(unit: Handle) -> Iterator[str]:
    for path, token in (("/snapshot.jpg", ""), ("/snapshot.jpg", "x"), ("/snapshot.jpg/", ""), ("/snapshot.jpg?x=1", "")):
        if unit.ask(path, token=token).status == 200:
            yield f"{path} with {token or 'nothing'}"


def survivors(unit: Handle) -> set[str]:
    """Changes granted without the current password, and what an old password still opens; leaves some other password."""
    current, found = PASSWORD, set()
    for number, (what, granted) in enumerate(_bad_changes(unit).items()):
        new = f"granted-Pass-{number}"
        if granted(current, new):
            found.add(what)
            current = new
    return found | set(_after_a_change(unit, current))


Change = Callable[[str, str], bool]  # with the password known and the new one: was it granted?


def _bad_changes(unit: Handle) -> dict[str, Change]:
    def web(path: str, more: dict[str, str]) -> Change:
        def granted(known: str, new: str) -> bool:
            return unit.ask(path, {"user": OWNER, "new": new, **more}, token=unit.log_in(known)).status == 200

        return granted

    def onvif(header: str) -> Change:
        return lambda _, new: set_user(unit, header, new)[0] == 200

    def set_up(_: str, new: str) -> bool:
        return unit.ask("/api/setup", {"user": OWNER, "password": new}).status == 200

    return {
        "set-up again": set_up,
        "change without current": web("/api/account/password", {}),
        "change with wrong current": web("/api/account/password", {"current": WRONG}),
        "change with an empty current": web("/api/account/password", {"current": ""}),
        "older change without current": web("/api/v1/user/edit", {}),
        "older change with wrong current": web("/api/v1/user/edit", {"current": WRONG}),
        "SetUser with nothing": onvif(NOTHING),
        "SetUser with wrong": onvif(security(WRONG, at=unit.now())),
    }


def _after_a_change(unit: Handle, old: str) -> Iterator[str]:
    asking, other = unit.log_in(old), unit.log_in(old)
    with as_owner(unit.rtsps_port, old) as stream:
        stream.play()
        assert stream.media()
        assert unit.change(NEW_PASSWORD, current=old, token=asking) == 200
        if stream.still_plays():
            yield "stream"
    for name, token in (("asking session", asking), ("other session", other)):
        if unit.alive(token):
            yield name
    for name, let_in in (
        ("web", unit.log_in),
        ("rtsp", lambda password: plays(unit, password)),
        ("onvif", lambda password: reads(unit, password)),
    ):
        assert let_in(NEW_PASSWORD)
        if let_in(old):
            yield f"old password on {name}"


def plays(unit: Handle, password: str) -> bool:
    """Is the whole of a viewing granted?"""
    with as_owner(unit.rtsps_port, password) as client:
        if client.ask("DESCRIBE", "/live/main").status != 200:
            return False
        session = client.ask("SETUP", "/live/main" + TRACK, Transport=TCP).session
        return client.ask("PLAY", "/live/main", Session=session).status == 200


def reads(unit: Handle, password: str) -> bool:
    """Is an ONVIF operation answered?"""
    return call(unit, "tds:GetDeviceInformation", header=security(password, at=unit.now()))[0] == 200


def without_login(unit: Handle, path: str) -> str:
    """A stream's address without name and password."""
    return f"rtsps://{HERE}:{unit.rtsps_port}{path}"
