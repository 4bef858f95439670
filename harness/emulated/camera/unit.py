"""One unit: the state that all its services share."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Literal

from harness.emulated.camera.accounts import Accounts
from harness.emulated.camera.card import Card
from harness.emulated.camera.certificate import tls_context
from harness.emulated.camera.clock import Clock
from harness.emulated.camera.door import Door
from harness.emulated.camera.events import EventLog
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.identity import identify
from harness.emulated.camera.lockout import Lockout
from harness.emulated.camera.options import Options
from harness.emulated.camera.place import Place
from harness.emulated.camera.privacy import Privacy
from harness.emulated.camera.recordings import Recorder, Recordings
from harness.emulated.camera.reset_mark import openings
from harness.emulated.camera.sessions import Sessions
from harness.emulated.camera.settings import Settings
from harness.emulated.camera.storage_flaws import spoil_store, vault_key
from harness.emulated.camera.update.software import Software, factory_image
from harness.emulated.camera.update.updater import Updater, install_staged
from harness.emulated.camera.vault import Vault

Happening = Literal["set-up", "event", "update check", "install update", "live view"]
RESTART_S = 0.2
PRIVACY_S = 3600.0  # as long as it lasts on a flawed unit


def _never() -> None:
    """Before it is switched on nothing restarts it."""


def _never_reset(_: str, __: str) -> None:
    """Before it is switched on nothing resets it."""


def _nowhere(_: str) -> None:
    """A unit without a serial line tells nobody."""


class Unit:
    """Accounts, sessions, clock and identity of a camera that is switched on."""

    def __init__(self, options: Options, clock: Clock) -> None:
        self.address, self.flaws = options.address, options.flaws
        self.https_port, self.rtsps_port, self.rtsp_port = options.https_port, options.rtsps_port, options.rtsp_port
        self.media, self.last_failed = False, ""
        self.flash = Flash(options.flash, lambda: factory_image(self.flaws))
        self.card = Card(options.card) if options.card else None
        self.identity = identify(self.flash, options)
        install_staged(self.flash)
        self.software = Software(self.flash)
        self.updater = Updater(self.flash, self.software, self.flaws)
        self.clock, self.booted = clock, clock.uptime()
        keep_former = any(flaw.startswith("old-password-") for flaw in self.flaws)
        vault = Vault(vault_key(self.flash, self.identity.key, self.flaws))
        self.accounts = Accounts(self.flash, vault, keep_former=keep_former, flaws=self.flaws, kept=self._spoil_store)
        self.sessions = Sessions(self.clock, self.flaws, self.flash, self.identity.serial)
        self.settings = Settings(self.flash, self.flaws)
        self.privacy = Privacy(self.flash, self.flaws)
        if "privacy-ends-with-settings" in self.flaws:
            self.settings.on_change(lambda *_: self.privacy.switch(on=False))
        if "privacy-ends-by-itself" in self.flaws:
            self.privacy.on_change(self._end_privacy_later)
        if "sound-on-after-privacy" in self.flaws:
            self.privacy.on_change(self._switch_sound_on_after)
        self.events = EventLog(self.flash, self.clock, self.flaws)
        self.place = Place(self.flash, self.clock, self.card)
        self.recordings = Recordings(self.place)
        self._lockout = Lockout(self.clock)
        self.newest_token = ""  # of a session of the page; a sound unit keeps none
        self._stream_enders: list[Callable[[str], None]] = []
        self._actors: list[Callable[[Happening], None]] = []
        self._restart: Callable[[], None] = _never
        self._reset: Callable[[str, str], None] = _never_reset
        self.recorder: Recorder | None = None  # where there is an encoder
        self.recording: asyncio.Task[None] | None = None  # the latest
        self.keeps_card = False
        self._log: Callable[[str], None] = _nowhere

    def _spoil_store(self, user: str, password: str) -> None:
        spoil_store(self.flash, self.card, self.flaws, user, password)

    def _end_privacy_later(self, on: bool) -> None:
        if on:
            self.clock.call_later(PRIVACY_S, self._end_privacy)

    def _end_privacy(self) -> None:
        self.privacy.switch(on=False)

    def _switch_sound_on_after(self, on: bool) -> None:
        if not on:
            self.settings.change({"microphone": True})

    def door(self, surface: str) -> Door:
        """The log-in of one surface."""
        return Door(surface, self.accounts, self._lockout, self.settings, self.events, self.flaws, self.identity.serial)

    @property
    def host(self) -> str:
        """Its name on the local network, made of the end of its MAC address."""
        return f"camera-{self.identity.mac.replace(':', '')[-6:]}.local"

    def tls(self) -> ssl.SSLContext:
        """A server's context with this unit's certificate."""
        tells = "tells-serial-by-certificate" in self.flaws
        return tls_context(self.flash, f"camera-{self.identity.serial}" if tells else self.host, self.address, self.flaws)

    @property
    def openings(self) -> frozenset[str]:
        """What stands open since a reset, until set-up; nothing on a sound unit."""
        return openings(self.flash, self.flaws, factory=self.accounts.factory)

    def on_revoked(self, end_streams: Callable[[str], None]) -> None:
        """Have the streams of an account ended when its password changes."""
        self._stream_enders.append(end_streams)

    def on_restart(self, restart: Callable[[], None]) -> None:
        """Who is asked to restart the unit."""
        self._restart = restart

    def on_reset(self, reset: Callable[[str, str], None]) -> None:
        """Who is asked to erase the unit; told who asked, and from where."""
        self._reset = reset

    def on_log(self, say: Callable[[str], None]) -> None:
        """Where lines for whoever listens to the serial line go."""
        self._log = say

    def log(self, text: str) -> None:
        """On the serial line, if there is one; a sound unit says nothing there once it is up."""
        self._log(f"{text}\n")

    def restart(self) -> None:
        """Boot again; whoever asks still gets an answer first."""
        self.clock.call_later(RESTART_S, self._restart)

    def reset(self, actor: str, source: str, *, keep_card: bool = False) -> None:
        """Erase all that was written since the unit was made, and boot again; whoever asks still gets an answer first."""
        self.keeps_card = keep_card
        self.clock.call_later(RESTART_S, lambda: self._reset(actor, source))

    @property
    def hears_recordings(self) -> bool:
        """Is sound recorded? Switched off, on a flawed unit only."""
        return self.settings["microphone"] or "sound-in-recordings" in self.flaws

    def on_happening(self, act: Callable[[Happening], None]) -> None:
        """Have something done when one of these happens."""
        self._actors.append(act)

    def happened(self, what: Happening) -> None:
        """Tell all that are concerned."""
        if what == "event":
            name = self.place.note_event()
            if self.recorder and self.privacy.records:
                self.recording = self.clock.work(self.recorder.record(name))
        for act in self._actors:
            act(what)

    def change_password(self, user: str, password: str, asking: str = "", way: str = "") -> None:
        """Change it on the flash, then end all that the old one opened; `asking` is the token that asked, if one did."""
        kept = f"change-by-{way}-forgotten" not in self.flaws
        self.accounts.change(user, password, any_password=f"weak-by-{way}" in self.flaws, kept=kept)
        self._end_sessions(user, asking)
        if "stream-survives" not in self.flaws:
            self._end_streams(user)

    def remove_account(self, user: str) -> None:
        """Take an account away on the flash, then end all that it opened."""
        self.accounts.remove(user)
        if "viewer-session-survives" not in self.flaws:
            self.sessions.end_all(user)
        if "viewer-stream-survives" not in self.flaws:
            self._end_streams(user)

    def _end_streams(self, user: str) -> None:
        for end_streams in self._stream_enders:
            end_streams(user)

    def _end_sessions(self, user: str, asking: str) -> None:
        if "sessions-survive" in self.flaws:
            return
        if "second-session-survives" in self.flaws:
            self.sessions.end(asking)
        else:
            self.sessions.end_all(user)
