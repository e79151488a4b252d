"""The one file that knows Pillow and its plug-ins: AVIF and JPEG XL."""

from __future__ import annotations

import io
import struct
import warnings
from importlib.util import find_spec

import numpy as np
from PIL import AvifImagePlugin, Image

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import jpeg_xl
from iqsd.photos.formats import Pixels
from iqsd.photos.limits import check_size
from iqsd.photos.orientation import UPRIGHT, upright
from iqsd.photos.source import Source

if find_spec("pillow_jxl"):
    import pillow_jxl  # noqa: F401  # tells Pillow of the format

Image.MAX_IMAGE_PIXELS = None  # limits.py says what is too large, and says it in iqsd's words
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # the photos run side by side

_ORIENTATION = 274


def decode(source: Source, wanted: tuple[int, int]) -> Pixels:
    """Decode the first picture in full and upright.

    Args:
        source: the file.
        wanted: not used: neither format can be decoded at a part of its size.

    Returns:
        RGB, uint8, shape (height, width, 3), orientation applied.

    Raises:
        UnreadablePhotoError: damaged or too large.
    """
    size = jpeg_xl.size(source.head)
    if size is not None:
        check_size(*size)  # the plug-in decodes as soon as it opens
    try:
        pixels, orientation = _decoded(source.whole)
    except (OSError, ValueError, TypeError, RuntimeError, SyntaxError, EOFError, LookupError, struct.error) as error:
        raise UnreadablePhotoError(f"the picture is damaged or cut off: {error}") from None
    return upright(pixels, orientation)


def _decoded(data: bytes) -> tuple[Pixels, int]:
    """The pixels as they are stored, and the orientation that is still to be applied."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of EXIF that is damaged
        with Image.open(io.BytesIO(data), formats=["AVIF", "JXL"]) as picture:
            check_size(*picture.size)
            # Pillow puts AVIF's own turning there. JPEG XL has been turned by its decoder: its EXIF only repeats it.
            orientation = picture.getexif().get(_ORIENTATION, UPRIGHT) if picture.format == "AVIF" else UPRIGHT
            return np.asarray(picture.convert("RGB")), orientation
