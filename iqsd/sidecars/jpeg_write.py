"""Put an XMP packet into a JPEG: one segment changes, and every other byte is checked to be the same."""

from __future__ import annotations

import io
from pathlib import Path

from iqsd.containers import jpeg
from iqsd.errors import SidecarError
from iqsd.sidecars import atomic
from iqsd.sidecars.atomic import ChangedMeanwhileError, Snapshot

_MAX_PHOTO = 500_000_000
_LEFT_ALONE = "the photo is left alone; let iqsd write a sidecar for it"


def put(photo: Path, packet: bytes | None, expected: Snapshot | None) -> None:
    """Replace, add or (None) remove the XMP of a JPEG file, atomically, keeping its times."""
    read = atomic.read_regular(photo, _MAX_PHOTO)
    if read is None or expected is None or read[1].identity != expected.identity:
        raise ChangedMeanwhileError(photo)
    data, snapshot = read
    if len(data) > _MAX_PHOTO:
        raise SidecarError(f"has more than {_MAX_PHOTO // 1_000_000} MB", photo, _LEFT_ALONE)
    if len(data) != snapshot.size:
        raise ChangedMeanwhileError(photo)
    try:
        new = with_packet(data, packet)
    except ValueError as error:
        raise SidecarError(f"cannot take embedded XMP: {error}", photo, _LEFT_ALONE) from error
    atomic.replace(photo, new, snapshot, keep_times=True)


def size_with(photo: Path, packet: bytes) -> int:
    """How many bytes the file would have with this packet. Raises SidecarError if it is no JPEG, or cannot be read."""
    try:
        with photo.open("rb") as file:
            old = sum(s.end - s.start for s in jpeg.segments(file) if s.is_a(jpeg.APP1, jpeg.XMP))
        return photo.stat().st_size - old + len(jpeg.XMP) + len(packet) + 4
    except (OSError, ValueError) as error:
        raise SidecarError(f"cannot take embedded XMP: {error}", photo, "let iqsd write a sidecar") from error


def with_packet(data: bytes, packet: bytes | None) -> bytes:
    """The same JPEG with other XMP. Raises ValueError if something might move that must not move."""
    header = list(jpeg.segments(io.BytesIO(data)))
    old = [s for s in header if s.is_a(jpeg.APP1, jpeg.XMP)]
    if len(old) > 1:
        raise ValueError("it has more than one XMP packet")
    if header[-1].marker != jpeg.SOS:
        raise ValueError("it has no picture in it")
    if packet is not None and len(packet) > jpeg.MAX_PACKET:
        raise ValueError(f"{len(packet)} bytes do not fit into one segment")
    new = b"" if packet is None else jpeg.segment(jpeg.APP1, jpeg.XMP + packet)
    start, end = (old[0].start, old[0].end) if old else (_place(header),) * 2
    if len(new) != end - start:
        _check_movable(data, header, start)
    composed = data[:start] + new + data[end:]
    _check(data, composed, packet)
    return composed


def _place(header: list[jpeg.Segment]) -> int:
    """Where XMP goes: after JFIF and EXIF, which readers expect first."""
    at = 2
    for segment in header:
        if segment.marker != jpeg.APP0 and not segment.is_a(jpeg.APP1, jpeg.EXIF):
            break
        at = segment.end
    return at


def _check_movable(data: bytes, header: list[jpeg.Segment], start: int) -> None:
    """Further pictures are found by offsets. Those of an MPF that moves along stay right; others may not."""
    index = next((s.start for s in header if s.is_a(jpeg.APP2, jpeg.MULTI_PICTURE)), None)
    if index is not None:
        if index < start:
            raise ValueError("its XMP comes after the index of further pictures, which would become wrong")
        return
    end = jpeg.end_of_picture(data, header[-1].start)
    if data[end:].strip(b"\0\xff \r\n"):
        raise ValueError("data is attached after the picture that may be found by its position")


def _check(before: bytes, after: bytes, packet: bytes | None) -> None:
    """Read both again: the same segments in the same order, and the same bytes from the first scan on."""
    old, new = (list(jpeg.segments(io.BytesIO(data))) for data in (before, after))
    rest_old, rest_new = (
        [data[s.start : s.end] for s in header if not s.is_a(jpeg.APP1, jpeg.XMP)]
        for data, header in ((before, old), (after, new))
    )
    packets = [s.payload[len(jpeg.XMP) :] for s in new if s.is_a(jpeg.APP1, jpeg.XMP)]
    same_picture = before[old[-1].start :] == after[new[-1].start :]
    if rest_old != rest_new or not same_picture or packets != ([] if packet is None else [packet]):
        raise ValueError("the check of the result failed")
