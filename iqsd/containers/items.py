"""The items of a file made of boxes: which there are, where they are, what describes them (ISO/IEC 14496-12, 8.11)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import cached_property

from iqsd.containers.parts import MAX_BYTES, Read, reader

_MAX_ITEMS, _MAX_EXTENTS = 20_000, 100_000
FARTHEST = 1 << 63
"""No file reaches beyond this offset."""


class Items:
    """What a `meta` box says. Asking for a damaged part of it raises struct.error, IndexError or KeyError.

    Args:
        read: reads the file.
        meta: the box's content.
    """

    def __init__(self, read: Read, meta: bytes) -> None:
        self._read = read
        self._boxes = dict(boxes(meta[4:]))

    @cached_property
    def primary(self) -> int:
        """The item that is the picture to show."""
        body = self._boxes[b"pitm"]
        return _Numbers(body, 4).take(4 if body[0] else 2)

    @cached_property
    def kinds(self) -> dict[int, bytes]:
        """The kind of each item; XMP's is `xmp `, although the file says `mime` for it, as for much else."""
        body = self._boxes.get(b"iinf", b"")
        found = {}
        for _, entry in boxes(body[6 if body[:1] == b"\0" else 8 :]):
            width = 2 if entry[0] == 2 else 4
            if entry[0] >= 2:
                kind, strings = entry[6 + width : 10 + width], entry[10 + width :].split(b"\0")
                is_xmp = kind == b"mime" and strings[1] == b"application/rdf+xml"
                found[_Numbers(entry, 4).take(width)] = b"xmp " if is_xmp else kind
        return found

    def refer(self, kind: bytes) -> dict[int, tuple[int, ...]]:
        """The references of a kind: from each item to others."""
        body = self._boxes.get(b"iref", bytes(4))
        width = 4 if body[0] else 2
        found = {}
        for its, entry in boxes(body[4:]):
            if its == kind:
                numbers = _Numbers(entry)
                item = numbers.take(width)
                found[item] = tuple(numbers.take(width) for _ in range(numbers.take(2)))
        return found

    @cached_property
    def properties(self) -> dict[int, tuple[tuple[bytes, bytes], ...]]:
        """For each item: kind and content of the boxes that apply to it."""
        inner = dict(boxes(self._boxes[b"iprp"]))
        all_there_are = tuple(boxes(inner[b"ipco"]))
        body = inner[b"ipma"]
        numbers, wide = _Numbers(body, 4), body[3] & 1
        found = {}
        for _ in range(min(numbers.take(4), _MAX_ITEMS)):
            item = numbers.take(4 if body[0] else 2)
            places = [numbers.take(2 if wide else 1) & (0x7FFF if wide else 0x7F) for _ in range(numbers.take(1))]
            found[item] = tuple(all_there_are[place - 1] for place in places if place)
        return found

    def content(self, item: int) -> bytes:
        """An item's bytes."""
        return b"".join(read(at, length) for read, at, length in self._extents(item))

    def length(self, item: int) -> int:
        """How many bytes an item claims to have: its stretches may be the same ones over and over."""
        return sum(length for _, _, length in self._extents(item))

    def is_whole(self, item: int) -> bool:
        """Whether the file reaches to the end of an item."""
        return all(length == 0 or read(at + length - 1, 1) for read, at, length in self._extents(item))

    def _extents(self, item: int) -> Iterator[tuple[Read, int, int]]:
        in_own_data, extents = self.places[item]
        for at, length in extents:
            yield self._read_own if in_own_data else self._read, at, length

    def _read_own(self, at: int, length: int) -> bytes:
        return self._boxes.get(b"idat", b"")[at : at + length]

    @cached_property
    def places(self) -> dict[int, tuple[bool, list[tuple[int, int]]]]:
        """Where each item in this file is: whether in the box's own data, and its stretches (offset, length)."""
        body = self._boxes[b"iloc"]
        version = body[0]
        wide = 4 if version == 2 else 2
        offset, length, base, index = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0
        numbers = _Numbers(body, 6)
        found, left = {}, _MAX_EXTENTS
        for _ in range(min(numbers.take(wide), _MAX_ITEMS)):
            item = numbers.take(wide)
            method = numbers.take(2) & 15 if version else 0
            numbers.take(2)
            start = numbers.take(base)
            extents = []
            count = numbers.take(2)
            left -= count
            if left < 0:  # numbers of zero bytes never run out
                raise IndexError(count)
            for _ in range(count):
                numbers.take(index)
                extents.append((start + numbers.take(offset), numbers.take(length)))
            if method <= 1:
                found[item] = method == 1, extents
        return found


def meta(read: Read) -> bytes:
    """The first `meta` box at the top level of the file; only it and the boxes' heads are read.

    Raises:
        StopIteration, struct.error: there is none, or it is enormous.
    """
    return next(read(at, end - at) for kind, at, end in walk(read) if kind == b"meta" and end - at <= MAX_BYTES)


def walk(read: Read, at: int = 0, end: int = FARTHEST) -> Iterator[tuple[bytes, int, int]]:
    """The kind of each box in a stretch of the file, and where its content begins and ends."""
    for _ in range(_MAX_ITEMS):
        if at + 8 > end:
            return
        size, kind = struct.unpack(">I4s", read(at, 8))
        head = 8
        if size == 1:
            size, head = struct.unpack(">Q", read(at + 8, 8))[0], 16
        following = end if size == 0 else at + size
        if following < at + head or following > end:
            return  # cut off: what came before counts
        yield kind, at + head, following
        at = following


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of each box in a stretch of bytes, up to the first that does not fit in."""
    for kind, at, end in walk(reader(data), 0, len(data)):
        yield kind, data[at:end]


class _Numbers:
    """Takes numbers of given widths in bytes, one after another."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at = data, at

    def take(self, width: int) -> int:
        self._at += width
        if self._at > len(self._data):
            raise IndexError(self._at)
        return int.from_bytes(self._data[self._at - width : self._at], "big")
