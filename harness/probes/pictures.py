"""What pictures show, pure: are they like others that were seen before, do they move, is there anything in them at all?

Pictures are compared tile by tile, each by its own contrast: so a dimmed, tinted or partly covered scene is still like itself, and what is
written over both (a clock, a name) is a few tiles only.
"""

import math
from collections.abc import Iterable, Sequence
from operator import mul
from typing import Literal

from harness.transports.decoder import HEIGHT, LEVEL, WIDTH, Grid

ACROSS, DOWN = 8, 6
TILES = ACROSS * DOWN
ALIKE = 0.85  # of two tiles: 1 is the same pattern
ROUGH, FAINT = 1.0 * LEVEL, 0.1 * LEVEL  # a tile of the scene shows something; of another picture could
MOVES = 1.5 * LEVEL
SCENE, NOT_SCENE = 0.5, 0.3
STILL = 0.15
BLANK = 3.0
SHOWN_MIN = 0.25
_TALL, _WIDE = HEIGHT // DOWN, WIDTH // ACROSS

Seen = Literal["nothing", "blank", "card", "scene", "unclear"]
Pattern = tuple[tuple[float, ...] | None, ...]  # of each tile; None where it is flat


def patterns(grid: Grid, least: float) -> tuple[Pattern, ...]:
    """Each plane's tiles without their brightness and contrast."""
    return tuple(tuple(_pattern(tile, least) for tile in tiles(plane)) for plane in grid.planes)


def tiles(plane: Sequence[int]) -> Iterable[list[int]]:
    """The cells of each tile, row by row."""
    for top in range(0, HEIGHT, _TALL):
        for left in range(0, WIDTH, _WIDE):
            yield [plane[row * WIDTH + column] for row in range(top, top + _TALL) for column in range(left, left + _WIDE)]


def likeness(shown: Sequence[Grid], known: Sequence[Grid]) -> float:
    """The share of the tiles in which a known picture shows something that one of these shows too."""
    ours = [patterns(grid, FAINT) for grid in shown]
    return max((_share(mine, theirs) for grid in known for theirs in patterns_of_scene(grid) for mine in ours), default=0.0)


def patterns_of_scene(grid: Grid) -> list[tuple[int, Pattern]]:
    """Planes in which enough is shown to be found again."""
    found = enumerate(patterns(grid, ROUGH))
    return [(plane, pattern) for plane, pattern in found if sum(each is not None for each in pattern) >= SHOWN_MIN * TILES]


def movement(shown: Sequence[Grid]) -> float:
    """The share of the tiles in which some cell's brightness changes from one picture to another."""
    if len(shown) < 2:
        return 0.0
    lowest, highest = (list(map(pick, *(grid.planes[0] for grid in shown))) for pick in (min, max))
    spread = [high - low for low, high in zip(lowest, highest, strict=True)]
    return sum(max(tile) > MOVES for tile in tiles(spread)) / TILES


def contrast(shown: Sequence[Grid]) -> float:
    """How far cells are from the middle brightness, on the average, in levels of 8 bits."""
    return max((_deviation(grid.planes[0]) / LEVEL for grid in shown), default=0.0)


def shows_something(shown: Sequence[Grid]) -> bool:
    """Enough to be found again?"""
    return any(patterns_of_scene(grid) for grid in shown)


def seen(pictures: int, alike: float, moved: float, deviation: float) -> Seen:
    """What they are. A card stands still but for what is written on it; a blank one has noise at most."""
    if not pictures:
        return "nothing"
    if alike >= SCENE:
        return "scene"
    if alike >= NOT_SCENE:
        return "unclear"
    if deviation < BLANK:
        return "blank"
    return "card" if moved <= STILL else "unclear"


def _share(mine: tuple[Pattern, ...], theirs: tuple[int, Pattern]) -> float:
    plane, pattern = theirs
    pairs = [(one, other) for one, other in zip(pattern, mine[plane], strict=True) if one is not None]
    return sum(other is not None and math.fsum(map(mul, one, other)) >= ALIKE for one, other in pairs) / len(pairs)


def _pattern(tile: Sequence[int], least: float) -> tuple[float, ...] | None:
    mean = sum(tile) / len(tile)
    away = [cell - mean for cell in tile]
    size = math.sqrt(sum(map(mul, away, away)))
    return tuple(each / size for each in away) if size / math.sqrt(len(tile)) >= least else None


def _deviation(plane: Sequence[int]) -> float:
    mean = sum(plane) / len(plane)
    return math.sqrt(sum((cell - mean) ** 2 for cell in plane) / len(plane))
