"""What the owner can switch; a unit is delivered with the safe choice in each."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from harness.emulated.camera.flash import Flash

_FILE = "settings.json"


@dataclass(frozen=True)
class Setting:
    """One switch: what is delivered, what the page says beside it, and of what it warns before it is switched on."""

    name: str
    delivered: bool
    words: str
    warning: str = ""


SETTINGS: tuple[Setting, ...] = (
    Setting("guess_limit", True, "Lock an account for ten minutes after ten wrong passwords"),
    Setting("anonymous_viewing", False, "Show the still picture to everybody in the home network"),
    Setting("plain_http", False, "Serve this page without encryption too (port 80), for old browsers"),
    Setting("remote_diagnostics", False, "Let the producer's support look into the camera (port 8022)"),
    Setting("port_mapping", False, "Ask the router to open a port, for viewing from outside"),
    Setting("microphone", True, "Send sound with the picture"),
    Setting("home_systems", False, "Let home systems of other makers read the state (port 8123)"),
    Setting(
        "clear_streams",
        False,
        "Let players watch without encryption too (RTSP, port 554)",
        "Without encryption everybody in the home network, and on the way, can see and hear what the camera does. Allow it all the same?",
    ),
)


class SettingRefused(Exception):
    """A setting cannot be changed like that; the message says why."""


class Settings:
    """All switches; every change is on the flash before it counts, then those that are concerned are told."""

    def __init__(self, flash: Flash, flaws: frozenset[str] = frozenset()) -> None:
        self._flash = flash
        self._delivered = {each.name: each.delivered for each in SETTINGS} | _delivered_otherwise(flaws)
        stored = flash.read(_FILE)
        kept: dict[str, bool] = json.loads(stored) if stored is not None else {}
        if "sound-after-restart" in flaws:
            kept.pop("microphone", None)
        self._values = self._delivered | {name: value for name, value in kept.items() if name in self._delivered}
        self._actors: list[Callable[[str, bool], object]] = []

    def __getitem__(self, name: str) -> bool:
        """Is it on?"""
        return self._values[name]

    def everything(self) -> dict[str, bool]:
        """All of them, in the page's order."""
        return {each.name: self._values[each.name] for each in SETTINGS}

    def warnings(self, wanted: dict[str, object]) -> tuple[str, ...]:
        """What is to be said before these are set."""
        return tuple(each.warning for each in SETTINGS if each.warning and wanted.get(each.name) is True and not self._values[each.name])

    def on_change(self, act: Callable[[str, bool], object]) -> None:
        """Have something done when one is changed."""
        self._actors.append(act)

    def change(self, wanted: dict[str, object]) -> tuple[str, ...]:
        """Set some; all of them fit, or none is changed. Returns those that were otherwise before."""
        unknown = [name for name in wanted if name not in self._values]
        if unknown or not wanted:
            raise SettingRefused(f"there is no setting {unknown[0]}" if unknown else "name a setting")
        values = {name: value for name, value in wanted.items() if isinstance(value, bool)}
        if len(values) < len(wanted):
            raise SettingRefused("a setting is true or false")
        changed = {name: value for name, value in values.items() if self._values[name] is not value}
        self._flash.write(_FILE, json.dumps(self._values | changed).encode())
        self._values |= changed
        for name, value in changed.items():
            for act in self._actors:
                act(name, value)
        return tuple(changed)


def _delivered_otherwise(flaws: frozenset[str]) -> dict[str, bool]:
    """Only ever something on a flawed unit."""
    words = {True: "delivered-without", False: "delivered-with"}
    return {each.name: not each.delivered for each in SETTINGS if f"{words[each.delivered]}-{each.name.replace('_', '-')}" in flaws}
