"""What a frame looks like from afar: a few hundred grey cells, enough to tell whether two frames show the same.

Independent of the model: another one, or none with an embedding, groups the same frames. How well it tells is measured
by `python -m benchmarks.bursts`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

SIDE = 24
"""Cells in a row and in a column, whatever the photo's shape."""

_GREY = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601
_FLAT = 1.0  # grey levels of contrast that noise alone makes: plain frames are like nothing
_WIDE = 6  # cells to each side; what changes more slowly than that (a bright sky above) is the same in many frames

Cells = npt.NDArray[np.float32]


class Match(NamedTuple):
    """How two looks fit best.

    Attributes:
        likeness: correlation of the cells that overlap, -1..1; a brighter or darker frame is as like.
        right: by how many cells the second must be moved to the right for that.
        down: likewise.
    """

    likeness: float
    right: int
    down: int


def to_look(pixels: npt.NDArray[np.uint8]) -> bytes:
    """The look of a frame.

    Args:
        pixels: RGB, shape (SIDE, SIDE, 3): the photo, shrunk to that.
    """
    return bytes(np.rint(pixels.astype(np.float32) @ _GREY).astype(np.uint8).tobytes())


def cells(look: bytes) -> Cells:
    """What stands out in a look: grey less the mean of the cells around, shape (SIDE, SIDE)."""
    grey = np.frombuffer(look, np.uint8).reshape(SIDE, SIDE).astype(np.float32)
    around = np.lib.stride_tricks.sliding_window_view(np.pad(grey, _WIDE, "reflect"), (2 * _WIDE + 1, 2 * _WIDE + 1))
    return np.asarray(grey - around.mean(axis=(2, 3)), np.float32)


def match(first: Cells, second: Cells, across: range, along: range) -> Match:
    """The best fit among the given shifts (cells to the right, cells down)."""
    fits = (Match(_correlation(first, second, right, down), right, down) for down in along for right in across)
    return max(fits, key=lambda fit: (fit.likeness, -abs(fit.right) - abs(fit.down)))


def _correlation(first: Cells, second: Cells, right: int, down: int) -> float:
    a = first[max(0, down) : SIDE + min(0, down), max(0, right) : SIDE + min(0, right)]
    b = second[max(0, -down) : SIDE + min(0, -down), max(0, -right) : SIDE + min(0, -right)]
    a, b = a - a.mean(), b - b.mean()
    spread = float(np.sqrt(np.vdot(a, a) * np.vdot(b, b))) + _FLAT**2 * a.size
    return float(np.vdot(a, b) / spread)
