"""The directories of a TIFF structure: in EXIF, in TIFF and in most RAW files (TIFF 6.0, section 2; BigTIFF).

Reads only what is asked for and trusts no count or offset: a damaged structure has fewer directories, never an error.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Collection, Iterator
from typing import NamedTuple

from iqsd.containers.parts import Read

Directory = dict[int, tuple[int, ...]]
"""Tag number to its values, for tags of whole numbers."""

Value = bytes | tuple[float, ...]
"""What a tag holds: bytes as they are (text too), numbers as numbers; a fraction over zero is NaN."""

TURNS_THE_SIDES = frozenset({5, 6, 7, 8})
"""Orientations that make a landscape frame a portrait photo."""

WIDTH, BITS, COMPRESSION, PHOTOMETRIC, ORIENTATION, SAMPLES, PLANES = 256, 258, 259, 262, 274, 277, 284
SUBFILE_TYPE, SUB_DIRECTORIES, EXTRA_SAMPLES, SAMPLE_FORMAT, DNG_VERSION = 254, 330, 338, 339, 50706
_RAW_PHOTOMETRICS = frozenset({32803, 34892})  # colour filter array, linear raw (TIFF/EP, DNG)
_RAW_COMPRESSIONS = frozenset({32767, 32769, 34713, 65535})  # Sony, packed, Nikon, Pentax

_PROFILE = 34675
_SMALLER_COPY, _MASK = 1, 4  # bits of SUBFILE_TYPE
_UPRIGHT, _UNASSOCIATED_ALPHA, _ASSOCIATED_ALPHA = 1, 2, 1

_PIECES = ((273, 279), (324, 325), (513, 514))
"""Where the strips, the tiles or the JPEG of a picture are, and how long they are."""

_ELSEWHERE = 0xFFFFFFFF  # Panasonic's, in place of an offset

_MAX_DIRECTORIES, _MAX_ENTRIES, _MAX_VALUES = 32, 512, 64
_TYPES = {1: "B", 3: "H", 4: "I", 8: "h", 9: "i", 13: "I", 16: "Q", 18: "Q"}
"""BYTE, SHORT, LONG, SSHORT, SLONG, IFD, and BigTIFF's LONG8 and IFD8."""
_SINGLE_BYTES = frozenset({1, 2, 7})  # BYTE, ASCII, UNDEFINED
_FRACTIONS = {5: "II", 10: "ii"}  # RATIONAL, SRATIONAL
_MAX_BYTES = 256
_BIG = 43  # in place of TIFF's 42


class _Form(NamedTuple):
    """How a structure writes numbers: the order of their bytes, and whether offsets have eight bytes (BigTIFF)."""

    order: str
    is_big: bool

    @property
    def place(self) -> str:
        return self.order + ("Q" if self.is_big else "I")

    @property
    def inline(self) -> int:
        """How many bytes of a value fit in the directory itself."""
        return 8 if self.is_big else 4


def directories(read: Read) -> list[Directory]:
    """The main directories and those one or more levels below them, in file order."""
    return [directory for _, directory in _directories(read)]


def photo(read: Read) -> tuple[int, Directory]:
    """Offset and directory of the photo itself: the first for a picture that is not a smaller copy or a mask.

    Scanners and some cameras put the thumbnail first. If there is no such picture, the first directory counts.
    """
    found = _directories(read) or [(0, {})]
    pictures = [one for one in found if WIDTH in one[1]]
    others = _SMALLER_COPY | _MASK
    return next((one for one in pictures if not one[1].get(SUBFILE_TYPE, (0,))[0] & others), found[0])


def place(read: Read, tag: int, at: int | None = None) -> tuple[int, int]:
    """(offset, length in bytes) of what a tag of single bytes holds in a directory: the first, or the one at an offset.

    (0, 0): there is no such tag.
    """
    form = _form(read)
    if form is not None:
        for entry in _entries(read, form, _first(read, form) if at is None else at):
            if entry.tag == tag and entry.kind in _SINGLE_BYTES:
                return _place_of(read, form, entry, entry.length), entry.length
    return 0, 0


def values(read: Read, wanted: Collection[int], at: int | None = None) -> dict[int, Value]:
    """What some tags hold in one directory: the first, or the one at an offset."""
    form = _form(read)
    found: dict[int, Value] = {}
    if form is not None:
        for entry in _entries(read, form, _first(read, form) if at is None else at):
            if entry.tag in wanted and (value := _value(read, form, entry)) is not None:
                found[entry.tag] = value
    return found


def profile(read: Read, at: int) -> bytes:
    """The ICC profile in the directory at an offset; empty if there is none."""
    return read(*place(read, _PROFILE, at))


def byte_order(read: Read) -> str | None:
    """The byte order as `struct` writes it; None if this is not a TIFF structure."""
    return {b"II": "<", b"MM": ">"}.get(read(0, 2))


def orientation(read: Read) -> int:
    """The orientation that the first directory gives; 1 if there is none."""
    return next(iter(next(iter(directories(read)), {}).get(ORIENTATION, ())), 1)


