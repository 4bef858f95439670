"""Everything camlabel raises on purpose.

CamlabelError
├── UsageError           wrong use or a broken bench: exit status 3, one sentence to the user
├── Undecided            INCONCLUSIVE: the device was asked and the answer does not settle it
│   ├── DeviceSilent     raised by transports only: no answer, connection refused or cut
│   ├── OutOfScope       the device led to an address that the bench does not name
│   └── Diverged         playback: the journal has no answer to this question
├── NotPossible          NOT_TESTED: no action known, not permitted, a tool is missing
├── NotRestored          an undo could not be verified: ends the run, its obligation stays open
└── RecordLost           the journal or an artefact cannot be written (full disk): ends the run, exit status 3

Anything else that leaves a probe or a case is ERROR.
"""


class CamlabelError(Exception):
    """Base of all that is raised on purpose."""


class UsageError(CamlabelError):
    """Wrong use or a broken bench; the message is one sentence for the user, with the remedy."""


class Undecided(CamlabelError):
    """The device was asked and the answer does not settle it."""


class DeviceSilent(Undecided):
    """No answer in time, or the connection was refused or cut; only transports raise it.

    `received` keeps the part of the answer that did come.
    """

    def __init__(self, message: str, received: bytes = b"") -> None:
        super().__init__(message)
        self.received = received


class OutOfScope(Undecided):
    """A connection to an address that the bench does not name was refused by the gate."""


class Diverged(Undecided):
    """Playback met a question that the journal cannot answer."""


class NotPossible(CamlabelError):
    """Cannot be done on this bench; the message says what is missing."""


class RecordLost(CamlabelError):
    """What was observed cannot be recorded any more; nothing may be judged after that."""


class NotRestored(CamlabelError):
    """An undo could not be verified; the message says what the device is left with."""
