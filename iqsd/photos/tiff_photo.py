"""TIFF photos: libtiff decodes them, through OpenCV; which way is up is iqsd's business."""

from __future__ import annotations

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import opencv, tiff
from iqsd.photos.formats import Picture
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

_OLD_JPEG, _FLOATS, _CMYK = 6, 3, 5  # values of COMPRESSION, of SAMPLE_FORMAT and of PHOTOMETRIC
_READ_COMPRESSIONS = frozenset({1, 2, 3, 4, 5, 7, 8, 32773, 32946})
_MOST_SAMPLES = 4
_READ_BITS = frozenset({1, 8, 16})  # and 4, where they are numbers of colours
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
    """Decode the photo in full and upright: not a thumbnail that may stand before it.

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
        if not changes:
            pixels = opencv.decode_tiff(source.name)  # piece by piece
        else:
            with source.mapped() as data:
                for place, value in changes:
                    data[place : place + len(value)] = value
                pixels = opencv.decode_tiff(data)
    except UnreadablePhotoError as error:
        raise UnreadablePhotoError(_refusal(directory) or error.detail) from None
    except ValueError:
        raise UnreadablePhotoError("the file was cut off while it was read") from None
    return Picture(upright(pixels, orientation), tiff.profile(source.part, at) or None)


def _refusal(directory: tiff.Directory) -> str | None:
    """Why a TIFF is whole and cannot be read all the same, by its directory; None: that is not known."""
    (compression,), bits = directory.get(tiff.COMPRESSION, (1,))[:1], directory.get(tiff.BITS, (1,))
    if compression == _OLD_JPEG:
        return "compressed as JPEG in the old style, as scanners of the 1990s did; iqsd does not read that"
    if compression not in _READ_COMPRESSIONS:
        name = _COMPRESSIONS.get(compression, f"number {compression}")
        return f"compressed in a way that iqsd does not read ({name}); it reads LZW, Deflate, JPEG and PackBits"
    if _FLOATS in directory.get(tiff.SAMPLE_FORMAT, ()):
        return "made of floating-point numbers; iqsd reads TIFF of 8 and 16 bits"
    is_deep_cmyk = _CMYK in directory.get(tiff.PHOTOMETRIC, ()) and bits[0] > 8
    if not _READ_BITS.issuperset(bits) or is_deep_cmyk:
        kind = " in CMYK" if is_deep_cmyk else ""
        return f"made of {bits[0]} bits a sample{kind}; iqsd reads TIFF of 8 and 16 bits, CMYK of 8"
    (samples,) = directory.get(tiff.SAMPLES, (1,))[:1]
    if samples > _MOST_SAMPLES:
        return f"made of {samples} channels; iqsd reads up to four (save it without its extra channels)"
    return None
