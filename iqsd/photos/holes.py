"""Pictures of which a part was never written, or was lost on the disk: it reads as zeros, and decoders go on."""

from __future__ import annotations

import struct

from iqsd.containers.items import Items, meta
from iqsd.containers.parts import Read
from iqsd.errors import UnreadablePhotoError

_SECTOR = bytes(512)
_DENSE = frozenset({b"hvc1", b"av01"})
"""Kinds of items in which no sector of zeros can stand: HEVC forbids three in a row, and AV1's look like chance."""


def check_for_holes(read: Read) -> None:
    """Refuse a HEIF or AVIF of whose primary picture, or a tile of it, at least a sector is missing.

    Raises:
        UnreadablePhotoError: it is. Nothing is said of files whose boxes are damaged or only those of a film.
    """
    try:
        items = Items(read, meta(read))
        pieces = items.refer(b"dimg").get(items.primary, (items.primary,))
        is_holed = any(items.kinds[piece] in _DENSE and _SECTOR in items.content(piece) for piece in pieces)
    except (struct.error, IndexError, KeyError, StopIteration):
        return
    if is_holed:
        raise UnreadablePhotoError("the picture is damaged: a part of it is missing")
