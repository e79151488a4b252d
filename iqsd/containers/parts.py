"""How readers of files ask for the parts that they need, and what they find there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Read = Callable[[int, int], bytes]
"""(offset, length) -> the bytes that are there."""


def reader(data: bytes) -> Read:
    """Reads from bytes that are in memory."""
    return lambda at, length: data[at : at + length]


@dataclass
class Blocks:
    """The metadata of one photo, not yet understood. EXIF blocks are TIFF structures, without what stands before."""

    xmp: bytes | None = None
    exif: bytes | None = None
    exposure: bytes | None = None
    """What EXIF says of the exposure, where a format keeps that apart (CR3)."""
    photoshop: bytes = b""
    extension: bytes | None = None
    """XMP that did not fit into the first segment of a JPEG."""
    profile: bytes = b""
    """The ICC profile of a PNG or WebP."""
