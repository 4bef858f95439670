"""What a case knows before it asks: the device under test, what its producer declares, and the limits of its requirement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from harness.cases.destinations import covers
from harness.model.api import Export, Recorded
from harness.model.bench import Sample
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import OVER_TLS, AuthMech, CloudEndpoint, LogIntf, Profile, Stream
from harness.model.secret import NOBODY, STRANGER, Credential
from harness.model.traffic import Destination
from harness.model.vocabulary import State

__all__ = ["NOBODY", "STRANGER", "Declared", "Dut", "Limits", "State"]


T = TypeVar("T")


class Declared:
    """The producer's IXIT; reading what the profile lacks is undecided."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def has(self, capability: str) -> bool:
        """Is the capability declared present; undecided where the profile does not answer."""
        if capability not in self._profile.capabilities:
            raise Undecided(f"the profile does not say whether there is {capability}")
        return self._profile.has(capability)

    @property
    def before_login(self) -> frozenset[str]:
        """ONVIF operations that the profile says answer without a log-in."""
        services = self._services("onvif")
        return frozenset(operation for service in services for operation in service.before_login)

    @property
    def resets(self) -> tuple[str, ...]:
        """How a reset is asked for (table 25-DelFunc, `initiation` of each factory_reset…): button, or a way of actions.reset."""
        table = self._profile.ixit.free.get("del_func", ())
        rows = [row for row in (table if isinstance(table, tuple) else (table,)) if str(row.get("id", "")).startswith("factory_reset")]
        words = (word.strip() for row in rows for word in str(row.get("initiation") or "").split(","))
        return _present("del_func", tuple(dict.fromkeys(word for word in words if word)))

    @property
    def streams(self) -> tuple[Stream, ...]:
        """Table 22-style stream entries; at least one."""
        return _present("stream", self._profile.ixit.stream)

    @property
    def login_surfaces(self) -> tuple[AuthMech, ...]:
        """Table 1-AuthMech; at least one."""
        return _present("auth_mech", self._profile.ixit.auth_mech)

    @property
    def destinations(self) -> tuple[CloudEndpoint, ...]:
        """Table cloud: the servers that the device contacts; at least one."""
        return _present("cloud.endpoints", self._profile.ixit.cloud.endpoints)

    @property
    def tls_destinations(self) -> tuple[CloudEndpoint, ...]:
        """Those of them that are reached by TLS; at least one."""
        return _present("cloud.endpoints with TLS", tuple(to for to in self.destinations if to.protocol in OVER_TLS))

    @property
    def press_s(self) -> float:
        """Table 27-UserIntf: how long the reset control is to be pressed."""
        rows = self._profile.ixit.free.get("user_intf", ())
        resets = [row.get("reset") for row in (rows if isinstance(rows, tuple) else (rows,))]
        times = [reset.get("press_s") if isinstance(reset, dict) else reset for reset in resets]
        seconds = tuple(float(time) for time in times if isinstance(time, int | float) and not isinstance(time, bool))
        return _present("user_intf, reset: {press_s: …}", seconds)[0]

    @property
    def update_paths(self) -> tuple[str, ...]:
        """Table 7-UpdMech: where update packages come from; none where updates over a network and from elsewhere are declared absent."""
        if not any(self._profile.has(name) for name in ("ota_update", "local_update")):
            return ()
        return _present("upd_mech.paths", tuple(path for row in self._profile.ixit.upd_mech for path in row.paths))

    @property
    def imports(self) -> tuple[Export, ...]:
        """Table api, `export`: the files that the device takes back; at least one."""
        return _present("api.export with imported: yes", tuple(each for each in self.exports if each.imported))

    @property
    def exports(self) -> tuple[Export, ...]:
        """Table api, `export`: the files that its owner takes out of the device; at least one."""
        return _present("api.export", self._profile.ixit.api.export)

    @property
    def recordings(self) -> tuple[Recorded, ...]:
        """Table api, `recordings`: the kinds of links to what is stored; at least one."""
        return _present("api.recordings", self._profile.ixit.api.recordings)

    @property
    def shared_recordings(self) -> tuple[Recorded, ...]:
        """Those that a viewer is given; none where nothing is stored."""
        return tuple(each for each in self.recordings if each.role == "viewer") if self.stores else ()

    @property
    def stores(self) -> bool:
        """Is there storage in the device, or a card?"""
        return any(self.has(name) for name in ("local_storage", "sd_card"))

    @property
    def clear_choice(self) -> Literal["offered", "absent", "unsaid"]:
        """Table 26-UserDec, the row with clear_streams: may the owner allow streams without TLS?"""
        rows = [row for row in self._profile.ixit.user_dec if row.clear_streams]
        return ("absent" if rows[0].absent else "offered") if rows else "unsaid"

    def excepts(self, services: Iterable[str], suites: Iterable[str], on: str) -> bool:
        """Has each suite a dated exception of one of these services that is not over (table sec_com_mech, `tls.exceptions`)?"""
        rows = self._profile.ixit.free.get("sec_com_mech", ())
        listed = [row for row in (rows if isinstance(rows, tuple) else (rows,)) if row.get("service", row.get("id")) in set(services)]
        tls = [row["tls"] for row in listed if isinstance(row.get("tls"), dict)]
        dated = [each for table in tls if isinstance(table, dict) and isinstance(found := table.get("exceptions"), list) for each in found]
        allowed = {each.get("suite") for each in dated if isinstance(each, dict) and str(each.get("until", "")) >= on}
        return set(suites) <= allowed

    def covers(self, to: Destination) -> bool:
        """Is this destination declared: by every name that it has, by its address when it has none?"""
        return covers(self._profile.ixit.cloud.endpoints, to)

    def serves(self, services: Iterable[str], state: State) -> bool:
        """Is one of these log_intf entries declared for this state? One without states is in all; one of set-up may be there before."""
        states: tuple[State, ...] = ("factory", "setup") if state == "factory" else (state,)
        listed = [entry for entry in _present("log_intf", self._profile.ixit.log_intf) if entry.id in set(services)]
        return any(not entry.state or set(states) & set(entry.state) for entry in listed)

    def in_state(self, state: State) -> tuple[LogIntf, ...]:
        """The log_intf entries of a state; at least one."""
        entries = _present("log_intf", self._profile.ixit.log_intf)
        return _present(f"log_intf in state {state}", tuple(entry for entry in entries if not entry.state or state in entry.state))

    def purpose(self, service: LogIntf) -> str:
        """What a service is for, by table 13-SoftServ: the row with its id, else empty."""
        rows = self._profile.ixit.free.get("soft_serv", ())
        listed = _present("soft_serv", rows if isinstance(rows, tuple) else (rows,))
        return next((str(row.get("purpose") or "") for row in listed if row.get("id") == service.id), "")

    def _services(self, protocol: str) -> tuple[LogIntf, ...]:
        found = tuple(entry for entry in self._profile.ixit.log_intf if entry.protocol == protocol)
        return _present(f"log_intf with protocol {protocol}", found)


