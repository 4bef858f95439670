"""How much an act may do to the device, mildest first (catalogue table `impacts`)."""

from typing import Literal, get_args

Impact = Literal["listen", "ask", "login", "change", "reboot", "reset", "flash"]
IMPACTS: tuple[Impact, ...] = get_args(Impact)


def above(one: Impact, other: Impact) -> bool:
    """True when `one` does more than `other`."""
    return IMPACTS.index(one) > IMPACTS.index(other)
