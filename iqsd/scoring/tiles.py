"""Tiles of a large picture, and what their spectra show: the detail that a network loses at its input size.

A few dozen tiles are enough: those with the most detail (a photo with a blurred background is sharp where it is meant
to be), and smooth ones, where nothing hides noise and blocks.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from iqsd.photos.formats import Pixels
from iqsd.photos.opencv import shrink

Floats = npt.NDArray[np.float32]

SMALLEST_SIDE = 768
"""Below this, the network sees nearly everything there is."""

LARGEST_SIDE = 2 * 1344
"""From this on, the shorter side is halved (or more), so that one tile shows about the same part of any photo."""

_TILE, _ROWS_APART = 64, 16
_DETAILED, _CRISP, _EVEN = 24, 6, 12
_EVEN_SHARE = 0.2
_DARK, _BRIGHT = 12, 243  # a tile beyond these is clipped: noise and detail are cut off there
_BANDS = (1.5, 3, 5, 8, 12, 17, 22, 27, 32)  # cycles per tile
_DIRECTIONS = 6
_LEAST_EDGE = 24  # levels from one side to the other


def features(pixels: Pixels) -> Floats | None:
    """Describe the fine detail of a picture.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).

    Returns:
        float32, shape (`COUNT`,); None if the picture is too small or too empty to say anything.
    """
    pixels = _normal(pixels)
    if min(pixels.shape[:2]) < SMALLEST_SIDE:
        return None
    whole = pixels.shape[0] // _TILE * _TILE
    detail, level = _maps(pixels[:whole:_ROWS_APART, :, 1])
    usable = np.flatnonzero((level > _DARK) & (level < _BRIGHT))
    if len(usable) < _DETAILED:
        return None
    order = usable[np.argsort(detail[usable], kind="stable")]
    lowest = order[: max(_EVEN, round(len(order) * _EVEN_SHARE))]
    even = lowest[np.linspace(0, len(lowest) - 1, _EVEN).astype(int)]
    columns = pixels.shape[1] // _TILE
    tiles = _tiles(pixels, np.concatenate([order[-_DETAILED:], even]), columns)
    return _describe(tiles, min(pixels.shape[:2]))


def _normal(pixels: Pixels) -> Pixels:
    height, width = pixels.shape[:2]
    factor = 2 * min(height, width) // LARGEST_SIDE
    return shrink(pixels, width // factor, height // factor) if factor > 1 else pixels


def _maps(rows: Pixels) -> tuple[Floats, Floats]:
    """Detail (mean second difference along the rows) and mean level of each tile, from every 16th row."""
    lines = _TILE // _ROWS_APART
    height, width = rows.shape[0] // lines, rows.shape[1] // _TILE
    values = rows[: height * lines, : width * _TILE].astype(np.int16)
    bend = np.zeros_like(values)
    np.abs(2 * values[:, 1:-1] - values[:, :-2] - values[:, 2:], out=bend[:, 1:-1])
    blocks = (height, lines, width, _TILE)
    detail, level = (part.reshape(blocks).sum((1, 3), dtype=np.int32) for part in (bend, values))
    count = lines * _TILE
    return (detail / count).astype(np.float32).ravel(), (level / count).astype(np.float32).ravel()


def _tiles(pixels: Pixels, numbers: npt.NDArray[np.intp], columns: int) -> Floats:
    """Luma of the tiles, float32, shape (tiles, 64, 64)."""
    places = [(n // columns * _TILE, n % columns * _TILE) for n in numbers.tolist()]
    picked = np.stack([pixels[y : y + _TILE, x : x + _TILE] for y, x in places])
    return np.asarray(picked @ np.array([0.299, 0.587, 0.114], np.float32), np.float32)


def _power(tiles: Floats) -> Floats:
    """Power spectra, shape (tiles, 64 * 33), in squared levels: their sum over all frequencies is the variance.

    Computed as matrix products, which for so few pixels is quicker than a fast Fourier transform.
    """
    parts = _DOWN @ ((tiles - tiles.mean((1, 2), keepdims=True)) * _WINDOW @ _ACROSS)
    half = _TILE // 2 + 1
    real = parts[:, :_TILE, :half] - parts[:, _TILE:, half:]
    imaginary = parts[:, _TILE:, :half] + parts[:, :_TILE, half:]
    return np.asarray(((real**2 + imaginary**2) * _NORM).reshape(len(tiles), -1), np.float32)


def _describe(tiles: Floats, rows: int) -> Floats:
    power = _power(tiles)
    bands = np.log(power @ _BAND_MASKS + _FLOOR)
    detailed, even = bands[:_DETAILED], bands[_DETAILED:]
    fineness = detailed[:, 4:7].mean(1) - detailed[:, 1:4].mean(1)
    crisp = np.argsort(fineness)[-_CRISP:]
    # A shake leaves its line in the mean spectrum; each single tile has edges of its own.
    rose = np.log(power[:_DETAILED] @ _ROSE_MASKS + _FLOOR).mean(0).reshape(2, _DIRECTIONS)
    rose = np.ptp(rose, axis=1)
    parts: list[npt.ArrayLike] = [
        detailed.mean(0),
        detailed[crisp].mean(0),
        _median(even),
        _lattice(tiles[:_DETAILED]),
        _lattice(tiles[_DETAILED:]),
        rose,
        _steepness(tiles[:_DETAILED], 8),
        _steepness(_quartered(tiles[:_DETAILED]), 4),
        [np.log(rows)],
    ]
    return np.concatenate([np.asarray(part, np.float32) for part in parts])


def _median(values: npt.NDArray[np.floating[Any]]) -> Floats:
    """The median along the first axis, for an even count; `np.median` takes several times as long for so few values."""
    middle = len(values) // 2
    ordered = np.sort(values, axis=0)
    return np.asarray((ordered[middle - 1] + ordered[middle]) / 2, np.float32)


def _quartered(tiles: Floats) -> Floats:
    """The means of blocks of 4 by 4 pixels."""
    rows = tiles[:, ::4] + tiles[:, 1::4] + tiles[:, 2::4] + tiles[:, 3::4]
    return np.asarray((rows[:, :, ::4] + rows[:, :, 1::4] + rows[:, :, 2::4] + rows[:, :, 3::4]) / 16, np.float32)


def _lattice(tiles: Floats) -> list[float]:
    """How far steps between neighbours stand out where blocks of 4 (a JPEG at half its size) and of 8 pixels meet."""
    steps = [np.abs(np.diff(tiles, axis=axis)).mean((0, 3 - axis)) for axis in (1, 2)]
    figures = []
    for period in (4, 8):
        share = 0.0
        for step in steps:
            phases = np.append(step, step[-1:]).reshape(-1, period).mean(0) + 0.05
            share += float(np.log(phases.max() / _median(phases)))
        figures.append(share / 2)
    return figures


def _steepness(tiles: Floats, reach: int) -> Floats:
    """How much of a strong edge's height is between two neighbours: 1 for a step, less the more it is smeared.

    Returns:
        logarithms of the three steepest tiles and of the middle one, in the steeper direction and in the other.
    """
    found = []
    apart = tiles.shape[1] // 16  # lines
    for image in (tiles[:, ::apart], tiles[:, :, ::apart].transpose(0, 2, 1)):
        steepest = np.abs(np.diff(image, axis=2))
        width = 1
        while width < reach:
            steepest = np.maximum(steepest[:, :, width:], steepest[:, :, :-width])
            width *= 2
        height = np.abs(image[:, :, reach:] - image[:, :, :-reach])
        strong = height >= np.maximum(_LEAST_EDGE, height.max((1, 2), keepdims=True) / 2)
        share = (strong * steepest / np.maximum(height, 1)).max(2)  # the sharpest edge of each line
        share.sort(axis=1)
        best = np.sort(share[:, -(share.shape[1] // 4) :].mean(1))
        found.append(np.log([float(best[-3:].mean()) + 0.02, float(_median(best)) + 0.02]))
    found.sort(key=lambda pair: -pair[0])
    return np.concatenate(found)


def _masks() -> tuple[Floats, Floats]:
    down = np.fft.fftfreq(_TILE, 1 / _TILE)[:, None] + np.zeros((1, _TILE // 2 + 1))
    across = np.fft.rfftfreq(_TILE, 1 / _TILE)[None, :] + np.zeros((_TILE, 1))
    weight = np.where((across == 0) | (across == _TILE // 2), 1.0, 2.0)  # rfft2 leaves out the mirrored half
    radius, angle = np.hypot(down, across), np.arctan2(down, across) % np.pi
    bands = [(radius >= low) & (radius < high) for low, high in pairwise(_BANDS)]
    bands.append(radius >= _BANDS[-1])
    sectors = (angle / (np.pi / _DIRECTIONS)).astype(int) % _DIRECTIONS
    rings = [(radius >= low) & (radius < high) for low, high in ((4, 10), (10, 22))]
    rose = [ring & (sectors == sector) for ring in rings for sector in range(_DIRECTIONS)]
    first, second = (
        (np.stack(masks, -1) * weight[..., None]).reshape(-1, len(masks)).astype(np.float32) for masks in (bands, rose)
    )
    return first, second


_WAVES = np.exp(-2j * np.pi * np.outer(np.arange(_TILE), np.arange(_TILE)) / _TILE)
_HALF = _WAVES[:, : _TILE // 2 + 1]
_ACROSS = np.hstack([_HALF.real, _HALF.imag]).astype(np.float32)
_DOWN = np.vstack([_WAVES.real, _WAVES.imag]).astype(np.float32)
"""Cosines and sines: for the rows up to half the frequencies, which the other half mirrors, and for the columns."""
_HANN = np.hanning(_TILE + 2)[1:-1].astype(np.float32)
_WINDOW = np.outer(_HANN, _HANN)
_NORM = np.float32(1 / (_TILE**2 * float((_WINDOW**2).sum())))
_FLOOR = np.float32(1e-3)  # squared levels in a band: anything less is rounding
_BAND_MASKS, _ROSE_MASKS = _masks()
COUNT = 3 * len(_BANDS) + 2 * 2 + 2 + 2 * 4 + 1
"""How many figures describe a picture."""
