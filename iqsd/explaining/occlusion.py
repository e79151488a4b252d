"""What covering a part of a photo does to its score: occlusion (Zeiler and Fergus 2014, section 4.2).

A patch of strong blur slides over the model's input. Blur removes what can be seen in a place and adds nothing new,
whereas a grey patch would add edges of its own. This measures how the score responds to the covering, not what the
model looks at.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iqsd.photos.formats import Pixels
from iqsd.photos.opencv import shrink

Effects = npt.NDArray[np.float32]

STEPS = 10
"""Patches along each side: a hundred and one runs of the model, about a second."""

_SHARE = 0.2  # of a side; neighbouring patches overlap by half
_COARSE = 12  # the blur: the whole input reduced to this many pixels a side
_FEATHER = 0.25  # of the patch: its rim fades out, because the model would judge a hard rim as an edge


@dataclass(frozen=True)
class Occlusion:
    """What covering did.

    Attributes:
        score: of the photo as it is, 0..100, by the model's input alone.
        effects: float32, shape (height, width) of the input: by how much covering each place changes the score,
            averaged over the patches that cover it; below 0 where the score falls.
        lowers: the most that a single patch took away, 0 or more.
        raises: the most that one added, 0 or more.
    """

    score: float
    effects: Effects
    lowers: float
    raises: float


def occlude(canvas: Pixels, score: Callable[[Pixels], float]) -> Occlusion:
    """Slide the patch over an input.

    Args:
        canvas: the model's input, uint8, shape (height, width, 3).
        score: the joined score of such an input, 0..100.
    """
    height, width = canvas.shape[:2]
    side, whole = (_side(height), _side(width)), score(canvas)
    picture = canvas.astype(np.float32)
    taken_in = shrink(shrink(canvas, _COARSE, _COARSE), width, height).astype(np.float32) - picture
    mask = np.outer(_ramp(side[0]), _ramp(side[1])).astype(np.float32)
    total, weight = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    changes = []
    for y in _places(height):
        for x in _places(width):
            here = (slice(y, y + side[0]), slice(x, x + side[1]))
            covered = canvas.copy()
            covered[here] = np.round(picture[here] + mask[..., None] * taken_in[here])
            changes.append(score(covered) - whole)
            total[here] += mask * np.float32(changes[-1])
            weight[here] += mask
    return Occlusion(whole, total / weight, max(0.0, -min(changes)), max(0.0, *changes))


def _side(length: int) -> int:
    return max(1, round(length * _SHARE))


def _places(length: int) -> list[int]:
    return [round(at) for at in np.linspace(0, length - _side(length), STEPS)]


def _ramp(length: int) -> Effects:
    """1 in the middle, falling to near 0 at both ends."""
    inward = (np.minimum(np.arange(length), np.arange(length)[::-1]) + 0.5) / (length * _FEATHER)
    return np.asarray(np.minimum(inward, 1), np.float32)
