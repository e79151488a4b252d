"""TIFF photos: libtiff decodes them, through OpenCV or else Pillow; iqsd turns them upright."""

from __future__ import annotations

import mmap
from collections.abc import Callable
from typing import TypeVar

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import opencv, tiff
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

_Found = TypeVar("_Found")

_OLD_JPEG, _FLOATS, _CMYK = 6, 3, 5  # values of COMPRESSION, of SAMPLE_FORMAT and of PHOTOMETRIC
_PLANES = 2  # of PLANES: each channel stored separately; Pillow garbles those of more than 8 bits
_READ_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})
_MOST_SAMPLES = 4
_READ_BITS = frozenset({1, 8, 16})  # and 4, if they are indices into a palette
_COMPRESSIONS = {
    34712: "JPEG 2000",
    34887: "LERC",
    34925: "LZMA",
    34933: "PNG",
    50000: "Zstandard",
    50001: "WebP",
    50002: "JPEG XL",
}


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Decode the photo in full and upright: not a thumbnail that may come before it.

    Args:
        source: the file.
        wanted: not used; TIFF cannot be decoded in part.

    Raises:
        UnreadablePhotoError: damaged, of a kind that is not read, or too large.
    """
    at, directory = tiff.photo(source.part)
    orientation = next(iter(directory.get(tiff.ORIENTATION, ())), None) or tiff.orientation(source.part)
    changes = tiff.changes_to_show(source.part, at)
    try:
        pixels = _pixels(source, directory, changes)
    except ValueError:
        raise UnreadablePhotoError("the file was cut off while it was read") from None
    return Picture(upright(pixels, orientation), tiff.profile(source.part, at) or None)


def _pixels(source: Source, directory: tiff.Directory, changes: list[tuple[int, bytes]]) -> Pixels:
    try:
        return _shown(source, changes, opencv.decode_tiff)
    except UnreadablePhotoError:
        reason = _refusal(directory)
        if reason is None:
            raise
    from iqsd.photos import pillow  # for the few files that OpenCV does not read

    is_garbled = _PLANES in directory.get(tiff.PLANES, ()) and max(directory.get(tiff.BITS, (1,))) > 8
    pixels = None if is_garbled else _shown(source, changes, pillow.decode_tiff)
    if pixels is None:
        raise UnreadablePhotoError(reason)
    return pixels


def _shown(source: Source, changes: list[tuple[int, bytes]], decoded: Callable[[mmap.mmap | str], _Found]) -> _Found:
    if not changes:
        return decoded(source.name)  # which is read piece by piece
    with source.mapped() as data:
        for place, value in changes:
            data[place : place + len(value)] = value
        return decoded(data)


def _refusal(directory: tiff.Directory) -> str | None:
    """Why a TIFF that is whole cannot be read, by its directory; None: that is not known."""
    (compression,), bits = directory.get(tiff.COMPRESSION, (1,))[:1], directory.get(tiff.BITS, (1,))
    if compression == _OLD_JPEG:
        return "compressed as old-style JPEG, as scanners of the 1990s did, in a way that iqsd does not read"
    if compression not in _READ_COMPRESSIONS:
        name = _COMPRESSIONS.get(compression, f"number {compression}")
        return (
            f"damaged, or in a compression that iqsd does not read ({name}); it reads LZW, Deflate, JPEG and PackBits"
        )
    if _FLOATS in directory.get(tiff.SAMPLE_FORMAT, ()):
        return "made of floating-point numbers; iqsd reads TIFF of 8 and 16 bits"
    is_deep_cmyk = _CMYK in directory.get(tiff.PHOTOMETRIC, ()) and bits[0] > 8
    if not _READ_BITS.issuperset(bits) or is_deep_cmyk:
        kind = " in CMYK" if is_deep_cmyk else ""
        return f"made of {bits[0]} bits per sample{kind}; iqsd reads 8 and 16, in CMYK 16 if interleaved"
    (samples,) = directory.get(tiff.SAMPLES, (1,))[:1]
    if samples > _MOST_SAMPLES:
        return f"made of {samples} channels; iqsd reads up to four (save it without its extra channels)"
    return None
