"""A HEIC, AVIF or WebP with a hole, as an interrupted copy leaves it in a file of full size, cannot be judged."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.formats import Pixels
from iqsd.photos.reading import read_pixels
from tests.formats.making import avif, heic, photograph, webp, with_pillow, write
from tests.formats.tiled_heic import tiled_heic

MAKERS: dict[str, Callable[[Pixels], bytes]] = {"HEIC": heic, "HEIC of tiles": tiled_heic, "AVIF": avif, "WebP": webp}
PHOTO = photograph(900, 600)


@cache
def made(name: str) -> bytes:
    return MAKERS[name](PHOTO)


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("share", [0.5, 0.8])
def test_a_file_with_a_hole_is_unreadable(tmp_path: Path, name: str, share: float) -> None:
    whole = made(name)
    assert read_pixels(write(tmp_path / "whole", whole), (100, 100)).shape[2] == 3
    at = round(len(whole) * share)
    with pytest.raises(UnreadablePhotoError, match="damaged: part of it is missing"):
        read_pixels(write(tmp_path / "holed", whole[:at] + bytes(1024) + whole[at + 1024 :]), (100, 100))


@pytest.mark.parametrize("name", MAKERS)
def test_a_file_whose_end_was_never_written_is_unreadable(tmp_path: Path, name: str) -> None:
    whole = made(name)
    with pytest.raises(UnreadablePhotoError, match="damaged: part of it is missing"):
        read_pixels(write(tmp_path / "a", whole[:-1024] + bytes(1024)), (100, 100))


@pytest.mark.parametrize("level", [0, 255])
def test_rows_of_one_colour_are_no_hole_in_a_webp_whose_code_for_them_is_zeros(tmp_path: Path, level: int) -> None:
    sky = photograph(1500, 1200)
    sky[:900] = level
    whole = with_pillow("WEBP", sky, quality=100, method=0)
    assert bytes(512) in whole
    assert read_pixels(write(tmp_path / "a.webp", whole), (100, 100)).shape == (1200, 1500, 3)


def test_data_after_a_lossless_webp_is_no_hole_in_it(tmp_path: Path) -> None:
    whole = with_pillow("WEBP", photograph(90, 60), lossless=True)
    more = whole + b"VP8 " + (1024).to_bytes(4, "little") + bytes(1024)
    assert read_pixels(write(tmp_path / "a.webp", more), (100, 100)).shape == (60, 90, 3)
