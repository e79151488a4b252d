"""Makes files of every format, so that this repository need not contain any camera's files."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from iqsd.photos.formats import Pixels
from tests.conftest import PHOTOS

ORIENTATION = 274


def left_red(height: int = 600, width: int = 900) -> Pixels:
    """RGB: red on the left, blue on the right."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = 255
    picture[:, width // 2 :, 2] = 255
    return picture


def photograph(width: int, height: int, which: int = 0) -> Pixels:
    """A real photograph, resized to a camera's size."""
    bgr = cv2.imread(str(PHOTOS[which]))
    assert bgr is not None
    return np.asarray(cv2.resize(bgr, (width, height), interpolation=cv2.INTER_CUBIC)[:, :, ::-1], np.uint8)


def with_pillow(kind: str, pixels: Pixels, orientation: int = 1, **how: object) -> bytes:
    """Encoded by Pillow, with an EXIF orientation."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, kind, exif=exif.tobytes(), **how)
    return data.getvalue()


def heic(pixels: Pixels, orientation: int = 1) -> bytes:
    """A HEIC as phones make it: turned by the container, with EXIF saying so too."""
    import pillow_heif

    pillow_heif.register_heif_opener()
    return with_pillow("HEIF", pixels, orientation, quality=90)


def jpeg(pixels: Pixels, orientation: int = 1, **how: object) -> bytes:
    """A baseline JPEG."""
    return with_pillow("JPEG", pixels, orientation, **({"quality": 92} | how))


def avif(pixels: Pixels, orientation: int = 1) -> bytes:
    """An AVIF."""
    return with_pillow("AVIF", pixels, orientation, quality=90, speed=10)


def jpeg_xl(pixels: Pixels, orientation: int = 1) -> bytes:
    """A JPEG XL whose EXIF has an orientation that its decoder must ignore."""
    import pillow_jxl  # noqa: F401

    return with_pillow("JXL", pixels, orientation, quality=90)


def webp(pixels: Pixels, orientation: int = 1) -> bytes:
    """A WebP."""
    return with_pillow("WEBP", pixels, orientation, quality=90)


def png(pixels: Pixels, orientation: int = 1) -> bytes:
    """A PNG."""
    return with_pillow("PNG", pixels, orientation)


def tiff(pixels: Pixels, orientation: int = 1) -> bytes:
    """A TIFF."""
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "TIFF", tiffinfo={ORIENTATION: orientation})
    return data.getvalue()


def tiled_tiff(pixels: Pixels, orientation: int = 1) -> bytes:
    """A TIFF of tiles, 128 pixels wide and high, as large scans and panoramas are stored."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in range(0, height, 128) for x in range(0, width, 128)]
    padded = np.pad(pixels, ((0, -height % 128), (0, -width % 128), (0, 0)), "edge")
    tiles = [padded[y : y + 128, x : x + 128].tobytes() for y, x in places]
    offsets = tuple(8 + sum(map(len, tiles[:number])) for number in range(len(tiles)))
    rows: list[tuple[int, int, tuple[int, ...]]] = [
        *((256, 4, (width,)), (257, 4, (height,)), (258, 3, (8, 8, 8)), (259, 3, (1,)), (262, 3, (2,))),
        *((ORIENTATION, 3, (orientation,)), (277, 3, (3,)), (284, 3, (1,)), (322, 4, (128,)), (323, 4, (128,))),
        *((324, 4, offsets), (325, 4, tuple(map(len, tiles)))),
    ]
    data = b"".join(tiles)
    return b"II*\0" + struct.pack("<I", 8 + len(data)) + data + _directory(rows, 8 + len(data))


def with_preview(main: bytes, preview: bytes, length: int | None = None, kind: int = 0x010002) -> bytes:
    """A camera's JPEG: the picture, then its large preview, and an index (MPF) that says where the preview is.

    Args:
        main: the picture.
        preview: the preview.
        length: the preview's length according to the index, if that is to be wrong.
        kind: the kind of the second picture according to the index; by default a large thumbnail (CIPA DC-007, 5.2.3).
    """
    at = 2
    while main[at + 1] in (0xE0, 0xE1):
        at += 2 + int.from_bytes(main[at + 2 : at + 4], "big")
    size = len(_index(0, 0, 0, kind))
    base = at + 8  # offsets count from the index's byte order
    total = len(main) + size
    index = _index(total, total - base, len(preview) if length is None else length, kind)
    return main[:at] + index + main[at:] + preview


def _index(main: int, offset: int, length: int, kind: int) -> bytes:
    directory = struct.pack("<H", 3) + struct.pack("<HHI4s", 0xB000, 7, 4, b"0100")
    directory += struct.pack("<HHII", 0xB001, 4, 1, 2) + struct.pack("<HHII", 0xB002, 7, 32, 50) + bytes(4)
    entries = struct.pack("<IIIHH", 0x20030000, main, 0, 0, 0) + struct.pack("<IIIHH", kind, length, offset, 0, 0)
    body = b"MPF\0II*\0" + struct.pack("<I", 8) + directory + entries
    return b"\xff\xe2" + struct.pack(">H", len(body) + 2) + body


def dng(
    pixels: Pixels, orientation: int = 1, preview: bytes = b"", light: tuple[float, float, float] = (1, 1, 1)
) -> bytes:
    """A RAW file: the picture as a sensor behind a red-green-green-blue filter would have seen it.

    Args:
        pixels: the picture.
        orientation: how the camera was held.
        preview: a JPEG to embed.
        light: how the sensor saw something white, each channel up to 1; the camera records the same.
    """
    height, width = (side // 2 * 2 for side in pixels.shape[:2])
    linear = ((pixels[:height, :width] / 255.0) ** 2.2 * 16000 * light).astype("<u2")
    mosaic = linear[:, :, 1].copy()
    mosaic[::2, ::2], mosaic[1::2, 1::2] = linear[::2, ::2, 0], linear[1::2, 1::2, 2]
    tags: list[tuple[int, int, tuple[int, ...]]] = [
        *((254, 4, (0,)), (256, 4, (width,)), (257, 4, (height,)), (258, 3, (16,)), (259, 3, (1,))),
        *((262, 3, (32803,)), (ORIENTATION, 3, (orientation,)), (277, 3, (1,)), (278, 4, (height,))),
        *((279, 4, (mosaic.nbytes,)), (33421, 3, (2, 2)), (33422, 1, (0, 1, 1, 2)), (50706, 1, (1, 4, 0, 0))),
        *((50714, 3, (0,)), (50717, 4, (16000,)), (50778, 3, (21,))),
    ]
    matrix = (4124564, 3575761, 1804375, 2126729, 7151522, 721750, 193339, 1191920, 9503041)  # sRGB to XYZ, D65
    inverse = np.linalg.inv(np.array(matrix).reshape(3, 3) / 1e7)
    rationals = tuple(n for value in inverse.ravel() for n in (round(value * 10000), 10000))
    jpeg_tags: list[tuple[int, int, tuple[int, ...]]] = [
        (254, 4, (1,)),
        (259, 3, (7,)),
        (262, 3, (6,)),
        (277, 3, (3,)),
        (279, 4, (len(preview),)),
    ]
    if preview:
        jpeg_size = Image.open(io.BytesIO(preview)).size
        jpeg_tags += [(256, 4, (jpeg_size[0],)), (257, 4, (jpeg_size[1],)), (258, 3, (8, 8, 8))]
    white = tuple(n for value in light for n in (round(value * 10000), 10000))
    return _tiff(tags, rationals + white, mosaic.tobytes(), jpeg_tags if preview else [], preview)


def _tiff(
    tags: list[tuple[int, int, tuple[int, ...]]],
    fractions: tuple[int, ...],
    data: bytes,
    preview_tags: list[tuple[int, int, tuple[int, ...]]],
    preview: bytes,
) -> bytes:
    make = b"iqsd\0\0\0\0"
    head = 8
    data_at = head + len(make)
    fractions_at = data_at + len(data)
    fraction_bytes = struct.pack(f"<{len(fractions)}i", *fractions)
    preview_at = fractions_at + len(fraction_bytes)
    below_at = preview_at + len(preview) + len(preview) % 2
    below = _directory([*preview_tags, (273, 4, (preview_at,))], below_at) if preview else b""
    first_at = below_at + len(below)
    rows = [*tags, (273, 4, (data_at,)), *([(330, 4, (below_at,))] if preview else [])]
    offsets = [(271, 2, 5, head), (272, 2, 5, head), (50708, 2, 5, head)]
    offsets += [(50721, 10, 9, fractions_at), (50728, 5, 3, fractions_at + 9 * 8)]
    first = _directory(rows, first_at, offsets)
    padding = bytes(len(preview) % 2)
    return b"II*\0" + struct.pack("<I", first_at) + make + data + fraction_bytes + preview + padding + below + first


def _directory(
    rows: list[tuple[int, int, tuple[int, ...]]], at: int, offsets: list[tuple[int, int, int, int]] | None = None
) -> bytes:
    forms = {1: "B", 3: "H", 4: "I"}
    entries = [(tag, struct.pack("<HHII", tag, kind, count, place)) for tag, kind, count, place in offsets or []]
    more = b""
    end = at + 2 + 12 * (len(rows) + len(entries)) + 4
    for tag, kind, values in rows:
        packed = struct.pack(f"<{len(values)}{forms[kind]}", *values)
        if len(packed) > 4:
            place = struct.pack("<I", end + len(more))
            more += packed + bytes(len(packed) % 2)
        else:
            place = packed.ljust(4, b"\0")
        entries.append((tag, struct.pack("<HHI", tag, kind, len(values)) + place))
    return struct.pack("<H", len(entries)) + b"".join(entry for _, entry in sorted(entries)) + bytes(4) + more


MAKERS: dict[str, Callable[..., bytes]] = {
    "JPEG": jpeg,
    "PNG": png,
    "TIFF": tiff,
    "WebP": webp,
    "HEIF": heic,
    "AVIF": avif,
    "JPEG XL": jpeg_xl,
    "RAW": dng,
}
"""By the name in the table of formats."""


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path
