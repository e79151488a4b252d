"""Photos to pixels: recognised by content, upright, shrunk by the decoder if that is enough, refused with a reason."""

from pathlib import Path

import cv2
import numpy as np
import pyexiv2
import pytest

from iqsd.errors import UnreadablePhotoError
from iqsd.photos.formats import Pixels
from iqsd.photos.jpeg import read_header
from iqsd.photos.opencv import shrink
from iqsd.photos.reading import read_pixels
from tests.conftest import PHOTOS
from tests.formats.making import left_red

SMALL = (64, 64)


def write(path: Path, rgb: Pixels, *how: int) -> Path:
    assert cv2.imwrite(str(path), rgb[:, :, ::-1], list(how))
    return path


@pytest.mark.parametrize("kind", ["sixteen bit png", "sixteen bit tiff", "grey jpeg", "grey png", "alpha png"])
def test_other_depths_and_channels_become_rgb_too(tmp_path: Path, kind: str) -> None:
    rgb = left_red()
    path = tmp_path / f"a.{kind.split()[-1]}"
    if kind.startswith("sixteen"):
        cv2.imwrite(str(path), rgb[:, :, ::-1].astype(np.uint16) * 257)
    elif kind.startswith("grey"):
        cv2.imwrite(str(path), rgb[:, :, 0])
    else:
        cv2.imwrite(str(path), np.dstack([rgb[:, :, ::-1], np.full(rgb.shape[:2], 255, np.uint8)]))
    pixels = read_pixels(path, (900, 600))
    assert pixels.shape == (600, 900, 3)
    assert pixels[300, 100, 0] > 250


def test_a_jpeg_is_shrunk_by_its_decoder_but_stays_well_above_the_wanted_size(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jpg", left_red(2400, 3200))
    shapes = {85: (300, 400), 86: (600, 800), 171: (600, 800), 342: (1200, 1600), 343: (2400, 3200)}
    for wanted, shape in shapes.items():
        assert read_pixels(path, (wanted, wanted)).shape[:2] == shape


@pytest.mark.parametrize(
    ("orientation", "red"), [(1, "left"), (2, "right"), (3, "right"), (5, "top"), (6, "top"), (8, "bottom")]
)
@pytest.mark.parametrize("wanted", [32, 600])
def test_photos_come_out_upright(tmp_path: Path, orientation: int, red: str, wanted: int) -> None:
    path = write(tmp_path / "a.jpg", left_red())
    with pyexiv2.Image(str(path)) as image:
        image.modify_exif({"Exif.Image.Orientation": str(orientation)})
    pixels = read_pixels(path, (wanted, wanted))
    height, width = pixels.shape[:2]
    y, x = {"left": (height // 2, 5), "right": (height // 2, width - 5), "top": (5, width // 2),
            "bottom": (height - 5, width // 2)}[red]  # fmt: skip
    assert pixels[y, x, 0] > 200 > 50 > pixels[y, x, 2]


def test_a_photo_is_recognised_by_its_content_not_by_its_name(tmp_path: Path) -> None:
    png = write(tmp_path / "a.png", left_red())
    assert read_pixels(png.rename(tmp_path / "a.jpg"), SMALL).shape == (600, 900, 3)


def test_a_name_that_is_not_utf8_opens(tmp_path: Path) -> None:
    path = Path(f"{tmp_path}/caf\udce9.jpg")
    path.write_bytes(PHOTOS[0].read_bytes())
    assert read_pixels(path, SMALL).shape[2] == 3


def test_a_folder_called_jpg_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.jpg").mkdir()
    with pytest.raises(UnreadablePhotoError, match="is a folder"):
        read_pixels(tmp_path / "folder.jpg", SMALL)


def test_the_size_of_a_jpeg_is_read_from_its_header() -> None:
    for photo in PHOTOS:
        height, width = read_pixels(photo, (9999, 9999)).shape[:2]
        header = read_header(photo.read_bytes())
        assert header is not None
        assert (header.width, header.height) == (width, height)
    assert read_header(b"\xff\xd8\xff\xe0\xff\xff") is None
    assert read_header(b"no jpeg at all") is None
    assert read_header(b"\xff\xd8\xff\xc0\0\2\xff\xda") is None


def test_shrinking_averages_and_does_not_alias() -> None:
    chessboard = np.indices((512, 512)).sum(0) % 2 * 255
    small = shrink(np.dstack([chessboard] * 3).astype(np.uint8), 64, 64)
    assert small.min() >= 127
    assert small.max() <= 128
