"""What pictures show, pure: are they like others that were seen before, do they move, is there anything in them at all?

Pictures are compared tile by tile, each by its own pattern alone, without brightness, contrast and slope: so a dimmed, tinted or partly
covered scene is still like itself, what is written over both (a clock, a name) is a few tiles, and smooth shades are like nothing.
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from operator import mul

from harness.model.privacy import Seen
from harness.transports.decoder import HEIGHT, LEVEL, PLANES, WIDTH, Grid

ACROSS, DOWN = 8, 6
TILES = ACROSS * DOWN
ALIKE = 0.8  # of two tiles: 1 is the same pattern
ROUGH, FAINT = 1.0 * LEVEL, 0.1 * LEVEL  # a tile of the scene shows something; of another picture could
MOVES = 1.5 * LEVEL
SCENE, NOT_SCENE = 0.3, 0.15
STILL = 0.15
BLANK = 3.0
SHOWN_MIN = 0.25
_TALL, _WIDE = HEIGHT // DOWN, WIDTH // ACROSS
_RIGHT = [column - (_WIDE - 1) / 2 for _ in range(_TALL) for column in range(_WIDE)]
_DOWN = [row - (_TALL - 1) / 2 for row in range(_TALL) for _ in range(_WIDE)]
_SQUARES = [sum(map(mul, places, places)) for places in (_RIGHT, _DOWN)]

Pattern = tuple[tuple[float, ...] | None, ...]  # of each tile; None where it is flat


@lru_cache(maxsize=64)
def patterns(grid: Grid, least: float) -> tuple[Pattern, ...]:
    """Each plane's tiles without their brightness and contrast."""
    return tuple(tuple(_pattern(tile, least) for tile in tiles(plane)) for plane in grid.planes)


def tiles(plane: Sequence[int]) -> Iterable[list[int]]:
    """The cells of each tile, row by row."""
    for top in range(0, HEIGHT, _TALL):
        for left in range(0, WIDTH, _WIDE):
            yield [plane[row * WIDTH + column] for row in range(top, top + _TALL) for column in range(left, left + _WIDE)]


def likeness(shown: Sequence[Grid], known: Sequence[Grid]) -> float:
    """The share of the tiles with a known pattern in which one of these pictures has it, or another one that was there; the best plane."""
    scenes = [patterns(grid, ROUGH) for grid in known]
    ours = [patterns(grid, FAINT) for grid in shown]
    shares = (_share([one[plane] for one in scenes], mine[plane]) for mine in ours for plane in range(PLANES))
    return max(shares, default=0.0)


def shows_something(shown: Sequence[Grid]) -> bool:
    """Enough to be found again?"""
    return any(_is_enough(plane) for grid in shown for plane in patterns(grid, ROUGH))


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


def _share(scenes: Sequence[Pattern], mine: Pattern) -> float:
    known = [[tile for tile in there if tile is not None] for there in zip(*scenes, strict=True)]
    told = [(there, tile) for there, tile in zip(known, mine, strict=False) if there]
    if len(told) < SHOWN_MIN * TILES:
        return 0.0
    return sum(tile is not None and any(_is_alike(tile, one) for one in there) for there, tile in told) / len(told)


def _is_alike(one: Sequence[float], other: Sequence[float]) -> bool:
    return math.fsum(map(mul, one, other)) >= ALIKE


def _is_enough(pattern: Pattern) -> bool:
    return sum(tile is not None for tile in pattern) >= SHOWN_MIN * TILES


def _pattern(tile: Sequence[int], least: float) -> tuple[float, ...] | None:
    """What is left without the plane that lies through it best."""
    mean = sum(tile) / len(tile)
    right, down = (sum(map(mul, places, tile)) / squares for places, squares in ((_RIGHT, _SQUARES[0]), (_DOWN, _SQUARES[1])))
    away = [cell - mean - right * x - down * y for cell, x, y in zip(tile, _RIGHT, _DOWN, strict=True)]
    size = math.sqrt(sum(map(mul, away, away)))
    return tuple(each / size for each in away) if size / math.sqrt(len(tile)) >= least else None


def _deviation(plane: Sequence[int]) -> float:
    mean = sum(plane) / len(plane)
    return math.sqrt(sum((cell - mean) ** 2 for cell in plane) / len(plane))
