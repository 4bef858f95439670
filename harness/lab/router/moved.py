"""The clock of the router's services: the machine's, plus what the device's clock was advanced."""

import time


class MovedClock:
    """Time of day as the device is to believe it."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        """Seconds since 1970."""
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        """Move on; never back."""
        self.ahead += max(0.0, seconds)
