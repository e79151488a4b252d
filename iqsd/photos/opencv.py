"""The one file that knows OpenCV: bytes to RGB pixels, and pixels to smaller ones."""

from __future__ import annotations

import mmap
import os
import re
from pathlib import Path

from iqsd.containers.parts import Blocks, reader
from iqsd.errors import UnreadablePhotoError
from iqsd.photos.limits import MAX_DECODED_PIXELS, TOO_LARGE

# OpenCV reads the header first and refuses anything above this before it allocates. It reads the variable at first use.
os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"] = str(MAX_DECODED_PIXELS)
os.environ.setdefault("OPENCV_LOG_LEVEL", "ERROR")

import cv2
import numpy as np

from iqsd.photos import tiff
from iqsd.photos.complaints import complaints
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.holes import HOLED, check_webp_for_holes
from iqsd.photos.jpeg import shortened, tidied, unread
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

cv2.setNumThreads(1)  # photos are decoded in parallel; threads within one would only get in each other's way

_HALVED_FROM = 4
_LINES = 24  # that each grey level is averaged over
_HOLES = ("premature end of data", "bad Huffman code")  # libjpeg fills the rest with grey as if all was well
# Likewise, between restarts, or between the scans of a progressive picture.
_LOST = re.compile(r"\d\d extraneous bytes before marker 0x(?:d[0-7]|c4|da)|instead of RST")
_UNREAD = re.compile(r"(\d{2,}) extraneous bytes before marker 0xd[89]")  # before the end, or before the next picture
_MOST_RUBBISH = 100  # bytes that some cameras leave there; more, unless all are equal, were part of the picture
# In the picture: not in the way to the next one, nor in a tag that the picture does without.
_TIFF_ERROR = re.compile("TIFF_Error (?!TIFFAdvanceDirectory|TIFFFetchNormalTag|_TIFFVSetField)")
_HARMLESS = "libpng warning"
_FLAGS = {
    1: cv2.IMREAD_COLOR_RGB,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Decode a photo in full and upright.

    Args:
        source: the file.
        wanted: not used; these formats cannot be decoded in part.

    Raises:
        UnreadablePhotoError: damaged, of a kind that OpenCV does not read, or larger than `MAX_DECODED_PIXELS`.
    """
    pixels = _decode(source.name, cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION)
    check_webp_for_holes(source.part, pixels)
    blocks = source.blocks or Blocks()
    orientation = tiff.orientation(reader(blocks.exif or b""))
    return Picture(upright(pixels, orientation), blocks.profile or None)


def decode_tiff(data: mmap.mmap | str) -> Pixels:
    """Decode the first picture of a TIFF that says it is upright: OpenCV turns others, and wrongly if they are tiled.

    Args:
        data: the whole TIFF, or the name of its file.

    Raises:
        UnreadablePhotoError: damaged, of a kind that libtiff does not read, or larger than `MAX_DECODED_PIXELS`.
    """
    return _decode(data, cv2.IMREAD_COLOR_RGB)


def decode_jpeg(data: bytes | str, factor: int, is_part: bool = False) -> Pixels:
    """Decode a JPEG as it is stored, not turned upright.

    Args:
        data: the whole JPEG, or the name of its file, which is then read piece by piece.
        factor: how far libjpeg shrinks it while decoding: 1, 2, 4 or 8.
        is_part: whether the data is meant to contain more than the header says.

    Raises:
        UnreadablePhotoError: damaged, or larger than `MAX_DECODED_PIXELS`.
    """
    return _decode(data, _FLAGS[factor] | cv2.IMREAD_IGNORE_ORIENTATION, is_part=is_part)


def shrink(pixels: Pixels, width: int, height: int) -> Pixels:
    """Resize by area averaging (no aliasing); a photo smaller than asked for is enlarged linearly."""
    while min(pixels.shape[1] / width, pixels.shape[0] / height) >= _HALVED_FROM:  # halving first: three times as fast
        rows, columns = pixels.shape[:2]
        even = pixels[: rows // 2 * 2, : columns // 2 * 2]
        pixels = _resize(even, columns // 2, rows // 2, cv2.INTER_AREA)
    smaller = pixels.shape[1] >= width and pixels.shape[0] >= height
    return np.ascontiguousarray(_resize(pixels, width, height, cv2.INTER_AREA if smaller else cv2.INTER_LINEAR))


def _resize(pixels: Pixels, width: int, height: int, how: int) -> Pixels:
    """Resize the pixels in their order in memory: OpenCV would first copy a view in any other order."""
    transposed = _is_transposed(pixels)
    stored = pixels.transpose(1, 0, 2) if transposed else pixels
    reverse = tuple(slice(None, None, -1 if stride < 0 else 1) for stride in stored.strides)
    made = cv2.resize(stored[reverse], (height, width) if transposed else (width, height), interpolation=how)[reverse]
    return np.asarray(made.transpose(1, 0, 2) if transposed else made, np.uint8)


def _is_transposed(pixels: Pixels) -> bool:
    """Whether its columns are in memory as rows are in other pictures."""
    return abs(pixels.strides[0]) < abs(pixels.strides[1])


def grey(pixels: Pixels, width: int, height: int) -> bytes:
    """The picture shrunk to grey levels (ITU-R BT.601), row by row: so few that not every line is needed."""
    lines = int(_is_transposed(pixels))
    step = max(1, pixels.shape[lines] // (_LINES * (height, width)[lines]))
    some = pixels[:, ::step] if lines else pixels[::step]
    return bytes(cv2.cvtColor(shrink(some, width, height), cv2.COLOR_RGB2GRAY).data)


def encode_webp(pixels: Pixels, quality: int) -> bytes:
    """A WebP file of RGB pixels, uint8, shape (height, width, 3); quality 0..100."""
    bgr = cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    return bytes(cv2.imencode(".webp", bgr, [cv2.IMWRITE_WEBP_QUALITY, quality])[1])


def _decode(data: bytes | mmap.mmap | str, flag: int, is_part: bool = False, is_tidy: bool = False) -> Pixels:
    with complaints() as said:
        try:
            if isinstance(data, str):
                pixels = cv2.imread(data, None, flag)  # without a `dst` for the pixels, it returns a copy of them
            else:
                pixels = cv2.imdecode(np.frombuffer(data, np.uint8), flag)
        except cv2.error as error:
            raise UnreadablePhotoError(_reason(error)) from None
    if any(map(_TIFF_ERROR.search, said)):  # OpenCV leaves black what libtiff could not read
        raise UnreadablePhotoError("the picture is damaged or cut off: it cannot be decoded")
    if any(hole in line for line in said for hole in _HOLES) or (is_tidy and any(map(_LOST.search, said))):
        raise UnreadablePhotoError(HOLED)
    if not (is_part or is_tidy or isinstance(data, mmap.mmap)) and any(not line.startswith(_HARMLESS) for line in said):
        # libjpeg reports only its first complaint. From memory, a truncated file is still an error, and a complaint
        # about extra bytes is then not about the header.
        whole = Path(data).read_bytes() if isinstance(data, str) else data
        return _decode(tidied(whole), flag, is_tidy=True)
    if pixels is None:
        raise UnreadablePhotoError("the picture is damaged or cut off: it cannot be decoded")
    if is_tidy and isinstance(data, bytes) and (found := _UNREAD.search("".join(said))):
        count = int(found[1])
        if count > _MOST_RUBBISH and len(set(unread(data, count))) > 1:
            raise UnreadablePhotoError(HOLED)
        # Padding, or a hole in place of the last restarts: without the hole, libjpeg says that these are missing.
        return _decode(shortened(data, count), flag, is_tidy=True)
    # OpenCV shrinks to BGR only; swapping the colours of what is left after shrinking takes no time.
    return np.asarray(pixels if flag & cv2.IMREAD_COLOR_RGB else pixels[..., ::-1], np.uint8)


def _reason(error: cv2.error) -> str:
    text = str(error)
    if "OPENCV_IO_MAX_IMAGE" in text or "CV_IO_MAX_IMAGE" in text:
        return TOO_LARGE
    return "the picture is damaged: it cannot be decoded"
