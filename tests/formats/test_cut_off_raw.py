"""RAW files whose end is missing, but not their preview."""

import struct
from pathlib import Path

import pytest

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.raw_length import is_whole
from iqsd.photos.reading import read_pixels
from iqsd.photos.source import opened
from tests.formats.making import dng, jpeg, left_red, write

WANTED = (64, 64)


def preview_first() -> bytes:
    """As cameras write it: the sensor's data come last."""
    data = dng(left_red(), 1, jpeg(left_red(400, 600)))
    sensor_at, size = 16, left_red().shape[0] * left_red().shape[1] * 2
    entry = data.rindex(struct.pack("<HHII", 273, 4, 1, sensor_at))
    moved = data[: entry + 8] + struct.pack("<I", len(data)) + data[entry + 12 :]
    return moved + data[sensor_at : sensor_at + size]


def test_a_whole_file_is_judged_by_its_preview(tmp_path: Path) -> None:
    assert read_pixels(write(tmp_path / "a.dng", preview_first()), WANTED).shape == (400, 600, 3)


@pytest.mark.parametrize("missing", [1, 1000, 500_000])
def test_a_file_that_was_cut_off_is_not_judged_by_its_preview(tmp_path: Path, missing: int) -> None:
    with pytest.raises(UnreadablePhotoError, match="ends before the picture does"):
        read_pixels(write(tmp_path / "a.dng", preview_first()[:-missing]), WANTED)


def panasonic(form: int = 4) -> bytes:
    """As Panasonic's cameras write it: a tag of their own for where the sensor's data are, and no length."""
    width, height, preview = 1204, 908, jpeg(left_red(600, 796))
    tags = [(1, 7, b"0310"), (2, 3, width), (3, 3, height), (4, 3, 4), (5, 3, 8), (6, 3, height - 4), (7, 3, width - 8)]
    tags += [(45, 3, form), (46, 7, preview), (271, 2, b"Panasonic\0"), (272, 2, b"DMC-GF1\0")]
    tags += [(273, 4, 0xFFFFFFFF), (279, 4, 0), (280, 4, 0)]
    rows, content, begin = b"", b"", 8 + 2 + 12 * len(tags) + 4
    for tag, kind, value in tags:
        if isinstance(value, bytes) and len(value) > 4:
            rows += struct.pack("<HHII", tag, kind, len(value), begin + len(content))
            content += value
        elif isinstance(value, bytes):
            rows += struct.pack("<HHI4s", tag, kind, len(value), value)
        else:
            rows += struct.pack("<HHII", tag, kind, 1, value)
    rows = rows[:-4] + struct.pack("<I", begin + len(content))
    head = b"IIU\0" + struct.pack("<IH", 8, len(tags)) + rows + bytes(4) + content
    return head + b"\x55" * (width * height * 16 // (10 if form in (5, 7) else 14))


@pytest.mark.parametrize("form", [0, 4, 5])
def test_a_panasonic_file_is_judged_if_it_is_whole_and_not_if_it_was_cut_off(tmp_path: Path, form: int) -> None:
    whole = panasonic(form)
    assert read_pixels(write(tmp_path / "a.rw2", whole), WANTED).shape == (300, 398, 3)
    with pytest.raises(UnreadablePhotoError, match="ends before the picture does"):
        read_pixels(write(tmp_path / "a.rw2", whole[:-1000]), WANTED)


@pytest.mark.parametrize(("form", "is_known"), [(0, True), (5, True), (6, True), (7, True), (8, False)])
def test_how_far_a_panasonic_file_reaches_follows_from_its_format(tmp_path: Path, form: int, is_known: bool) -> None:
    whole = panasonic(form)
    for data, answer in ((whole, True), (whole[:-1], not is_known)):
        with opened(write(tmp_path / "a.rw2", data)) as source:
            assert is_whole(source) is answer


def tiled(tiles: int, length: int) -> bytes:
    """The directory of a picture in `tiles` tiles, the last of which ends where its offset and its length say."""
    at = 8 + 2 + 2 * 12 + 4
    offsets, lengths = range(1000, 1000 + 10 * tiles, 10), [10] * (tiles - 1) + [length]
    entries = struct.pack("<HHII", 324, 4, tiles, at) + struct.pack("<HHII", 325, 4, tiles, at + 4 * tiles)
    head = b"II*\0" + struct.pack("<IH", 8, 2) + entries + bytes(4)
    return head + struct.pack(f"<{2 * tiles}I", *offsets, *lengths)


def raf(end: int) -> bytes:
    return b"FUJIFILMCCD-RAW ".ljust(100, b"\0") + struct.pack(">II", 1000, end - 1000)


def cr3(end: int) -> bytes:
    first = struct.pack(">I4s4s4x4s", 20, b"ftyp", b"crx ", b"isom")
    return first + struct.pack(">I4sQ", 1, b"mdat", end - len(first))


@pytest.mark.parametrize(
    ("head", "is_long_enough"),
    [
        (tiled(200, 10), True),
        (tiled(200, 1010), True),
        (tiled(200, 1011), False),
        (
            tiled(200, 10).replace(struct.pack("<I", 1000 + 1990), b"\xff" * 4),
            True,
        ),  # Panasonic, which says it elsewhere
        (raf(4000), True),
        (raf(4001), False),
        (raf(4000)[:104], False),
        (cr3(4000), True),
        (cr3(4001), False),
        (b"\0MRM", True),
    ],
)
def test_how_far_a_file_reaches_is_read_from_its_header(tmp_path: Path, head: bytes, is_long_enough: bool) -> None:
    whole = head if head.startswith(b"FUJI") and len(head) < 108 else head.ljust(4000, b"\0")
    with opened(write(tmp_path / "a.raw", whole)) as source:
        assert is_whole(source) is is_long_enough
