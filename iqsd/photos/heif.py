"""The one file that knows pi_heif (libheif): HEIC and HEIF photos of phones and cameras."""

from __future__ import annotations

import numpy as np
import pi_heif

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import hdr, limits, opencv
from iqsd.photos.formats import Pixels
from iqsd.photos.source import Source

pi_heif.options.DECODE_THREADS = 1  # the photos run side by side
pi_heif.options.THUMBNAILS = pi_heif.options.DEPTH_IMAGES = pi_heif.options.AUX_IMAGES = False


def decode(source: Source, wanted: tuple[int, int]) -> Pixels:
    """Decode the primary picture in full and upright.

    HEIF turns its pictures itself; the orientation in EXIF only repeats what has been done, so it is not looked at.

    Args:
        source: the file.
        wanted: the smallest useful (width, height) in pixels; HEVC cannot be decoded at a part of its size.

    Returns:
        RGB, uint8, shape (height, width, 3), orientation applied.

    Raises:
        UnreadablePhotoError: damaged or too large.
    """
    try:
        picture = pi_heif.open_heif(source.whole, convert_hdr_to_8bit=True)
        limits.check_size(*picture.size)
        # Without what fills up the rows, and as a copy: what the picture shows of its memory ends with it.
        pixels = np.asarray(picture)[:, : picture.size[0]].copy()
    except (ValueError, RuntimeError, EOFError, SyntaxError, LookupError) as error:
        raise UnreadablePhotoError(f"the picture is damaged or cut off: {error}") from None
    if pixels.ndim == 2:
        pixels = np.stack([pixels] * 3, axis=-1)
    pixels = np.ascontiguousarray(pixels[:, :, :3])
    colours = picture.info.get("nclx_profile") or {}
    transfer = colours.get("transfer_characteristics")
    if transfer in (hdr.PQ, hdr.HLG):
        width, height = limits.shrunk(pixels.shape[1], pixels.shape[0], wanted)
        pixels = hdr.to_srgb(opencv.shrink(pixels, width, height), transfer, colours["color_primaries"])
    return pixels
