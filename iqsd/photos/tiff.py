"""The directories of a TIFF structure: in EXIF, in TIFF and in most RAW files (TIFF 6.0, section 2).

Reads only what is asked of it and believes no count or offset: a damaged structure has fewer directories,
never an error.
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
"""What a tag holds: bytes as they are (texts, too), numbers as numbers; a fraction by zero is not a number."""

TURNS_THE_SIDES = frozenset({5, 6, 7, 8})
"""Orientations that make a landscape frame a portrait photo."""

COMPRESSION, PHOTOMETRIC, ORIENTATION, SUB_DIRECTORIES, SAMPLE_FORMAT, DNG_VERSION = 259, 262, 274, 330, 339, 50706
_RAW_PHOTOMETRICS = frozenset({32803, 34892})  # colour filter array, linear raw (TIFF/EP, DNG)
_RAW_COMPRESSIONS = frozenset({32767, 32769, 34713, 65535})  # Sony, packed, Nikon, Pentax

_PROFILE = 34675
_OLD_JPEG, _FLOATS = 6, 3  # values of COMPRESSION and of SAMPLE_FORMAT

_MAX_DIRECTORIES, _MAX_ENTRIES, _MAX_VALUES = 32, 512, 64
_TYPES = {1: "B", 3: "H", 4: "I", 13: "I"}  # BYTE, SHORT, LONG, IFD
_SINGLE_BYTES = frozenset({1, 2, 7})  # BYTE, ASCII, UNDEFINED
_NUMBERS = {3: "H", 4: "I", 8: "h", 9: "i", 13: "I"}  # SHORT, LONG, SSHORT, SLONG, IFD
_FRACTIONS = {5: "II", 10: "ii"}  # RATIONAL, SRATIONAL
_MAX_BYTES = 256


def directories(read: Read) -> list[Directory]:
    """The main directories and those one or more levels below them, in file order."""
    order = byte_order(read)
    if order is None:
        return []
    found: list[Directory] = []
    waiting, seen = [_long(read(4, 4), order)], {0}
    while waiting and len(found) < _MAX_DIRECTORIES:
        at = waiting.pop(0)
        if at not in seen:
            seen.add(at)
            directory, following = _directory(read, order, at)
            found.append(directory)
            waiting += [*directory.get(SUB_DIRECTORIES, ()), following]
    return found


def place(read: Read, tag: int) -> tuple[int, int]:
    """(offset, length in bytes) of what a tag of single bytes holds in the first directory; (0, 0): no such tag."""
    order = byte_order(read)
    if order is not None:
        for entry in _entries(read, order, _long(read(4, 4), order)):
            if entry.tag == tag and entry.kind in _SINGLE_BYTES:
                return (entry.at if entry.length <= 4 else _long(read(entry.at, 4), order)), entry.length
    return 0, 0


def values(read: Read, wanted: Collection[int], at: int | None = None) -> dict[int, Value]:
    """What some tags hold in one directory: the first, or the one at an offset."""
    order = byte_order(read)
    found: dict[int, Value] = {}
    if order is not None:
        for entry in _entries(read, order, _long(read(4, 4), order) if at is None else at):
            if entry.tag in wanted and (value := _value(read, order, entry)) is not None:
                found[entry.tag] = value
    return found


def profile(read: Read) -> bytes:
    """The ICC profile; empty if there is none."""
    return read(*place(read, _PROFILE))


def byte_order(read: Read) -> str | None:
    """As `struct` wants it; None: this is no TIFF structure."""
    return {b"II": "<", b"MM": ">"}.get(read(0, 2))


def orientation(read: Read) -> int:
    """The orientation that the first directory gives, 1 where there is none."""
    return next(iter(next(iter(directories(read)), {}).get(ORIENTATION, ())), 1)


def is_raw(read: Read) -> bool:
    """Whether some directory holds what a sensor saw and not a picture."""
    return any(
        DNG_VERSION in directory
        or not _RAW_PHOTOMETRICS.isdisjoint(directory.get(PHOTOMETRIC, ()))
        or not _RAW_COMPRESSIONS.isdisjoint(directory.get(COMPRESSION, ()))
        for directory in directories(read)
    )


def refusal(read: Read) -> str | None:
    """Why a TIFF is whole and cannot be read all the same; None: that is not known."""
    first = next(iter(directories(read)), {})
    if _OLD_JPEG in first.get(COMPRESSION, ()):
        return "compressed as JPEG in the old style, as scanners of the 1990s did; iqsd does not read that"
    if _FLOATS in first.get(SAMPLE_FORMAT, ()):
        return "made of floating-point numbers; iqsd reads TIFF of 8 and 16 bits"
    return None


class _Entry(NamedTuple):
    """A row of a directory; `at` is where its four bytes of value, or of the value's offset, stand."""

    tag: int
    kind: int
    length: int
    at: int


def _directory(read: Read, order: str, at: int) -> tuple[Directory, int]:
    """A directory, and where the following one stands (0: there is none)."""
    directory: Directory = {}
    end = at + 2
    for entry in _entries(read, order, at):
        end = entry.at + 4
        if entry.kind in _TYPES and 0 < entry.length <= _MAX_VALUES:
            form = f"{order}{entry.length}{_TYPES[entry.kind]}"
            size = struct.calcsize(form)
            data = read(entry.at if size <= 4 else _long(read(entry.at, 4), order), size)
            if len(data) == size:
                directory[entry.tag] = struct.unpack(form, data)
    return directory, _long(read(end, 4), order)


def _entries(read: Read, order: str, at: int) -> Iterator[_Entry]:
    count = int.from_bytes(read(at, 2), "little" if order == "<" else "big")
    table = read(at + 2, 12 * count) if count <= _MAX_ENTRIES else b""
    for start in range(0, len(table) - 11, 12):
        tag, kind, length = struct.unpack_from(order + "HHI", table, start)
        yield _Entry(tag, kind, length, at + 2 + start + 8)


def _value(read: Read, order: str, entry: _Entry) -> Value | None:
    layout = "s" if entry.kind in _SINGLE_BYTES else _NUMBERS.get(entry.kind) or _FRACTIONS.get(entry.kind)
    size = struct.calcsize(order + layout) * entry.length if layout else 0
    if layout is None or not 0 < size <= _MAX_BYTES:
        return None
    data = read(entry.at if size <= 4 else _long(read(entry.at, 4), order), size)
    if entry.kind in _SINGLE_BYTES:
        return data
    if len(data) < size:
        return None
    numbers = struct.unpack(order + layout * entry.length, data)
    if entry.kind not in _FRACTIONS:
        return numbers
    return tuple(a / b if b else math.nan for a, b in zip(numbers[::2], numbers[1::2], strict=True))


def _long(data: bytes, order: str) -> int:
    return int(struct.unpack(order + "I", data)[0]) if len(data) == 4 else 0
