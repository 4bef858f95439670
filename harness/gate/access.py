"""The gate's side of what transports ask: scope, pace, recording, secrets."""

import ipaddress
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, TypeVar, cast

from harness.gate.governor import Governor
from harness.gate.ledger import Ledger
from harness.gate.recorder import Recorder
from harness.gate.secrets import SecretStore
from harness.model.errors import OutOfScope, Undecided
from harness.model.secret import Credential, Login, Secret
from harness.transports.access import Access
from harness.transports.neighbour import link_local

T = TypeVar("T")

REALMS_MAX, REALM_LONGEST = 16, 200


class GateAccess:
    """Implements harness.transports.access.Access for one run."""

    def __init__(self, scope: Iterable[str], governor: Governor, secrets: SecretStore, ledger: Ledger) -> None:
        self._scope: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = {ipaddress.ip_address(address) for address in scope}
        self._governor = governor
        self._secrets = secrets
        self._ledger = ledger
        self._realms: dict[str, None] = {}
        self.recorder = Recorder()

    @contextmanager
    def admit(self, host: str, port: int, transport: str) -> Iterator[Callable[[], None]]:
        """Only literal addresses that the bench names: a name could lead anywhere."""
        if not self.in_scope(host):
            raise OutOfScope(f"{transport}://{host[:100]}:{port} is not an address that the bench names; nothing was sent there")
        with self._governor.admit() as taken:
            yield taken

    def insisting(self, what: str, attempt: Callable[[], T], fell: Callable[[T], bool]) -> T:
        """More gently, where that may help."""
        return self._governor.insisting(what, attempt, fell)

    def outlast(self, what: str) -> bool:
        """For as long as the bench says."""
        return self._governor.outlast(what)

    @property
    def alone(self) -> bool:
        """Nothing that we know of but the port itself can be why it refuses."""
        return self._governor.alone

    @property
    def listen_first_s(self) -> float:
        """Nothing, as long as all is well."""
        return self._governor.listen_first_s

    def suspect(self, what: str) -> None:
        """Look more closely."""
        self._governor.suspect(what)

    def spoke(self, what: str) -> None:
        """So it is no port that never says anything."""
        self._governor.spoke(what)

    @contextmanager
    def lease(self, host: str) -> Iterator[float]:
        """Scans go where connections may go."""
        if not self.in_scope(host):
            raise OutOfScope(f"{host[:100]} is not an address that the bench names; nothing was sent there")
        with self._governor.lease() as per_s:
            yield per_s

    def link_local(self, host: str) -> str:
        """Another address of the very card that answers for one that the bench names."""
        address = link_local(host) if self.in_scope(host) else ""
        if address:
            self._scope.add(ipaddress.ip_address(address))
        return address

    def in_scope(self, host: str) -> bool:
        """Is this literally one of the bench's addresses."""
        try:
            return ipaddress.ip_address(host) in self._scope
        except ValueError:
            return False

    def device_time(self) -> AbstractContextManager[None]:
        """Time inside is the transports', not our own."""
        return self._governor.spent.on("transports")

    def sent(self, to: str, data: bytes) -> None:
        """Record."""
        self.recorder.add("sent", to, data)

    def received(self, source: str, data: bytes) -> None:
        """Record."""
        self.recorder.add("received", source, data)

    def login(self, credential: Credential, surface: str) -> Login | None:
        """Reveal; any but the current password is budgeted as a failed log-in."""
        if credential.which == "nobody":
            return None
        if credential.which in {"listed", "other"}:
            return self._foreign(credential, surface)
        version = self._version(credential)
        if credential.which == "wrong" or credential.cut or credential.name or version != self._ledger.current(credential):
            self._governor.may_fail_log_in(surface, f"{credential.unit}/{credential.role}")
        login = self._secrets.login(credential, version)
        return login.model_copy(update={"user": credential.name}) if credential.name else login

    def siege(self, surface: str, who: Credential) -> AbstractContextManager[None]:
        """Only acts that are marked for it may go beyond the budget."""
        return self._governor.siege(surface, f"{who.unit}/{who.role}")

    def from_address(self, source: str) -> Access:
        """All else is the same."""
        return cast("Access", From(self, source))

    @property
    def source(self) -> str:
        """Whatever address leads there."""
        return ""

    def may_fail_log_in(self, surface: str, account: str) -> None:
        """Budgeted."""
        self._governor.may_fail_log_in(surface, account)

    def challenged(self, realm: str) -> None:
        """The first ones are remembered: a device may make up a new one each time."""
        if len(self._realms) < REALMS_MAX and len(realm) <= REALM_LONGEST:
            self._realms[realm] = None

    @property
    def realms(self) -> tuple[str, ...]:
        """In the order in which they were met."""
        return tuple(self._realms)

    def keep_secret(self, name: str, value: str) -> Secret:
        """Register and mask from now on."""
        return self._secrets.keep(name, value)

    def reveal(self, secret: Secret) -> str:
        """The value."""
        return self._secrets.reveal(secret)

    def _foreign(self, credential: Credential, surface: str) -> Login:
        """What is not this unit's own; tried on a surface it counts for the account that has this user name."""
        other = credential.model_copy(update={"unit": credential.user or credential.unit, "which": "current", "user": ""})
        if credential.which == "listed":
            user = credential.user or self._secrets.user(credential)
            login = Login(user=user, password=credential.word)
        else:
            login = self._secrets.login(other, self._ledger.current(other))
        if surface:
            self._governor.may_fail_log_in(surface, f"{credential.unit}/{self._secrets.role_of(credential.unit, login.user)}")
        return login

    def _version(self, credential: Credential) -> int:
        if credential.which == "version":
            if credential.version not in self._ledger.versions(credential):
                raise ValueError(f"{credential.unit}/{credential.role} has no password {credential.version}")
            return credential.version
        if credential.which == "former":
            formers = self._ledger.formers(credential)
            if not formers:
                raise Undecided(f"{credential.unit}/{credential.role} has no former password: it was not changed")
            return formers[-1].version
        return self._ledger.current(credential)


class From:
    """The same access, its connections made from another of our addresses."""

    def __init__(self, access: GateAccess, source: str) -> None:
        self._access, self.source = access, source

    def __getattr__(self, name: str) -> Any:
        return getattr(self._access, name)
