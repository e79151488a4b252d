"""What a photo says about itself: its XMP packet, and the ratings in EXIF and IPTC. Reads headers, never writes."""

from __future__ import annotations

import io
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from iqsd.containers.blocks import read_blocks
from iqsd.containers.boxes import UnreadableBoxesError
from iqsd.errors import SidecarError, printable
from iqsd.sidecars import tags
from iqsd.sidecars.dialects import Reading

# A rating or label, as an attribute or an element, with a value other than zero.
_SAYS_RATING = re.compile(rb"""(?:[Rr]ating|PickLabel|:pick)(?:\s*=\s*["']|>)\s*[^\s0"'<]""")

_TAIL_BYTES = 4_000_000


@dataclass(frozen=True)
class Embedded:
    """The metadata of a photo, as far as they matter here.

    Attributes:
        xmp: the XMP packet; None if there is none.
        extension: XMP that did not fit into the packet.
        ratings: what EXIF and IPTC say, in stars.
        status: the file's size, times and mode when it was read.
    """

    xmp: bytes | None
    extension: bytes | None
    ratings: tuple[Reading, ...]
    status: os.stat_result


def read(photo: Path) -> Embedded:
    """Read a photo's metadata without reading its pixels.

    A photo in a format that is not known here has none.

    Raises:
        SidecarError: the photo cannot be opened, or it has unreadable metadata that might hide a rating.
    """
    try:
        if not stat.S_ISREG(photo.stat().st_mode):
            raise SidecarError("is not a regular file", photo, "")
        with photo.open("rb") as file:
            return _read(photo, file)
    except OSError as error:
        raise SidecarError(f"cannot be read: {error.strerror or error}", photo, "") from error


def _read(photo: Path, file: BinaryIO) -> Embedded:
    status = os.fstat(file.fileno())
    try:
        blocks = read_blocks(file)
    except UnreadableBoxesError:
        blocks = None
    file.seek(0)
    if blocks is not None:
        said = tags.read_tiff(io.BytesIO(blocks.exif or b""))
        ratings = said.ratings + tags.read_photoshop(blocks.photoshop)
        return Embedded(blocks.xmp, blocks.extension, ratings, status)
    if file.read(4) in tags.MAGICS:
        file.seek(0)
        said = tags.read_tiff(file)
        inside = read_blocks(io.BytesIO(said.jpeg)) if said.jpeg else None
        if inside is None:
            return Embedded(said.xmp, None, said.ratings, status)
        more = tags.read_tiff(io.BytesIO(inside.exif or b"")).ratings
        return Embedded(said.xmp or inside.xmp, inside.extension, said.ratings + more, status)
    from iqsd.sidecars import exiv2  # rarely needed, and it loads a large library

    try:
        xmp, ratings = exiv2.read(file)
    except exiv2.Exiv2Error as error:
        if (packet := _last_packet(file)) is not None:
            return Embedded(packet, None, (), status)
        if _could_hide_a_rating(file):
            reason = f"its metadata cannot be read and may hold a rating: {printable(str(error))}"
            raise SidecarError(reason, photo, "repair it, or give the photo a sidecar") from error
        return Embedded(None, None, (), status)
    return Embedded(xmp or _last_packet(file), None, ratings, status)


def _last_packet(file: BinaryIO) -> bytes | None:
    """The XMP that programs append to a file whose format has no place for it, such as CRW."""
    file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
    found = re.findall(rb"<\?xpacket begin=.*?<\?xpacket end=.[rw].\?>", file.read(_TAIL_BYTES), re.DOTALL)
    return bytes(found[-1]) if found else None


def _could_hide_a_rating(file: BinaryIO) -> bool:
    """Look for a rating in the first and last part of a file whose metadata cannot be read."""
    size = os.fstat(file.fileno()).st_size
    file.seek(0)
    head = file.read(_TAIL_BYTES)
    file.seek(max(_TAIL_BYTES, size - _TAIL_BYTES))
    return may_hold_a_rating(head) or may_hold_a_rating(file.read(_TAIL_BYTES))


def may_hold_a_rating(data: bytes) -> bool:
    """Whether metadata that cannot be read seem to contain a rating or label."""
    return _SAYS_RATING.search(data.replace(b"\0", b"")) is not None  # so that it also matches UTF-16
