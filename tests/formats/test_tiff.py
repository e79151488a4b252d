"""TIFF files with several pictures or transparency."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.reading import read_pixels
from tests.formats.making import left_red, write

WANTED = (64, 64)
Rows = dict[int, tuple[int, int]]
SMALLER_COPY: Rows = {254: (4, 1)}


def classic(pictures: list[np.ndarray], rows: list[Rows], below: bool) -> bytes:
    """Uncompressed RGB pictures, each in a directory of its own: one after the other, or all others below the first.

    Args:
        pictures: the pictures.
        rows: tags to add to each directory: kind (3 or 4) and value.
        below: whether the others are below the first.
    """
    data, places = bytearray(8), []
    directories: list[bytes] = []
    for picture in pictures:
        places.append(len(data))
        data += picture.tobytes() + bytes(picture.size % 2)
    bits_at = len(data)
    data += struct.pack("<3H", 8, 8, 8)
    at = len(data)
    for picture, place, more in zip(pictures, places, rows, strict=True):
        height, width = picture.shape[:2]
        tags: dict[int, tuple[int, int, int]] = {
            **{256: (4, 1, width), 257: (4, 1, height), 258: (3, 3, bits_at), 259: (3, 1, 1), 262: (3, 1, 2)},
            **{273: (4, 1, place), 277: (3, 1, 3), 278: (4, 1, height), 279: (4, 1, picture.size)},
            **{tag: (kind, 1, value) for tag, (kind, value) in more.items()},
        }
        is_parent = below and not directories
        size = 2 + 12 * (len(tags) + is_parent) + 4
        if is_parent:
            tags[330] = (4, 1, at + size)
        entries = b"".join(struct.pack("<HHII", tag, *tags[tag]) for tag in sorted(tags))
        is_last = len(directories) == len(pictures) - 1
        following = 0 if is_last or below else at + size
        directories.append(struct.pack("<H", len(tags)) + entries + struct.pack("<I", following))
        at += size
    first = len(data)
    return b"II*\0" + struct.pack("<I", first) + bytes(data[8:]) + b"".join(directories)


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_thumbnail_that_comes_first_is_not_taken_for_the_photo(tmp_path: Path, below: bool, orientation: int) -> None:
    thumbnail, photo = np.full((40, 60, 3), 128, np.uint8), left_red(200, 300)
    data = classic([thumbnail, photo], [SMALLER_COPY, {274: (3, orientation)}], below)
    pixels = read_pixels(write(tmp_path / "a.tif", data), WANTED)
    assert sorted(pixels.shape[:2]) == [200, 300]
    assert (pixels.shape[0] > pixels.shape[1]) == (orientation == 6)
    first, last = pixels[2, 2].tolist(), pixels[-2, -2].tolist()
    red, blue = [255, 0, 0], [0, 0, 255]
    assert (first, last) == ((blue, red) if orientation == 3 else (red, blue))


def test_the_photo_below_a_thumbnail_is_turned_as_the_thumbnail_says_where_it_says_nothing_itself(
    tmp_path: Path,
) -> None:
    """Cameras write such files (TIFF/EP)."""
    data = classic([np.full((40, 60, 3), 128, np.uint8), left_red(200, 300)], [SMALLER_COPY | {274: (3, 6)}, {}], True)
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED).shape == (300, 200, 3)


def test_a_directory_without_a_picture_is_not_taken_for_the_photo(tmp_path: Path) -> None:
    """Programs put notes of their own below the first directory."""
    pictures, place = [np.full((40, 60, 3), 128, np.uint8), left_red(200, 300)], 0
    for _ in range(2):  # the first time only to learn the length
        data = classic(pictures, [SMALLER_COPY | {330: (4, place)}, {}], below=False)
        place = len(data)
    notes = struct.pack("<HHHII4x", 1, 305, 2, 4, 0)
    assert read_pixels(write(tmp_path / "a.tif", data + notes), WANTED).shape == (200, 300, 3)


def test_if_there_is_nothing_but_a_thumbnail_it_is_the_photo(tmp_path: Path) -> None:
    data = classic([left_red(200, 300)], [SMALLER_COPY], below=False)
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED).shape == (200, 300, 3)


def test_a_picture_made_from_a_dng_that_kept_its_version_is_not_a_raw_file(tmp_path: Path) -> None:
    data = classic([left_red(200, 300)], [{50706: (4, 0x401)}], below=False)
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED).shape == (200, 300, 3)


def test_the_first_of_several_pages_is_the_photo(tmp_path: Path) -> None:
    data = classic([left_red(200, 300), left_red(40, 60)], [{254: (4, 2)}, {254: (4, 2)}], below=False)
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED).shape == (200, 300, 3)


@pytest.mark.parametrize("orientation", [1, 6])
@pytest.mark.parametrize("link", [b"", b"\xff\xff\xff\xff", struct.pack("<I", 9)], ids=["missing", "beyond", "nowhere"])
def test_a_photo_is_whole_even_if_the_link_to_a_next_one_is_broken(
    tmp_path: Path, link: bytes, orientation: int
) -> None:
    data = classic([left_red(200, 300)], [{274: (3, orientation)}], below=False)[:-4] + link
    assert sorted(read_pixels(write(tmp_path / "a.tif", data), WANTED).shape[:2]) == [200, 300]


def test_a_tag_with_a_senseless_value_is_no_damage_to_the_photo(tmp_path: Path) -> None:
    data = classic([left_red(200, 300)], [{296: (3, 9)}], below=False)  # the unit of the resolution
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED).shape == (200, 300, 3)


def test_transparency_does_not_darken_what_lies_beneath(tmp_path: Path) -> None:
    pixels = np.full((100, 150, 4), (200, 120, 40, 64), np.uint8)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "TIFF")
    assert read_pixels(write(tmp_path / "a.tif", data.getvalue()), WANTED)[50, 50].tolist() == [200, 120, 40]


def strip(rows: Rows, width: int, height: int, bits: tuple[int, ...], data: bytes) -> bytes:
    """A TIFF of one uncompressed strip.

    Args:
        rows: tags to add: kind (3 or 4) and value.
        width: of the picture.
        height: of the picture.
        bits: of each channel.
        data: the strip.
    """
    at = 8 + len(data)
    bits_at = (4, len(bits), at) if len(bits) > 2 else (3, 1, bits[0])
    tags = {256: (4, 1, width), 257: (4, 1, height), 258: (3, *bits_at[1:]), 259: (3, 1, 1), 273: (4, 1, 8)}
    tags |= {277: (3, 1, len(bits)), 278: (4, 1, height), 279: (4, 1, len(data))}
    tags |= {tag: (kind, 1, value) for tag, (kind, value) in rows.items()}
    entries = b"".join(struct.pack("<HHII", tag, *tags[tag]) for tag in sorted(tags))
    packed = struct.pack(f"<{len(bits)}H", *bits)
    return (
        b"II*\0"
        + struct.pack("<I", at + len(packed))
        + data
        + packed
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


CMYK, GREY = 5, 1
CYAN_LEFT = np.where(np.arange(300)[None, :, None] < 150, [65535, 0, 0, 0], [0, 0, 65535, 0]).repeat(200, 0)


@pytest.mark.parametrize("orientation", [1, 3])
def test_cmyk_with_16_bits_is_read(tmp_path: Path, orientation: int) -> None:
    rows: Rows = {262: (3, CMYK), 274: (3, orientation)}
    data = strip(rows, 300, 200, (16, 16, 16, 16), CYAN_LEFT.astype("<u2").tobytes())
    pixels = read_pixels(write(tmp_path / "a.tif", data), WANTED)
    sides = [pixels[100, 10].tolist(), pixels[100, -10].tolist()]
    assert sides[:: 1 if orientation == 1 else -1] == [[0, 255, 255], [255, 255, 0]]


def test_cmyk_with_16_bits_in_planes_is_refused_and_not_garbled(tmp_path: Path) -> None:
    data = strip({262: (3, CMYK), 284: (3, 2)}, 300, 200, (16, 16, 16, 16), CYAN_LEFT.astype("<u2").tobytes())
    with pytest.raises(UnreadablePhotoError, match="16 bits per sample in CMYK"):
        read_pixels(write(tmp_path / "a.tif", data), WANTED)


def test_grey_with_4_bits_is_read(tmp_path: Path) -> None:
    data = strip({262: (3, GREY)}, 300, 200, (4,), b"\xcc" * (150 * 200))
    assert read_pixels(write(tmp_path / "a.tif", data), WANTED)[100, 100].tolist() == [204, 204, 204]
