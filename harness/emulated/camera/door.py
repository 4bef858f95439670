"""A surface that takes passwords: page, RTSP, ONVIF."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.events import EventLog, Result
from harness.emulated.camera.lockout import FAILURES, FOR_GOOD, LOCK_S, Bounds, Lockout
from harness.emulated.camera.passwords import StoredPassword, store
from harness.emulated.camera.settings import Settings


@dataclass(frozen=True)
class Shared:
    """A password that a flawed unit takes on one surface besides its owner's."""

    flaw: str
    surface: str
    user: str
    word: str
    before_set_up: bool = False


LATE, BRIEF_S = 25, 60.0
FORWARDED = "forwarded for "
SHARED = (
    Shared("default-before-set-up", "web", "admin", "admin", before_set_up=True),
    Shared("default-onvif-admin", "onvif", "admin", "admin"),
    Shared("default-rtsp-empty", "rtsp", "admin", ""),
    Shared("default-service-account", "web", "service", "service"),
)


LONGEST_S = 86400.0


class Answer(Enum):
    """How a log-in ends."""

    GRANTED = "granted"
    REFUSED = "refused"
    STALE = "stale"  # proven with the right password, but too old or used before


class Locked(Exception):
    """Too many failures; carries the seconds to wait."""

    def __init__(self, seconds: float) -> None:
        self.seconds = max(1, round(min(seconds, LONGEST_S)))
        super().__init__(f"locked, try again in {self.seconds} s")


def _always() -> bool:
    return True


def _not_told(_: str, __: str, ___: Result, ____: str) -> None:
    """Whoever asks writes the log."""


class Door:
    """Compares a proof with the stored password, and counts failures."""

    def __init__(
        self,
        surface: str,
        accounts: Accounts,
        lockout: Lockout,
        settings: Settings,
        log: EventLog,
        flaws: frozenset[str] = frozenset(),
        serial: str = "",
    ) -> None:
        self._surface, self._accounts, self._lockout, self._settings, self._log = surface, accounts, lockout, settings, log
        self._also_former = f"old-password-{surface}" in flaws
        self._flaws = flaws
        self._serial = serial if surface == "web" and "serial-opens-page" in flaws else ""
        self._shared = tuple(each for each in SHARED if each.flaw in flaws and each.surface == surface)

    def knock(
        self, user: str, client: str, proves: Callable[[StoredPassword], bool], fresh: Callable[[], bool] = _always, *, logs: bool = True
    ) -> Answer:
        """Let in, or not; raises Locked. A right but stale proof counts neither as failure nor as success. `logs`: it is a log-in."""
        told = self._tell if logs else _not_told
        key = (self._surface, user[:64], self._counted_apart(client))
        seconds = self._lockout.locked_for(key)
        if seconds and "lock-lets-the-right-one-in" not in self._flaws:
            told(user, client, "refused", "locked")
            raise Locked(seconds)
        if not any(proves(stored) for stored in self._candidates(self._known_as(user))):
            told(user, client, "refused", "")
            if seconds:
                raise Locked(seconds)
            if self._settings["guess_limit"] and f"lock-missing-{self._surface}" not in self._flaws:
                self._lockout.failed(key, self._bounds)
            return Answer.REFUSED
        if not fresh():
            return Answer.STALE
        self._lockout.succeeded(key)
        if "lock-cleared-by-anyone" in self._flaws:
            self._lockout.forget(self._surface)
        told(user, client, "granted", "")
        return Answer.GRANTED

    def _tell(self, user: str, client: str, result: Result, why: str) -> None:
        """What somebody typed as a name is kept only where it is one: people type passwords there too."""
        known = self._accounts.find(user) is not None
        source = client.rpartition(":")[0] or client
        self._log.record("log-in", user if known else "unknown", source, result, f"{self._surface} {why}".strip())

    def _known_as(self, user: str) -> str:
        """The name that counts; a flawed page takes it in any case of letters, and counts what was typed."""
        if self._surface != "web" or "lock-per-spelling" not in self._flaws:
            return user
        return next((each.user for each in self._accounts.everybody() if each.user.lower() == user.lower()), user)

    def _counted_apart(self, client: str) -> str:
        """A sound unit counts whoever asks together: `client` is address and port."""
        if f"lock-per-connection-{self._surface}" in self._flaws:
            return client
        if client.startswith(FORWARDED):
            return client
        return client.rpartition(":")[0] if "lock-per-address" in self._flaws else ""

    @property
    def _bounds(self) -> Bounds:
        late, brief = "lock-late" in self._flaws, f"lock-one-minute-{self._surface}" in self._flaws
        for_good = f"lock-for-good-{self._surface}" in self._flaws
        return Bounds(LATE if late else FAILURES, FOR_GOOD if for_good else BRIEF_S if brief else LOCK_S)

    def _candidates(self, user: str) -> tuple[StoredPassword, ...]:
        """The account's, and only on a flawed unit some that all units share."""
        shared = [each for each in self._shared if each.user == user and (self._accounts.factory or not each.before_set_up)]
        stored = tuple(store(user, each.word, self._accounts.vault) for each in shared)
        if self._serial and self._accounts.find(user):
            stored = (*stored, store(user, self._serial, self._accounts.vault))
        removed = self._accounts.removed.get(user) if f"viewer-{self._surface}-survives" in self._flaws else None
        return (*self._accounts.candidates(user, also_former=self._also_former), *stored, *((removed.password,) if removed else ()))
