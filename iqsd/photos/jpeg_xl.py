"""What a JPEG XL file's header says: its size (ISO/IEC 18181-1, "image header")."""

from __future__ import annotations

import contextlib
import struct

from iqsd.containers.items import walk
from iqsd.containers.parts import Read, reader

_BARE, _BOXED = b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}  # width to height
_LONGEST = 11  # bytes that the header may take; no JPEG XL file is shorter
_WIDTHS = (9, 13, 18, 30)  # bits of a side, chosen by two bits before it


def size(read: Read) -> tuple[int, int] | None:
    """(width, height) as stored; None if this is not a JPEG XL or its header is missing."""
    header = _codestream(read)
    if not header.startswith(_BARE) or len(header) < _LONGEST:
        return None
    bits = _Bits(header[len(_BARE) :])
    small = bool(bits.take(1))
    height = _side(bits, small)
    ratio = bits.take(3)
    if ratio:
        across, down = _RATIOS[ratio]
        return height * across // down, height
    return _side(bits, small), height


def without_jpeg(data: bytes) -> bytes | None:
    """The same file without the data for restoring the JPEG that it was made from; None if it was made from none."""
    at = 0
    for kind, _, end in walk(reader(data), 0, len(data)):
        if kind == b"jbrd":
            return data[:at] + data[end:]
        at = end
    return None


def _codestream(read: Read) -> bytes:
    """The codestream's first bytes, as many as the header may take: in boxes, it follows metadata and is in parts."""
    if read(0, len(_BOXED)) != _BOXED:
        return read(0, _LONGEST)
    found = b""
    with contextlib.suppress(struct.error):  # beyond the end
        for kind, at, end in walk(read):
            if kind in (b"jxlc", b"jxlp") and len(found) < _LONGEST:
                start = at + (4 if kind == b"jxlp" else 0)  # a part begins with its number
                found += read(start, min(end - start, _LONGEST))
    return found


def _side(bits: _Bits, small: bool) -> int:
    if small:
        return 8 * (bits.take(5) + 1)
    return 1 + bits.take(_WIDTHS[bits.take(2)])


class _Bits:
    """Takes bits, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._rest = int.from_bytes(data, "little")

    def take(self, count: int) -> int:
        value = self._rest & ((1 << count) - 1)
        self._rest >>= count
        return value
