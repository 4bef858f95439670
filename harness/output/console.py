"""Prints with rich on whatever stream there is."""

import io
from collections.abc import Callable
from typing import TextIO

from rich.console import Console

WIDEST = 120

Draw = Callable[[Console], None]


def show(draw: Draw, stream: TextIO) -> None:
    """Print on a terminal in colour and to its width, elsewhere plainly; what the stream's encoding lacks is spelled out."""
    console = Console(file=stream, legacy_windows=False)
    memory = _Memory(console.encoding)
    width = min(console.width, WIDEST)
    draw(Console(file=memory, width=width, force_terminal=console.is_terminal, no_color=console.no_color, legacy_windows=False))
    text = memory.getvalue() if console.is_terminal else trimmed(memory.getvalue())
    stream.write(text.encode(console.encoding, "backslashreplace").decode(console.encoding))
    stream.flush()


def plain(draw: Draw) -> bytes:
    """As a text file, 100 columns wide."""
    file = io.StringIO()
    draw(Console(file=file, width=100, color_system=None, legacy_windows=False))
    return trimmed(file.getvalue()).encode()


def trimmed(text: str) -> str:
    """Without spaces at the ends of lines."""
    return "".join(f"{line.rstrip()}\n" for line in text.split("\n")[:-1])


class _Memory(io.StringIO):
    """Text in memory that says which encoding it will have, so that rich draws lines that exist in it."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """The encoding of the stream that gets the text."""
        return self._encoding
