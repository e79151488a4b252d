"""High dynamic range becomes an ordinary picture: white looks white, and colours stay colours."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iqsd.photos.colour import BT2020, P3
from iqsd.photos.formats import Pixels
from iqsd.photos.hdr import HLG, PQ, to_srgb
from iqsd.photos.reading import read_pixels
from tests.formats.making import MAKERS, left_red, write


def grey(code: int) -> Pixels:
    return np.full((4, 4, 3), code, np.uint8)


@pytest.mark.parametrize(
    ("transfer", "code", "low", "high"),
    [
        (PQ, 0, 0, 0),
        (PQ, round(255 * 0.58), 215, 240),  # 203 cd/m²: paper white
        (PQ, round(255 * 0.38), 95, 110),  # 26 cd/m²: a grey card
        (PQ, round(255 * 0.75), 254, 255),  # 1,000 cd/m²
        (HLG, 0, 0, 0),
        (HLG, round(255 * 0.75), 215, 240),  # paper white
        (HLG, round(255 * 0.38), 95, 110),  # a grey card
        (HLG, 255, 254, 255),
    ],
)
def test_levels_look_as_intended(transfer: int, code: int, low: int, high: int) -> None:
    pixels = to_srgb(grey(code), transfer, BT2020)
    assert low <= pixels.min()
    assert pixels.max() <= high


@pytest.mark.parametrize("primaries", [BT2020, P3])
def test_colours_of_the_wide_gamut_come_out_stronger(primaries: int) -> None:
    pale = np.full((2, 2, 3), (120, 90, 90), np.uint8)
    wide, narrow = to_srgb(pale, PQ, primaries)[0, 0].astype(int), to_srgb(pale, PQ, 1)[0, 0].astype(int)
    assert wide[0] - wide[1] > narrow[0] - narrow[1]


def test_a_heif_in_pq_is_mapped(tmp_path: Path) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    pillow_heif.register_heif_opener()
    data = io.BytesIO()
    how = {"color_primaries": 9, "transfer_characteristics": PQ, "matrix_coefficients": 9, "full_range_flag": 1}
    Image.fromarray(left_red() // 255 * 130 + 10).save(data, "HEIF", quality=95, **how)
    pixels = read_pixels(write(tmp_path / "a.hif", data.getvalue()), (64, 64))
    assert pixels.shape == (160, 240, 3)
    assert pixels[80, 40, 0] > 180 > 30 > pixels[80, 40, 2]


def as_pq(avif: bytes) -> bytes:
    """The same file with a colour box that names BT.2020 and PQ."""
    at = avif.index(b"colrnclx") + 8
    return avif[:at] + struct.pack(">HH", BT2020, PQ) + avif[at + 4 :]


@pytest.mark.parametrize("orientation", [1, 6])
def test_an_avif_in_pq_is_mapped(tmp_path: Path, orientation: int) -> None:
    data = as_pq(MAKERS["AVIF"](left_red() // 255 * 130 + 10, orientation))
    pixels = read_pixels(write(tmp_path / "a.avif", data), (64, 64))
    assert pixels.shape == ((160, 240, 3) if orientation == 1 else (240, 160, 3))
    red = pixels[80, 40] if orientation == 1 else pixels[40, 80]
    assert red[0] > 180 > 30 > red[2]


def test_an_ordinary_avif_is_left_as_it_is(tmp_path: Path) -> None:
    pixels = read_pixels(write(tmp_path / "a.avif", MAKERS["AVIF"](left_red() // 255 * 130 + 10)), (64, 64))
    assert pixels.shape == (600, 900, 3)
    assert abs(int(pixels[300, 100, 0]) - 140) < 4
