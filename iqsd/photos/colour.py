"""What a photo's numbers mean: ICC profiles, converted to sRGB, which the model and a screen expect."""

from __future__ import annotations

import struct
from itertools import accumulate

from iqsd.photos.formats import Pixels

BT2020, P3 = 9, 12
"""Wide colour primaries, by their numbers in ITU-T H.273."""

_ORDINARY = frozenset({1, 2, 4, 6, 13, 14, 15})  # transfer characteristics, likewise: those close to sRGB's
_RGB, _SIGNATURE = b"RGB ", b"acsp"
_MAX_BYTES = 1 << 23  # of a profile: RGB ones take hundreds of bytes to a few megabytes, and the latest few are kept


def to_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """Convert pixels to sRGB.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).
        profile: ICC; empty: they are sRGB. One that is damaged, enormous, or not for RGB (decoding CMYK or grey has
            already applied it, or lost it) changes nothing.
    """
    if profile[16:20] != _RGB or profile[36:40] != _SIGNATURE or len(profile) > _MAX_BYTES:
        return pixels
    from iqsd.photos import pillow  # most workers never meet a profile, so they do without Pillow

    return pillow.to_srgb(pixels, profile)


def profile_of_numbers(transfer: int | None, primaries: int | None) -> bytes | None:
    """The ICC profile for wide colours that a file describes by H.273's numbers; None if there is none for them."""
    return _WIDE.get(primaries or 0) if transfer in _ORDINARY else None


def _matrix_profile(primaries: tuple[tuple[float, float, float], ...], curve: bytes) -> bytes:
    """The smallest ICC profile (version 2.1) with three primaries, XYZ under D50, and one curve."""
    white = (0.9642, 1.0, 0.8249)
    names = (b"wtpt", b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC")
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


_GAMMA = struct.pack(">4s4xIH2x", b"curv", 1, round(2.2 * 256))
_SRGB_CURVE = struct.pack(">4s4xH2x", b"para", 3) + _fixed((2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045))

ADOBE_RGB = _matrix_profile(
    ((0.60974, 0.31111, 0.01947), (0.20528, 0.62567, 0.06087), (0.14919, 0.06322, 0.74457)), _GAMMA
)
"""Adobe RGB (1998), for cameras that say in EXIF that they use it but leave out the profile."""

_WIDE = {
    BT2020: _matrix_profile(
        ((0.67348, 0.27904, -0.00193), (0.16567, 0.67534, 0.02998), (0.12505, 0.04561, 0.79685)), _SRGB_CURVE
    ),
    P3: _matrix_profile(
        ((0.51512, 0.24119, -0.00105), (0.29198, 0.69224, 0.04188), (0.1571, 0.06657, 0.78407)), _SRGB_CURVE
    ),
}
