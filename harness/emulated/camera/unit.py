"""One unit: the state that all its services share."""

import ssl
from collections.abc import Callable

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.certificate import tls_context
from harness.emulated.camera.clock import Clock
from harness.emulated.camera.door import Door
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.identity import identify
from harness.emulated.camera.lockout import Lockout
from harness.emulated.camera.options import Options
from harness.emulated.camera.sessions import Sessions
from harness.emulated.camera.vault import Vault


class Unit:
    """Accounts, sessions, clock and identity of a camera that is switched on."""

    def __init__(self, options: Options) -> None:
        self.address, self.flaws = options.address, options.flaws
        self.https_port, self.rtsp_port = options.https_port, options.rtsp_port
        self.media = False
        self.flash = Flash(options.flash)
        self.identity = identify(self.flash, options)
        self.clock = Clock()
        keep_former = any(flaw.startswith("old-password-") for flaw in self.flaws)
        self.accounts = Accounts(self.flash, Vault(self.identity.key), keep_former=keep_former)
        self.sessions = Sessions(self.clock)
        self._lockout = Lockout(self.clock)
        self._stream_enders: list[Callable[[str], None]] = []

    def door(self, surface: str) -> Door:
        """The log-in of one surface."""
        return Door(surface, self.accounts, self._lockout, also_former=f"old-password-{surface}" in self.flaws)

    def tls(self) -> ssl.SSLContext:
        """A server's context with this unit's certificate."""
        return tls_context(self.flash, self.identity.serial, self.address)

    def on_revoked(self, end_streams: Callable[[str], None]) -> None:
        """Have the streams of an account ended when its password changes."""
        self._stream_enders.append(end_streams)

    def change_password(self, user: str, password: str, asking: str = "") -> None:
        """Change it on the flash, then end all that the old one opened; `asking` is the token that asked, if one did."""
        self.accounts.change(user, password)
        self._end_sessions(user, asking)
        if "stream-survives" not in self.flaws:
            for end_streams in self._stream_enders:
                end_streams(user)

    def _end_sessions(self, user: str, asking: str) -> None:
        if "sessions-survive" in self.flaws:
            return
        if "second-session-survives" in self.flaws:
            self.sessions.end(asking)
        else:
            self.sessions.end_all(user)
