"""What a JPEG's header says (ITU-T T.81, annex B; CIPA DC-007 for the index of previews)."""

from __future__ import annotations

import contextlib
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from iqsd.containers.jpeg import (
    APP1,
    APP2,
    BEGINS,
    EXIF,
    MULTI_PICTURE,
    SOS,
    NotJpegError,
    end_of_picture,
    segments,
)
from iqsd.containers.parts import reader
from iqsd.photos import tiff
from iqsd.photos.source import Source

_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE = frozenset({0xC2, 0xC6, 0xCA, 0xCE})
_FRAME_BYTES = 9  # of a frame of one component, without the segment's length
_TABLES, _END = 0xDB, b"\xff\xd9"
_READ_AHEAD = 8  # bytes in libjpeg's bit buffer

_PROFILE, _PROFILE_AT = b"ICC_PROFILE\0", 14  # after it: which piece, and how many there are

_COARSE = 15  # the coefficients that make blocks visible; in a poor JPEG, the finer ones' steps are all capped at 255
_QUALITY_50 = (16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24)  # their steps in annex K

_PREVIEW_INDEX, _MAX_PREVIEWS = 0xB002, 16
_LARGE_THUMBNAIL = 0x01  # a kind of picture that may follow; others are gain maps, depth, the other eye's view


@dataclass(frozen=True)
class Preview:
    """Where a smaller copy of the picture is in the file, as the file's index says."""

    at: int
    length: int


@dataclass(frozen=True)
class Header:
    """What comes before a JPEG's first scan.

    Attributes:
        width: as stored, before orientation.
        height: likewise.
        orientation: EXIF, 1..8.
        in_scans: whether it comes in several scans, the coarsest first (progressive) or colour by colour: libjpeg
            collects them at full size, and the top rows cannot be decoded on their own.
        height_at: where in the file the height is.
        scan_at: where in the file the first scan's marker is.
        end: where the main picture ends and others begin; 0 if the file does not say.
        previews: large ones; EXIF's thumbnail of 160 pixels is not among them.
        coarseness: how coarsely brightness is rounded, as a multiple of the steps of libjpeg's quality 50: 0.2 is
            quality 90, 2.5 quality 20; None if the header has no table for it.
        profile: ICC; empty if there is none.
    """

    width: int
    height: int
    orientation: int
    in_scans: bool
    height_at: int
    scan_at: int
    end: int
    previews: tuple[Preview, ...]
    coarseness: float | None
    profile: bytes


def read_header(data: bytes) -> Header | None:
    """The header of a JPEG; None if this is not a JPEG or its header does not end within the data."""
    frame_at = end = 0
    orientation: int | None = None
    previews: tuple[Preview, ...] = ()
    tables: dict[int, tuple[int, ...]] = {}
    profile: dict[int, bytes] = {}
    for marker, at, body in _segments(data):
        if marker == SOS:
            if not frame_at:
                return None
            height, width = struct.unpack_from(">HH", data, frame_at + 5)
            components, first = data[frame_at + 9 : frame_at + 10], data[at + 4 : at + 5]  # in all, and in this scan
            in_scans = data[frame_at + 1] in _PROGRESSIVE or first != components
            coarseness = _coarseness(tables.get(data[frame_at + 12]))  # that of the frame's first component
            whole = b"".join(profile[number] for number in sorted(profile))
            return Header(width, height, orientation or 1, in_scans, frame_at + 5, at, end, previews, coarseness, whole)
        if marker in _FRAMES and len(body) >= _FRAME_BYTES:
            frame_at = at
        elif marker == APP1 and body.startswith(EXIF) and orientation is None:  # the first counts
            orientation = tiff.orientation(reader(body[len(EXIF) :]))
        elif marker == APP2 and body.startswith(MULTI_PICTURE):
            end, previews = _index(body[len(MULTI_PICTURE) :], at + 4 + len(MULTI_PICTURE))
        elif marker == APP2 and body.startswith(_PROFILE) and len(body) > _PROFILE_AT:
            profile[body[len(_PROFILE)]] = body[_PROFILE_AT:]  # it comes in numbered pieces
        elif marker == _TABLES:
            tables |= _steps(body)
    return None


def header_of(source: Source) -> Header | None:
    """The header of an opened photo; None if it is not a JPEG, or its header is damaged."""
    header = read_header(source.head)
    if header is None and source.size > len(source.head) and source.head.startswith(BEGINS):
        header = read_header(source.whole)  # megabytes of profiles and notes come before the picture
    return header


def _segments(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    """Marker, its offset and the content of each segment, up to the first scan or to where the header is damaged."""
    with contextlib.suppress(NotJpegError):
        for segment in segments(io.BytesIO(data), pass_over_rubbish=True):
            yield segment.marker, segment.start, data[segment.start + 4 : segment.end]


def top(data: bytes, header: Header, rows: int) -> bytes:
    """The picture's top rows as a JPEG of their own, made from its first bytes; only if it is not in scans."""
    return data[: header.height_at] + struct.pack(">H", rows) + data[header.height_at + 2 :] + _END


def tidied(data: bytes) -> bytes:
    """The same JPEG without header bytes that belong to no segment; anything else is returned as it is."""
    parts = [data[:2]]
    for marker, at, body in _segments(data):
        if marker == SOS:
            return b"".join([*parts, data[at:]])
        parts.append(data[at : at + 4 + len(body)])
    return data


def unread(data: bytes, count: int) -> bytes:
    """The last `count` bytes before the picture's end, which libjpeg says it had no use for.

    Without the first few, because libjpeg also counts what it had read ahead.
    """
    end = end_of_picture(data, len(BEGINS)) - len(_END)
    return data[end - count + _READ_AHEAD : end]


def shortened(data: bytes, count: int) -> bytes:
    """The same JPEG without the last `count` bytes before its picture's end, and without what follows that."""
    return data[: end_of_picture(data, len(BEGINS)) - len(_END) - count] + _END


def _steps(data: bytes) -> dict[int, tuple[int, ...]]:
    """The quantization tables of one segment: number to steps, the lowest frequencies first."""
    tables: dict[int, tuple[int, ...]] = {}
    at = 0
    while at < len(data):
        form = ">64H" if data[at] >> 4 else ">64B"
        if len(data) - at - 1 < struct.calcsize(form):
            break
        tables[data[at] & 15] = struct.unpack_from(form, data, at + 1)
        at += 1 + struct.calcsize(form)
    return tables


def _coarseness(steps: tuple[int, ...] | None) -> float | None:
    return None if steps is None else sum(steps[:_COARSE]) / sum(_QUALITY_50)


def _index(data: bytes, base: int) -> tuple[int, tuple[Preview, ...]]:
    """The end of the main picture, and the large thumbnails. Offsets count from the index's own start."""
    read = reader(data)
    at, length = tiff.place(read, _PREVIEW_INDEX)
    entries = read(at, min(length, 16 * _MAX_PREVIEWS))
    pictures = list(struct.iter_unpack(f"{tiff.byte_order(read) or '<'}IIIHH", entries[: len(entries) // 16 * 16]))
    previews = [
        Preview(base + offset, size)
        for kind, size, offset, _, _ in pictures[1:]
        if kind >> 16 & 0xFF == _LARGE_THUMBNAIL
    ]
    return (pictures[0][1] if pictures else 0), tuple(previews)
