"""What every client of the camera raises when its server does not answer, or not as it should."""


class Unreachable(Exception):
    """The message says which server, and why."""
