"""What an AVIF's header says: size, part to show, meaning of its colours (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from iqsd.containers.items import Items, meta
from iqsd.containers.parts import Read

_NUMBERS = b"nclx"  # one of the two kinds of colour boxes; the other holds an ICC profile


@dataclass(frozen=True)
class Header:
    """What the boxes of the primary picture say.

    Attributes:
        size: (width, height) as stored, before it is turned; None: not given.
        transfer: how light became numbers, by its number in H.273; None: not given, or given by an ICC profile.
        primaries: the colours of red, green and blue, likewise.
        crop: the rows and columns to be shown, before it is turned; None: all.
    """

    size: tuple[int, int] | None = None
    transfer: int | None = None
    primaries: int | None = None
    crop: tuple[slice, slice] | None = None


def read_header(read: Read) -> Header:
    """The header; an empty one for other files, and for an AVIF whose boxes are damaged or only a film's."""
    try:
        items = Items(read, meta(read))
        boxes = items.properties[items.primary]
        colours = [
            struct.unpack_from(">HH", body, 4) for kind, body in boxes if kind == b"colr" and body[:4] == _NUMBERS
        ]
        primaries, transfer = colours[0] if colours else (None, None)
        others = dict(boxes)
        size = struct.unpack_from(">II", others[b"ispe"], 4) if b"ispe" in others else None
        crop = _crop(others[b"clap"], *size) if size and b"clap" in others else None
        return Header(size, transfer, primaries, crop)
    except (struct.error, IndexError, KeyError, StopIteration):
        return Header()


def _crop(aperture: bytes, width: int, height: int) -> tuple[slice, slice] | None:
    """The part of a picture that a "clean aperture" box leaves: four fractions, its size and its offset from centre."""
    numbers = struct.unpack_from(">IIIIiIiI", aperture)
    if 0 in numbers[1::2]:
        return None
    across, down, right, below = (a / b for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    left, top = round((width - across) / 2 + right), round((height - down) / 2 + below)
    is_inside = 0 <= left < left + round(across) <= width and 0 <= top < top + round(down) <= height
    return (slice(top, top + round(down)), slice(left, left + round(across))) if is_inside else None
