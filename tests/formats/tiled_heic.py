"""Makes HEIC files as phones do: HEVC tiles, and a grid that puts them together."""

from __future__ import annotations

import io
import struct

import numpy as np
from PIL import Image

from iqsd.photos.formats import Pixels
from tests.sidecars.sidecar_making import box

TILE = 512


def tiled_heic(pixels: Pixels, quarter_turns: int = 0, mirrored: bool = False, tile: int = TILE) -> bytes:
    """A picture in tiles; those at the right and bottom edges extend beyond it, as in phones' files.

    Args:
        pixels: as stored, before it is turned.
        quarter_turns: how far the reader has to turn it, anticlockwise.
        mirrored: whether the reader has to swap left and right after that.
        tile: the side of a tile in pixels.
    """
    height, width = pixels.shape[:2]
    down, across = -(-height // tile), -(-width // tile)
    padded = np.pad(pixels, ((0, down * tile - height), (0, across * tile - width), (0, 0)), mode="edge")
    pieces = [padded[tile * y :, tile * x :][:tile, :tile] for y in range(down) for x in range(across)]
    by_content = {piece.tobytes(): piece for piece in pieces}
    encoded = {content: _encoded(piece) for content, piece in by_content.items()}
    tiles = [encoded[piece.tobytes()] for piece in pieces]
    configuration = tiles[0][0]
    assert all(theirs == configuration for theirs, _ in tiles)
    turns = [box(b"irot", bytes([quarter_turns]))] + [box(b"imir", b"\1")] * mirrored
    properties = [configuration, _size(tile, tile), _size(width, height), *turns]
    grid = struct.pack(">BBBBII", 0, 1, down - 1, across - 1, width, height)
    places = [(1, list(range(3, 4 + len(turns)))), *((item, [1, 2]) for item in range(2, len(tiles) + 2))]
    kinds = [(1, b"grid"), *((item, b"hvc1") for item in range(2, len(tiles) + 2))]
    return _assembled(kinds, places, properties, [grid, *(data for _, data in tiles)])


def _encoded(pixels: Pixels) -> tuple[bytes, bytes]:
    """The box that configures the decoder, and the HEVC data, of a picture of one tile."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "HEIF", quality=90)
    data = file.getvalue()
    at = data.index(b"hvcC") - 4
    mdat = data.index(b"mdat") - 4
    return data[at : at + _long(data, at)], data[mdat + 8 : mdat + _long(data, mdat)]


def _assembled(
    kinds: list[tuple[int, bytes]],
    places: list[tuple[int, list[int]]],
    properties: list[bytes],
    contents: list[bytes],
) -> bytes:
    entries = [_full(b"infe", 2, struct.pack(">HH4sx", item, 0, kind)) for item, kind in kinds]
    of_items = b"".join(struct.pack(">HB", item, len(which)) + bytes(which) for item, which in places)
    parts = [item for item, kind in kinds if kind == b"hvc1"]
    boxes = [
        _full(b"hdlr", 0, bytes(4) + b"pict" + bytes(13)),
        _full(b"pitm", 0, struct.pack(">H", 1)),
        _full(b"iinf", 0, struct.pack(">H", len(entries)) + b"".join(entries)),
        _full(b"iref", 0, box(b"dimg", struct.pack(f">HH{len(parts)}H", 1, len(parts), *parts))),
        box(
            b"iprp",
            box(b"ipco", b"".join(properties)) + _full(b"ipma", 0, struct.pack(">I", len(places)) + of_items),
        ),
    ]
    head = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
    at = len(head) + 12 + sum(map(len, boxes)) + 16 + 14 * len(contents) + 8
    extents = b""
    for item, content in enumerate(contents, 1):
        extents += struct.pack(">HHHII", item, 0, 1, at, len(content))
        at += len(content)
    boxes.append(_full(b"iloc", 0, struct.pack(">BBH", 0x44, 0, len(contents)) + extents))
    return head + _full(b"meta", 0, b"".join(boxes)) + box(b"mdat", b"".join(contents))


def _long(data: bytes, at: int) -> int:
    return int(struct.unpack_from(">I", data, at)[0])


def _size(width: int, height: int) -> bytes:
    return _full(b"ispe", 0, struct.pack(">II", width, height))


def _full(kind: bytes, version: int, body: bytes) -> bytes:
    return box(kind, struct.pack(">B3x", version) + body)
