"""Exposure so wrong that nothing is left to see: judged on the pixels, because no model needs to guess at it."""

from __future__ import annotations

import numpy as np

from iqsd.photos.formats import Pixels

_SAMPLES = 250_000
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def faults(pixels: Pixels) -> dict[str, float]:
    """How far a frame is all black or all white.

    The figure is 0 for every photo that shows anything: an under-exposed one has its brightest percent below a fifth
    of the range, a burnt-out one its darkest percent above nine tenths. High key and low key are far from both.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).

    Returns:
        `underexposure` and `overexposure`, each 0..1.
    """
    step = max(1, int((pixels.shape[0] * pixels.shape[1] / _SAMPLES) ** 0.5))
    luma = pixels[::step, ::step].astype(np.float32) @ _LUMA
    dark, bright = np.percentile(luma, (1, 99))
    return {
        "underexposure": float(np.clip((48 - bright) / 32, 0, 1)),
        "overexposure": float(np.clip((dark - 232) / 16, 0, 1)),
    }
