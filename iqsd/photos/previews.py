"""When a preview may stand for its photo: large enough, and the same picture."""

from __future__ import annotations

import numpy as np

from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.jpeg import read_header
from iqsd.photos.limits import PREVIEW_MARGIN, check_size, reduction
from iqsd.photos.opencv import decode_jpeg, shrink

_ASPECT_TOLERANCE = 0.02
_BAR_LEVEL, _BAR_SHARE = 12, 0.01
_SAMPLES, _MAX_DIFFERENCE = (48, 2), 8.0


def decode(data: bytes, photo: tuple[int, int], wanted: tuple[int, int]) -> Picture | None:
    """Decode a JPEG preview as it is stored, or None if it cannot stand for the photo.

    Args:
        data: the preview.
        photo: (width, height) of the photo as stored, before orientation.
        wanted: the smallest useful (width, height).

    Raises:
        UnreadablePhotoError: the preview is damaged or too large.
    """
    header = read_header(data)
    if header is None or not is_fit((header.width, header.height), photo, wanted):
        return None
    if header.in_scans:
        check_size(header.width, header.height)
    pixels = decode_jpeg(data, reduction(header.width, header.height, wanted))
    return None if has_bars(pixels) else Picture(pixels, header.profile or None)


def is_fit(preview: tuple[int, int], photo: tuple[int, int], wanted: tuple[int, int]) -> bool:
    """Whether a preview of this (width, height) is large enough and has the photo's aspect ratio."""
    large = min(preview) >= min(max(wanted) * PREVIEW_MARGIN, *photo)
    ratio = preview[0] * photo[1] / max(1, preview[1] * photo[0])
    return large and abs(ratio - 1) <= _ASPECT_TOLERANCE


def has_bars(pixels: Pixels) -> bool:
    """Whether two opposite edges are black and the middle is not: a preview whose shape differs from its frame's."""
    if pixels[::8, ::8].mean() < 2 * _BAR_LEVEL:
        return False  # all of it is dark, such as a night
    lines = ((side, max(1, round(len(side) * _BAR_SHARE))) for side in (pixels, pixels.swapaxes(0, 1)))
    return any(max(side[:depth].max(), side[-depth:].max()) <= _BAR_LEVEL for side, depth in lines)


def is_same(preview: Pixels, top: Pixels, share: float) -> bool:
    """Whether the preview begins as the photo does: an editor may have left the preview of an earlier picture.

    Args:
        preview: the preview's pixels.
        top: the photo's top rows.
        share: which part of the photo's height those rows are.
    """
    rows = max(1, round(preview.shape[0] * share))
    ours, theirs = (shrink(part, *_SAMPLES).astype(np.int16) for part in (preview[:rows], top))
    return float(np.abs(ours - theirs).mean()) <= _MAX_DIFFERENCE
