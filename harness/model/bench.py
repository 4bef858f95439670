"""The bench file: today's wiring and secrets; read by harness.profile. Values of passwords never print."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, SecretStr

from harness.model.base import Frozen
from harness.model.impact import Impact
from harness.model.profile import Count, Name, Port, Text
from harness.model.recipe import Aliased

Positive = Annotated[float, Field(gt=0)]


class Account(Frozen):
    """One account of a unit; the password may be missing only where the lab makes it (emulated)."""

    model_config = ConfigDict(hide_input_in_errors=True)

    user: Text
    password: SecretStr | None = None


class Sample(Frozen):
    """One unit: its address is the scope of the run; `ports` maps a declared port to the one that leads there on this bench."""

    model_config = ConfigDict(hide_input_in_errors=True)

    name: Name
    address: str
    ports: dict[Port, Port] = Field(default_factory=dict)
    accounts: dict[Name, Account] = Field(default_factory=dict)

    def port(self, declared: int) -> int:
        """The port to connect to for a declared one."""
        return self.ports.get(declared, declared)


class Emulated(Frozen):
    """Which emulated device the lab starts, and with which flaws; the lab knows the names."""

    device: Text = "fast"
    flaws: tuple[str, ...] = ()


class GovernorLimits(Frozen):
    """What all traffic to one device may use together."""

    connections_per_s: Positive = 40
    concurrent: Annotated[int, Field(ge=1)] = 8
    failed_login_wait_max_s: Count = 3600


class BenchFile(Aliased):
    """The whole bench file; `impact` is the highest act that this bench permits."""

    model_config = ConfigDict(hide_input_in_errors=True)

    format: Literal["camlabel-bench/1"] = Field(alias="schema")
    lab: Literal["emulated", "desk", "router"]
    emulated: Emulated | None = None
    samples: tuple[Sample, ...] = Field(min_length=1)
    impact: Impact = "change"
    governor: GovernorLimits = GovernorLimits()

    @property
    def addresses(self) -> frozenset[str]:
        """The scope: exactly the addresses of the samples."""
        return frozenset(sample.address for sample in self.samples)
