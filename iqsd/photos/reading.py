"""From a file to its pixels: look before opening, recognise by content, then hand over to the format's adapter."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.formats import FORMATS, HEAD_BYTES, Pixels, format_of_content, format_of_name

MAX_FILE_BYTES = 1 << 30
"""A file larger than this is not read: no camera makes one."""


def read_pixels(path: Path, wanted: tuple[int, int]) -> Pixels:
    """Read one photo.

    Args:
        path: the file.
        wanted: the smallest useful (width, height) in pixels; the decoder may shrink the photo down to that.

    Returns:
        RGB, uint8, shape (height, width, 3), upright.

    Raises:
        UnreadablePhotoError: it cannot be opened, is no photo, is damaged or too large.
    """
    data = _read_bytes(path)
    found = format_of_content(data[:HEAD_BYTES])
    if found is None:
        raise UnreadablePhotoError(_not_what_it_says(path), path)
    try:
        return found.decode(data, wanted)
    except UnreadablePhotoError as error:
        raise UnreadablePhotoError(f"{error.detail} ({found.name}, {len(data):,} bytes)", path) from None


def _read_bytes(path: Path) -> bytes:
    try:
        with open(path, "rb", opener=_without_waiting) as file:  # Path.open knows no opener
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadablePhotoError("is not a regular file", path)
            if status.st_size == 0:
                raise UnreadablePhotoError("the file is empty", path)
            if status.st_size > MAX_FILE_BYTES:
                raise UnreadablePhotoError(f"{status.st_size:,} bytes: larger than a photo can be", path)
            return file.read()
    except OSError as error:
        raise UnreadablePhotoError(f"cannot be read: {error.strerror}", path) from None


def _without_waiting(name: str, flags: int) -> int:
    """Opening a FIFO must not wait for a writer that never comes."""
    return os.open(name, flags | os.O_NONBLOCK)


def _not_what_it_says(path: Path) -> str:
    promised = format_of_name(path.name)
    known = ", ".join(entry.name for entry in FORMATS)
    return f"is no {promised.name if promised else 'photo'} inside (iqsd reads {known})"
