"""How far a RAW file reaches, as it says: cameras put the preview first, so a part of one looks like a photo."""

from __future__ import annotations

import contextlib
import struct

from iqsd.containers.boxes import is_boxes
from iqsd.containers.items import FARTHEST, walk
from iqsd.containers.parts import Read
from iqsd.photos import tiff
from iqsd.photos.source import Source

_RAF, _RAF_SENSOR_AT = b"FUJIFILMCCD-RAW", 100  # in it: where the sensor's data begin, and their length


def is_whole(source: Source) -> bool:
    """Whether a RAW file reaches as far as it says; one of a kind that does not say counts as whole."""
    if source.head.startswith(_RAF):
        sensor = source.head[_RAF_SENSOR_AT : _RAF_SENSOR_AT + 8]
        return len(sensor) == 8 and sum(struct.unpack(">II", sensor)) <= source.size
    end = _end_of_boxes(source.part) if is_boxes(source.head) else tiff.end(source.part)
    return end <= source.size


def _end_of_boxes(read: Read) -> int:
    end = 0
    with contextlib.suppress(struct.error):  # beyond the last one
        for _, _, stop in walk(read):
            end = stop if stop < FARTHEST else end
    return end
