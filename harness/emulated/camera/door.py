"""A surface that takes passwords: page, RTSP, ONVIF."""

from collections.abc import Callable
from enum import Enum

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.lockout import Lockout
from harness.emulated.camera.passwords import StoredPassword


class Answer(Enum):
    """How a log-in ends."""

    GRANTED = "granted"
    REFUSED = "refused"
    STALE = "stale"  # proven with the right password, but too old or used before


class Locked(Exception):
    """Too many failures; carries the seconds to wait."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"locked, try again in {seconds:.0f} s")
        self.seconds = max(1, round(seconds))


def _always() -> bool:
    return True


class Door:
    """Compares a proof with the stored password, and counts failures."""

    def __init__(self, surface: str, accounts: Accounts, lockout: Lockout, *, also_former: bool = False) -> None:
        self._surface, self._accounts, self._lockout, self._also_former = surface, accounts, lockout, also_former

    def knock(self, user: str, client: str, proves: Callable[[StoredPassword], bool], fresh: Callable[[], bool] = _always) -> Answer:
        """Let in, or not; raises Locked. A right but stale proof counts neither as failure nor as success."""
        key = (self._surface, user[:64], client)
        if seconds := self._lockout.locked_for(key):
            raise Locked(seconds)
        if not any(proves(stored) for stored in self._accounts.candidates(user, also_former=self._also_former)):
            self._lockout.failed(key)
            return Answer.REFUSED
        if not fresh():
            return Answer.STALE
        self._lockout.succeeded(key)
        return Answer.GRANTED
