"""Turning pixels upright: what the EXIF orientations 1 to 8 mean (EXIF 2.32, tag 274)."""

from __future__ import annotations

from iqsd.photos.formats import Pixels
from iqsd.photos.tiff import TURNS_THE_SIDES


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an orientation; one that does not exist counts as upright.

    Returns:
        a view of the same pixels: moving millions of them takes longer than reading a few in another order.
    """
    if orientation in TURNS_THE_SIDES:
        pixels = pixels.transpose(1, 0, 2)
    return pixels[:: -1 if orientation in (3, 4, 7, 8) else 1, :: -1 if orientation in (2, 3, 6, 7) else 1]
