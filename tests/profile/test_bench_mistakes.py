"""Every kind of mistake in a bench file, by table; and that no password is ever shown."""

import hashlib
from pathlib import Path

import pytest

from harness.model.errors import UsageError
from harness.model.profile import Profile
from harness.profile.passwords import PUBLIC, weakness
from harness.profile.read import read_bench, read_both, read_profile
from tests.builders.papers import BENCH, DESK, PROFILE, ROUTER, edited, line_of, lines, write

EMULATED = BENCH.read_text(encoding="utf-8")
LONG = '"Quite-a-long-one-7"'
OTHER = 'mac: 02:00:00:ca:00:01\n    accounts:\n      owner: {user: admin, password: "Another'
WEAK = "set a longer one of your own on the unit, then write it here"


@pytest.fixture(scope="module")
def profile() -> Profile:
    return read_profile(PROFILE)


def mistakes(tmp_path: Path, text: str, profile: Profile) -> list[str]:
    with pytest.raises(UsageError) as caught:
        read_bench(write(tmp_path, text), profile)
    return lines(caught.value)


def test_the_sample_is_sound(profile: Profile) -> None:
    bench = read_bench(BENCH, profile)
    assert (bench.lab, bench.emulated.device, bench.samples[0].accounts["owner"].password) == ("emulated", "fast", None)


def test_a_desk_with_two_units_is_sound(tmp_path: Path, profile: Profile) -> None:
    bench = read_bench(write(tmp_path, DESK), profile)
    assert bench.addresses == {"192.0.2.20", "2001:db8::20"}
    assert bench.samples[0].port(443) == 8443


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("camlabel-bench/1", "camlabel-bench/2", "schema", "schema: is 'camlabel-bench/2', write camlabel-bench/1"),
        ("lab: desk", "lab: table", "lab:", "lab: is 'table', use one of desk, emulated, router"),
        ("lab: desk", "lab: emulated", "lab:", "lab: is emulated, but no device is named, add emulated: {device: fast}"),
        (
            "lab: desk",
            "lab: desk\nemulated: {device: fast}",
            "emulated:",
            "emulated: is given with lab: desk, remove it, or write lab: emulated",
        ),
        (
            "lab: desk",
            "lab: desk\nimpact: melt",
            "impact:",
            "impact: is 'melt', use one of ask, change, flash, listen, login, reboot, reset",
        ),
        (
            "lab: desk",
            "lab: desk\noperator: {answers: {uart: yes}}",
            "operator:",
            "operator.answers: are given with lab: desk, remove them; the operator is asked at the terminal",
        ),
        (
            "lab: desk",
            "lab: desk\npackages: {official: {file: none.bin, version: '2'}}",
            "packages:",
            "packages.official.file: 'none.bin' is no file, put the package there",
        ),
        (
            "lab: desk",
            "lab: desk\npackages: {official: {file: /dev/null}}",
            "packages:",
            "packages.official: has no version, add version: what the device says once it is installed",
        ),
        ("lab: desk", "lab: desk\ngovernor: {concurrent: 0}", "governor:", "governor.concurrent: is 0, it must be at least 1"),
        (
            "lab: desk",
            "lab: desk\ngovernor: {connections_per_s: 0}",
            "governor:",
            "governor.connections_per_s: is 0, it must be more than 0",
        ),
        (
            "address: 192.0.2.20",
            "address: cam.local",
            "cam.local",
            "samples[0].address: is 'cam.local', write an IPv4 or IPv6 address, names are not looked up",
        ),
        (
            "address: 192.0.2.20",
            "address: 255.255.255.255",
            "255",
            "samples[0].address: is a broadcast or reserved address, write the address of the unit itself",
        ),
        ("address: 192.0.2.20", "address: 19.2", "19.2", 'samples[0].address: is read as a number, quote it: "19.2"'),
        ("address: 192.0.2.20", "adress: 192.0.2.20", "adress", "samples[0].adress: is not known here, did you mean address?"),
        (
            "name: cam-2",
            "name: cam-1",
            "name: cam-1\n    address: 2001",
            "samples[1].name: cam-1 is there twice, give each unit a name of its own",
        ),
        ("name: cam-1", "name: Cam 1", "Cam 1", "samples[0].name: is 'Cam 1', use small letters, digits, - and _ only, a letter first"),
        ("{443: 8443}", "{443: 84430}", "84430", "samples[0].ports.443: is 84430, it must be at most 65535"),
        ("{443: 8443}", "{https: 8443}", "https", "samples[0].ports.https: is 'https', write a whole number"),
        (
            "{443: 8443}",
            "{81: 8443}",
            "{81",
            "samples[0].ports.81: is no port of ixit.log_intf in the profile, did you mean 8123?",
        ),
        (
            f"owner: {{user: admin, password: {LONG}}}",
            "viewer: {user: admin, password: x}",
            "    accounts",
            "samples[0].accounts: has no owner, add owner: {user: …, password: …}",
        ),
        (f", password: {LONG}", "", "{user: admin}", "samples[0].accounts.owner.password: is missing, add the password of admin"),
        (LONG, '"?"', '"?"', "samples[0].accounts.owner.password: is still to be answered, write the password of admin"),
        (LONG, "1234567890", "123456", "samples[0].accounts.owner.password: is read as a number, put it between quotes"),
        (LONG, "Sh0rt!", "Sh0rt", f"samples[0].accounts.owner.password: is shorter than 8 characters, {WEAK}"),
        (LONG, "Password1!", "Passw", f"samples[0].accounts.owner.password: is in every list of default passwords, {WEAK}"),
        (LONG, "admin-01", "admin-", f"samples[0].accounts.owner.password: is little more than the user's name, {WEAK}"),
        (LONG, "abababababab", "abab", f"samples[0].accounts.owner.password: repeats a few characters, {WEAK}"),
        ("user: admin, password", "user: '', password", "user: ''", "samples[0].accounts.owner.user: is empty, write text"),
        (
            "user: admin, password",
            "user: admin, passwrod",
            "passwrod",
            "samples[0].accounts.owner.passwrod: is not known here, did you mean password?",
        ),
        (
            "ports: {443: 8443}",
            "ports: {443: 8443}\n    serial: {url: ttyUSB0}",
            "serial:",
            "samples[0].serial.url: is 'ttyUSB0', write /dev/ttyUSB0, socket://host:port or rfc2217://host:port",
        ),
        (
            "ports: {443: 8443}",
            "ports: {443: 8443}\n    serial: {url: /dev/ttyUSB0, baud: 30}",
            "serial:",
            "samples[0].serial.baud: is 30, it must be at least 300",
        ),
        (
            "ports: {443: 8443}",
            "ports: {443: 8443}\n    power: {off: relay 0}",
            "power:",
            "samples[0].power: has one of on and off, write a command for both",
        ),
        (
            "ports: {443: 8443}",
            "ports: {443: 8443}\n    power: {off: a, on: b, by: operator}",
            "power:",
            "samples[0].power: has no way, or two, write the commands on and off, or by: operator",
        ),
        (f"{{user: admin, password: {LONG}}}", LONG, 'owner: "Q', "samples[0].accounts.owner: is text, write a mapping (key: value)"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, profile: Profile, old: str, new: str, place: str, told: str) -> None:
    text = edited(DESK, old, new)
    found = mistakes(tmp_path, text, profile)
    assert f"{line_of(text, place)}: {told}" in found
    assert not any(secret in line for line in found for secret in ("Quite-a-long", "Sh0rt", "Password1", "abab", "1234567"))


