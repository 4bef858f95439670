"""Profile and bench files made from the samples in the tree by changing a line of them."""

from pathlib import Path

TREE = Path(__file__).parents[2]
PROFILE = TREE / "device_profiles/emulated-fast.yaml"
BENCH = TREE / "device_profiles/emulated-fast.bench.yaml"
DESK = """\
schema: camlabel-bench/1
lab: desk
samples:
  - name: cam-1
    address: 192.0.2.20
    ports: {443: 8443}
    accounts:
      owner: {user: admin, password: "Quite-a-long-one-7"}
  - name: cam-2
    address: 2001:db8::20
    accounts:
      owner: {user: admin, password: "Another-long-one-8"}
"""
ROUTER = """\
schema: camlabel-bench/1
lab: router
router: {interface: eth1}
captures: []
samples:
  - name: cam-1
    address: 192.168.77.20
    mac: 02:00:00:ca:00:01
    accounts:
      owner: {user: admin, password: "Quite-a-long-one-7"}
  - name: cam-2
    address: 192.168.77.21
    mac: 02:00:00:ca:00:02
    accounts:
      owner: {user: admin, password: "Another-long-one-8"}
"""


def edited(text: str, old: str, new: str) -> str:
    """The text with one change; the place must be there."""
    assert old in text, old
    return text.replace(old, new, 1)


def write(folder: Path, text: str | bytes) -> Path:
    """The text as a file."""
    path = folder / "paper.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def line_of(text: str, marker: str) -> int:
    """The line in which a marker first stands; 1 for no marker."""
    return text[: text.index(marker)].count("\n") + 1


def lines(error: BaseException) -> list[str]:
    """The mistakes in an error, without the name of the file."""
    return [line.partition("paper.yaml:")[2] for line in str(error).splitlines()]
