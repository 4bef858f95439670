"""Which passwords exist, which one is valid, and what a probe is given."""

from pathlib import Path
from typing import Any

import pytest

from harness.gate.access import GateAccess
from harness.gate.governor import Governor
from harness.gate.ledger import Ledger
from harness.gate.secrets import SecretStore
from harness.model.bench import GovernorLimits
from harness.model.errors import NotPossible, OutOfScope, Undecided
from harness.model.profile import BruteForce
from harness.model.secret import NOBODY, Credential, Login
from tests.builders.toy import ACCOUNT, OWNERS_PASSWORD, Settled

OWNER = Credential(unit="cam-1", role="owner")
STRANGER = Credential(unit="cam-1", role="viewer")
SCOPE = ["192.168.77.20", "2001:db8::20", "fe80::1%eth0"]


class Desk:
    """A ledger and an access with nothing behind them but memory."""

    def __init__(self, folder: Path) -> None:
        self.lines: list[tuple[str, Any]] = []
        self.ledger = Ledger([ACCOUNT], lambda kind, body: self.lines.append((kind, dict(body))))
        secrets = SecretStore(folder / "private", {ACCOUNT: ("admin", OWNERS_PASSWORD)})
        bounds = {"web": BruteForce(failures=10, window_s=300, lock_s=60)}
        self.governor = Governor(GovernorLimits(), Settled(), bounds, lambda kind, body, **_: self.lines.append((kind, dict(body))))
        self.access = GateAccess(SCOPE, self.governor, secrets, self.ledger)

    def tried(self) -> int:
        """Log-ins that were counted."""
        return sum(kind == "tried" for kind, _ in self.lines)

    def changed_to(self, *versions: int) -> None:
        """These became valid in turn."""
        while self.ledger.versions(OWNER)[-1] < max(versions):
            self.ledger.new_version(OWNER)
        for version in versions:
            self.ledger.set_current(OWNER.at(version))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_version_one_is_the_benchs(desk: Desk) -> None:
    assert desk.ledger.versions(OWNER) == (1,)
    assert desk.ledger.current(OWNER) == 1
    assert desk.ledger.formers(OWNER) == ()


def test_a_new_version_is_journalled_and_not_yet_valid(desk: Desk) -> None:
    assert desk.ledger.new_version(OWNER) == OWNER.at(2)
    assert desk.lines == [("password", {"unit": "cam-1", "role": "owner", "version": 2})]
    assert desk.ledger.current(OWNER) == 1
    assert desk.ledger.versions(OWNER) == (1, 2)


@pytest.mark.parametrize(
    ("changes", "formers"), [((2,), (1,)), ((2, 3, 4), (1, 2, 3)), ((2, 1), (2,)), ((2, 2), (1,)), ((2, 1, 3), (2, 1)), ((2, 1, 2), (1,))]
)
def test_formers_are_what_was_valid_in_this_attempt(desk: Desk, changes: tuple[int, ...], formers: tuple[int, ...]) -> None:
    desk.changed_to(*changes)
    assert [each.version for each in desk.ledger.formers(OWNER)] == list(formers)
    desk.ledger.attempt_begins()
    assert desk.ledger.formers(OWNER) == ()
    assert desk.ledger.current(OWNER) == changes[-1]


@pytest.mark.parametrize(
    ("changes", "looked_for"), [((), [1]), ((2, 3), [3, 1, 2]), ((2, 3, 4, 5, 6, 1), [1, 6, 5, 4]), ((2, 3, 4, 5, 6, 2), [2, 1, 6, 5])]
)
def test_of_many_passwords_the_current_one_and_the_first_are_always_looked_for(
    desk: Desk, changes: tuple[int, ...], looked_for: list[int]
) -> None:
    desk.changed_to(*changes or (1,))
    assert [each.version for each in desk.ledger.latest(OWNER, 4)] == looked_for


@pytest.mark.parametrize("who", [OWNER, OWNER.at(2), OWNER.wrong, OWNER.former])
def test_only_a_known_version_can_be_valid(desk: Desk, who: Credential) -> None:
    with pytest.raises(ValueError, match="is no known version"):
        desk.ledger.set_current(who)


def test_an_account_that_the_bench_lacks_is_not_possible(desk: Desk) -> None:
    for ask in (desk.ledger.current, desk.ledger.versions, desk.ledger.formers, desk.ledger.new_version, desk.ledger.set_current):
        with pytest.raises(NotPossible, match="the bench has no account 'viewer'"):
            ask(STRANGER)
    with pytest.raises(NotPossible):
        desk.access.login(STRANGER, "web")


