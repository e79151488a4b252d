"""Metadata in files made of boxes (ISO base media): HEIC, AVIF, Canon's CR3, JPEG XL.

HEIC and AVIF keep several items in one file; depth maps and gain maps have XMP of their own, which is not the photo's.
So the item that says it describes the primary picture is used.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

from iqsd.containers.items import FARTHEST, Items, walk
from iqsd.containers.parts import MAX_BYTES, Blocks, Read

_TOO_LARGE = "its metadata is too large, or too far away"
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


class UnreadableBoxesError(ValueError):
    """The boxes contradict each other, or contain something that is not read here."""


def is_boxes(head: bytes) -> bool:
    """Whether a file that begins like this is made of boxes that are read here."""
    return head[4:8] == b"ftyp" or head[4:12] == b"JXL \r\n\x87\n"


def read_boxes(file: BinaryIO) -> Blocks:
    """The photo's metadata. Raises UnreadableBoxesError if it cannot be determined."""
    found, read = Blocks(), _reader(file)
    try:
        for kind, start, end in walk(read, 0, file.seek(0, 2)):
            if kind == b"meta":
                _read_items(Items(read, read(start, end - start)), found)
            elif kind == b"uuid" and read(start, 16) == _XMP_UUID:
                found.xmp = read(start + 16, end - start - 16)
            elif kind == b"moov":
                exif, found.exposure = _canon(read, start, end)
                found.exif = exif or found.exif  # a HEIF with several pictures has such a box too
            elif kind == b"xml ":
                found.xmp = read(start, end - start)
            elif kind == b"Exif":
                found.exif = _tiff(read(start, end - start))
            elif kind == b"brob":
                raise UnreadableBoxesError("its metadata is compressed")
    except (struct.error, IndexError, KeyError) as error:
        raise UnreadableBoxesError("its boxes are damaged") from error
    return found


def _reader(file: BinaryIO) -> Read:
    def read(at: int, length: int) -> bytes:
        if length > MAX_BYTES or at + length >= FARTHEST:
            raise UnreadableBoxesError(_TOO_LARGE)
        file.seek(at)
        return file.read(length)

    return read


def _canon(read: Read, start: int, end: int) -> tuple[bytes | None, bytes | None]:
    found: dict[bytes, bytes] = {}
    for kind, inner, inner_end in walk(read, start, end):
        if kind == b"uuid" and read(inner, 16) == _CANON_UUID:
            for part, at, stop in walk(read, inner + 16, inner_end):
                if part in (b"CMT1", b"CMT2"):
                    found[part] = read(at, stop - at)
    return found.get(b"CMT1"), found.get(b"CMT2")


def _read_items(items: Items, found: Blocks) -> None:
    found.xmp = _item(items, b"xmp ")
    exif = _item(items, b"Exif")
    found.exif = _tiff(exif) if exif else None


def _item(items: Items, kind: bytes) -> bytes | None:
    """The item of a kind that describes the primary picture, or that describes nothing in particular."""
    describe = items.refer(b"cdsc")
    for item, its in items.kinds.items():
        if its == kind and (item not in describe or items.primary in describe[item]):
            if item not in items.places:
                return None
            if items.length(item) > MAX_BYTES:
                raise UnreadableBoxesError(_TOO_LARGE)
            return items.content(item)
    return None


def _tiff(item: bytes) -> bytes:
    """The TIFF in an EXIF item, which begins with the offset of its TIFF."""
    return item[4 + struct.unpack_from(">I", item)[0] :]
