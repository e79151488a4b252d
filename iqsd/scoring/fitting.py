"""Which part of a photo a model sees, and how it is brought to the size and colours of the model's input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from iqsd.photos.colour import to_srgb
from iqsd.photos.formats import Pixels
from iqsd.photos.opencv import shrink
from iqsd.scoring.metadata import Input

_GREY = 127


@dataclass(frozen=True)
class Region:
    """A rectangle, in pixels."""

    x: int
    y: int
    width: int
    height: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.y, self.y + self.height), slice(self.x, self.x + self.width)


def seen(how: Input, width: int, height: int) -> tuple[Region, Region]:
    """Which part of a photo the model sees, and where in its input that part goes.

    Args:
        how: the model's input.
        width: of the photo, pixels.
        height: likewise.

    Returns:
        the region of the photo, and the region of the input.
    """
    photo, given = Region(0, 0, width, height), Region(0, 0, how.width, how.height)
    if how.fit == "crop":
        scale = min(width / how.width, height / how.height)
        w, h = max(1, round(how.width * scale)), max(1, round(how.height * scale))
        photo = Region((width - w) // 2, (height - h) // 2, w, h)
    elif how.fit == "pad":
        scale = min(how.width / width, how.height / height)
        w, h = max(1, round(width * scale)), max(1, round(height * scale))
        given = Region((how.width - w) // 2, (how.height - h) // 2, w, h)
    return photo, given


def fit(pixels: Pixels, how: Input, profile: bytes = b"") -> Pixels:
    """Bring a photo to the model's input size (squashed, cut to its centre, or padded with grey) and to sRGB.

    Args:
        pixels: RGB, uint8, shape (height, width, 3), upright.
        how: the model's input.
        profile: ICC profile of the pixels; empty: sRGB.
    """
    photo, given = seen(how, pixels.shape[1], pixels.shape[0])
    canvas = _resized(pixels[photo.slices], given.width, given.height, how.resize)
    if how.fit == "pad":
        padded = np.full((how.height, how.width, 3), _GREY, np.uint8)
        padded[given.slices] = canvas
        canvas = padded
    canvas = to_srgb(canvas, profile)
    return canvas if how.channels == "rgb" else canvas[:, :, ::-1]


def _resized(pixels: Pixels, width: int, height: int, how: str) -> Pixels:
    if how == "area":
        return shrink(pixels, width, height)
    rows, columns = _nearest(pixels.shape[0], height), _nearest(pixels.shape[1], width)
    return np.asarray(pixels[rows[:, None], columns], np.uint8)


def _nearest(old: int, new: int) -> npt.NDArray[np.int64]:
    """Which of `old` pixels to pick, int [new]; summed step by step, so that ties fall as they do in Pillow."""
    step = old / new
    return np.cumsum([step / 2, *[step] * (new - 1)]).astype(np.int64)
