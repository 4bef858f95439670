"""Frames out of files: as dpkt and scapy read them, cut anywhere, damaged, with several interfaces, with frames that were dropped."""

import struct
from pathlib import Path

import dpkt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import RawPcapNgReader

from harness.model.errors import UsageError
from harness.probes.captures.files import CaptureFile, Frame
from tests.builders import frames
from tests.builders.frames import connect, hello, resolve

FRAMES = [*frames.boot(), *resolve("api.maker.example", "203.0.113.5"), *connect("203.0.113.5", 443, hello())]


def read(path: Path) -> tuple[list[Frame], CaptureFile]:
    file = CaptureFile(path)
    return list(file), file


def put(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.pcap"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("nano", [False, True])
def test_pcap_is_read_as_dpkt_reads_it(tmp_path: Path, nano: bool) -> None:
    path = frames.write(tmp_path / "a.pcap", FRAMES, nano=nano, every=0.123456)
    with path.open("rb") as file:
        theirs = list(dpkt.pcap.Reader(file))
    ours, told = read(path)
    assert [frame.data for frame in ours] == [data for _, data in theirs]
    assert [frame.at for frame in ours] == pytest.approx([float(at) for at, _ in theirs], abs=1e-6)
    assert [frame.number for frame in ours] == list(range(1, len(FRAMES) + 1))
    assert {frame.link for frame in ours} == {1}
    assert not list(told.lost)


def test_pcap_of_the_other_order_of_bytes(tmp_path: Path) -> None:
    data = struct.pack(">IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101) + struct.pack(">IIII", 5, 250_000, 3, 3) + b"abc"
    [frame], _ = read(put(tmp_path, data))
    assert frame == Frame(1, 5.25, 101, b"abc", 3)


def test_pcapng_is_read_as_scapy_reads_it(tmp_path: Path) -> None:
    path = frames.write(tmp_path / "a.pcapng", FRAMES, form="pcapng")
    ours, told = read(path)
    with RawPcapNgReader(str(path)) as theirs:
        assert [frame.data for frame in ours] == [data for data, _ in theirs]
    assert [frame.at for frame in ours] == pytest.approx([frames.START + 0.5 * number for number in range(len(FRAMES))], abs=1e-5)
    assert not list(told.lost)


@pytest.mark.parametrize("form", ["pcap", "pcapng"])
def test_a_file_that_is_cut_gives_what_stands_before(tmp_path: Path, form: str) -> None:
    """At every byte: whole frames, the cut told unless it is between two."""
    path = frames.write(tmp_path / f"whole.{form}", FRAMES[:4], form=form)
    data, whole = path.read_bytes(), read(path)[0]
    silent = 0
    for length in range(4, len(data)):
        ours, told = read(put(tmp_path, data[:length]))
        assert ours == whole[: len(ours)]
        silent += not list(told.lost)
    assert silent <= 6  # between two blocks


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[bytes, ...]]:
    """A folder, and a sound file of each form."""
    folder = tmp_path_factory.mktemp("whole")
    return folder, tuple(frames.write(folder / f"a.{form}", FRAMES[:4], form=form).read_bytes() for form in ("pcap", "pcapng"))


def test_what_is_no_capture_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no capture file; give one in the form pcap or pcapng"):
        read(put(tmp_path, b"hello, I am a text file"))
    with pytest.raises(UsageError, match="cannot be read"):
        read(tmp_path / "missing.pcap")
    assert list(read(put(tmp_path, b""))[1].lost) == ["file.pcap: the file is empty; 0 frames before that were read"]


def test_a_frame_longer_than_any_is_no_frame(tmp_path: Path) -> None:
    data = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + struct.pack("<IIII", 5, 0, 1 << 30, 60)
    assert list(read(put(tmp_path, data))[1].lost) == [
        "file.pcap: a frame says that it is longer than any is; 0 frames before that were read"
    ]


def block(kind: int, body: bytes, order: str = "<") -> bytes:
    body += bytes(-len(body) % 4)
    return struct.pack(f"{order}II", kind, len(body) + 12) + body + struct.pack(f"{order}I", len(body) + 12)


def section(order: str = "<") -> bytes:
    return block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1), order)


