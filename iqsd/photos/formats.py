"""The table of formats. A new one is one entry here and, if it needs another library, one adapter beside this file."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

# data (the file's bytes), the smallest useful (width, height) -> RGB pixels, upright
Decoder = Callable[[bytes, "tuple[int, int]"], Pixels]


def _decode_with_opencv(data: bytes, wanted: tuple[int, int]) -> Pixels:
    """Load the adapter at first use: the process that only walks folders never pays for OpenCV."""
    from iqsd.photos.opencv import decode

    return decode(data, wanted)


@dataclass(frozen=True)
class Format:
    """One kind of photo file.

    Attributes:
        name: as a person says it.
        suffixes: lower case, with the dot.
        starts: what the file's first bytes may be, each as (offset, bytes): a text file called .jpg is told at once.
        decode: the adapter that reads its pixels.
        library: what the adapter stands on, for people.
    """

    name: str
    suffixes: tuple[str, ...]
    starts: tuple[tuple[int, bytes], ...]
    decode: Decoder
    library: str

    def recognises(self, head: bytes) -> bool:
        """Whether the file's first bytes are those of this format."""
        return any(head[at : at + len(mark)] == mark for at, mark in self.starts)


FORMATS: tuple[Format, ...] = (
    Format("JPEG", (".jpg", ".jpeg", ".jpe", ".jfif"), ((0, b"\xff\xd8\xff"),), _decode_with_opencv, "OpenCV"),
    Format("PNG", (".png",), ((0, b"\x89PNG\r\n\x1a\n"),), _decode_with_opencv, "OpenCV"),
    Format(
        "TIFF",
        (".tif", ".tiff"),
        ((0, b"II*\0"), (0, b"MM\0*"), (0, b"II+\0"), (0, b"MM\0+")),
        _decode_with_opencv,
        "OpenCV",
    ),
    Format("WebP", (".webp",), ((8, b"WEBP"),), _decode_with_opencv, "OpenCV"),
)

HEAD_BYTES = 16
"""How many bytes `Format.recognises` wants to see."""

_BY_SUFFIX = {suffix: entry for entry in FORMATS for suffix in entry.suffixes}


def format_of_name(name: str) -> Format | None:
    """The format that the file's name promises, or None if it is no photo's name."""
    return _BY_SUFFIX.get(os.path.splitext(name)[1].lower())  # noqa: PTH122  # names, not paths: called for every file


def format_of_content(head: bytes) -> Format | None:
    """The format that the file's first bytes (at least `HEAD_BYTES`) show, or None."""
    return next((entry for entry in FORMATS if entry.recognises(head)), None)
