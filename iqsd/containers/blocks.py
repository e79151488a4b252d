"""Where photos keep their metadata: the packets and blocks in their files, as raw bytes."""

from __future__ import annotations

import contextlib
import struct
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import BinaryIO

from iqsd.containers import jpeg
from iqsd.containers.boxes import is_boxes, read_boxes
from iqsd.containers.parts import MAX_BYTES, Blocks

_PNG = b"\x89PNG\r\n\x1a\n"
_PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
_PNG_XMP, _PNG_RAW = b"XML:com.adobe.xmp", b"Raw profile type "
_PNG_PROFILES = frozenset({b"xmp", b"exif", b"APP1", b"iptc", b"8bim"})
MAX_EXTENSION = 1_000_000
_MAX_CHUNKS = 100_000
_MOST_PACKED = 1032  # bytes of text that zlib can pack into one


def read_blocks(file: BinaryIO) -> Blocks | None:
    """The blocks of a file; None for a format that is not read here. Blocks before any damage count.

    Raises:
        UnreadableBoxesError: the metadata is there but cannot be read.
    """
    head = file.read(12)
    file.seek(0)
    if head.startswith(jpeg.BEGINS):
        return _jpeg(file)
    if head.startswith(_PNG):
        return _png(file)
    if head[:4] == b"RIFF" and head[8:] == b"WEBP":
        return _webp(file)
    if head.startswith(b"FUJIFILMCCD-"):
        return _raf(file)
    return read_boxes(file) if is_boxes(head) else None


def _jpeg(file: BinaryIO) -> Blocks:
    blocks, pieces, photoshop = Blocks(), [], []
    try:
        for segment in jpeg.segments(file, pass_over_rubbish=True):
            if segment.is_a(jpeg.APP1, jpeg.XMP):
                blocks.xmp = blocks.xmp or segment.payload[len(jpeg.XMP) :]
            elif segment.is_a(jpeg.APP1, jpeg.EXTENDED_XMP):
                pieces.append(segment.payload[len(jpeg.EXTENDED_XMP) :])
            elif segment.is_a(jpeg.APP1, jpeg.EXIF):
                blocks.exif = blocks.exif or segment.payload[len(jpeg.EXIF) :]
            elif segment.is_a(jpeg.APP13, jpeg.PHOTOSHOP):
                photoshop.append(segment.payload[len(jpeg.PHOTOSHOP) :])
    except jpeg.NotJpegError:
        pass  # reported when the pixels are read
    blocks.photoshop = b"".join(photoshop)
    blocks.extension = _assembled(pieces, blocks.xmp or b"")
    return blocks


def _raf(file: BinaryIO) -> Blocks:
    """Fujifilm's RAW files contain a JPEG that holds the metadata."""
    file.seek(84)
    place = file.read(4)
    file.seek(struct.unpack(">I", place)[0] if len(place) == 4 else 0)
    return _jpeg(file)


def _assembled(pieces: list[bytes], packet: bytes) -> bytes | None:
    """The second part of a split XMP, whose pieces each hold a digest, the size of the whole, an offset and the data.

    Only one that is complete, that the packet itself names, and that is text and not a picture: depth maps and the like
    are useful only in the photo, and no program looks for them in a sidecar.
    """
    ours = [piece for piece in pieces if piece[:32] and piece[:32] in packet and len(piece) > 40]
    size = int.from_bytes(ours[0][32:36], "big") if ours else 0
    whole = b"".join(data for _, data in sorted((int.from_bytes(p[36:40], "big"), p[40:]) for p in ours))
    return whole if 0 < len(whole) == size <= MAX_EXTENSION else None


def _png(file: BinaryIO) -> Blocks:
    file.seek(len(_PNG))
    blocks = Blocks()
    left: defaultdict[bytes, int] = defaultdict(lambda: MAX_BYTES)  # what all texts of one kind may unpack to
    for kind, size in _chunks(file, ">I4s", swapped=True):
        if kind == b"IEND":
            break
        if size > MAX_BYTES:
            continue
        if kind == b"eXIf":
            blocks.exif = file.read(size).removeprefix(jpeg.EXIF)
        elif kind == b"iCCP":
            _, _, rest = file.read(size).partition(b"\0")
            blocks.profile, used = _unpacked(rest[1:], left[kind])  # after the method
            left[kind] -= used
        elif kind in _PNG_TEXTS:
            _png_text(kind, file.read(size), blocks, left)
    return blocks


def _png_text(kind: bytes, chunk: bytes, blocks: Blocks, left: dict[bytes, int]) -> None:
    """Read the metadata in a text chunk, whichever of the three kinds a program chose."""
    keyword, _, rest = chunk.partition(b"\0")
    profile = keyword.removeprefix(_PNG_RAW)
    if keyword != _PNG_XMP and (profile == keyword or profile not in _PNG_PROFILES):
        return
    is_compressed = kind == b"zTXt"
    if kind == b"zTXt":
        rest = rest[1:]  # the method
    elif kind == b"iTXt":
        is_compressed = rest[:1] == b"\1"
        rest = rest[2:].split(b"\0", 2)[-1]  # flag and method, language, translated keyword
    text, used = _unpacked(rest, left[keyword]) if is_compressed else (rest, 0)
    left[keyword] -= used
    if keyword == _PNG_XMP:
        blocks.xmp = blocks.xmp or text or None
    else:
        with contextlib.suppress(ValueError):
            _png_raw_profile(profile, text, blocks)


def _unpacked(data: bytes, left: int) -> tuple[bytes, int]:
    """The unpacked data, up to `left` bytes, and how many of these it used; damaged data gives nothing."""
    if left <= 0:
        return b"", 0
    try:
        found = zlib.decompressobj().decompress(data, left)
    except zlib.error:
        return b"", _MOST_PACKED * len(data)
    return found, len(found)


def _png_raw_profile(kind: bytes, text: bytes, blocks: Blocks) -> None:
    """Metadata as ImageMagick and exiftool write it: a line with its name, one with its size, then hexadecimal text."""
    content = bytes.fromhex(text.strip().split(b"\n", 2)[-1].decode("ascii"))
    if kind == b"xmp" or (kind == b"APP1" and content.startswith(jpeg.XMP)):
        blocks.xmp = blocks.xmp or content.removeprefix(jpeg.XMP)
    elif kind in (b"exif", b"APP1"):
        blocks.exif = blocks.exif or content.removeprefix(jpeg.EXIF)
    elif kind in (b"iptc", b"8bim"):
        blocks.photoshop += content.removeprefix(jpeg.PHOTOSHOP)


def _webp(file: BinaryIO) -> Blocks:
    file.seek(12)
    blocks = Blocks()
    for kind, size in _chunks(file, "<4sI", swapped=False):
        if kind == b"EXIF" and size <= MAX_BYTES:
            blocks.exif = file.read(size).removeprefix(jpeg.EXIF)
        elif kind == b"XMP " and size <= MAX_BYTES:
            blocks.xmp = file.read(size)
        elif kind == b"ICCP" and size <= MAX_BYTES:
            blocks.profile = file.read(size)
    return blocks


def _chunks(file: BinaryIO, layout: str, *, swapped: bool) -> Iterator[tuple[bytes, int]]:
    """Kind and size of each chunk, with the file positioned at its data."""
    for _ in range(_MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        first, second = struct.unpack(layout, head)
        kind, size = (second, first) if swapped else (first, second)
        at = file.tell()
        yield kind, size
        file.seek(at + size + (4 if swapped else size % 2))  # PNG adds a checksum, RIFF pads to an even length
