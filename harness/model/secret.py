"""Handles for secrets; values live only in the run's private store and are revealed to transports by the gate."""

from typing import Literal

from pydantic import Field

from harness.model.base import Frozen


class Secret(Frozen):
    """A secret by its label, for instance `⟦cam-1/owner-password#2⟧`; carries no value."""

    label: str


class Credential(Frozen):
    """Who logs in: an account of a unit, with its current, a former, a surely wrong, one exact version of, or no password.

    The gate resolves it when it is used, so `current` is right after a change, a crash and a resume. `cut`: only so many first
    characters of that password, as a device may keep it. `listed`: a public pair in clear, `word` for the account or for `user`;
    `other`: what the unit `user` holds for the same role. `name`: shown in place of the account's own name.
    """

    unit: str
    role: str
    which: Literal["current", "former", "wrong", "version", "nobody", "listed", "other"] = "current"
    version: int = 0
    cut: int = Field(default=0, ge=0, exclude_if=lambda cut: not cut)
    user: str = Field(default="", exclude_if=lambda user: not user)
    word: str = Field(default="", exclude_if=lambda word: not word)
    name: str = Field(default="", exclude_if=lambda name: not name)

    def __str__(self) -> str:
        """For people: nobody, owner, owner with a wrong password."""
        words = {"current": "", "former": " with a former password", "wrong": " with a wrong password", "nobody": "nobody"}
        words |= {"listed": f" with the listed {self.user}/{self.word}", "other": f" with the password of {self.user}"}
        return f"{self.role}{words.get(self.which, f' with password {self.version}')}"

    @property
    def wrong(self) -> "Credential":
        """The same account with a password that was never valid."""
        return self.model_copy(update={"which": "wrong"})

    @property
    def former(self) -> "Credential":
        """The same account with the password that was valid before the last change."""
        return self.model_copy(update={"which": "former"})

    def at(self, version: int) -> "Credential":
        """The same account with one exact version of its password."""
        return self.model_copy(update={"which": "version", "version": version, "cut": 0})

    def guess(self, number: int) -> "Credential":
        """The same account with one of many passwords that were never valid."""
        return self.model_copy(update={"which": "wrong", "version": number, "cut": 0})

    def listed(self, word: str, user: str = "") -> "Credential":
        """A password that is public, for this account or for another name on the same unit."""
        return self.model_copy(update={"which": "listed", "version": 0, "cut": 0, "user": user, "word": word})

    def of_other(self, unit: str) -> "Credential":
        """The password that another unit holds for the same role."""
        return self.model_copy(update={"which": "other", "version": 0, "cut": 0, "user": unit})

    def called(self, name: str) -> "Credential":
        """The same password under this name."""
        return self.model_copy(update={"name": name})

    def cut_to(self, length: int) -> "Credential":
        """The same with only so many first characters of its password."""
        return self.model_copy(update={"cut": length})


NOBODY = Credential(unit="", role="", which="nobody")
STRANGER = "camlabel-stranger"  # a name that has no account anywhere


class Login(Frozen):
    """A revealed credential; exists only between the gate and a transport, is never journalled."""

    user: str
    password: str
