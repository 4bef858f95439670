"""Presses the reset button of an emulated camera."""

from harness.lab.emulated import Device


class EmulatedReset:
    """Implements harness.transports.reset.ResetButton by the camera's control socket."""

    way = "the emulated camera's own button"

    def __init__(self, device: Device) -> None:
        self._device = device

    def press(self, seconds: float) -> None:
        """Hold it so long; the camera answers when it runs again."""
        self._device.press_reset(seconds)
