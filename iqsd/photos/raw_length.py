"""How long a RAW file should be, as it says: cameras put the preview first, so a truncated one looks like a photo."""

from __future__ import annotations

import contextlib
import struct

from iqsd.containers.boxes import is_boxes
from iqsd.containers.items import FARTHEST, walk
from iqsd.containers.parts import Read
from iqsd.photos import tiff
from iqsd.photos.source import Source

_RAF, _RAF_SENSOR_AT = b"FUJIFILMCCD-RAW", 100  # in it: where the sensor's data begin, and their length
_PANASONIC = b"IIU\0"
_WIDTH, _HEIGHT, _FORMAT, _SENSOR_AT = 2, 3, 45, 280  # Panasonic's tags, of the sensor
_PACKET = 16  # bytes, in all formats up to the seventh
_PIXELS, _MOST_PIXELS, _LAST_FORMAT = {5: 10, 7: 10}, 14, 7  # that a packet holds at most, by format


def is_whole(source: Source) -> bool:
    """Whether a RAW file is as long as it says; one of a kind that does not say counts as whole."""
    if source.head.startswith(_RAF):
        sensor = source.head[_RAF_SENSOR_AT : _RAF_SENSOR_AT + 8]
        return len(sensor) == 8 and sum(struct.unpack(">II", sensor)) <= source.size
    end = _end_of_boxes(source.part) if is_boxes(source.head) else tiff.end(source.part)
    return max(end, _end_of_panasonic(source)) <= source.size


def is_sure(source: Source) -> bool:
    """Whether a file that is not whole is certainly truncated, so that LibRaw would show the missing part as black."""
    return _end_of_panasonic(source) > source.size or tiff.is_dng(source.part)


def _end_of_panasonic(source: Source) -> int:
    """The file's least length: the directory gives none, and has the sensor data's offset in a tag of its own."""
    if not source.head.startswith(_PANASONIC):
        return 0
    tags = next(iter(tiff.directories(source.part)), {})
    width, height, form, at = (tags.get(tag, (0,))[0] for tag in (_WIDTH, _HEIGHT, _FORMAT, _SENSOR_AT))
    return at + width * height * _PACKET // _PIXELS.get(form, _MOST_PIXELS) if at and form <= _LAST_FORMAT else 0


def _end_of_boxes(read: Read) -> int:
    end = 0
    with contextlib.suppress(struct.error):  # beyond the last one
        for _, _, stop in walk(read):
            end = stop if stop < FARTHEST else end
    return end
