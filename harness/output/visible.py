"""Text from a device, made safe to show: whatever could move a cursor, hide, reorder or break a document becomes `\\x1b`, `\\u202e`."""

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def visible(text: str, limit: int = 2000, *, lines: bool = False) -> str:
    """At most `limit` characters of a text, with everything invisible spelled out; `lines` keeps line ends and tabs.

    Backslashes stay as they are, so that a command can be copied. The full text is in the journal.
    """
    if len(text) <= limit and text.isprintable():
        return text
    kept = "\n\t" if lines else ""
    shown = "".join(each if each in kept or (each.isascii() and each.isprintable()) else _shown(each) for each in text[:limit])
    return shown if len(text) <= limit else f"{shown}… (+{len(text) - limit} characters)"


def _shown(character: str) -> str:
    code = ord(character)
    nothing = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if not nothing and unicodedata.category(character) not in _HIDDEN:
        return character
    names = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return names.get(character) or _spelled(code)


def _spelled(code: int) -> str:
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
