"""The only module that imports pyexiv2: metadata of the formats that iqsd does not read itself.

pyexiv2 is not thread-safe, so it is used behind a lock. Its log is never muted: errors raise.
"""

from __future__ import annotations

import threading
from typing import BinaryIO

import pyexiv2

from iqsd.sidecars.dialects import Reading, percent_to_stars, urgency_to_stars

# Errors still raise; warnings would go to stdout, among what iqsd prints. Level 4 would hide damage.
pyexiv2.set_log_level(3)
_lock = threading.Lock()
_IN_CAMERA = ("Exif.Fujifilm.Rating", "Exif.Sony1.0x2002", "Exif.Sony2.0x2002")


class Exiv2Error(Exception):
    """Exiv2 could not read the file's metadata; the text says why."""


def read(file: BinaryIO) -> tuple[bytes | None, tuple[Reading, ...]]:
    """The XMP packet and the ratings of an open file in any format that exiv2 knows."""
    # The open file has a name that is always ASCII and absolute, which the photo's own name may not be.
    name = f"/dev/fd/{file.fileno()}"
    try:
        with _lock, pyexiv2.Image(name) as image:
            exif, iptc, packet = image.read_exif(), image.read_iptc(), image.read_raw_xmp()
    except (RuntimeError, UnicodeDecodeError, ValueError) as error:
        text = str(error).strip()
        raise Exiv2Error(text.splitlines()[0] if text else type(error).__name__) from error
    found = (
        Reading(max(0, min(5, _integer(exif.get("Exif.Image.Rating"))))),
        Reading(percent_to_stars(_integer(exif.get("Exif.Image.RatingPercent")))),
        *(Reading(stars) for tag in _IN_CAMERA if 1 <= (stars := _integer(exif.get(tag))) <= 5),
        Reading(urgency_to_stars(_integer(iptc.get("Iptc.Application2.Urgency")))),
    )
    return packet.encode() or None, tuple(reading for reading in found if reading.says_something)


def _integer(text: object) -> int:
    """The first number in a tag; 0 if there is none."""
    words = str(text or "").split()
    try:
        return int(words[0]) if words else 0
    except ValueError:
        return 0
