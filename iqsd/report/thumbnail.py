"""One worker process: a path in, a small picture out, until the other side hangs up.

Started as `python -m iqsd.report.thumbnail DESCRIPTOR`.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from iqsd.photos.opencv import encode_webp, shrink
from iqsd.photos.reading import read_pixels
from iqsd.workers.loop import serve

QUALITY = 60
"""WebP, 0..100: at this size, more makes no visible difference."""


def _prepare(long_edge: str) -> Callable[[Path], bytes]:
    return lambda path: thumbnail(path, int(long_edge))


def thumbnail(path: Path, long_edge: int) -> bytes:
    """A photo as a small WebP, upright.

    Args:
        path: the photo.
        long_edge: its longer side in pixels; a smaller photo keeps its size.

    Raises:
        UnreadablePhotoError: it cannot be read.
    """
    pixels = read_pixels(path, (long_edge, long_edge))
    height, width = pixels.shape[:2]
    scale = min(1.0, long_edge / max(width, height))
    return encode_webp(shrink(pixels, max(1, round(width * scale)), max(1, round(height * scale))), QUALITY)


if __name__ == "__main__":
    serve(_prepare)
