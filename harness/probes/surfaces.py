"""Which declared log-in surface a request counts for."""

from harness.gate.bench import Bench


def surface_of(bench: Bench, service: str, interface: str) -> str:
    """The id of the surface of this service, else of this interface, else the interface's own name."""
    declared = bench.profile.ixit.auth_mech
    by_service = (entry.id for entry in declared if entry.service == service and entry.interface == interface)
    by_interface = (entry.id for entry in declared if entry.interface == interface)
    return next(by_service, None) or next(by_interface, interface)