@dataclass(frozen=True)
class Dut:
    """One sample. `owner` is a handle that the gate resolves, so it is right after a change, a crash and a resume."""

    unit: str
    declared: Declared
    accounts: tuple[str, ...]
    other: Sample | None = None

    @property
    def owner(self) -> Credential:
        """The owner's account; NotPossible when the bench has none."""
        return self.account("owner")

    @property
    def sibling(self) -> "Dut":
        """Another unit of the same product; NotPossible when the bench has none."""
        if self.other is None:
            raise NotPossible("the bench has one sample only; this needs two units")
        return Dut(self.other.name, self.declared, tuple(self.other.accounts))

    def account(self, role: str) -> Credential:
        """An account of this unit by its role."""
        if role not in self.accounts:
            raise NotPossible(f"the bench has no account {role!r} for {self.unit}")
        return Credential(unit=self.unit, role=role)


class Limits:
    """Thresholds of one requirement by name; an unknown name is a mistake in the case."""

    def __init__(self, requirement: str, values: Mapping[str, float]) -> None:
        self._requirement = requirement
        self._values = dict(values)

    def __getattr__(self, name: str) -> float:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(f"{self._requirement} has no numeric threshold {name!r} in the catalogue")
        return self._values[name]


def _present(table: str, entries: tuple[T, ...]) -> tuple[T, ...]:
    if not entries:
        raise Undecided(f"the profile's table {table} is empty; what it should say is needed here")
    return entries