@pytest.mark.parametrize(
    ("old", "new", "place", "told"),
    [
        ("router: {interface: eth1}\n", "", "lab:", "lab: is router, but no network card is named, add router: {interface: eth1}"),
        ("eth1", "'eth 1'", "router:", "router.interface: is 'eth 1', write the name of a network card as `ip link` shows it"),
        (
            "    mac: 02:00:00:ca:00:01\n",
            "",
            "  - name: cam-1",
            "samples[0]: cam-1 has no mac, add mac: the address on its label, in small letters",
        ),
        (
            "ca:00:01",
            "CA:00:01",
            "    mac",
            "samples[0].mac: is '02:00:00:CA:00:01', write six pairs of small letters and digits: 02:00:00:ca:00:01",
        ),
        (
            "02:00:00:ca:00:01",
            "03:00:00:ca:00:01",
            "    mac",
            "samples[0].mac: 03:00:00:ca:00:01 is a group address, write the address on the unit's label",
        ),
        ("ca:00:02", "ca:00:01", OTHER, "samples[1].mac: 02:00:00:ca:00:01 is there twice, each unit has a card of its own"),
        (
            "192.168.77.20",
            "192.168.77.50",
            "    address",
            "samples[0].address: 192.168.77.50 is not one that the router can give, write one of 192.168.77.2 to 254, but not 50 to 53",
        ),
        (
            "captures: []",
            "captures: [a.pcap]",
            "captures",
            "captures: is given with lab: router, where the lab records itself, remove it, or write lab: desk",
        ),
        (
            "captures: []",
            "mirror: eth2",
            "mirror",
            "mirror: is given with lab: router, where the lab records itself, remove it, or write lab: desk",
        ),
    ],
)
def test_a_mistake_in_a_bench_with_a_router(tmp_path: Path, profile: Profile, old: str, new: str, place: str, told: str) -> None:
    text = edited(ROUTER, old, new)
    assert f"{line_of(text, place)}: {told}" in mistakes(tmp_path, text, profile)


