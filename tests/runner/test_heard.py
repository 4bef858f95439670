"""What recorders heard, for the time line: bursts of console lines, servers asked; masked, bounded, without endless repeats."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.runner import heard
from harness.transports.console import Chunk, Window
from harness.transports.recorders import Question, Received

CHUNKS = (Chunk(10.0, b"boot\r\nDRAM: 64"), Chunk(10.1, b" MiB\r\n"), Chunk(12.0, b"\x00\xff login: "), Chunk(13.0, b"\r\n"))


@dataclass
class Line:
    """A serial line that gives a few bytes at a time."""

    chunks: tuple[Chunk, ...]
    url: str = "pty"
    baud: int = 9600
    lost: int = 0

    def window(self, begin: int, end: int | None = None) -> Window:
        """One chunk a window."""
        at = 0
        for chunk in self.chunks:
            if at == begin:
                return Window(begin, begin + len(chunk.data), (chunk,))
            at += len(chunk.data)
        return Window(begin, begin, ())

    def mark(self) -> int:
        """Not asked."""
        return 0

    def set_baud(self, baud: int) -> None:
        """Not asked."""
        return

    def wait(self, beyond: int, within: float) -> bool:
        """Not asked."""
        return False

    def send(self, data: bytes) -> None:
        """Not asked."""
        return


@dataclass
class Internet:
    """A stand-in internet that was sent this."""

    came: list[Received] = field(default_factory=list)
    asked: list[Question] = field(default_factory=list)

    def received(self) -> tuple[Received, ...]:
        """All."""
        return tuple(self.came)

    def questions(self) -> tuple[Question, ...]:
        """All."""
        return tuple(self.asked)

    def overflowed(self) -> bool:
        """Never."""
        return False

    def outage(self, cut: bool) -> None:
        """Not asked."""
        return


def masked(data: bytes) -> bytes:
    return data.replace(b"secret", b"*")


def heartbeat(times: Iterable[float]) -> Internet:
    return Internet([Received(at=at, last=at, transport="tcp", source="cam", address="1.2.3.4", port=443, sent=int(at)) for at in times])


def test_lines_without_a_pause_are_one_burst() -> None:
    found = list(heard.bursts(CHUNKS, masked))
    assert found == [(10.0, "boot ⏎ DRAM: 64 MiB"), (12.0, "\x00\ufffd login:"), (13.0, "2 bytes without a line")]


def test_a_long_burst_is_told_by_its_first_and_last_lines() -> None:
    data = b"".join(b"line %d\n" % number for number in range(100))
    [(_, text)] = heard.bursts([Chunk(1.0, data)], masked)
    assert text == "line 0 ⏎ line 1 ⏎ line 2 ⏎ … 94 lines … ⏎ line 97 ⏎ line 98 ⏎ line 99"


def test_prompts_and_troubles_between_are_told_once_and_equal_lines_counted() -> None:
    lines = [
        *(f"line {number}" for number in range(9)),
        "~ # echo 1",
        "x",
        *("camera login:" for _ in range(3)),
        *(f"l {n}" for n in range(9)),
    ]
    [(_, text)] = heard.bursts([Chunk(1.0, "\n".join(lines).encode())], masked)
    assert text.split(" ⏎ ") == [
        *("line 0", "line 1", "line 2", "… 6 lines …", "~ # echo 1", "… 1 line …"),
        *("camera login: (3×)", "… 6 lines …", "l 6", "l 7", "l 8"),
    ]


def test_a_secret_is_masked_before_its_line_is_cut() -> None:
    line = b"x" * 117 + b"secret"
    [(_, text)] = heard.bursts([Chunk(1.0, line)], masked)
    assert text == "x" * 117 + "*"


def test_console_and_network_are_told_apart() -> None:
    asked = Question(at=1.0, source="cam", name="secret.example", kind="A", answer="1.2.3.4")
    came = Received(
        at=2.0, last=2.0, transport="tcp", source="cam", address="1.2.3.4", port=443, name="a.example", protocol="tls", refused="no"
    )
    console, network = heard.heard(Line(CHUNKS), Internet([came], [asked]), masked)
    assert (console["lane"], len(console["events"]), console["left_out"]) == ("console", 3, 0)
    assert [each["text"] for each in network["events"]] == [
        "cam asks for the name *.example (A): 1.2.3.4",
        "cam to a.example:443 (1.2.3.4), tcp tls: refused: no",
    ]


def test_nothing_heard_is_nothing_told() -> None:
    assert list(heard.heard(None, None, masked)) == []
    assert list(heard.heard(Line(()), Internet(), masked)) == []


def test_what_comes_again_and_again_is_counted() -> None:
    [network] = heard.heard(None, heartbeat(range(10, 20)), masked)
    assert [(each["at"], each["text"]) for each in network["events"]] == [
        (10.0, "cam to 1.2.3.4:443, tcp: 10 bytes sent, 0 answered"),
        (11.0, "cam to 1.2.3.4:443, tcp: 11 bytes sent, 0 answered"),
        (16.0, "cam to 1.2.3.4:443, tcp: 16 bytes sent, 0 answered (and 4 times since it was last told)"),
        (19.0, "cam to 1.2.3.4:443, tcp, 3 times more"),
    ]


def test_a_flood_is_bounded_and_counted() -> None:
    [network] = heard.heard(None, heartbeat(range(0, 100_000, 10)), masked)
    assert (len(network["events"]), network["left_out"]) == (heard.MOST, 10_000 - heard.MOST)
    [console] = heard.heard(Line(tuple(Chunk(float(at), b"x" * 65536) for at in range(1000))), None, masked)
    assert len(console["events"]) == heard.MOST_BYTES // 65536
