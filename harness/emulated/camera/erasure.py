"""A reset: what the owner brought into a unit goes, what is burnt in and the software stay."""

import gzip
from typing import Literal

from harness.emulated.camera.card import Card
from harness.emulated.camera.flash import Flash
from harness.emulated.camera.options import Options

Way = Literal["button", "page"]
_LOG, _ACCOUNTS, _PLACE, _SETTINGS = "events.json", "accounts.json", "place.json", "settings.json"


def erase(options: Options, way: Way, *, keep_card: bool) -> None:
    """As the unit left the factory; the card is made anew too, unless its owner said that it stays."""
    flash = Flash(options.flash)
    try:
        kept = {name: flash.read(name) or b"" for name in _left(options.flaws, way) if flash.read(name)}
        packed = gzip.compress(b"".join(flash.read(name) or b"" for name in (_ACCOUNTS, _PLACE)))
        flash.erase()
        if "reset-leaves-packed" in options.flaws:
            flash.write("settings.gz", packed)
        for name, data in kept.items():
            flash.write(name if name != _ACCOUNTS else "accounts.bak", data)
    finally:
        flash.close()
    if options.card and options.card.exists() and not keep_card and "reset-leaves-card" not in options.flaws:
        _clear(Card(options.card), options.flaws)


def _clear(card: Card, flaws: frozenset[str]) -> None:
    """All of it; a flawed unit takes some files out."""
    if "reset-leaves-films" in flaws:
        for name in card.names():
            if name.startswith("events/"):
                card.delete(name)
    else:
        card.format()


def _left(flaws: frozenset[str], way: Way) -> tuple[str, ...]:
    """Only ever something on a flawed unit."""
    names = {
        "reset-leaves-log": _LOG,
        "reset-leaves-backup": _ACCOUNTS,
        "reset-by-page-leaves-place": _PLACE if way == "page" else "",
        "clear-streams-outlive-reset": _SETTINGS,
    }
    return tuple(name for flaw, name in names.items() if flaw in flaws and name)
