"""What a frame looks like from a distance: a few hundred grey cells, enough to tell whether two show the same thing.

Independent of the model: with another one, or one without an embedding, the same frames are grouped. How well this
works is measured by `python -m benchmarks.bursts`. Plain Python, because the process that groups frames does without
NumPy: on so few cells, it would add 20 MB and gain nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, product
from operator import mul, sub
from typing import NamedTuple

SIDE = 24
"""Cells in a row and in a column, whatever the photo's shape. A look is their grey levels, row by row."""

_FLAT = 1.0  # contrast in grey levels that noise alone causes: featureless frames are like no other
_WIDE = 6  # cells to each side; what changes more gradually (a bright sky above) is the same in many frames


HAND = range(-2, 3)
"""Cells by which a camera held still in the hand may move: a twelfth of the frame."""

_HAND_NEAREST_FIRST = sorted(product(HAND, HAND), key=lambda move: abs(move[0]) + abs(move[1]))


class Match(NamedTuple):
    """How two looks fit best.

    Attributes:
        likeness: correlation of the cells that overlap, -1..1; a difference in brightness does not lower it.
        right: by how many cells the second look must be moved to the right for this fit.
        down: likewise, down.
    """

    likeness: float
    right: int
    down: int


def match(first: bytes, second: bytes, across: range, along: range) -> Match:
    """The best fit of two looks among the given shifts (cells to the right, cells down)."""
    fits = []
    for right in across:
        one, other = _cut(first, right), _cut(second, -right)
        fits += [Match(_correlation(one, other, down), right, down) for down in along]
    return max(fits, key=lambda fit: (fit.likeness, -abs(fit.right) - abs(fit.down)))


def is_like(first: bytes, second: bytes, least: float) -> bool:
    """Whether two looks correlate by at least `least`, even if the hand moved a little between them."""
    return any(
        _correlation(_cut(first, right), _cut(second, -right), down) >= least for right, down in _HAND_NEAREST_FIRST
    )


class _Cut(NamedTuple):
    """Some columns, row by row, with running sums of the cells and of their squares: item n sums the first n cells."""

    width: int
    cells: list[float]
    sums: list[float]
    squares: list[float]


@lru_cache(maxsize=64)  # each frame of a series is compared with the same few others
def _cut(look: bytes, left: int) -> _Cut:
    """What stands out, without the first `left` columns, or without the last `-left` if it is negative."""
    start, stop = max(0, left), SIDE + min(0, left)
    kept = [cell for row in _standing_out(look) for cell in row[start:stop]]
    return _Cut(stop - start, kept, [0.0, *accumulate(kept)], [0.0, *accumulate(map(mul, kept, kept))])


@lru_cache(maxsize=4)
def _standing_out(look: bytes) -> list[list[float]]:
    """Each cell's grey level minus the mean of the cells around it, by rows."""
    rows = [look[start : start + SIDE] for start in range(0, SIDE * SIDE, SIDE)]
    columns = [_means(column) for column in zip(*map(_means, rows), strict=True)]
    return [list(map(sub, row, around)) for row, around in zip(rows, zip(*columns, strict=True), strict=True)]


def _means(line: Sequence[float]) -> list[float]:
    """The mean around each cell of a line, which is mirrored at its ends."""
    longer = [*line[_WIDE:0:-1], *line, *line[-2 : -_WIDE - 2 : -1]]
    sums = [0.0, *accumulate(longer)]
    wide = 2 * _WIDE + 1
    return [(sums[start + wide] - sums[start]) / wide for start in range(SIDE)]


def _correlation(one: _Cut, other: _Cut, down: int) -> float:
    size = (SIDE - abs(down)) * one.width
    a, b = max(0, down) * one.width, max(0, -down) * one.width
    sum_a, sum_b = one.sums[a + size] - one.sums[a], other.sums[b + size] - other.sums[b]
    both = sum(map(mul, one.cells[a : a + size], other.cells[b : b + size])) - sum_a * sum_b / size
    spread_a = one.squares[a + size] - one.squares[a] - sum_a**2 / size
    spread_b = other.squares[b + size] - other.squares[b] - sum_b**2 / size
    return float(both / (max(0.0, spread_a * spread_b) ** 0.5 + _FLAT**2 * size))