def test_a_resume_takes_over_what_was_journalled(desk: Desk, tmp_path: Path) -> None:
    desk.changed_to(2, 3)
    desk.lines += [("password", {"unit": "cam-9", "role": "owner", "version": 7}), desk.lines[0]]
    later = Desk(tmp_path)
    for kind, body in desk.lines:
        later.ledger.restore(kind, body)
    assert later.ledger.versions(OWNER) == (1, 2, 3)
    assert later.ledger.current(OWNER) == 3
    assert later.ledger.new_version(OWNER).version == 4


def test_a_log_in_is_what_the_ledger_says(desk: Desk) -> None:
    desk.changed_to(2)
    current, former = desk.access.login(OWNER, "web"), desk.access.login(OWNER.former, "web")
    assert isinstance(current, Login)
    assert isinstance(former, Login)
    assert former == Login(user="admin", password=OWNERS_PASSWORD) == desk.access.login(OWNER.at(1), "web")
    assert current == desk.access.login(OWNER.at(2), "web")
    assert current.password != former.password


def test_the_former_password_is_the_last_one(desk: Desk) -> None:
    desk.changed_to(2, 3)
    assert desk.access.login(OWNER.former, "web") == desk.access.login(OWNER.at(2), "web")


def test_nobody_shows_nothing_and_counts_nothing(desk: Desk) -> None:
    assert desk.access.login(NOBODY, "web") is None
    assert desk.tried() == 0


def test_all_but_the_current_password_counts_as_a_failed_log_in(desk: Desk) -> None:
    desk.changed_to(2)
    for who, counted in ((OWNER, 0), (OWNER.at(2), 0), (OWNER.former, 1), (OWNER.at(1), 2), (OWNER.wrong, 3)):
        desk.access.login(who, "web")
        assert desk.tried() == counted
    desk.access.login(OWNER.wrong, "")
    assert desk.tried() == 3


def test_no_former_password_is_undecided(desk: Desk) -> None:
    with pytest.raises(Undecided, match="has no former password: it was not changed"):
        desk.access.login(OWNER.former, "web")


@pytest.mark.parametrize("version", [0, 2, 99])
def test_a_version_that_never_existed_is_a_mistake(desk: Desk, version: int) -> None:
    with pytest.raises(ValueError, match=f"has no password {version}"):
        desk.access.login(OWNER.at(version), "web")


def test_what_the_device_gave_is_kept_and_revealed(desk: Desk) -> None:
    secret = desk.access.keep_secret("cam-1/token", "abcdefghij")
    assert secret.label == "⟦cam-1/token#1⟧"
    assert desk.access.reveal(secret) == "abcdefghij"


INSIDE = ["192.168.77.20", "2001:db8::20", "2001:DB8:0:0::20", "fe80::1%eth0"]
OUTSIDE = [
    *("192.168.77.21", "192.168.77.200", "2001:db8::21", "::ffff:192.168.77.20", "64:ff9b::192.168.77.20", "::1", "127.0.0.1", "0.0.0.0"),
    *("fe80::1", "fe80::1%eth1", "192.168.77.20%eth0", "2001:db8::20%eth0", "[2001:db8::20]", "192.168.77.20:554"),
    *("0x7f.1", "127.1", "3232255252", "0xc0.0xa8.0x4d.0x14", "192.168.077.020", "192.168.77.20.", " 192.168.77.20", "192.168.77.20\n"),
    *("camera.local", "localhost", "192.168.77.20.nip.io", "", "１９２.168.77.20", "192.168.77.20\0", "x" * 100_000),
]


@pytest.mark.parametrize("host", INSIDE)
def test_the_benchs_addresses_are_admitted(desk: Desk, host: str) -> None:
    with desk.access.admit(host, 554, "tcp"):
        pass


@pytest.mark.parametrize("host", OUTSIDE, ids=lambda host: repr(host[:40]))
def test_nothing_else_is_admitted(desk: Desk, host: str) -> None:
    with pytest.raises(OutOfScope, match="is not an address that the bench names") as refused, desk.access.admit(host, 554, "udp"):
        pytest.fail("admitted")
    assert len(str(refused.value)) < 250


def test_what_was_offered_unproven_is_unseen_until_it_is_valid() -> None:
    records: list[tuple[str, Any]] = []
    first = Ledger([("cam-1", "owner")], lambda kind, body: records.append((kind, body)))
    assert not first.is_unseen(first.new_version(OWNER))
    assert first.is_unseen(first.new_version(OWNER, unproven=True))
    later = Ledger([("cam-1", "owner")], lambda *_: None)
    for kind, body in records:
        later.restore(kind, body)
    assert later.is_unseen(OWNER.at(3))
    later.set_current(OWNER.at(3))
    assert not later.is_unseen(OWNER.at(3))
