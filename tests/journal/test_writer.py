"""Whatever happens to the writer, what is read back is a prefix of what it was given."""

import errno
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from harness.journal.files import sync, write_all, write_durably
from harness.journal.reader import read
from harness.journal.writer import Journal
from harness.model.errors import RecordLost, UsageError
from tests.builders import disks
from tests.builders.children import unmeasured

APPENDER = """
import sys
from pathlib import Path
from harness.journal.writer import Journal
journal = Journal(Path(sys.argv[1]))
print(journal.next, flush=True)
while True:
    journal.append("line", {"number": journal.next, "text": "x" * (journal.next % 700)}, durable=journal.next % 3 == 0)
"""

INTERRUPTED = """
import signal, sys
from pathlib import Path
from harness.journal.writer import Journal
def interrupt(*_):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, interrupt)
journal = Journal(Path(sys.argv[1]))
for number in range(60):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0001 * (1 + number % 30))
        while True:
            journal.append("line", {"text": "x" * 2000})
    except KeyboardInterrupt:
        journal.append("more", {})
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


@pytest.fixture
def journal(folder: Path) -> Iterator[Journal]:
    with closing(Journal(folder)) as opened:
        yield opened


def test_a_killed_writer_leaves_a_prefix(folder: Path) -> None:
    """Each of several processes is killed at a random moment; the next one goes on where its record ends."""
    chance = random.Random(7)
    for segment in range(8):
        known = len(read(folder))
        child = subprocess.Popen([sys.executable, "-c", APPENDER, str(folder)], stdout=subprocess.PIPE, env=unmeasured())
        with child:
            assert child.stdout
            assert int(child.stdout.readline()) == known
            while (folder / f"{segment}.jsonl").stat().st_size < chance.randrange(1, 20_000):
                assert child.poll() is None
            child.send_signal(signal.SIGKILL)
        assert [line.body["number"] for line in read(folder)[known:]] == list(range(known, len(read(folder))))
    assert len(read(folder)) > 8


def test_numbers_follow_each_other(journal: Journal, folder: Path) -> None:
    assert [journal.next, journal.append("a", {}), journal.append("b", {}, durable=False), journal.next] == [0, 0, 1, 2]
    assert [line.kind for line in read(folder)] == ["a", "b"]


def test_threads_append_whole_lines(journal: Journal, folder: Path) -> None:
    def work(name: int) -> None:
        for number in range(50):
            journal.append("line", {"name": name, "number": number}, durable=False)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = read(folder)
    assert len(lines) == 200
    assert [line.body["number"] for line in lines if line.body["name"] == 2] == list(range(50))


@pytest.mark.parametrize("body", [{"x": float("nan")}, {"x": object()}, {"x": "\ud800"}, {"kind": "other"}, {"at": 1}])
def test_what_cannot_be_a_line_is_refused_and_leaves_no_trace(journal: Journal, folder: Path, body: dict[str, object]) -> None:
    with pytest.raises((ValueError, TypeError)):
        journal.append("line", body)
    assert journal.append("line", {}) == 0
    assert len(read(folder)) == 1


def test_one_process_at_a_time(journal: Journal, folder: Path) -> None:
    journal.append("line", {})
    with pytest.raises(UsageError, match="another process is at work on this run"):
        Journal(folder)
    journal.append("line", {})
    assert len(read(folder)) == 2


def test_the_next_process_may_write_when_the_first_is_gone(folder: Path) -> None:
    Journal(folder).close()
    Journal(folder).close()
    assert sorted(path.name for path in folder.iterdir()) == ["0.jsonl", "1.jsonl"]


def test_a_folder_that_cannot_be_made_is_a_lost_record(tmp_path: Path) -> None:
    (tmp_path / "journal").write_text("a file")
    with pytest.raises(RecordLost, match="the journal cannot be written"):
        Journal(tmp_path / "journal")


def test_a_full_disk_loses_the_record_for_good(folder: Path) -> None:
    """Nothing is glued to the torn line, also when there is room again; the next process goes on."""
    journal = Journal(folder)
    journal.append("line", {})
    with disks.full((folder / "0.jsonl").stat().st_size + 100), pytest.raises(RecordLost, match="cannot be written: File too large"):
        journal.append("line", {"text": "x" * 1000})
    assert (folder / "0.jsonl").read_bytes().count(b"\n") == 1
    with pytest.raises(RecordLost, match="nothing is recorded any more"):
        journal.append("line", {})
    journal.close()
    with closing(Journal(folder)) as later:
        assert later.append("line", {}) == 1
    assert len(read(folder)) == 2


def test_an_interrupt_between_writing_and_counting_breaks_no_chain(folder: Path) -> None:
    """Ctrl-C comes while a line is being written; what is recorded afterwards still fits."""
    subprocess.run([sys.executable, "-c", INTERRUPTED, str(folder)], check=True, env=unmeasured(), timeout=120)
    lines = read(folder)
    assert [line.kind for line in lines if line.kind != "line"] == ["more"] * 60
    assert len(list(folder.iterdir())) > 1


@pytest.mark.parametrize("torn", [b"", b'{"n": 1, "prev": "0'])
def test_after_an_interrupt_a_new_segment_is_begun(journal: Journal, folder: Path, torn: bytes) -> None:
    """Whether the line was whole and not counted, or torn."""
    journal.append("line", {"number": 0})
    with (folder / "0.jsonl").open("ab") as file:
        file.write(torn)
    journal._next, journal._in_doubt = 0, True
    assert journal.append("line", {"number": 1}) == 1
    assert [line.body["number"] for line in read(folder)] == [0, 1]
    assert (folder / "1.jsonl").exists()


def test_short_writes_are_completed() -> None:
    """A pipe takes little at a time."""
    out, into = os.pipe()
    os.set_blocking(out, True)
    data, got = os.urandom(300_000), bytearray()

    def drain() -> None:
        while chunk := os.read(out, 10_000):
            got.extend(chunk)

    reader = threading.Thread(target=drain)
    reader.start()
    write_all(into, data)
    os.close(into)
    reader.join()
    os.close(out)
    assert bytes(got) == data


def test_a_full_device_is_an_error() -> None:
    descriptor = os.open("/dev/full", os.O_WRONLY)
    try:
        with pytest.raises(OSError, match="No space left") as full:
            write_all(descriptor, b"x")
    finally:
        os.close(descriptor)
    assert full.value.errno == errno.ENOSPC


def test_a_durable_file_is_replaced_whole_with_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "key"
    write_durably(path, b"one", mode=0o600)
    write_durably(path, b"two", mode=0o600)
    assert path.read_bytes() == b"two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["key"]


def test_only_what_exists_is_synced(tmp_path: Path) -> None:
    sync(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync(tmp_path / "nothing")
