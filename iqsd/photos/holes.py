"""Pictures of which a part was never written, or was lost on the disk: it reads as zeros, and decoders carry on."""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from iqsd.containers.items import Items, meta
from iqsd.containers.parts import Read
from iqsd.errors import UnreadablePhotoError
from iqsd.photos.formats import Pixels

HOLED = "the picture is damaged: part of it is missing"
_SECTOR, _MAX_CHUNKS = bytes(512), 1000
_DENSE = frozenset({b"hvc1", b"av01"})
"""Kinds of items that cannot contain a sector of zeros: HEVC forbids three zeros in a row, and AV1 looks random."""

_PLAIN_ROWS = 16  # rows that equal the one above: fewer cannot become a sector of zeros


def check_for_holes(read: Read) -> None:
    """Refuse a HEIF or AVIF whose primary picture, or one of its tiles, lacks at least one sector.

    Raises:
        UnreadablePhotoError: it does. Files whose boxes are damaged or only a film's are passed.
    """
    try:
        items = Items(read, meta(read))
        pieces = items.refer(b"dimg").get(items.primary, (items.primary,))
        is_holed = any(items.kinds[piece] in _DENSE and _SECTOR in items.content(piece) for piece in pieces)
    except (struct.error, IndexError, KeyError, StopIteration):
        return
    if is_holed:
        raise UnreadablePhotoError(HOLED)


def check_webp_for_holes(read: Read, pixels: Pixels) -> None:
    """Refuse a lossy WebP with at least one sector of zeros that its picture does not explain.

    Its codes look random, except for many rows of one colour, as in a blown-out sky: these are coded as zeros. A hole
    that decodes to such rows is not detected.

    Args:
        read: reads the file.
        pixels: the picture in full, as it is stored.

    Raises:
        UnreadablePhotoError: a part of the picture is missing.
    """
    if _SECTOR in _first_frame(read) and not _has_plain_rows(pixels[:, ::4, 1].astype(np.int16)):
        raise UnreadablePhotoError(HOLED)


def _first_frame(read: Read) -> bytes:
    """The coded data of a lossy WebP's first or only frame; empty for other files, and for a lossless WebP."""
    at = 12
    for _ in range(_MAX_CHUNKS if read(8, 4) == b"WEBP" else 0):
        head = read(at, 8)
        if len(head) < 8 or head[:4] == b"VP8L":
            break
        kind, size = struct.unpack("<4sI", head)
        if kind == b"VP8 ":
            return read(at + 8, size)
        at += 24 if kind == b"ANMF" else 8 + size + size % 2  # a frame's chunks are inside it
    return b""


def _has_plain_rows(levels: npt.NDArray[np.int16]) -> bool:
    is_plain = np.abs(np.diff(levels, axis=0)).max(axis=1, initial=0) <= 1
    return b"\1" * _PLAIN_ROWS in is_plain.tobytes()
