"""What a photo says of itself: its XMP packet, and the ratings in EXIF and IPTC. Reads, never writes.

The only module that imports pyexiv2, which is not thread-safe and, for XMP, keeps one table of prefixes for all files.
So it works behind a lock, and wherever the packet can be had as the bytes that it is, exiv2's XMP parser is left out.
"""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyexiv2

from iqsd.errors import SidecarError
from iqsd.sidecars import jpeg
from iqsd.sidecars.dialects import Reading, percent_to_stars, urgency_to_stars

# Errors still raise; warnings would go to stdout, in between what iqsd prints. Level 4 would hide damage.
pyexiv2.set_log_level(3)
_lock = threading.Lock()

_RATING_TAGS = (b"\x46\x47", b"\x47\x46", b"\x49\x47", b"\x47\x49")  # 0x4746 and 0x4749 in both byte orders
_RATING_WORDS = (b"ating", b"PickLabel", b":pick")
_ADVICE = "repair the photo's metadata, or give it a sidecar"


@dataclass(frozen=True)
class Embedded:
    """The metadata of a photo, as far as it matters here.

    Attributes:
        xmp: the XMP packet, as it stands in the file where that can be had; None if there is none.
        ratings: what EXIF and IPTC say, in stars.
        status: the file's size, times and mode when it was read.
    """

    xmp: bytes | None
    ratings: tuple[Reading, ...]
    status: os.stat_result


def read(photo: Path) -> Embedded:
    """Read a photo's metadata without reading its pixels.

    Raises SidecarError if the photo cannot be opened, or if metadata that cannot be read might hide a rating. A photo
    in a format that is not known here has none.
    """
    try:
        if not stat.S_ISREG(photo.stat().st_mode):
            raise SidecarError("is not a regular file", photo, "")
        with photo.open("rb") as file:
            status = os.fstat(file.fileno())
            is_jpeg = file.read(2) == b"\xff\xd8"
            file.seek(0)
            if is_jpeg:
                return _jpeg(photo, file, status)
            return _through_exiv2(photo, file, status)
    except OSError as error:
        raise SidecarError(f"cannot be read: {error.strerror or error}", photo, "") from error


def _jpeg(photo: Path, file: BinaryIO, status: os.stat_result) -> Embedded:
    """The packet as it is; EXIF and IPTC through exiv2 in a JPEG of nothing else, so that nothing else can hurt."""
    packet, mini = None, [b"\xff\xd8"]
    try:
        for found in jpeg.segments(file):
            if found.is_a(jpeg.APP1, jpeg.XMP):
                packet = packet or found.payload[len(jpeg.XMP) :]
            elif found.is_a(jpeg.APP1, jpeg.EXIF) or found.is_a(jpeg.APP13, jpeg.PHOTOSHOP):
                mini.append(jpeg.segment(found.marker, found.payload))
    except jpeg.NotJpegError:
        pass  # whoever reads its pixels will say so; what came before the damage counts
    if len(mini) == 1:
        return Embedded(packet, (), status)
    data = b"".join([*mini, b"\xff\xd9"])
    try:
        with _lock, pyexiv2.ImageData(data) as image:
            exif, iptc = image.read_exif(), image.read_iptc()
    except (RuntimeError, UnicodeDecodeError, ValueError) as error:
        if any(tag in data for tag in _RATING_TAGS):
            raise _unreadable(photo, error) from error
        return Embedded(packet, (), status)
    return Embedded(packet, _ratings(exif, iptc), status)


def _through_exiv2(photo: Path, file: BinaryIO, status: os.stat_result) -> Embedded:
    # The open file under a name that is always ASCII and absolute: a photo's own name may be neither.
    try:
        with _lock, pyexiv2.Image(f"/dev/fd/{file.fileno()}") as image:
            exif, iptc = image.read_exif(), image.read_iptc()
            packet = _packet(exif) or image.read_raw_xmp().encode() or None
    except (RuntimeError, UnicodeDecodeError, ValueError) as error:
        if _could_hide_a_rating(file, status.st_size):
            raise _unreadable(photo, error) from error
        return Embedded(None, (), status)
    return Embedded(packet, _ratings(exif, iptc), status)


def _packet(exif: Mapping[str, str]) -> bytes | None:
    """TIFF and most raw formats carry the packet as a tag, byte for byte."""
    numbers = exif.get("Exif.Image.XMLPacket", "")
    try:
        return bytes(map(int, numbers.split())) or None
    except ValueError:
        return None


def _could_hide_a_rating(file: BinaryIO, size: int) -> bool:
    """Look for the words in the first and last part of a file whose metadata cannot be read."""
    part = 4_000_000
    file.seek(0)
    head = file.read(part)
    file.seek(max(0, size - part))
    tail = file.read(part) if size > part else b""
    return may_hold_a_rating(head) or may_hold_a_rating(tail)


def may_hold_a_rating(data: bytes) -> bool:
    """Whether metadata that cannot be read has any of the words in it by which a rating is called."""
    return any(word in data for word in _RATING_WORDS)


def _ratings(exif: Mapping[str, str], iptc: Mapping[str, object]) -> tuple[Reading, ...]:
    found = [
        Reading(max(0, min(5, _integer(exif.get("Exif.Image.Rating"))))),
        Reading(percent_to_stars(_integer(exif.get("Exif.Image.RatingPercent")))),
        Reading(urgency_to_stars(_integer(iptc.get("Iptc.Application2.Urgency")))),
    ]
    return tuple(reading for reading in found if reading.says_something)


def _integer(text: object) -> int:
    """The first number of a tag; 0 where there is none."""
    words = str(text or "").split()
    try:
        return int(words[0]) if words else 0
    except ValueError:
        return 0


def _unreadable(photo: Path, error: Exception) -> SidecarError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    return SidecarError(f"its metadata cannot be read and may hold a rating: {reason}", photo, _ADVICE)
