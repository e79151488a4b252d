"""The segments of a JPEG file: enough to take out its metadata, and to put in XMP without touching anything else."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

EXIF = b"Exif\0\0"
XMP = b"http://ns.adobe.com/xap/1.0/\0"
EXTENDED_XMP = b"http://ns.adobe.com/xmp/extension/\0"
PHOTOSHOP = b"Photoshop 3.0\0"
MULTI_PICTURE = b"MPF\0"
MAX_PACKET = 65535 - 2 - len(XMP)

APP0, APP1, APP2, APP13 = 0xE0, 0xE1, 0xE2, 0xED
BEGINS = b"\xff\xd8"
_WANTED = {APP0, APP1, APP2, APP13}
SOI, SOS, EOI = 0xD8, 0xDA, 0xD9
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_MAX_SEGMENTS, _MAX_RUBBISH = 2000, 65536
_LEAD = re.compile(rb"\xff(?=[^\0])", re.DOTALL)


@dataclass(frozen=True)
class Segment:
    """One segment of the header: `start` up to `end` in the file, marker and length included."""

    marker: int
    start: int
    end: int
    payload: bytes  # only for the kinds that carry metadata

    def is_a(self, marker: int, signature: bytes) -> bool:
        """Whether it is of this kind."""
        return self.marker == marker and self.payload.startswith(signature)


class NotJpegError(ValueError):
    """Where a segment should be, the header ends or holds something else."""


def segments(file: BinaryIO, pass_over_rubbish: bool = False) -> Iterator[Segment]:
    """The segments up to the first scan. Reads the header only. Raises NotJpegError where it is damaged.

    Args:
        file: at its beginning.
        pass_over_rubbish: whether to skip bytes that belong to no segment, as decoders and catalogs do.
    """
    if file.read(len(BEGINS)) != BEGINS:
        raise NotJpegError("no JPEG")
    at = 2
    for _ in range(_MAX_SEGMENTS):
        marker, start = _marker(file, at, pass_over_rubbish)
        if marker in (SOS, EOI):
            yield Segment(marker, start, start, b"")
            return
        if marker in _STANDALONE:
            at = start + 2
            continue
        size = file.read(2)
        length = struct.unpack(">H", size)[0] if len(size) == 2 else 0
        if length < 2:
            raise NotJpegError(f"damaged at byte {start}")
        payload = b""
        if marker in _WANTED:
            payload = file.read(length - 2)
            if len(payload) < length - 2:
                raise NotJpegError(f"ends at byte {start}")
        else:
            file.seek(length - 2, 1)
        at = start + 2 + length
        yield Segment(marker, start, at, payload)
    raise NotJpegError("has too many segments")


def _marker(file: BinaryIO, at: int, pass_over_rubbish: bool) -> tuple[int, int]:
    lead = file.read(2)
    if pass_over_rubbish and len(lead) == 2 and (lead[0] != 0xFF or lead[1] == 0):
        following = lead + file.read(_MAX_RUBBISH)
        found = _LEAD.search(following)
        passed = found.start() if found else 0
        at += passed
        file.seek(passed - len(following), 1)  # relative: the JPEG may be inside another file, as in a RAF
        lead = file.read(2)
    if len(lead) < 2 or lead[0] != 0xFF:
        raise NotJpegError(f"no marker at byte {at}")
    while lead[1] == 0xFF:  # fill bytes
        at += 1
        following = file.read(1)
        if not following:
            raise NotJpegError("ends in its header")
        lead = b"\xff" + following
    return lead[1], at


def end_of_picture(data: bytes, at: int) -> int:
    """Where the picture that has a marker at `at` ends: after its EOI, or at the end of the data.

    If it has no EOI, the next picture's SOI counts as one.
    """
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        marker = data[at + 1]
        if marker in (SOI, EOI):
            return at + 2
        if marker in (0x00, 0xFF) or marker in _STANDALONE:
            at += 1 if marker == 0xFF else 2
        else:
            length = struct.unpack(">H", data[at + 2 : at + 4])[0] if at + 4 <= len(data) else 0
            at += 2 + max(2, length)
    return len(data)


def segment(marker: int, payload: bytes) -> bytes:
    """A segment as it is in a file."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload
