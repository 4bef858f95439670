"""The search of a whole recording: what is found, what stays undecided, and that a line which may not be wired proves nothing."""

import dataclasses
import hashlib
from pathlib import Path

import pytest

from harness.gate.bench import Bench
from harness.model.action import Session
from harness.model.errors import NotPossible, Undecided
from harness.model.profile import Profile
from harness.probes import console_leaks, life
from harness.probes.actions.recipe import WebSession
from harness.probes.console import Line
from harness.transports.console import Chunk, Window
from tests.builders.devices import OWNER, OWNERS_PASSWORD, Desk
from tests.builders.lines import BOOT, PROFILE

LINE = Line(url="/dev/ttyUSB0", baud=115200, found="as declared", heard=100, score=1.0)
TOKEN = "0123456789abcdef-token"
DAY = life.Day(
    phases=(life.Phase(name="restart", begin=100.0, end=110.0, device_s=10.0, seen="went and came back"),),
    left_out=(),
    device_s=10.0,
    way="waited",
)


class Recorded:
    """A recording: what was heard, and when."""

    url, baud = "/dev/ttyUSB0", 115200

    def __init__(self, *chunks: tuple[float, bytes], lost: int = 0) -> None:
        self._chunks, self.lost = chunks, lost

    def mark(self) -> int:
        """How much."""
        return sum(len(data) for _, data in self._chunks)

    def window(self, begin: int, end: int | None = None) -> Window:
        """A chunk at a time."""
        at = 0
        for when, data in self._chunks:
            if begin == at:
                return Window(at, at + len(data), (Chunk(when, data),))
            at += len(data)
        return Window(begin, begin, ())

    def set_baud(self, baud: int) -> None:
        """It is over."""
        raise NotPossible(str(baud))

    def wait(self, beyond: int, within: float) -> bool:
        """It is over."""
        return self.mark() > beyond and within > 0

    def send(self, data: bytes) -> None:
        """It is over."""
        raise NotPossible(data.hex())


def searched(
    folder: Path, *chunks: tuple[float, bytes], lost: int = 0, day: life.Day = DAY, profile: Profile = PROFILE, realms: tuple[str, ...] = ()
) -> console_leaks.Leaks:
    desk = Desk(folder)
    for realm in realms:
        desk.access.challenged(realm)
    bench: Bench = dataclasses.replace(desk.bench(profile, {}), console=Recorded(*chunks, lost=lost))
    secret = desk.access.keep_secret("cam-1/token", TOKEN)
    headers = (("Authorization", f"Bearer {TOKEN}"), ("Cookie", "lang=en; sid=5f6e7d8c9b"))
    session = Session(id=bench.keep("web", WebSession(headers)), surface="web", kind="session")
    assert desk.access.reveal(secret) == TOKEN
    return console_leaks.search(bench, LINE, (session,), day)


def leaked(told: console_leaks.Leaks) -> dict[str, tuple[int, str]]:
    return {each.what: (each.places[0].offset, each.places[0].spelled) for each in told.sought if each.places}


def test_a_line_that_gives_nothing_away_is_clean_and_proven(tmp_path: Path) -> None:
    told = searched(tmp_path, (50.0, BOOT), (105.0, BOOT))
    assert not leaked(told)
    assert told.whole
    assert told.proven
    assert {"⟦cam-1/owner-password#1⟧", "Authorization of web#1", "cookie sid of web#1", "private key"} <= {
        each.what for each in told.sought
    }
    assert "cookie lang of web#1" not in {each.what for each in told.sought}


def test_passwords_tokens_and_shapes_are_told_with_their_place(tmp_path: Path) -> None:
    wrong = Desk(tmp_path).access.login(OWNER.wrong, "")
    assert wrong
    said = f"a {OWNERS_PASSWORD} b {TOKEN} c {wrong.password} d psk=abcd1234efgh\r\n".encode()
    told = searched(tmp_path, (50.0, BOOT), (105.0, BOOT + said))
    begin = 2 * len(BOOT)
    found = leaked(told)
    assert found == {
        "⟦cam-1/owner-password#1⟧": (begin + 2, ""),
        "Authorization of web#1": (begin + said.index(TOKEN.encode()), ""),
        "⟦cam-1/owner wrong⟧": (begin + said.index(wrong.password.encode()), ""),
        "value named as a secret": (begin + said.index(b"psk"), "psk"),
    }
    first = next(each for each in told.sought if each.places)
    assert first.asked.endswith(f"at byte {begin + 2} of the recording")


def test_what_opens_a_digest_log_in_by_a_name_that_was_heard_is_told_and_masked(tmp_path: Path) -> None:
    access = Desk(tmp_path).access
    login = access.login(OWNER, "")
    assert login
    made = hashlib.md5(f"{login.user}:Yard 0815:{login.password}".encode()).hexdigest()
    assert not leaked(searched(tmp_path, (105.0, BOOT + made.encode())))
    told = searched(tmp_path, (105.0, BOOT + made.encode()), realms=("Yard 0815",))
    assert leaked(told) == {"what digest log-ins make of ⟦cam-1/owner-password#1⟧": (len(BOOT), "that of 'Yard 0815'")}


@pytest.mark.parametrize(
    ("chunks", "why"),
    [
        (((50.0, BOOT), (105.0, b"\r\nready\r\n")), "no output of a boot came when the device was restarted"),
        (((50.0, BOOT),), "whether the line is wired is not known"),
        ((), "whether the line is wired is not known"),
    ],
)
def test_a_line_that_was_not_heard_at_the_restart_proves_nothing(tmp_path: Path, chunks: tuple[tuple[float, bytes], ...], why: str) -> None:
    with pytest.raises(Undecided, match=why):
        _ = searched(tmp_path, *chunks).proven


def test_what_was_not_read_or_not_brought_about_is_undecided(tmp_path: Path) -> None:
    day = DAY.model_copy(update={"left_out": (life.LeftOut(phase="set-up", why="the device was set up before"),)})
    wireless = PROFILE.model_copy(update={"capabilities": {**PROFILE.capabilities, "wifi": PROFILE.capabilities["uart"]}})
    told = searched(
        tmp_path, (50.0, bytes(range(128, 256)) * 2), (105.0, BOOT + b"password: letmein\r\n"), lost=7, day=day, profile=wireless
    )
    with pytest.raises(Undecided) as doubt:
        _ = told.whole
    for part in (
        "256 bytes are no text",
        "7 bytes of the line's output",
        "set-up: the device was set up before",
        "Wi-Fi",
        "letmein"[:1] + "…",
    ):
        assert part in str(doubt.value)


def test_without_a_line_nothing_is_searched(tmp_path: Path) -> None:
    bench = Desk(tmp_path).bench(PROFILE, {})
    with pytest.raises(NotPossible, match="no UART on the bench"):
        console_leaks.search(bench, LINE, (), DAY)
