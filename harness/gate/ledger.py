"""The credential ledger: which versions of a password exist and which one is valid, kept in the journal."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.model.errors import NotPossible
from harness.model.secret import Credential

Record = Callable[[str, Mapping[str, Any]], object]
Account = tuple[str, str]


class Ledger:
    """Versions of each account's password. Version 1 is the bench's; every other is journalled before it is used."""

    def __init__(self, accounts: Iterable[Account], record: Record) -> None:
        self._versions: dict[Account, list[int]] = {account: [1] for account in accounts}
        self._current: dict[Account, int] = dict.fromkeys(self._versions, 1)
        self._valid_in_attempt: dict[Account, list[int]] = {account: [1] for account in self._versions}
        self._unproven: set[tuple[Account, int]] = set()
        self._record = record

    def versions(self, who: Credential) -> tuple[int, ...]:
        """All versions, oldest first."""
        return tuple(self._versions[self._account(who)])

    def latest(self, who: Credential, most: int) -> tuple[Credential, ...]:
        """The current one, the first, and the newest others: a password that is put back is the first again."""
        kept = dict.fromkeys((self.current(who), *self.versions(who)[:1], *reversed(self.versions(who))))
        return tuple(who.at(version) for version in list(kept)[:most])

    def current(self, who: Credential) -> int:
        """The valid version."""
        return self._current[self._account(who)]

    def formers(self, who: Credential) -> tuple[Credential, ...]:
        """Versions that were valid since the attempt began, the last valid one last, without the current one."""
        account = self._account(who)
        return tuple(who.at(version) for version in self._valid_in_attempt[account] if version != self._current[account])

    def new_version(self, who: Credential, *, unproven: bool = False) -> Credential:
        """Allocate and journal the next version; `unproven`: to be offered without the current password."""
        account = self._account(who)
        version = self._versions[account][-1] + 1
        told = {"unproven": True} if unproven else {}
        self._record("password", {"unit": account[0], "role": account[1], "version": version, **told})
        self._allocate(account, version, unproven=unproven)
        return who.at(version)

    def is_unseen(self, who: Credential) -> bool:
        """Was this version offered without the current password, and has nobody seen it valid?"""
        return (self._account(who), who.version) in self._unproven

    def set_current(self, who: Credential) -> None:
        """Journal and hold that exactly this version is valid now."""
        account = self._account(who)
        if who.which != "version" or who.version not in self._versions[account]:
            raise ValueError(f"{who} is no known version")
        self._record("password_is", {"unit": account[0], "role": account[1], "version": who.version})
        self._hold(account, who.version)

    def attempt_begins(self) -> None:
        """Forget former versions: a case is only asked about what it changed itself."""
        self._valid_in_attempt = {account: [version] for account, version in self._current.items()}

    def restore(self, kind: str, body: Mapping[str, Any]) -> None:
        """Take over one journal line of an earlier process."""
        account = (str(body["unit"]), str(body["role"]))
        if account not in self._versions:
            return
        version = int(body["version"])
        if kind == "password" and version not in self._versions[account]:
            self._allocate(account, version, unproven=bool(body.get("unproven")))
        if kind == "password_is":
            self._hold(account, version)

    def _allocate(self, account: Account, version: int, *, unproven: bool) -> None:
        self._versions[account].append(version)
        if unproven:
            self._unproven.add((account, version))

    def _hold(self, account: Account, version: int) -> None:
        self._unproven.discard((account, version))
        self._current[account] = version
        valid = self._valid_in_attempt[account]
        self._valid_in_attempt[account] = [each for each in valid if each != version] + [version]

    def _account(self, who: Credential) -> Account:
        account = (who.unit, who.role)
        if account not in self._versions:
            raise NotPossible(f"the bench has no account {who.role!r} for {who.unit!r}")
        return account