def changes_to_show(read: Read, at: int) -> list[tuple[int, bytes]]:
    """(offset, bytes) to overwrite so that libtiff shows the picture in the directory at an offset as it is stored.

    Otherwise libtiff shows the first one, turns some, and darkens colours by their transparency unless the file says
    that this has been done.
    """
    form = _form(read)
    if form is None:
        return []
    found = [] if at == _first(read, form) else [(form.inline, struct.pack(form.place, at))]
    for entry in _entries(read, form, at):
        if entry.tag in (ORIENTATION, EXTRA_SAMPLES) and entry.kind in _TYPES and entry.length == 1:
            layout = form.order + _TYPES[entry.kind]
            value = _number(read(entry.at, struct.calcsize(layout)), layout)
            if entry.tag == ORIENTATION and value != _UPRIGHT:
                found.append((entry.at, struct.pack(layout, _UPRIGHT)))
            elif entry.tag == EXTRA_SAMPLES and value == _UNASSOCIATED_ALPHA:
                found.append((entry.at, struct.pack(layout, _ASSOCIATED_ALPHA)))
    return found


def end(read: Read) -> int:
    """Where the pictures end, by the last piece of each: a shorter file was truncated."""
    form = _form(read)
    ends = [0]
    if form is not None:
        for at, _ in _directories(read):
            last = {entry.tag: _last(read, form, entry) for entry in _entries(read, form, at)}
            ends += [
                last[place] + last[length]
                for place, length in _PIECES
                if place in last and length in last and last[place] != _ELSEWHERE
            ]
    return max(ends)


def is_raw(read: Read) -> bool:
    """Whether some directory holds what a sensor saw rather than a picture.

    That it calls itself a DNG proves nothing: programs copy the tag into a TIFF that they make from one.
    """
    return any(
        not _RAW_PHOTOMETRICS.isdisjoint(directory.get(PHOTOMETRIC, ()))
        or not _RAW_COMPRESSIONS.isdisjoint(directory.get(COMPRESSION, ()))
        for directory in directories(read)
    )


def is_dng(read: Read) -> bool:
    """Whether it is a DNG, whose lengths can be relied on."""
    return any(DNG_VERSION in directory for directory in directories(read))


class _Entry(NamedTuple):
    """A row of a directory; `at` is where its value, or the value's offset, is."""

    tag: int
    kind: int
    length: int
    at: int


def _form(read: Read) -> _Form | None:
    order = byte_order(read)
    return None if order is None else _Form(order, _number(read(2, 2), order + "H") == _BIG)


def _directories(read: Read) -> list[tuple[int, Directory]]:
    form = _form(read)
    if form is None:
        return []
    found: list[tuple[int, Directory]] = []
    waiting, seen = [_first(read, form)], {0}
    while waiting and len(found) < _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at > 0 and at not in seen:
            seen.add(at)
            directory, following = _directory(read, form, at)
            found.append((at, directory))
            waiting += [*directory.get(SUB_DIRECTORIES, ()), following]
    return found


def _first(read: Read, form: _Form) -> int:
    return _number(read(form.inline, form.inline), form.place)


def _directory(read: Read, form: _Form, at: int) -> tuple[Directory, int]:
    """A directory, and where the next one is (0: there is none)."""
    directory: Directory = {}
    end = at + (8 if form.is_big else 2)
    for entry in _entries(read, form, at):
        end = entry.at + form.inline
        if entry.kind in _TYPES and 0 < entry.length <= _MAX_VALUES:
            layout = f"{form.order}{entry.length}{_TYPES[entry.kind]}"
            size = struct.calcsize(layout)
            data = read(_place_of(read, form, entry, size), size)
            if len(data) == size:
                directory[entry.tag] = struct.unpack(layout, data)
    return directory, _number(read(end, form.inline), form.place)


def _entries(read: Read, form: _Form, at: int) -> Iterator[_Entry]:
    head, row = (8, 20) if form.is_big else (2, 12)
    count = _number(read(at, head), form.place if form.is_big else form.order + "H")
    table = read(at + head, row * count) if count <= _MAX_ENTRIES else b""
    for start in range(0, len(table) - row + 1, row):
        tag, kind = struct.unpack_from(form.order + "HH", table, start)
        length = struct.unpack_from(form.place, table, start + 4)[0]
        yield _Entry(tag, kind, length, at + head + start + row - form.inline)


def _place_of(read: Read, form: _Form, entry: _Entry, size: int) -> int:
    """Where the value of an entry is: in the entry itself, if it is small enough."""
    return entry.at if size <= form.inline else _number(read(entry.at, form.inline), form.place)


def _last(read: Read, form: _Form, entry: _Entry) -> int:
    """The last number of an entry of whole numbers; 0 for any other entry."""
    layout = form.order + _TYPES.get(entry.kind, "s")
    size = struct.calcsize(layout)
    at = _place_of(read, form, entry, size * entry.length) + size * (entry.length - 1)
    return _number(read(at, size), layout) if entry.kind in _TYPES else 0


def _value(read: Read, form: _Form, entry: _Entry) -> Value | None:
    layout = "s" if entry.kind in _SINGLE_BYTES else _TYPES.get(entry.kind) or _FRACTIONS.get(entry.kind)
    size = struct.calcsize(form.order + layout) * entry.length if layout else 0
    if layout is None or not 0 < size <= _MAX_BYTES:
        return None
    data = read(_place_of(read, form, entry, size), size)
    if entry.kind in _SINGLE_BYTES:
        return data
    if len(data) < size:
        return None
    numbers = struct.unpack(form.order + layout * entry.length, data)
    if entry.kind not in _FRACTIONS:
        return numbers
    return tuple(a / b if b else math.nan for a, b in zip(numbers[::2], numbers[1::2], strict=True))


def _number(data: bytes, layout: str) -> int:
    return int(struct.unpack(layout, data)[0]) if len(data) == struct.calcsize(layout) else 0
