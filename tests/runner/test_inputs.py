"""What a run knows of its cases before it begins."""

from harness.runner.inputs import read_inputs
from harness.runner.settings import Settings

LOOK_BACK = {
    "test_nothing_secret_or_managed_goes_unprotected",
    "test_only_declared_servers_are_contacted",
    "test_serial_output_carries_no_secrets",
    "test_the_device_itself_asks_for_current_tls_only",
    "test_the_device_itself_prefers_forward_secrecy",
}


def test_a_case_that_looks_back_at_set_up_has_it_recorded() -> None:
    """A run that goes on after a cut resets the device for these; for no others."""
    inputs = read_inputs(Settings(device="fast"))
    assert {info.name.rpartition("::")[2] for info in inputs.registry.cases if inputs.shows_set_up(info)} == LOOK_BACK
