"""What an AVIF says of itself before its pixels: size, part to show, meaning of its colours (ISO/IEC 23008-12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from iqsd.containers.items import Items, meta
from iqsd.containers.parts import Read

_NUMBERS = b"nclx"  # of the two ways in which a box of colours speaks; the other is an ICC profile


@dataclass(frozen=True)
class Header:
    """What the boxes of the primary picture say.

    Attributes:
        size: (width, height) as stored, before it is turned; None: they do not say.
        transfer: how light became numbers, in H.273's numbers; None: not said, or by an ICC profile.
        primaries: the colours of red, green and blue, likewise.
        crop: the rows and columns that are meant to be seen, before it is turned; None: all.
    """

    size: tuple[int, int] | None = None
    transfer: int | None = None
    primaries: int | None = None
    crop: tuple[slice, slice] | None = None


def read_header(read: Read) -> Header:
    """The header; an empty one for other files, and for an AVIF whose boxes are damaged or only those of a film."""
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
    """What a box of the "clean aperture" leaves of a picture: four fractions, the size and how far off centre it is."""
    numbers = struct.unpack_from(">IIIIiIiI", aperture)
    if 0 in numbers[1::2]:
        return None
    across, down, right, below = (a / b for a, b in zip(numbers[::2], numbers[1::2], strict=True))
    left, top = round((width - across) / 2 + right), round((height - down) / 2 + below)
    is_inside = 0 <= left < left + round(across) <= width and 0 <= top < top + round(down) <= height
    return (slice(top, top + round(down)), slice(left, left + round(across))) if is_inside else None
