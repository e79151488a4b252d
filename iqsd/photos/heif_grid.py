"""A HEIF picture that is made of tiles, as phones make them: its rows of tiles as HEIF files of their own.

libheif unfolds a picture as a whole. A row of tiles at a time takes a fraction of the memory, and nothing is read that
is not the picture (ISO/IEC 23008-12, 6.6.2.3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iqsd.photos.tiff import Read

_MAX_TILES, _MAX_ITEMS, _MAX_BYTES = 4096, 20_000, 20_000_000
_TURNS = {0: 1, 1: 8, 2: 3, 3: 6}  # quarter turns against the clock, as EXIF's orientations
_MIRRORS = {0: 4, 1: 2}  # top and bottom change places, or left and right
_SHAPES = frozenset({b"ispe", b"irot", b"imir"})
_PICTURE = struct.pack(">II4s12sx", 0, 0, b"pict", bytes(12))


@dataclass(frozen=True)
class Grid:
    """A tiled picture.

    Attributes:
        width: as stored, before it is turned.
        height: likewise.
        tile_height: of every row of tiles; the last may hang over.
        orientations: EXIF's numbers, to be applied one after the other.
        rows: each row of tiles, from the top: the items that they are.
        content: an item's bytes.
        properties: boxes that hold for the picture, such as its colour.
        tile_properties: boxes that hold for each tile: the decoder's configuration, the tile's size.
    """

    width: int
    height: int
    tile_height: int
    orientations: tuple[int, ...]
    rows: tuple[tuple[int, ...], ...]
    content: Callable[[int], bytes]
    properties: tuple[bytes, ...]
    tile_properties: tuple[bytes, ...]

    def bands(self) -> Iterator[tuple[int, bytes]]:
        """Of each row of tiles: how many lines of the picture it holds, and a HEIF file of it."""
        for number, items in enumerate(self.rows):
            lines = min(self.tile_height, self.height - number * self.tile_height)
            tiles = tuple(self.content(item) for item in items)
            yield lines, _file(self.width, lines, tiles, self.properties, self.tile_properties)


def read_grid(read: Read) -> Grid | None:
    """The primary picture as rows of tiles; None if it is not of this kind, or anything about it is odd.

    Raises:
        EOFError: the file ends before the picture does. libheif would show a part of it.
    """
    try:
        return _grid(read)
    except (struct.error, IndexError, KeyError, ValueError):
        return None


def _grid(read: Read) -> Grid | None:
    meta = _Meta(read)
    if meta.kinds[meta.primary] != b"grid":
        return None
    body = meta.content(meta.primary)
    down, across = body[2] + 1, body[3] + 1
    width, height = struct.unpack_from(">II" if body[1] & 1 else ">HH", body, 4)
    tiles = meta.parts[meta.primary]
    shared = meta.properties[tiles[0]]
    tile_width, tile_height = struct.unpack_from(">II", dict(shared)[b"ispe"], 4)
    alike = all(meta.kinds[tile] == b"hvc1" and meta.properties[tile] == shared for tile in tiles)
    covered = 0 <= tile_width * across - width < tile_width and 0 <= tile_height * down - height < tile_height
    if not alike or not covered or len(tiles) != down * across or len(tiles) > _MAX_TILES:
        return None
    if not all(map(meta.is_whole, tiles)):
        raise EOFError("the file ends before the picture does")
    own = meta.properties[meta.primary]
    if not {kind for kind, _ in (*own, *shared)}.isdisjoint({b"clap"}):
        return None  # cut to a part of it: rare, and libheif knows how
    return Grid(
        width=width,
        height=height,
        tile_height=tile_height,
        orientations=tuple(_orientation(kind, body) for kind, body in own if kind in (b"irot", b"imir")),
        rows=tuple(tiles[at : at + across] for at in range(0, len(tiles), across)),
        content=meta.content,
        properties=tuple(_box(kind, body) for kind, body in own if kind not in _SHAPES),
        tile_properties=tuple(_box(kind, body) for kind, body in shared),
    )


def _orientation(kind: bytes, body: bytes) -> int:
    return _TURNS[body[0] & 3] if kind == b"irot" else _MIRRORS[body[0] & 1]


class _Meta:
    """The `meta` box: which items there are, where they lie, of what they are made and what is said of them."""

    def __init__(self, read: Read) -> None:
        self._read = read
        boxes = dict(_boxes(_whole_box(read, b"meta")[4:]))
        own = boxes.get(b"idat", b"")
        self._read_own: Read = lambda at, length: own[at : at + length]
        self.primary = _Numbers(boxes[b"pitm"], 4).take(4 if boxes[b"pitm"][0] else 2)
        self.kinds = dict(_kinds(boxes[b"iinf"]))
        self.parts = dict(_parts(boxes[b"iref"]))
        self.properties = _properties(dict(_boxes(boxes[b"iprp"])))
        self._places = dict(_places(boxes[b"iloc"]))

    def content(self, item: int) -> bytes:
        """An item's bytes."""
        return b"".join(read(at, length) for read, at, length in self._extents(item))

    def is_whole(self, item: int) -> bool:
        """Whether the file reaches to the end of an item."""
        return all(length == 0 or read(at + length - 1, 1) for read, at, length in self._extents(item))

    def _extents(self, item: int) -> Iterator[tuple[Read, int, int]]:
        in_own_data, extents = self._places[item]
        for at, length in extents:
            yield self._read_own if in_own_data else self._read, at, length


