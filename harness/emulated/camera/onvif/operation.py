"""What an operation is given, and who may call it."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from xml.etree.ElementTree import Element

from harness.emulated.camera.accounts import Account
from harness.emulated.camera.unit import Unit


class Access(Enum):
    """ONVIF's access classes, as far as this camera needs them."""

    BEFORE_LOGIN = "pre-auth"
    READ = "read"
    OWNER = "owner"


@dataclass(frozen=True)
class Call:
    """One call; `who` is None only where no login is needed, or on a flawed unit."""

    unit: Unit
    who: Account | None
    element: Element
    source: str = ""

    @property
    def base(self) -> str:
        """The address of the HTTPS service, as clients reach it."""
        host, port = host_of(self.unit), self.unit.https_port
        return f"https://{host}" if port == 443 else f"https://{host}:{port}"


@dataclass(frozen=True)
class Operation:
    """Who may call it, and what makes the content of its response element."""

    access: Access
    answer: Callable[[Call], str]


def host_of(unit: Unit) -> str:
    """The unit's address as it stands in a URL."""
    return f"[{unit.address}]" if ":" in unit.address else unit.address
