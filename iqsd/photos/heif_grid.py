"""A HEIF picture made of tiles, as phones write it: its rows of tiles as HEIF files of their own.

libheif decodes a picture as a whole. One row of tiles at a time takes a fraction of the memory, and nothing but the
picture is read (ISO/IEC 23008-12, 6.6.2.3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from iqsd.containers.items import Items, meta
from iqsd.containers.parts import Read

_MAX_TILES = 4096
_TURNS = {0: 1, 1: 8, 2: 3, 3: 6}  # quarter turns anticlockwise, as EXIF's orientations
_MIRRORS = {0: 4, 1: 2}  # top and bottom swapped, or left and right
_SHAPES = frozenset({b"ispe", b"irot", b"imir"})
_PICTURE = struct.pack(">II4s12sx", 0, 0, b"pict", bytes(12))


@dataclass(frozen=True)
class Grid:
    """A tiled picture.

    Attributes:
        width: as stored, before it is turned.
        height: likewise.
        tile_height: of every row of tiles; the last may extend beyond the picture.
        orientations: EXIF's numbers, to be applied one after another.
        rows: the items of each row of tiles, from the top.
        content: gives an item's bytes.
        properties: boxes that apply to the picture, such as its colour.
        tile_properties: boxes that apply to each tile: the decoder's configuration, the tile's size.
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
        """For each row of tiles: how many lines of the picture it holds, and a HEIF file of it."""
        for number, items in enumerate(self.rows):
            lines = min(self.tile_height, self.height - number * self.tile_height)
            tiles = tuple(self.content(item) for item in items)
            yield lines, _file(self.width, lines, tiles, self.properties, self.tile_properties)


def read_grid(read: Read) -> Grid | None:
    """The primary picture as rows of tiles; None if it is not made of tiles, or anything about it is odd.

    Raises:
        EOFError: the file ends before the picture does. libheif would show only a part of it.
    """
    try:
        return _grid(read)
    except (struct.error, IndexError, KeyError, ValueError, StopIteration):
        return None


def _grid(read: Read) -> Grid | None:
    items = Items(read, meta(read))
    if items.kinds[items.primary] != b"grid":
        return None
    body = items.content(items.primary)
    down, across = body[2] + 1, body[3] + 1
    width, height = struct.unpack_from(">II" if body[1] & 1 else ">HH", body, 4)
    tiles = items.refer(b"dimg")[items.primary]
    shared = items.properties[tiles[0]]
    tile_width, tile_height = struct.unpack_from(">II", dict(shared)[b"ispe"], 4)
    alike = all(items.kinds[tile] == b"hvc1" and items.properties[tile] == shared for tile in tiles)
    covered = 0 <= tile_width * across - width < tile_width and 0 <= tile_height * down - height < tile_height
    if not alike or not covered or len(tiles) != down * across or len(tiles) > _MAX_TILES:
        return None
    if not all(map(items.is_whole, tiles)):
        raise EOFError("the file ends before the picture does")
    own = items.properties[items.primary]
    if b"clap" in dict((*own, *shared)):
        return None  # cropped: rare, and libheif can do it
    return Grid(
        width=width,
        height=height,
        tile_height=tile_height,
        orientations=tuple(_orientation(kind, body) for kind, body in own if kind in (b"irot", b"imir")),
        rows=tuple(tiles[at : at + across] for at in range(0, len(tiles), across)),
        content=items.content,
        properties=tuple(_box(kind, body) for kind, body in own if kind not in _SHAPES),
        tile_properties=tuple(_box(kind, body) for kind, body in shared),
    )


def _orientation(kind: bytes, body: bytes) -> int:
    return _TURNS[body[0] & 3] if kind == b"irot" else _MIRRORS[body[0] & 1]


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
    kinds = [(1, b"grid"), *((item, b"hvc1") for item in items)]
    entries = [_full_box(b"infe", struct.pack(">HH4sx", item, 0, kind), 2) for item, kind in kinds]
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
