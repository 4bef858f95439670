"""The accounts of a unit, in its flash."""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from harness.emulated.camera.flash import Flash
from harness.emulated.camera.passwords import PasswordRefused, StoredPassword, check_rules, store
from harness.emulated.camera.rootfs_flaws import MAKERS_PASSWORD, MAKERS_USER
from harness.emulated.camera.vault import Vault

Role = Literal["owner", "viewer"]
MOST = 16
_FILE = "accounts.json"
_USER = re.compile(r"[A-Za-z0-9._-]{1,32}")


class AccountRefused(Exception):
    """An account cannot be made; the message says why."""


@dataclass(frozen=True)
class Account:
    """One person. `former` is only kept by units with a flaw that needs it."""

    user: str
    role: Role
    password: StoredPassword
    former: StoredPassword | None = None


def _nothing(_: str, __: str) -> None:
    """A sound unit keeps nothing more."""


class Accounts:
    """All accounts; every change is on the flash before it counts."""

    def __init__(
        self,
        flash: Flash,
        vault: Vault,
        *,
        keep_former: bool = False,
        flaws: frozenset[str] = frozenset(),
        kept: Callable[[str, str], None] = _nothing,
    ) -> None:
        self.flaws = flaws
        self._flash, self.vault, self._keep_former = flash, vault, keep_former
        self._accounts = {account.user: account for account in _decode(flash.read(_FILE))}
        self._fast, self._kept = "store-fast-hash" in flaws, kept
        makers = "software-makers-account" in flaws
        self._makers = Account(MAKERS_USER, "owner", store(MAKERS_USER, MAKERS_PASSWORD, vault)) if makers else None
        self.removed: dict[str, Account] = {}  # until the next boot; only units with a flaw look at it
        self._decoy = store("", secrets.token_urlsafe(), vault)

    @property
    def factory(self) -> bool:
        """Nobody has set this unit up yet."""
        return not self._accounts

    @property
    def owned(self) -> bool:
        """Is there an owner? On a sound unit whenever there is anybody."""
        return any(each.role == "owner" for each in self._accounts.values())

    def everybody(self) -> tuple[Account, ...]:
        """All accounts, the owner first."""
        return tuple(self._accounts.values())

    def find(self, user: str) -> Account | None:
        """An account by its name."""
        return self._accounts.get(user) or self._hidden(user)

    def _hidden(self, user: str) -> Account | None:
        """The account of the line, once a flawed unit is in use: no list shows it."""
        return self._makers if self._makers and self._makers.user == user and not self.factory else None

    def add(self, user: str, role: Role, password: str, *, any_password: bool = False) -> None:
        """Make an account; any password will do on a flawed unit."""
        if not _USER.fullmatch(user):
            raise AccountRefused("a user name is 1 to 32 letters, digits, dots, hyphens and underscores")
        if user in self._accounts or len(self._accounts) >= MOST:
            raise AccountRefused("this name is taken, or there are too many accounts")
        if not any_password:
            check_rules(user, password, self.flaws)
        self._keep(Account(user, role, store(user, password, self.vault, fast=self._fast)))
        self._kept(user, password)

    def change(self, user: str, password: str, *, any_password: bool = False, kept: bool = True) -> None:
        """Give an account a new password; on a flawed unit any will do, or it is not kept on the flash."""
        account = self._accounts[user]
        if not any_password:
            check_rules(user, password, self.flaws)
        if account.password.reveal(self.vault) == password:
            raise PasswordRefused("the new password is the current one")
        former = account.password if self._keep_former else None
        self._keep(replace(account, password=store(user, password, self.vault, fast=self._fast), former=former), on_flash=kept)
        self._kept(user, password)

    def remove(self, user: str) -> None:
        """Take a viewer's account away; the owner's stays."""
        account = self._accounts.get(user)
        if account is None or account.role == "owner":
            raise AccountRefused("there is no such viewer")
        self.removed[user] = account
        accounts = {name: each for name, each in self._accounts.items() if name != user}
        self._flash.write(_FILE, _encode(accounts.values()))
        self._accounts = accounts

    def candidates(self, user: str, *, also_former: bool) -> tuple[StoredPassword, ...]:
        """What a log-in is compared with; for an unknown user a decoy, so that it takes as long and ends as usual."""
        account = self.find(user)
        if account is None:
            return (self._decoy,)
        return (account.password, account.former) if also_former and account.former else (account.password,)

    def _keep(self, account: Account, *, on_flash: bool = True) -> None:
        accounts = {**self._accounts, account.user: account}
        if on_flash:
            self._flash.write(_FILE, _encode(accounts.values()))
        self._accounts = accounts


def _encode(accounts: Any) -> bytes:
    return json.dumps({"accounts": [_plain(account) for account in accounts]}, indent=1).encode()


def _plain(account: Account) -> dict[str, object]:
    former = None if account.former is None else _plain_password(account.former)
    return {"user": account.user, "role": account.role, "password": _plain_password(account.password), "former": former}


def _plain_password(password: StoredPassword) -> dict[str, str]:
    kind = "sha256" if password.fast else "scrypt"
    return {"salt": password.salt.hex(), kind: password.digest.hex(), "sealed": password.sealed.hex()}


def _decode(data: bytes | None) -> list[Account]:
    entries = json.loads(data)["accounts"] if data is not None else []
    return [_account(entry) for entry in entries]


def _account(entry: dict[str, Any]) -> Account:
    former = entry["former"]
    user = entry["user"]
    return Account(user, entry["role"], _password(user, entry["password"]), None if former is None else _password(user, former))


def _password(owner: str, entry: dict[str, str]) -> StoredPassword:
    fast = "sha256" in entry
    digest = entry["sha256" if fast else "scrypt"]
    return StoredPassword(owner, bytes.fromhex(entry["salt"]), bytes.fromhex(digest), bytes.fromhex(entry["sealed"]), fast)
