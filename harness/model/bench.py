"""The bench file: today's wiring and secrets; read by harness.profile. Values of passwords never print."""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from harness.model.base import Frozen
from harness.model.impact import Impact
from harness.model.operator import Key, ScriptedAnswer
from harness.model.package import PackageFile, PackageKind
from harness.model.profile import Count, Name, Port, Text
from harness.model.recipe import Aliased

Positive = Annotated[float, Field(gt=0)]
Mac = Annotated[str, Field(pattern=r"^[0-9a-f]{2}(:[0-9a-f]{2}){5}$")]
SerialUrl = Annotated[str, Field(pattern=r"^(/[^\s?#]+|(socket|rfc2217)://[^\s/?#]+:\d{1,5}([/?]\S*)?)$")]
Interface = Annotated[str, Field(pattern=r"^[^\s/:.][^\s/:]{0,14}$")]


def _no_unit(address: IPv4Address | IPv6Address) -> str:
    """Why an address cannot be that of a unit, empty when it can."""
    if address.version == 6 and address.ipv4_mapped is not None:
        return "an IPv4 address in IPv6 clothes"
    kinds = ((address.is_multicast, "a multicast address"), (address.is_unspecified, "no address at all"))
    reserved = (address.is_reserved and not address.is_loopback, "a broadcast or reserved address")
    return next((words for applies, words in (*kinds, reserved) if applies), "")


class Account(Frozen):
    """One account of a unit; the password may be missing only where the lab makes it (emulated)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    user: Text
    password: SecretStr | None = None


class SerialLine(Frozen):
    """The serial line of a unit: a local port (`/dev/ttyUSB0`), or one that a server gives (`socket://host:port`, `rfc2217://host:port`).

    Without `baud` the rate that the profile declares holds, else it is found out.
    """

    url: SerialUrl
    baud: Annotated[int, Field(ge=300, le=4000000)] | None = None


class PowerSwitch(Frozen):
    """How the supply of a unit is switched: by two shell commands, or by the operator. It stays off for `off_s`."""

    on: str = ""
    off: str = ""
    by: Literal["operator"] | None = None
    off_s: Positive = 3

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if bool(self.on) != bool(self.off):
            raise ValueError("has one of on and off; write a command for both")
        if bool(self.on) == (self.by is not None):
            raise ValueError("has no way, or two; write the commands on and off, or by: operator")
        return self


class ImageSource(Frozen):
    """Where images of a medium come from: a shell command that writes one to `$CAMLABEL_IMAGE`, or a file below the bench file's folder."""

    command: str = ""
    file: str = ""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if bool(self.command) == bool(self.file):
            raise ValueError("has no source, or two; write command: or file:")
        return self


class Sample(Frozen):
    """One unit: its address is the scope of the run; `ports` maps a declared port to the one that leads there on this bench.

    `mac` is the address of its network card: the lab's router gives that card the sample's address.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name
    address: str
    mac: Mac | None = None
    ports: dict[Port, Port] = Field(default_factory=dict)
    accounts: dict[Name, Account] = Field(default_factory=dict)
    serial: SerialLine | None = None
    power: PowerSwitch | None = None
    flash: ImageSource | None = None
    card: ImageSource | None = None

    @field_validator("address")
    @classmethod
    def _one_unit(cls, text: str) -> str:
        """A literal in its usual form: names could lead elsewhere tomorrow."""
        try:
            address = ip_address(text)
        except ValueError:
            raise ValueError(f"is {text[:60]!r}; write an IPv4 or IPv6 address, names are not looked up") from None
        if kind := _no_unit(address):
            raise ValueError(f"is {kind}; write the address of the unit itself")
        return str(address)

    def port(self, declared: int) -> int:
        """The port to connect to for a declared one."""
        return self.ports.get(declared, declared)


class Emulated(Frozen):
    """Which emulated device the lab starts, and with which flaws; the lab knows the names. `units`: how many, whatever the cases need."""

    device: Text = "fast"
    flaws: tuple[str, ...] = ()
    units: Annotated[int, Field(ge=1, le=2)] = 1


class RouterCard(Frozen):
    """The network card of this machine that the units hang on: the lab's router holds it for the run and gives it back."""

    interface: Interface


class GovernorLimits(Frozen):
    """What all traffic to one device may use together: at most, since the governor learns what the device stands. As delivered it is
    gentle; who knows that the device stands more says so.

    `away_s` is how long one that is away, as when it restarts, is waited for; `scan_per_s` the connections a second of a port scan.
    """

    connections_per_s: Positive = 3
    concurrent: Annotated[int, Field(ge=1)] = 8
    failed_login_wait_max_s: Count = 3600
    away_s: Positive = 30
    scan_per_s: Positive = 300


class OperatorBench(Frozen):
    """The person at the bench: how long to wait for an answer; on an emulated bench the answers, by key of the question."""

    answers: dict[Key, ScriptedAnswer] = Field(default_factory=dict)
    timeout_s: Positive = 900


class BenchFile(Aliased):
    """The whole bench file; `impact` is the highest act that this bench permits.

    On a desk, where the network is not ours, `captures` are files of another's capture, below the bench file's folder unless
    absolute, and `mirror` is a network card on which a switch repeats the units' frames. `packages` are update packages of the producer.
    """

    model_config = ConfigDict(hide_input_in_errors=True)

    format: Literal["camlabel-bench/1"] = Field(alias="schema")
    lab: Literal["emulated", "desk", "router"]
    emulated: Emulated | None = None
    router: RouterCard | None = None
    captures: tuple[Text, ...] = ()
    mirror: Interface | None = None
    samples: tuple[Sample, ...] = Field(min_length=1)
    impact: Impact = "change"
    governor: GovernorLimits = GovernorLimits()
    operator: OperatorBench = OperatorBench()
    packages: dict[PackageKind, PackageFile] = Field(default_factory=dict)

    @property
    def addresses(self) -> frozenset[str]:
        """The scope: exactly the addresses of the samples."""
        return frozenset(sample.address for sample in self.samples)
