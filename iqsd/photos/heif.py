"""The one file that knows pi_heif (libheif): HEIC and HEIF photos from phones and cameras."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce

import numpy as np
import pi_heif

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import hdr, limits, opencv
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.heif_grid import Grid, read_grid
from iqsd.photos.holes import check_for_holes
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

pi_heif.options.DECODE_THREADS = 1  # photos are decoded in parallel, one in each worker
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False


@dataclass(frozen=True)
class _Coded:
    """Pixels, and what their colours mean: by H.273's numbers (None: not given), or by an ICC profile."""

    pixels: Pixels
    transfer: int | None
    primaries: int | None
    profile: bytes | None


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Decode the primary picture upright, shrunk if it stays well above the wanted size.

    HEIF's own boxes say how to turn a picture. The orientation in EXIF only repeats that, so it is ignored.

    Args:
        source: the file.
        wanted: the smallest useful (width, height) in pixels. HEVC has to be decoded in full all the same; a tiled
            picture is decoded one row of tiles at a time, so that little memory is needed.

    Raises:
        UnreadablePhotoError: damaged or too large.
    """
    check_for_holes(source.part)
    try:
        grid = read_grid(source.part)
        picture = _whole(source.whole, wanted) if grid is None else _tiled(grid, wanted)
    except (ValueError, RuntimeError, EOFError, SyntaxError, LookupError) as error:
        raise UnreadablePhotoError(f"the picture is damaged or cut off: {error}") from None
    return hdr.shown(Picture(picture.pixels, picture.profile), picture.transfer, picture.primaries, wanted)


def _whole(data: bytes, wanted: tuple[int, int]) -> _Coded:
    picture = pi_heif.open_heif(data, convert_hdr_to_8bit=True)
    if not len(picture):
        raise UnreadablePhotoError("there is no picture in it that libheif can decode")
    width, height = picture.size
    limits.check_size(width, height)
    return _shrunk(picture, limits.reduction(width, height, wanted))


def _tiled(grid: Grid, wanted: tuple[int, int]) -> _Coded:
    factor = limits.reduction(grid.width, grid.height, wanted)
    factor = factor if grid.tile_height % factor == 0 else 1
    limits.check_size(grid.width // factor, grid.height // factor)
    limits.check_size(grid.width, grid.tile_height)
    pixels = np.empty((grid.height // factor, grid.width // factor, 3), np.uint8)
    top = 0
    for lines, data in grid.bands():
        if lines < factor:
            continue
        band = _shrunk(pi_heif.open_heif(data, convert_hdr_to_8bit=True), factor)
        pixels[top : top + len(band.pixels)] = band.pixels
        top += len(band.pixels)
    if top != len(pixels):
        raise ValueError("its tiles do not fill it")
    return replace(band, pixels=reduce(upright, grid.orientations, pixels))


def _shrunk(picture: pi_heif.HeifFile, factor: int) -> _Coded:
    """Decode a picture and average it down; as a copy, because the picture's own memory goes when it does."""
    width, height = (side // factor for side in picture.size)
    pixels = np.asarray(picture)[: height * factor, : width * factor]  # padding in the rows is not part of it
    if pixels.dtype != np.uint8:  # grey ones with more bits are not converted
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=-1)
    colours = picture.info.get("nclx_profile") or {}
    return _Coded(
        np.ascontiguousarray(opencv.shrink(pixels, width, height)[:, :, :3]) if factor > 1 else pixels[:, :, :3].copy(),
        colours.get("transfer_characteristics"),
        colours.get("color_primaries"),
        picture.info.get("icc_profile"),
    )
