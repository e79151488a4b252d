"""High dynamic range (PQ and HLG, ITU-R BT.2100) to sRGB, so that the model sees what a person sees on a screen."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from iqsd.photos import limits, opencv
from iqsd.photos.colour import BT2020, P3, profile_of_numbers
from iqsd.photos.formats import Picture, Pixels

PQ, HLG = 16, 18
"""Transfer characteristics by their numbers in ITU-T H.273."""

_WHITE, _PEAK = 203.0, 1000.0  # candelas per square metre: paper white (BT.2408), and the screen that HLG is meant for
_TO_SRGB = {
    BT2020: np.array([[1.6605, -0.5876, -0.0728], [-0.1246, 1.1329, -0.0083], [-0.0182, -0.1006, 1.1187]], np.float32),
    P3: np.array([[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]], np.float32),
}
_KNEE = 0.5  # of white: what is darker stays as it is, what is brighter is compressed to below 1
_STEPS = 4096

Floats = npt.NDArray[np.float32]


def shown(picture: Picture, transfer: int | None, primaries: int | None, wanted: tuple[int, int]) -> Picture:
    """The picture as a screen of ordinary brightness would show it, shrunk. The pixels of one that is not HDR stay.

    Args:
        picture: the picture.
        transfer: how light became its numbers, by its number in H.273; None: not given.
        primaries: likewise, the colours of red, green and blue.
        wanted: the smallest useful (width, height) in pixels.
    """
    if transfer not in (PQ, HLG):
        return picture._replace(profile=picture.profile or profile_of_numbers(transfer, primaries))
    width, height = limits.shrunk(picture.pixels.shape[1], picture.pixels.shape[0], wanted)
    return Picture(to_srgb(opencv.shrink(picture.pixels, width, height), transfer, primaries or 0), b"")


def to_srgb(pixels: Pixels, transfer: int, primaries: int) -> Pixels:
    """Map a picture as a screen of ordinary brightness would show it.

    Args:
        pixels: RGB, uint8, in the given transfer; best shrunk beforehand.
        transfer: `PQ` or `HLG`.
        primaries: `BT2020` and `P3` are converted to sRGB's; any others are taken for sRGB's.
    """
    codes = np.linspace(0, 1, 256, dtype=np.float32)
    light = (_pq(codes) if transfer == PQ else _hlg(codes))[pixels]
    if primaries in _TO_SRGB:
        light = np.maximum(light @ _TO_SRGB[primaries].T, 0)
    bright = light > _KNEE
    light[bright] = 1 - (1 - _KNEE) * np.exp((_KNEE - light[bright]) / (1 - _KNEE))
    scale = np.linspace(0, 1, _STEPS, dtype=np.float32)
    curve = np.where(scale <= 0.0031308, 12.92 * scale, 1.055 * scale ** (1 / 2.4) - 0.055)
    table = np.round(255 * curve).astype(np.uint8)
    return np.asarray(table[(light * (_STEPS - 1)).astype(np.uint16)], np.uint8)


def _pq(code: Floats) -> Floats:
    """Light relative to paper white (BT.2100, table 4)."""
    power = code ** (1 / 78.84375)
    light = (np.maximum(power - 0.8359375, 0) / (18.8515625 - 18.6875 * power)) ** (1 / 0.1593017578125)
    return np.asarray(light * 10000 / _WHITE, np.float32)


def _hlg(code: Floats) -> Floats:
    """Light relative to paper white on a screen of 1,000 cd/m² (BT.2100, table 5)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = np.where(code <= 0.5, code**2 / 3, (np.exp((code - c) / a) + b) / 12)
    return np.asarray(scene**1.2 * _PEAK / _WHITE, np.float32)
