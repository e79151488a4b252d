"""The one file that knows OpenCV: bytes to upright RGB pixels, no larger than they need to be."""

from __future__ import annotations

import os

from iqsd.errors import UnreadablePhotoError

MAX_DECODED_PIXELS = 120_000_000
"""What one photo may unfold to: 120 megapixels, 360 MB. A JPEG is unfolded at 1/2, 1/4 or 1/8 where that is enough."""

# OpenCV looks at the header first and refuses above this, before it allocates. It reads the variable when first used.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_DECODED_PIXELS)
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2  # noqa: E402
import numpy as np  # noqa: E402

from iqsd.photos.complaints import complaints  # noqa: E402
from iqsd.photos.formats import Pixels  # noqa: E402
from iqsd.photos.jpeg import jpeg_size  # noqa: E402

cv2.setNumThreads(1)  # the photos run side by side; threads inside one would only get in each other's way

_HOLE = "premature end of data"  # libjpeg fills the rest with grey and returns as if all were well
_REDUCED = ((8, cv2.IMREAD_REDUCED_COLOR_8), (4, cv2.IMREAD_REDUCED_COLOR_4), (2, cv2.IMREAD_REDUCED_COLOR_2))


def decode(data: bytes, wanted: tuple[int, int]) -> Pixels:
    """Decode a photo upright, shrunk by the decoder where both sides stay at least as large as wanted.

    Args:
        data: the whole file.
        wanted: the smallest useful (width, height) in pixels.

    Returns:
        RGB, uint8, shape (height, width, 3), orientation applied.

    Raises:
        UnreadablePhotoError: damaged, or larger than `MAX_DECODED_PIXELS`.
    """
    with complaints() as said:
        try:
            bgr = cv2.imdecode(np.frombuffer(data, np.uint8), _flag(data, wanted))
        except cv2.error as error:
            raise UnreadablePhotoError(_reason(error)) from None
    if any(_HOLE in line for line in said):
        raise UnreadablePhotoError("the picture is damaged: a part of it is missing")
    if bgr is None:
        raise UnreadablePhotoError("the picture is damaged or cut off: it does not decode")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB, dst=bgr), np.uint8)


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resize by area averaging (no aliasing); where the photo is smaller than asked for, linearly up."""
    smaller = pixels.shape[1] >= width and pixels.shape[0] >= height
    how = cv2.INTER_AREA if smaller else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=how), np.uint8)


def _flag(data: bytes, wanted: tuple[int, int]) -> int:
    """How far the decoder itself may shrink. Only JPEG gains by it; the others would be decoded in full anyway."""
    size = jpeg_size(data)
    if size is not None:
        short, need = min(size), max(wanted)  # the orientation may swap the sides
        for factor, flag in _REDUCED:
            if short // factor >= need:
                return int(flag)
    return int(cv2.IMREAD_COLOR)


def _reason(error: cv2.error) -> str:
    text = str(error)
    if "OPENCV_IO_MAX_IMAGE" in text or "CV_IO_MAX_IMAGE" in text:
        return f"larger than {MAX_DECODED_PIXELS // 1_000_000} megapixels when unfolded; iqsd does not open it"
    return "the picture is damaged: it does not decode"
