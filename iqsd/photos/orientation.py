"""Turning pixels upright: what the EXIF orientations 1 to 8 mean (EXIF 2.32, tag 274)."""

from __future__ import annotations

from iqsd.photos.formats import Pixels
from iqsd.photos.opencv import turn
from iqsd.photos.tiff import TURNS_THE_SIDES

UPRIGHT = 1


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """Apply an orientation; one that does not exist counts as upright."""
    return turn(pixels, orientation in TURNS_THE_SIDES, orientation in (3, 4, 7, 8), orientation in (2, 3, 6, 7))
