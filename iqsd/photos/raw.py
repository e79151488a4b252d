"""The one file that knows rawpy (LibRaw): a RAW file's embedded preview or, without one, its picture at half size."""

from __future__ import annotations

import numpy as np
import rawpy

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import previews
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.limits import MAX_DECODED_PIXELS, TOO_LARGE
from iqsd.photos.orientation import upright
from iqsd.photos.raw_length import is_sure, is_whole
from iqsd.photos.source import Source
from iqsd.photos.tiff import TURNS_THE_SIDES

_MAX_SENSOR_PIXELS = 2 * MAX_DECODED_PIXELS  # two bytes each, and developed at half the width and height
_ORIENTATIONS = {0: 1, 1: 2, 2: 4, 3: 3, 4: 5, 5: 8, 6: 6, 7: 7}  # LibRaw's "flip" in EXIF's numbers


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Read a RAW photo upright.

    Args:
        source: the file; only its preview is read if that is enough.
        wanted: the smallest useful (width, height) in pixels.

    Raises:
        UnreadablePhotoError: not a RAW file that LibRaw knows, damaged, or too large.
    """
    with rawpy.RawPy() as raw:
        try:
            raw.open_file(source.name)
            whole = is_whole(source)
            if not whole and is_sure(source):
                raise UnreadablePhotoError("the RAW file is cut off: it ends before the picture does")
            return (_preview(raw, wanted) if whole else None) or Picture(_developed(raw), b"")
        except rawpy.LibRawFileUnsupportedError:
            raise UnreadablePhotoError("is not a RAW file of a camera that LibRaw knows") from None
        except (rawpy.LibRawUnsufficientMemoryError, rawpy.LibRawMemPoolOverflowError, rawpy.LibRawTooBigError):
            raise MemoryError from None
        except rawpy.LibRawError as error:
            raise UnreadablePhotoError(f"the RAW file is damaged or cut off: {_text(error)}") from None


def _preview(raw: rawpy.RawPy, wanted: tuple[int, int]) -> Picture | None:
    sizes = raw.sizes
    frame = (
        (sizes.crop_width, sizes.crop_height) if sizes.crop_width and sizes.crop_height else (sizes.width, sizes.height)
    )
    orientation = _ORIENTATIONS.get(sizes.flip, 1)
    try:
        thumb = raw.extract_thumb()
    except (rawpy.LibRawNoThumbnailError, rawpy.LibRawUnsupportedThumbnailError, NotImplementedError):
        return None  # the last for previews in H.265, which some cameras make for HDR
    if thumb.format is not rawpy.ThumbFormat.JPEG:
        pixels = np.asarray(thumb.data, np.uint8)
        fit = previews.is_fit((pixels.shape[1], pixels.shape[0]), frame, wanted) and not previews.has_bars(pixels)
        return Picture(upright(pixels, orientation)) if fit else None
    return _jpeg(bytes(thumb.data), frame, orientation, wanted)


def _jpeg(data: bytes, frame: tuple[int, int], orientation: int, wanted: tuple[int, int]) -> Picture | None:
    try:
        found = previews.decode(data, frame, wanted)
        if found is not None:
            return found._replace(pixels=upright(found.pixels, orientation))
        if orientation in TURNS_THE_SIDES:  # some programs turn the preview but leave the tag
            return previews.decode(data, frame[::-1], wanted)
    except UnreadablePhotoError:  # then the sensor's data are developed
        pass
    return None


def _developed(raw: rawpy.RawPy) -> Pixels:
    if raw.sizes.raw_width * raw.sizes.raw_height > _MAX_SENSOR_PIXELS:
        raise UnreadablePhotoError(TOO_LARGE)
    pixels = np.asarray(raw.postprocess(half_size=True, use_camera_wb=True, output_bps=8), np.uint8)
    return pixels.repeat(3, axis=2) if pixels.shape[2] == 1 else pixels  # one channel: a sensor without colour filters


def _text(error: rawpy.LibRawError) -> str:
    reason = error.args[0] if error.args else ""
    return reason.decode("ascii", "replace") if isinstance(reason, bytes) else str(reason)
