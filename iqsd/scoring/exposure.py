"""Exposure so wrong that nothing is left to see. It is judged on the pixels, because no model needs to guess it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iqsd.photos.formats import Pixels

_SAMPLES = 60_000


def faults(pixels: Pixels) -> dict[str, float]:
    """How close a frame is to all black or all white.

    The figure is 0 for every photo that shows anything. To count as under-exposed, the brightest percent must stay
    below a fifth of the range in every channel; to count as burnt out, the darkest percent must stay above nine tenths
    in every channel. High key, low key and a stage all in blue light are far from both.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).

    Returns:
        `underexposure` and `overexposure`, each 0..1.
    """
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / _SAMPLES) ** 0.5))
    red, green, blue = (pixels[::step, ::step, channel] for channel in range(3))
    bright = _level(np.maximum(np.maximum(red, green), blue), 0.99)
    dark = _level(np.minimum(np.minimum(red, green), blue), 0.01)
    return {
        "underexposure": float(np.clip((48 - bright) / 32, 0, 1)),
        "overexposure": float(np.clip((dark - 232) / 16, 0, 1)),
    }


def _level(values: npt.NDArray[np.uint8], share: float) -> int:
    """The level that this share of the values do not exceed. Counting takes a tenth of the time that sorting takes."""
    counts = np.bincount(values.ravel(), minlength=256)
    return int(np.searchsorted(np.cumsum(counts), share * values.size))