def option(code: int, value: bytes, order: str = "<") -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(link: int, *options: bytes, order: str = "<") -> bytes:
    return block(1, struct.pack(f"{order}HHI", link, 0, 0) + b"".join(options), order)


def packet(number: int, ticks: int, data: bytes, order: str = "<", size: int = 0) -> bytes:
    body = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(data), size or len(data)) + data
    return block(6, body, order)


def test_every_interface_has_its_own_link_and_clock(tmp_path: Path) -> None:
    """dpkt takes the first one's for all."""
    data = section() + interface(1) + interface(101, option(9, b"\x09"), option(14, struct.pack("<q", 100)), option(0, b""))
    data += packet(0, 2_000_000, b"one") + packet(1, 3_000_000_000, b"two")
    ours, _ = read(put(tmp_path, data))
    assert ours == [Frame(1, 2.0, 1, b"one", 3), Frame(2, pytest.approx(103.0), 101, b"two", 3)]
    binary = section() + interface(1, option(9, b"\x8a")) + packet(0, 2048, b"one", size=9)
    assert read(put(tmp_path, binary))[0] == [Frame(1, 2.0, 1, b"one", 9)]


def test_sections_in_both_orders_and_unknown_blocks(tmp_path: Path) -> None:
    data = section() + interface(1) + block(0xBAD, b"secrets") + packet(0, 1_000_000, b"one")
    data += section(">") + interface(113, order=">") + packet(0, 4_000_000, b"four", ">")
    assert read(put(tmp_path, data))[0] == [Frame(1, 1.0, 1, b"one", 3), Frame(2, 4.0, 113, b"four", 4)]


def test_older_kinds_of_packet(tmp_path: Path) -> None:
    simple = block(3, struct.pack("<I", 5) + b"short")
    older = block(2, struct.pack("<HHIIII", 0, 3, 0, 7_000_000, 4, 4) + b"data")
    ours, told = read(put(tmp_path, section() + interface(1) + simple + older))
    assert [(frame.at, frame.data) for frame in ours] == [(0.0, b"short"), (7.0, b"data")]
    assert list(told.lost) == ["file.pcap: 3 frames were dropped while it was recorded"]


def test_dropped_frames_are_counted(tmp_path: Path) -> None:
    def said(count: int) -> bytes:
        return block(
            5, struct.pack("<III", 0, 0, 0) + option(5, struct.pack("<Q", count)) + option(7, struct.pack("<Q", 2)) + option(0, b"")
        )

    data = section() + interface(1) + packet(0, 0, b"one") + said(1) + said(4)
    assert list(read(put(tmp_path, data))[1].lost) == ["file.pcap: 6 frames were dropped while it was recorded"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (section() + packet(0, 0, b"one"), "the file is damaged in the middle of a block"),
        (section() + interface(1) + packet(5, 0, b"one"), "the file is damaged in the middle of a block"),
        (section() + interface(1) + struct.pack("<II", 6, 0), "the file is damaged: a block of kind 6 says that it is 0 bytes long"),
        (section() + interface(1) + struct.pack("<II", 6, 1 << 31), "says that it is 2147483648 bytes long"),
        (
            section() + interface(1) + block(6, struct.pack("<IIIII", 0, 0, 0, 99, 99) + b"x"),
            "a frame is longer than the block that holds it",
        ),
        (section()[:8] + b"\0\0\0\0" + section()[12:], "a section does not say its order of bytes"),
        (section() + block(1, b""), "the file is damaged in the middle of a block"),
    ],
)
def test_damaged_blocks_end_the_reading(tmp_path: Path, data: bytes, words: str) -> None:
    assert any(words in line for line in read(put(tmp_path, data))[1].lost)


@given(at=st.integers(0, 900), put_in=st.binary(max_size=12))
def test_no_damage_breaks_it(whole: tuple[Path, tuple[bytes, ...]], at: int, put_in: bytes) -> None:
    folder, files = whole
    for data in files:
        damaged = data[: at + 4] + put_in + data[at + 4 + len(put_in) :]
        assert len(read(put(folder, damaged))[0]) <= len(damaged) // 12
