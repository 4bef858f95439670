"""Is what the device contacted declared? By all the names that it has, and by its address where it has none."""

from collections.abc import Iterable, Sequence

from harness.model.errors import Undecided
from harness.model.host import is_address, matches
from harness.model.profile import CloudEndpoint
from harness.model.traffic import Destination


def covers(endpoints: Sequence[CloudEndpoint], to: Destination) -> bool:
    """Undecided where the name that was shown cannot be held against an answer of a name server.

    An undeclared name is never covered, whatever its address. A name that the device shows by itself counts only when a name server
    gave that address for it: who hides a server behind a declared name would otherwise be believed.
    """
    if to.transport == "dns":
        return _asked_for(endpoints, to)
    reached = [entry for entry in endpoints if to.transport == "icmp" or (entry.port == to.port and to.transport in entry.transports)]
    if to.hidden:
        return _under_cover(reached, to)
    if to.shown and not is_address(to.shown):
        return _shown(reached, to)
    return _all_declared(reached, to.resolved or [to.address])


def _shown(reached: Sequence[CloudEndpoint], to: Destination) -> bool:
    if not _all_declared(reached, [to.shown]):
        return False
    if to.shown in to.resolved or _all_declared(reached, [to.address]):
        return True
    if to.resolved:
        return _all_declared(reached, to.resolved)
    raise Undecided(f"it says that it contacts {to.shown}, and no name server was seen to give {to.address} for that name")


def _asked_for(endpoints: Sequence[CloudEndpoint], to: Destination) -> bool:
    """A question shows an intention, no contact with anyone but the name server."""
    if _all_declared(endpoints, to.resolved):
        return True
    raise Undecided(f"{', '.join(to.resolved)} is not declared; it was asked for, and nothing was seen to go there")


def _under_cover(reached: Sequence[CloudEndpoint], to: Destination) -> bool:
    """With an encrypted hello the shown name may be a cover: it can convict, and cannot acquit."""
    names = to.resolved or ((to.shown,) if to.shown else (to.address,))
    if not any(_all_declared(reached, [name]) for name in names):
        return False
    raise Undecided("its TLS hello is encrypted, so that the name which it contacts cannot be seen")


def _all_declared(reached: Iterable[CloudEndpoint], hosts: Iterable[str]) -> bool:
    declared = [entry.host for entry in reached]
    return all(any(matches(each, host) for each in declared) for host in hosts)
