"""A JPEG photo's pixels with the least work that gives the right answer.

The large preview that the camera put beside the picture, if there is one; else the picture, shrunk while it is decoded.
"""

from __future__ import annotations

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import jpeg, opencv, previews
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.limits import check_size, reduction
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

_STRIP_ROWS = 32
_STRIP_SHARE = 32  # of the height; two rows of blocks at least
_SPARE_BYTES = 1 << 16
_PADDING = 1 << 12  # what a camera may leave between the picture's end and the next one


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Decode a JPEG upright, shrunk if it stays well above the wanted size.

    Args:
        source: the file.
        wanted: the smallest useful (width, height) in pixels.

    Raises:
        UnreadablePhotoError: damaged, or too large.
    """
    header = jpeg.header_of(source)
    if header is None:  # rubbish between its segments: libjpeg may still manage
        return opencv.decode(source, wanted)
    if header.in_scans:
        check_size(header.width, header.height)  # they are collected at full size, however small a picture is wanted
    pixels = _preview(source, header, wanted)
    if pixels is None:
        pixels = opencv.decode_jpeg(source.name, reduction(header.width, header.height, wanted))
    return Picture(upright(pixels, header.orientation), header.profile or None)


def _preview(source: Source, header: jpeg.Header, wanted: tuple[int, int]) -> Pixels | None:
    """The embedded preview's pixels, if there is one that is large enough and shows the same picture."""
    if header.in_scans or not header.previews or not _is_whole(source, header):
        return None
    for place in header.previews:
        try:
            found = previews.decode(source.part(place.at, place.length), (header.width, header.height), wanted)
            if found and previews.is_same(found.pixels, _top(source, header), _strip(header) / header.height):
                return found.pixels
        except UnreadablePhotoError:  # then the picture itself is decoded
            continue
    return None


def _is_whole(source: Source, header: jpeg.Header) -> bool:
    """Whether the picture ends where the index says: a truncated file is not judged by its preview."""
    return b"\xff\xd9" in source.part(max(0, header.end - _PADDING), _PADDING)


def _strip(header: jpeg.Header) -> int:
    rows = max(2 * _STRIP_ROWS, header.height // _STRIP_SHARE // _STRIP_ROWS * _STRIP_ROWS)
    return min(header.height, rows)


def _top(source: Source, header: jpeg.Header) -> Pixels:
    """The picture's top rows at an eighth of their size."""
    rows = _strip(header)
    # Foliage above a plain sea takes more than its share of the bytes.
    share = 3 * (header.end - header.scan_at) * rows // header.height
    data = source.part(0, min(header.end, header.scan_at + share + _SPARE_BYTES))
    return opencv.decode_jpeg(jpeg.top(data, header, rows), 8, is_part=True)
