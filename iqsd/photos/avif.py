"""What an AVIF says of itself before its pixels: its size, and what its colours mean (ISO/IEC 23008-12)."""

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
    """

    size: tuple[int, int] | None = None
    transfer: int | None = None
    primaries: int | None = None


def read_header(read: Read) -> Header:
    """The header; an empty one for other files, and for an AVIF whose boxes are damaged or only those of a film."""
    try:
        items = Items(read, meta(read))
        boxes = items.properties[items.primary]
        colours = [
            struct.unpack_from(">HH", body, 4) for kind, body in boxes if kind == b"colr" and body[:4] == _NUMBERS
        ]
        primaries, transfer = colours[0] if colours else (None, None)
        size = dict(boxes).get(b"ispe")
        return Header(struct.unpack_from(">II", size, 4) if size else None, transfer, primaries)
    except (struct.error, IndexError, KeyError, StopIteration):
        return Header()
