"""Metadata in files made of boxes (ISO base media): HEIC, AVIF, Canon's CR3, JPEG XL.

HEIC and AVIF keep several items in one file; depth maps and gain maps have XMP of their own, and theirs is not the
photo's. So the item is taken that says it describes the primary picture.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

_MAX_BYTES = 20_000_000
_MAX_BOXES = 10_000
_FARTHEST = 1 << 63  # no file has a place beyond
_XMP_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
_CANON_UUID = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")


class UnreadableBoxesError(ValueError):
    """The boxes contradict each other, or hold what is not read here."""


@dataclass
class Found:
    """What the boxes hold: an XMP packet, EXIF blocks (each a TIFF of its own)."""

    xmp: bytes | None = None
    exif: bytes | None = None
    exposure: bytes | None = None


def is_boxes(head: bytes) -> bool:
    """Whether a file that begins like this is made of boxes that are read here."""
    return head[4:8] == b"ftyp" or head[4:12] == b"JXL \r\n\x87\n"


def read_boxes(file: BinaryIO) -> Found:
    """The photo's metadata. Raises UnreadableBoxesError where it cannot be told."""
    found = Found()
    try:
        for kind, start, end in _boxes(file, 0, file.seek(0, 2)):
            if kind == b"meta":
                _Items(file, start + 4, end).read_into(found)
            elif kind == b"uuid" and _read(file, start, start + 16) == _XMP_UUID:
                found.xmp = _read(file, start + 16, end)
            elif kind == b"moov":
                found.exif, found.exposure = _canon(file, start, end)
            elif kind == b"xml ":
                found.xmp = _read(file, start, end)
            elif kind == b"Exif":
                found.exif = _tiff(_read(file, start, end))
            elif kind == b"brob":
                raise UnreadableBoxesError("its metadata is compressed")
    except (struct.error, IndexError) as error:
        raise UnreadableBoxesError("its boxes are damaged") from error
    return found


def _boxes(file: BinaryIO, at: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, and where the content begins and ends, of each box in a stretch of the file."""
    for _ in range(_MAX_BOXES):
        if at + 8 > end:
            return
        size, kind = struct.unpack(">I4s", _read(file, at, at + 8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", _read(file, at + 8, at + 16))[0], 16
        following = end if size == 0 else at + size
        if following < at + head or following > end:
            return  # cut off; what is here is here
        yield kind, at + head, following
        at = following


def _read(file: BinaryIO, start: int, end: int) -> bytes:
    if end - start > _MAX_BYTES or end >= _FARTHEST:
        raise UnreadableBoxesError("its metadata is too large, or too far away")
    file.seek(start)
    return file.read(end - start)


def _tiff(item: bytes) -> bytes:
    """An EXIF item says first how far on its TIFF begins."""
    return item[4 + struct.unpack_from(">I", item)[0] :]


def _canon(file: BinaryIO, start: int, end: int) -> tuple[bytes | None, bytes | None]:
    found: dict[bytes, bytes] = {}
    for kind, inner, inner_end in _boxes(file, start, end):
        if kind == b"uuid" and _read(file, inner, inner + 16) == _CANON_UUID:
            for part, at, stop in _boxes(file, inner + 16, inner_end):
                if part in (b"CMT1", b"CMT2"):
                    found[part] = _read(file, at, stop)
    return found.get(b"CMT1"), found.get(b"CMT2")


@dataclass
class _Items:
    """The items of a `meta` box: which there are, where they lie, and which picture they describe."""

    file: BinaryIO
    start: int
    end: int
    primary: int = -1
    kinds: dict[int, bytes] = field(default_factory=dict)
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    describes: dict[int, set[int]] = field(default_factory=dict)
    own_data: int = 0

    def read_into(self, found: Found) -> None:
        bodies = {kind: (at, stop) for kind, at, stop in _boxes(self.file, self.start, self.end)}
        self.own_data = bodies.get(b"idat", (0, 0))[0]
        if b"pitm" in bodies:
            body = _read(self.file, *bodies[b"pitm"])
            self.primary = struct.unpack_from(">H" if body[0] == 0 else ">I", body, 4)[0]
        if b"iinf" in bodies:
            self._kinds(*bodies[b"iinf"])
        if b"iloc" in bodies:
            self._places(_read(self.file, *bodies[b"iloc"]))
        if b"iref" in bodies:
            self._references(*bodies[b"iref"])
        found.xmp = self._item(b"mime")
        exif = self._item(b"Exif")
        found.exif = _tiff(exif) if exif else None

    def _item(self, kind: bytes) -> bytes | None:
        """The item of a kind that describes the primary picture, or that describes nothing in particular."""
        mine = [item for item, its in self.kinds.items() if its == kind]
        mine = [i for i in mine if self.primary in self.describes.get(i, {self.primary})]
        if not mine:
            return None
        return b"".join(_read(self.file, at, at + length) for at, length in self.places.get(mine[0], ())) or None

    def _kinds(self, start: int, end: int) -> None:
        version = _read(self.file, start, start + 1)[0]
        for kind, at, stop in _boxes(self.file, start + (6 if version == 0 else 8), end):
            body = _read(self.file, at, stop)
            if kind != b"infe" or body[0] < 2:
                continue
            item, rest = struct.unpack_from(">H" if body[0] == 2 else ">I", body, 4)[0], 6 if body[0] == 2 else 8
            its, strings = body[rest + 2 : rest + 6], body[rest + 6 :].split(b"\0")
            if its != b"mime" or strings[1] == b"application/rdf+xml":
                self.kinds[item] = its

    def _places(self, body: bytes) -> None:
        version, sizes = body[0], (body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if body[0] else 0)
        wide = ">I" if version == 2 else ">H"
        reader = _Reader(body, 6)
        for _ in range(reader.take(wide)):
            item = reader.take(wide)
            method = reader.take(">H") & 15 if version else 0
            reader.take(">H")
            base = reader.number(sizes[2])
            extents = []
            for _ in range(reader.take(">H")):
                reader.number(sizes[3])
                extents.append((base + reader.number(sizes[0]), reader.number(sizes[1])))
            if method == 1:
                extents = [(at + self.own_data, length) for at, length in extents]
            if method <= 1:
                self.places[item] = extents

    def _references(self, start: int, end: int) -> None:
        wide = ">I" if _read(self.file, start, start + 1)[0] else ">H"
        for kind, at, stop in _boxes(self.file, start + 4, end):
            if kind == b"cdsc":
                reader = _Reader(_read(self.file, at, stop), 0)
                item = reader.take(wide)
                self.describes[item] = {reader.take(wide) for _ in range(reader.take(">H"))}


@dataclass
class _Reader:
    """Numbers of varying width, one after the other."""

    data: bytes
    at: int

    def take(self, layout: str) -> int:
        value = int(struct.unpack_from(layout, self.data, self.at)[0])
        self.at += struct.calcsize(layout)
        return value

    def number(self, width: int) -> int:
        if self.at + width > len(self.data):
            raise IndexError(self.at)
        value = int.from_bytes(self.data[self.at : self.at + width], "big")
        self.at += width
        return value
