"""Ratings in EXIF and IPTC: tags of a TIFF directory, one of a maker note, one dataset of IPTC.

They are read here and not by a library because they have to be found whatever else is in the photo: a broken maker
note or XMP packet must not hide a rating, nor may one photo's damage affect the next.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from iqsd.containers.parts import MAX_BYTES
from iqsd.sidecars.dialects import Reading, percent_to_stars, urgency_to_stars

_PANASONIC_JPEG = 0x2E
_MAKE, _RATING, _RATING_PERCENT, _XMP, _IPTC, _PHOTOSHOP, _EXIF = 271, 0x4746, 0x4749, 700, 33723, 34377, 34665
_WANTED = frozenset({_PANASONIC_JPEG, _MAKE, _RATING, _RATING_PERCENT, _XMP, _IPTC, _PHOTOSHOP, _EXIF})
_MAKER_NOTE, _FUJIFILM_RATING, _SONY_RATING = 37500, 0x1431, 0x2002
_FUJIFILM, _SONY = b"FUJIFILM", (b"SONY DSC ", b"SONY CAM ", b"SONY MOBILE", b"\0\0SONY PIC\0")
_WHOLE = frozenset({_RATING, _RATING_PERCENT, _EXIF, _FUJIFILM_RATING, _SONY_RATING})
_BLOCKS = (b"8BIM", b"AgHg", b"DCSR", b"PHUT", b"MeSa")  # Photoshop's blocks, among those of other programs
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 8: 2, 9: 4}
_NUMBERS = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i"}
# Plain TIFF (which most RAW formats are), and the first bytes of Olympus and Panasonic files.
MAGICS = (b"II*\0", b"MM\0*", b"IIRO", b"IIRS", b"MMOR", b"IIU\0")


@dataclass(frozen=True)
class Tags:
    """What the first directory says."""

    ratings: tuple[Reading, ...] = ()
    xmp: bytes | None = None
    jpeg: bytes | None = None
    """The photo as a separate JPEG whose metadata are the photo's (Panasonic's RW2)."""


def read_tiff(file: BinaryIO) -> Tags:
    """The tags that matter here in a TIFF file or an EXIF block. Damaged ones are left out."""
    head = file.read(8)
    if len(head) < 8 or head[:4] not in MAGICS:
        return Tags()
    order = "<" if head[:2] == b"II" else ">"
    values = _directory(file, order, struct.unpack(order + "I", head[4:])[0], _WANTED)
    if isinstance(at := values.get(_EXIF), int):
        note, make = _directory(file, order, at, {_MAKER_NOTE}).get(_MAKER_NOTE), values.get(_MAKE)
        if isinstance(note, bytes):
            values |= _given_in_camera(note, order, is_sony=isinstance(make, bytes) and make.startswith(b"SONY"))
    return _understood(values)


def _directory(file: BinaryIO, order: str, at: int, wanted: Collection[int]) -> dict[int, int | bytes]:
    """What the wanted tags in the directory at an offset hold: the first number of `_WHOLE` ones, others as bytes."""
    values: dict[int, int | bytes] = {}
    file.seek(at)
    counted = file.read(2)
    entries = file.read(12 * struct.unpack(order + "H", counted)[0]) if len(counted) == 2 else b""
    for row in range(0, len(entries) - 11, 12):
        tag, kind, count = struct.unpack_from(order + "HHI", entries, row)
        if tag not in wanted or kind not in _SIZES or not 0 < count * _SIZES[kind] <= MAX_BYTES:
            continue
        size = count * _SIZES[kind]
        if size > 4:
            file.seek(struct.unpack_from(order + "I", entries, row + 8)[0])
        data = file.read(size) if size > 4 else entries[row + 8 : row + 8 + size]
        if tag not in _WHOLE:
            values[tag] = data
        elif kind in _NUMBERS and len(data) >= _SIZES[kind]:
            values[tag] = int(struct.unpack_from(order + _NUMBERS[kind], data)[0])
    return values


def _given_in_camera(note: bytes, order: str, *, is_sony: bool) -> dict[int, int | bytes]:
    """The stars that a person gave in the camera, if its maker writes them into a note, and often nowhere else."""
    begin = None
    if note.startswith(_FUJIFILM) and len(note) >= 12:
        order, begin = "<", struct.unpack_from("<I", note, 8)[0]  # counted from the start of the note
    elif note.startswith(_SONY):
        begin = 12
    elif is_sony and not note.startswith(b"\1\0"):
        begin = 0
    if begin is None:
        return {}
    found = _directory(io.BytesIO(note), order, begin, {_FUJIFILM_RATING, _SONY_RATING})
    return {tag: stars for tag, stars in found.items() if stars in range(1, 6)}  # Sony also writes 4294967295


def _understood(values: dict[int, int | bytes]) -> Tags:
    stars = (values.get(tag) for tag in (_RATING, _FUJIFILM_RATING, _SONY_RATING))
    ratings = [Reading(max(0, min(5, rating))) for rating in stars if isinstance(rating, int)]
    if isinstance(percent := values.get(_RATING_PERCENT), int):
        ratings.append(Reading(percent_to_stars(percent)))
    if isinstance(blocks := values.get(_PHOTOSHOP), bytes):
        ratings += read_photoshop(blocks)
    if isinstance(records := values.get(_IPTC), bytes):
        ratings += _read_iptc(records)
    xmp, jpeg = (found if isinstance(found := values.get(tag), bytes) else None for tag in (_XMP, _PANASONIC_JPEG))
    return Tags(tuple(r for r in ratings if r.says_something), xmp, jpeg)


def read_photoshop(blocks: bytes) -> tuple[Reading, ...]:
    """The ratings in Photoshop's blocks (without the signature that a JPEG puts before them)."""
    found = (reading for kind, data in _blocks(blocks) if kind == 0x0404 for reading in _read_iptc(data))
    return tuple(reading for reading in found if reading.says_something)


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    if data.startswith(b"\x1c"):  # ImageMagick puts IPTC into PNG like this, without a block around it
        yield 0x0404, data
    at = 0
    while data[at : at + 4] in _BLOCKS and at + 7 <= len(data):
        name = (data[at + 6] + 2) // 2 * 2  # a length byte and the name, padded to an even length
        start = at + 6 + name + 4
        if start > len(data):
            return
        kind, size = struct.unpack_from(">H", data, at + 4)[0], struct.unpack_from(">I", data, start - 4)[0]
        yield kind, data[start : start + size]
        at = start + size + size % 2


def _read_iptc(data: bytes) -> list[Reading]:
    at, found = 0, []
    while data[at : at + 1] == b"\x1c" and at + 5 <= len(data):
        record, dataset, size = struct.unpack_from(">BBH", data, at + 1)
        if size & 0x8000:
            break
        value = data[at + 5 : at + 5 + size].strip(b" \0")
        if (record, dataset) == (2, 10) and value.isdigit():
            found.append(Reading(urgency_to_stars(int(value))))
        at += 5 + size
    return found