def test_a_router_is_for_its_own_lab(tmp_path: Path, profile: Profile) -> None:
    text = edited(DESK, "lab: desk", "lab: desk\nrouter: {interface: eth1}\ncaptures: [a.pcap]\nmirror: eth2")
    assert mistakes(tmp_path, text, profile) == [
        "3: router: is given with lab: desk, remove it, or write lab: router",
        "5: mirror: is given beside captures, keep one of the two",
    ]


def test_a_bench_with_a_router_and_a_desk_with_captures_are_sound(tmp_path: Path, profile: Profile) -> None:
    bench = read_bench(write(tmp_path, ROUTER), profile)
    assert (bench.router.interface, bench.samples[0].mac) == ("eth1", "02:00:00:ca:00:01")
    desk = edited(DESK, "lab: desk", "lab: desk\ncaptures: [one.pcap, /else/two.pcapng]")
    assert read_bench(write(tmp_path, desk), profile).captures == ("one.pcap", "/else/two.pcapng")


def test_an_emulated_lab_brings_line_and_power_itself(tmp_path: Path, profile: Profile) -> None:
    text = edited(EMULATED, "    accounts:", "    serial: {url: /dev/ttyUSB0}\n    power: {by: operator}\n    accounts:")
    assert [line.partition(": ")[2] for line in mistakes(tmp_path, text, profile)] == [
        f"samples[0].{key}: is given with lab: emulated, which brings its own, remove it" for key in ("serial", "power")
    ]


def test_one_line_for_two_units(tmp_path: Path, profile: Profile) -> None:
    text = DESK.replace("    accounts:", "    serial: {url: /dev/ttyUSB0}\n    accounts:")
    (told,) = mistakes(tmp_path, text, profile)
    assert "samples[1].serial.url: /dev/ttyUSB0 is there twice, give each unit a line of its own" in told


def test_one_place_for_two_units(tmp_path: Path, profile: Profile) -> None:
    text = edited(edited(DESK, "2001:db8::20", "192.0.2.20"), "    ports: {443: 8443}\n", "")
    assert mistakes(tmp_path, text, profile) == [
        "9: samples[1].address: 192.0.2.20 is there twice, give each unit an address or ports of its own"
    ]


def test_two_units_behind_one_address_differ_by_their_ports(tmp_path: Path, profile: Profile) -> None:
    text = edited(DESK, "2001:db8::20", "192.0.2.20")
    assert len(read_bench(write(tmp_path, text), profile).addresses) == 1


def test_all_mistakes_come_at_once(tmp_path: Path, profile: Profile) -> None:
    text = edited(edited(edited(DESK, "address: 192.0.2.20", "address: here"), "Another-long-one-8", "short"), "lab: desk", "lab: emulated")
    assert [line.partition(": ")[2].partition(":")[0] for line in mistakes(tmp_path, text, profile)] == [
        "lab",
        "samples[0].address",
        "samples[1].accounts.owner.password",
    ]


def test_no_samples(tmp_path: Path, profile: Profile) -> None:
    text = DESK.partition("samples:")[0]
    assert mistakes(tmp_path, text, profile) == ["1: samples: is missing, add samples"]
    assert mistakes(tmp_path, text + "samples: []\n", profile) == ["3: samples: is an empty list, list at least one"]
    assert mistakes(tmp_path, text + "samples: none\n", profile) == ["3: samples: is 'none', write a list"]


def test_an_emulated_lab_makes_passwords_but_refuses_weak_ones(tmp_path: Path, profile: Profile) -> None:
    text = edited(EMULATED, "{user: admin}", "{user: admin, password: admin123}")
    (told,) = mistakes(tmp_path, text, profile)
    assert "is in every list of default passwords" in told


def test_a_device_without_passwords_needs_no_owner(tmp_path: Path, profile: Profile) -> None:
    answers = profile.capabilities | {"password_auth": profile.capabilities["jtag_swd"]}
    open_device = profile.model_copy(update={"capabilities": answers})
    text = "schema: camlabel-bench/1\nlab: desk\nsamples: [{name: cam-1, address: 192.0.2.20}]\n"
    assert read_bench(write(tmp_path, text), open_device).samples[0].accounts == {}


