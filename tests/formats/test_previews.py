"""A preview stands for its photo only if it is large enough and shows the same picture."""

import os
from pathlib import Path

import numpy as np
import pytest

from iqsd.errors import UnreadablePhotoError
from iqsd.photos import opencv, previews
from iqsd.photos.formats import Pixels
from iqsd.photos.reading import read_photo, read_pixels
from iqsd.photos.source import HEAD_BYTES
from tests.formats.making import dng, jpeg, left_red, photograph, with_preview, write

WANTED = (100, 100)  # so 250 pixels of a preview are enough
PHOTO = (2400, 1600)
FINE = jpeg(photograph(480, 320), quality=99)
HOLED = FINE[:60_000] + bytes(4096) + FINE[64_096:]


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The length of every JPEG that is decoded."""
    lengths: list[int] = []
    real = opencv._decode

    def spy(data: bytes, flag: int, **how: bool) -> Pixels:
        lengths.append(len(data))
        return real(data, flag, **how)

    monkeypatch.setattr(opencv, "_decode", spy)
    return lengths


def read(tmp_path: Path, data: bytes) -> tuple[int, int]:
    """(width, height) of the result, which tells which of the two pictures it was."""
    pixels = read_pixels(write(tmp_path / "a.jpg", data), WANTED)
    return pixels.shape[1], pixels.shape[0]


def test_besides_the_first_rows_only_a_good_preview_is_decoded(tmp_path: Path, decoded: list[int]) -> None:
    picture = jpeg(photograph(*PHOTO))
    assert read(tmp_path, with_preview(picture, jpeg(photograph(480, 320)))) == (480, 320)
    assert max(decoded) < len(picture) / 2


def test_little_more_than_the_preview_is_read_from_a_large_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    picture, preview = jpeg(photograph(3000, 2000), quality=98), jpeg(photograph(1620, 1080))
    path = write(tmp_path / "a.jpg", with_preview(picture, preview))
    lengths: list[int] = []
    real = os.pread

    def spy(descriptor: int, length: int, at: int) -> bytes:
        data = real(descriptor, length, at)
        lengths.append(len(data))
        return data

    monkeypatch.setattr(os, "pread", spy)
    assert read_photo(path, (384, 384)).pixels.shape == (1080, 1620, 3)
    assert len(preview) < sum(lengths) < len(preview) + HEAD_BYTES + len(picture) / 4


def test_the_preview_is_turned_as_the_photo_says(tmp_path: Path) -> None:
    data = with_preview(jpeg(photograph(*PHOTO), 6), jpeg(photograph(480, 320)))
    assert read(tmp_path, data) == (320, 480)


@pytest.mark.parametrize(
    ("preview", "why"),
    [
        (jpeg(photograph(360, 240)), "too small"),
        (jpeg(photograph(480, 360)), "of another shape"),
        (jpeg(photograph(480, 320, 3)), "of another photo"),
        (jpeg(np.pad(photograph(480, 260), ((30, 30), (0, 0), (0, 0)))), "with black bars"),
        (jpeg(photograph(480, 320))[:2000], "cut off"),
        (HOLED, "with a hole"),
        (b"no picture at all", "no JPEG"),
        (b"", "not there"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_an_unsuitable_preview_is_passed_over(tmp_path: Path, preview: bytes, why: str) -> None:
    assert read(tmp_path, with_preview(jpeg(photograph(*PHOTO)), preview))[0] == PHOTO[0] // 4, why


@pytest.mark.parametrize("kind", [0x020001, 0x020002, 0x020003, 0x000000])
def test_a_picture_that_only_looks_like_a_preview_is_passed_over(tmp_path: Path, kind: int) -> None:
    """A part of a panorama, the other eye, another angle, a gain map."""
    data = with_preview(jpeg(photograph(*PHOTO)), jpeg(photograph(480, 320)), kind=kind)
    assert read(tmp_path, data)[0] == PHOTO[0] // 4


def test_an_index_that_points_beyond_the_file_is_passed_over(tmp_path: Path) -> None:
    data = with_preview(jpeg(photograph(*PHOTO)), jpeg(photograph(480, 320)), length=0xFFFFFFFF)
    assert read(tmp_path, data) == (480, 320)  # what is there is the whole preview
    assert read(tmp_path, data[:-5000])[0] == PHOTO[0] // 4


def test_a_photo_that_was_cut_off_is_not_judged_by_what_the_index_promises(tmp_path: Path) -> None:
    data = with_preview(jpeg(photograph(*PHOTO)), jpeg(photograph(480, 320)))
    with pytest.raises(UnreadablePhotoError):
        read(tmp_path, data[: len(data) // 2])


def test_a_photo_whose_last_part_never_came_is_not_judged_by_the_preview_behind_it(tmp_path: Path) -> None:
    """Downloads reserve room for the whole file first, and fill it in any order."""
    picture, preview = jpeg(photograph(*PHOTO)), jpeg(photograph(480, 320))
    data = with_preview(picture, preview)
    end = len(data) - len(preview)
    with pytest.raises(UnreadablePhotoError):
        read(tmp_path, data[: end - len(picture) // 4] + bytes(len(picture) // 4) + preview)


def test_a_raw_file_is_read_by_its_preview_and_turned(tmp_path: Path) -> None:
    preview = jpeg(left_red(400, 600))
    path = write(tmp_path / "a.dng", dng(left_red(800, 1200), 6, preview))
    pixels = read_pixels(path, WANTED)
    assert pixels.shape[:2] == (600, 400)
    assert pixels[20, 200, 0] > 240


@pytest.mark.parametrize("orientation", [6, 8])
def test_a_raw_files_preview_that_was_turned_already_is_not_turned_again(tmp_path: Path, orientation: int) -> None:
    """Some programs turn the preview and leave the tag."""
    path = write(tmp_path / "a.dng", dng(left_red(800, 1200), orientation, jpeg(left_red(450, 300))))
    pixels = read_pixels(path, WANTED)
    assert pixels.shape[:2] == (450, 300)
    assert pixels[225, 20, 0] > 240


def test_a_night_preview_is_not_taken_for_one_with_bars(tmp_path: Path) -> None:
    night = left_red(800, 1200) // 32
    path = write(tmp_path / "a.dng", dng(night, 1, jpeg(night[:300, 375:825])))
    assert read_pixels(path, WANTED).shape == (300, 450, 3)


@pytest.mark.parametrize(
    "preview",
    [
        b"",
        jpeg(left_red(100, 150)),
        jpeg(left_red(400, 400)),
        jpeg(left_red(450, 300)),
        jpeg(np.pad(left_red(220, 450), ((40, 40), (0, 0), (0, 0)))),
        jpeg(np.pad(left_red(300, 370), ((0, 0), (40, 40), (0, 0)))),
        jpeg(left_red(400, 600))[:800],
    ],
    ids=["none", "too small", "of another shape", "upright", "bars above and below", "bars at the sides", "cut off"],
)
def test_a_raw_file_without_a_usable_preview_is_developed(tmp_path: Path, preview: bytes) -> None:
    pixels = read_pixels(write(tmp_path / "a.dng", dng(left_red(800, 1200), 1, preview)), WANTED)
    assert abs(pixels.shape[0] - 400) <= 4
    assert abs(pixels.shape[1] - 600) <= 4
    assert pixels[200, 100, 0] > 200 > 60 > pixels[200, 100, 2]


def test_a_preview_in_scans_that_would_take_gigabytes_is_refused_by_its_header() -> None:
    data = bytearray(jpeg(left_red(), progressive=True))
    at = data.index(b"\xff\xc2") + 5
    data[at : at + 4] = (40000).to_bytes(2, "big") + (60000).to_bytes(2, "big")
    with pytest.raises(UnreadablePhotoError, match="120 megapixels"):
        previews.decode(bytes(data), (60000, 40000), WANTED)