class _Numbers:
    """Numbers of so many bytes, one after the other."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data, self._at = data, at

    def take(self, width: int) -> int:
        self._at += width
        if self._at > len(self._data):
            raise IndexError(self._at)
        return int.from_bytes(self._data[self._at - width : self._at], "big")


def _whole_box(read: Read, wanted: bytes) -> bytes:
    """What is in the first box of a kind at the top of the file; only that, and where each begins, is read."""
    at = 0
    for _ in range(_MAX_ITEMS):
        size, kind = struct.unpack(">I4s", read(at, 8))
        head = 16 if size == 1 else 8
        size = struct.unpack(">Q", read(at + 8, 8))[0] if size == 1 else size
        if kind == wanted and head <= size <= _MAX_BYTES:
            return read(at + head, size - head)
        if size < head:  # it reaches to the end of the file, or is nonsense
            break
        at += size
    raise KeyError(wanted)


def _boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    while at + 8 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        size = len(data) - at if size == 0 else size
        if size < 8 or at + size > len(data):
            return
        yield kind, data[at + 8 : at + size]
        at += size


def _kinds(body: bytes) -> Iterator[tuple[int, bytes]]:
    for _, entry in _boxes(body[6 if body[0] == 0 else 8 :]):
        width = 2 if entry[0] == 2 else 4
        if entry[0] >= 2:
            yield _Numbers(entry, 4).take(width), entry[6 + width : 10 + width]


def _parts(body: bytes) -> Iterator[tuple[int, tuple[int, ...]]]:
    width = 4 if body[0] else 2
    for kind, entry in _boxes(body[4:]):
        if kind == b"dimg":
            numbers = _Numbers(entry)
            whole = numbers.take(width)
            yield whole, tuple(numbers.take(width) for _ in range(numbers.take(2)))


def _properties(boxes: dict[bytes, bytes]) -> dict[int, tuple[tuple[bytes, bytes], ...]]:
    all_there_are = tuple(_boxes(boxes[b"ipco"]))
    body = boxes[b"ipma"]
    numbers, wide = _Numbers(body, 4), body[3] & 1
    found = {}
    for _ in range(min(numbers.take(4), _MAX_ITEMS)):
        item = numbers.take(4 if body[0] else 2)
        places = [numbers.take(2 if wide else 1) & (0x7FFF if wide else 0x7F) for _ in range(numbers.take(1))]
        found[item] = tuple(all_there_are[place - 1] for place in places if place)
    return found


def _places(body: bytes) -> Iterator[tuple[int, tuple[bool, list[tuple[int, int]]]]]:
    version = body[0]
    wide = 4 if version == 2 else 2
    offset, length, base, index = body[4] >> 4, body[4] & 15, body[5] >> 4, body[5] & 15 if version else 0
    numbers = _Numbers(body, 6)
    for _ in range(min(numbers.take(wide), _MAX_ITEMS)):
        item = numbers.take(wide)
        method = numbers.take(2) & 15 if version else 0
        numbers.take(2)
        start = numbers.take(base)
        extents = []
        for _ in range(numbers.take(2)):
            numbers.take(index)
            extents.append((start + numbers.take(offset), numbers.take(length)))
        if method <= 1:
            yield item, (method == 1, extents)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full_box(kind: bytes, body: bytes, version: int = 0) -> bytes:
    return _box(kind, struct.pack(">B3x", version) + body)


def _file(
    width: int, height: int, tiles: tuple[bytes, ...], properties: tuple[bytes, ...], tile_properties: tuple[bytes, ...]
) -> bytes:
    """A HEIF file of one grid, item 1, one row high; its tiles are the items from 2 on."""
    grid = struct.pack(">BBBBII", 0, 1, 0, len(tiles) - 1, width, height)
    items = range(2, len(tiles) + 2)
    size = _full_box(b"ispe", struct.pack(">II", width, height))
    boxes = (size, *properties, *tile_properties)
    own = bytes(range(1, len(properties) + 2))
    theirs = bytes(range(len(properties) + 2, len(boxes) + 1))
    associations = [(1, own), *((item, theirs) for item in items)]
    entries = [_full_box(b"infe", struct.pack(">HH4sx", item, 0, kind), 2) for item, kind in _kinds_of(items)]
    head = _box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    fixed = b"".join(
        [
            _box(b"hdlr", _PICTURE),
            _full_box(b"pitm", struct.pack(">H", 1)),
            _full_box(b"iinf", struct.pack(">H", len(entries)) + b"".join(entries)),
            _full_box(b"iref", _box(b"dimg", struct.pack(f">HH{len(tiles)}H", 1, len(tiles), *items))),
            _box(
                b"iprp",
                _box(b"ipco", b"".join(boxes))
                + _full_box(
                    b"ipma",
                    struct.pack(">I", len(associations))
                    + b"".join(struct.pack(">HB", item, len(places)) + places for item, places in associations),
                ),
            ),
        ]
    )
    contents = (grid, *tiles)
    places_size = 8 + 4 + 4 + 14 * len(contents)
    at = len(head) + 8 + 4 + len(fixed) + places_size + 8
    places = struct.pack(">BBH", 0x44, 0, len(contents))
    for item, content in enumerate(contents, 1):
        places += struct.pack(">HHHII", item, 0, 1, at, len(content))
        at += len(content)
    return head + _full_box(b"meta", fixed + _full_box(b"iloc", places)) + _box(b"mdat", b"".join(contents))


def _kinds_of(tiles: range) -> list[tuple[int, bytes]]:
    return [(1, b"grid"), *((item, b"hvc1") for item in tiles)]
