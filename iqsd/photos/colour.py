"""What a photo's numbers mean: ICC profiles, brought to sRGB, as the model and a screen take them."""

from __future__ import annotations

import struct
from itertools import accumulate

from iqsd.photos.formats import Pixels

_RGB, _SIGNATURE = b"RGB ", b"acsp"


def to_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """Bring pixels to sRGB.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).
        profile: ICC; empty: they are sRGB. One that is damaged, or not for RGB (it was applied, or lost, when CMYK or
            grey were decoded), changes nothing.
    """
    if profile[16:20] != _RGB or profile[36:40] != _SIGNATURE:
        return pixels
    from iqsd.photos import pillow  # most workers never meet a profile, and do without Pillow

    return pillow.to_srgb(pixels, profile)


def _matrix_profile(primaries: tuple[tuple[float, float, float], ...], gamma: float) -> bytes:
    """The smallest ICC profile (version 2.1) of three primaries, XYZ under D50, and one gamma."""
    white = (0.9642, 1.0, 0.8249)
    names = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
    curve = struct.pack(">4s4xIH2x", b"curv", 1, round(gamma * 256))
    bodies = [*(b"XYZ " + bytes(4) + _fixed(point) for point in (white, *primaries)), curve, curve, curve]
    starts = accumulate(map(len, bodies), initial=128 + 4 + 12 * len(names))
    table = b"".join(
        struct.pack(">4sII", name, start, len(body)) for name, start, body in zip(names, starts, bodies, strict=False)
    )
    content = struct.pack(">I", len(names)) + table + b"".join(bodies)
    head = struct.pack(">I4xI4s4s4s12x", 128 + len(content), 0x02100000, b"mntr", _RGB, b"XYZ ") + _SIGNATURE
    return (head + bytes(68 - len(head)) + _fixed(white)).ljust(128, b"\0") + content


def _fixed(values: tuple[float, ...]) -> bytes:
    return struct.pack(f">{len(values)}i", *(round(value * 65536) for value in values))


ADOBE_RGB = _matrix_profile(
    ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), 2.2
)
"""Adobe RGB (1998), for cameras that say in EXIF that they use it and leave out the profile."""