def test_a_bench_that_is_no_mapping(tmp_path: Path, profile: Profile) -> None:
    assert mistakes(tmp_path, "- a\n", profile) == ["1: (file): holds a list, write lines of the form key: value"]


@pytest.mark.parametrize("password", sorted(PUBLIC))
def test_public_passwords_are_weak(password: str) -> None:
    assert weakness("", password)
    assert weakness("", password.upper())


@pytest.mark.parametrize("password", ["Quite-a-long-one-7", "korrekt horse", "7Zx!pq2w", "admin-of-the-house"])
def test_good_passwords_are_taken(password: str) -> None:
    assert weakness("admin", password) == ""


def test_an_emulated_lab_has_two_units_at_most(tmp_path: Path, profile: Profile) -> None:
    unit = "  - {{name: cam-{0}, address: 192.168.77.{0}, accounts: {{owner: {{user: admin}}}}}}\n"
    head = "schema: camlabel-bench/1\nlab: emulated\nemulated: {device: fast, units: 2}\nsamples:\n"
    (tmp_path / "one.yaml").write_text(head + unit.format(20))
    with pytest.raises(UsageError, match=r"emulated.units: is 2, and one sample is named"):
        read_bench(tmp_path / "one.yaml", profile)
    (tmp_path / "three.yaml").write_text(head + "".join(unit.format(20 + number) for number in range(3)))
    with pytest.raises(UsageError, match="samples: has 3 units"):
        read_bench(tmp_path / "three.yaml", profile)


PACKAGE = """
packages:
  official: {file: new.bin, version: "1.1", sha256: SUM}
  current: {file: old.bin, version: "1.0"}
"""
SUM = hashlib.sha256(b"new").hexdigest()


def test_packages_are_whole_files_of_two_versions(tmp_path: Path, profile: Profile) -> None:
    """Cut, doubled and empty ones are refused before anything is asked."""
    (tmp_path / "old.bin").write_bytes(b"old")
    bench = DESK + PACKAGE.replace("SUM", SUM)
    for data, told in (
        (b"new", []),
        (b"", ["packages.official.file: 'new.bin' is empty, put the package there"]),
        (b"ne", ["packages.official.file: 'new.bin' has another sha256, fetch it again; it may be cut or another version"]),
        (b"newnew", ["packages.official.file: 'new.bin' has another sha256, fetch it again; it may be cut or another version"]),
    ):
        (tmp_path / "new.bin").write_bytes(data)
        if told:
            assert [line.split(": ", 1)[1] for line in mistakes(tmp_path, bench, profile)] == told
        else:
            assert read_bench(write(tmp_path, bench), profile).packages["official"].version == "1.1"
    same = mistakes(tmp_path, bench.replace('"1.1"', '"1.0"').replace(f", sha256: {SUM}", ""), profile)
    assert same[-1].endswith("packages.official.version: is that of packages.current, give a package of another version")
    assert mistakes(tmp_path, EMULATED + PACKAGE, profile)


def test_mistakes_of_profile_and_bench_are_told_together(tmp_path: Path) -> None:
    """What hangs on a part of the profile that is wrong is not told of the bench."""
    ours, bench, whole = (
        tmp_path / "ours.yaml",
        write(tmp_path, f"{edited(DESK, '{443: 8443}', '{81: 8443}')}impact: much\n"),
        PROFILE.read_text("utf-8"),
    )

    def told(text: str) -> list[str]:
        ours.write_text(text, encoding="utf-8")
        with pytest.raises(UsageError) as caught:
            read_both(ours, bench)
        return str(caught.value).replace(f"{tmp_path}/", "").splitlines()

    alone = told(whole)
    assert [line.split(" ")[1] for line in alone] == ["samples[0].ports.81:", "impact:"]
    both = told(edited(whole, "standalone: yes", "standalone: no"))
    assert [line for line in both if line.startswith(bench.name)] == alone
    assert len(both) == 3
    cut = told(whole.replace("protocol: https", "protocol: htps", 1))
    assert any("htps" in line for line in cut)
    assert [line for line in cut if line.startswith(bench.name)] == alone[1:]
    assert alone[1] in told("schema: camlabel-profile/9\n")


def test_two_right_files_are_read(tmp_path: Path) -> None:
    declared, bench = read_both(PROFILE, BENCH)
    assert (declared, bench) == (read_profile(PROFILE), read_bench(BENCH, declared))
