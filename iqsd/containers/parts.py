"""How readers of files ask for the parts they need, and what they find there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

MAX_BYTES = 20_000_000
"""What one block or box of metadata may take; a larger one is not read."""

Read = Callable[[int, int], bytes]
"""(offset, length) -> the bytes that are there."""


def reader(data: bytes) -> Read:
    """A `Read` of bytes in memory."""
    return lambda at, length: data[at : at + length]


@dataclass
class Blocks:
    """The metadata of one photo, not yet parsed. EXIF blocks are TIFF structures, without what precedes these."""

    xmp: bytes | None = None
    exif: bytes | None = None
    exposure: bytes | None = None
    """What EXIF says about the exposure, in formats that keep it separately (CR3)."""
    photoshop: bytes = b""
    extension: bytes | None = None
    """XMP that did not fit into the first segment of a JPEG."""
    profile: bytes = b""
    """The ICC profile of a PNG or WebP."""
