"""A JPEG with a hole cannot be judged: libjpeg fills the hole with grey and says so only on standard error."""

from pathlib import Path

import cv2
import pytest
from PIL import ImageCms

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.reading import read_photo, read_pixels
from tests.formats.making import jpeg, photograph, with_pillow, write

WHOLE = jpeg(photograph(900, 600))


@pytest.mark.parametrize("cut", [20, 500, 20_000])
def test_a_file_that_was_cut_off_is_unreadable_however_little_is_missing(tmp_path: Path, cut: int) -> None:
    with pytest.raises(UnreadablePhotoError, match="damaged or cut off"):
        read_pixels(write(tmp_path / "a.jpg", WHOLE[:-cut]), (100, 100))


def test_a_file_that_was_cut_off_and_is_odd_before_that_is_unreadable_too(tmp_path: Path) -> None:
    restarting = [cv2.IMWRITE_JPEG_RST_INTERVAL, 8]
    data = cv2.imencode(".jpg", photograph(900, 600), restarting)[1].tobytes()
    odd = data.replace(b"\xff\xd1", b"\0\0\xff\xd1", 1)
    assert read_pixels(write(tmp_path / "a.jpg", odd), (4000, 4000)).shape == (600, 900, 3)
    with pytest.raises(UnreadablePhotoError, match="damaged or cut off"):
        read_pixels(write(tmp_path / "b.jpg", odd[: len(odd) // 2]), (4000, 4000))


RESTARTING = jpeg(photograph(900, 600), restart_marker_rows=1)
FINE = jpeg(photograph(900, 600), quality=99)
PROGRESSIVE = jpeg(photograph(900, 600), progressive=True)
HALF = len(WHOLE) // 2
DAMAGES = {
    "its second half is lost": WHOLE[:HALF] + b"\xff\xd9",
    "codes that there are none of": WHOLE[:HALF] + b"\xff\x00" * 1000 + WHOLE[HALF + 2000 :],
    "zeros over several restarts": RESTARTING[:HALF] + bytes(16384) + RESTARTING[HALF + 16384 :],
    "zeros over all restarts up to its end": RESTARTING[:HALF] + bytes(16384) + b"\xff\xd9",
    "zeros over all restarts up to another picture": RESTARTING[:HALF] + bytes(16384) + WHOLE,
    "zeros that are codes": FINE[:HALF] + bytes(4096) + FINE[HALF + 4096 :],
    "zeros that are codes before another picture": FINE[:HALF] + bytes(4096) + FINE[HALF + 4096 : -2] + WHOLE,
    "zeros in an early scan": PROGRESSIVE[:5000] + bytes(4096) + PROGRESSIVE[9096:],
    "zeros in a later scan": PROGRESSIVE[:30_000] + bytes(4096) + PROGRESSIVE[34_096:],
}


@pytest.mark.parametrize("rubbish", [b"\1" * 5000, b"rubbish" * 10])
def test_rubbish_before_the_end_is_no_hole_if_it_is_uniform_or_short(tmp_path: Path, rubbish: bytes) -> None:
    padded = WHOLE.removesuffix(b"\xff\xd9") + rubbish + b"\xff\xd9"
    assert read_pixels(write(tmp_path / "a.jpg", padded), (4000, 4000)).shape == (600, 900, 3)


@pytest.mark.parametrize("end", [b"\xff\xd9", WHOLE])
def test_padding_before_the_end_is_no_hole(tmp_path: Path, end: bytes) -> None:
    padded = RESTARTING.removesuffix(b"\xff\xd9") + bytes(16384) + end
    assert read_pixels(write(tmp_path / "a.jpg", padded), (4000, 4000)).shape == (600, 900, 3)


def test_rubbish_in_the_header_is_no_hole_whatever_it_looks_like(tmp_path: Path) -> None:
    at = RESTARTING.index(b"\xff\xdb")
    odd = RESTARTING[:at] + bytes(100) + b"\xff\xd0" + RESTARTING[at:]
    assert read_pixels(write(tmp_path / "a.jpg", odd), (4000, 4000)).shape == (600, 900, 3)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("wanted", [100, 4000])
def test_a_file_with_a_hole_is_unreadable(tmp_path: Path, damage: str, wanted: int) -> None:
    with pytest.raises(UnreadablePhotoError, match="damaged: part of it is missing"):
        read_pixels(write(tmp_path / "a.jpg", DAMAGES[damage]), (wanted, wanted))


@pytest.mark.parametrize("rubbish", [b"\0\0\0", b"rubbish", b"\xff\0", b"\xff\xff"])
def test_rubbish_between_segments_loses_neither_orientation_nor_colours(tmp_path: Path, rubbish: bytes) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    whole = with_pillow("JPEG", photograph(900, 600), orientation=6, icc_profile=profile)
    at = whole.index(b"\xff\xe1")
    photo = read_photo(write(tmp_path / "a.jpg", whole[:at] + rubbish + whole[at:]), (200, 200))
    assert photo.pixels.shape[0] > photo.pixels.shape[1]
    assert photo.profile == profile
