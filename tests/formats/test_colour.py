"""Colours are what the file means: they are converted to sRGB as its ICC profile or EXIF says."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from iqsd.models import shipped_model
from iqsd.photos import opencv
from iqsd.photos.colour import ADOBE_RGB, P3, to_srgb
from iqsd.photos.formats import FORMATS, Pixels
from iqsd.photos.reading import read_photo, read_pixels
from iqsd.scoring.scorer import Scorer
from tests.formats.making import dng, photograph, with_pillow, write

WANTED = (64, 64)
OLIVE = np.full((128, 192, 3), (150, 120, 60), np.uint8)
"""Within sRGB even if taken for Adobe RGB."""

PILLOW = {
    "JPEG": "JPEG",
    "PNG": "PNG",
    "TIFF": "TIFF",
    "WebP": "WEBP",
    "HEIF": "HEIF",
    "AVIF": "AVIF",
    "JPEG XL": "JXL",
}
"""Pillow's names for the formats that can hold a profile."""


def encoded(name: str, pixels: Pixels, profile: bytes) -> bytes:
    if name == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
    if name == "JPEG XL":
        pytest.importorskip("pillow_jxl")
    return with_pillow(PILLOW[name], pixels, icc_profile=profile, quality=97)


def from_adobe_rgb(colour: tuple[int, int, int]) -> Pixels:
    """In sRGB, by the definitions: Adobe RGB (1998), 4.3.1 and 4.3.4; IEC 61966-2-1."""
    light = (np.array(colour) / 255) ** (563 / 256)
    to_xyz = np.array([[0.57667, 0.18556, 0.18823], [0.29734, 0.62736, 0.07529], [0.02703, 0.07069, 0.99134]])
    to_linear = np.array([[3.2406, -1.5372, -0.4986], [-0.9689, 1.8758, 0.0415], [0.0557, -0.2040, 1.0570]])
    linear = np.clip(to_linear @ to_xyz @ light, 0, 1)
    return np.asarray(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def from_p3(colour: tuple[int, int, int]) -> Pixels:
    """In sRGB, by the definition: SMPTE EG 432-1 with the curve of IEC 61966-2-1."""
    code = np.array(colour) / 255
    light = np.where(code <= 0.04045, code / 12.92, ((code + 0.055) / 1.055) ** 2.4)
    to_linear = np.array([[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]])
    linear = np.clip(to_linear @ light, 0, 1)
    return np.asarray(255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def exif(colour_space: int, interoperability: str | None) -> bytes:
    made = Image.Exif()
    details = made.get_ifd(0x8769)
    details[40961] = colour_space
    if interoperability is not None:
        details[40965] = {1: interoperability}
    return made.tobytes()


def middle(pixels: Pixels) -> Pixels:
    return np.asarray(pixels[pixels.shape[0] // 2, pixels.shape[1] // 2].astype(int))


def test_every_format_that_can_hold_a_profile_is_here() -> None:
    assert {entry.name for entry in FORMATS} == {*PILLOW, "RAW"}


@pytest.mark.parametrize("name", [name for name in PILLOW if name != "JPEG XL"])  # its plug-in always writes sRGB's
def test_a_profile_is_applied(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "a", encoded(name, OLIVE, ADOBE_RGB))
    expected = from_adobe_rgb((150, 120, 60))
    assert np.abs(expected - OLIVE[0, 0]).max() > 10
    assert np.abs(middle(read_pixels(path, WANTED)) - expected).max() <= 5


@pytest.mark.parametrize("name", ["HEIF", "AVIF"])
def test_display_p3_is_also_recognised_by_its_number(tmp_path: Path, name: str) -> None:
    """Apple's AVIF files have no profile."""
    strong = (210, 60, 40)
    pixels = np.full((128, 192, 3), strong, np.uint8)
    if name == "HEIF":
        pytest.importorskip("pillow_heif").register_heif_opener()
        data = with_pillow(name, pixels, quality=97, color_primaries=1, transfer_characteristics=13, full_range_flag=1)
    else:
        data = with_pillow(name, pixels, quality=97)
    at = data.index(b"colrnclx") + 8
    path = write(tmp_path / "a", data[:at] + struct.pack(">HH", P3, 13) + data[at + 4 :])
    assert np.abs(from_p3(strong) - strong).max() > 15
    assert np.abs(middle(read_pixels(path, WANTED)) - from_p3(strong)).max() <= 5


@pytest.mark.parametrize("name", PILLOW)
def test_srgbs_own_profile_changes_nothing(tmp_path: Path, name: str) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    plain = read_pixels(write(tmp_path / "a", encoded(name, OLIVE, b"")), WANTED)
    assert np.array_equal(read_pixels(write(tmp_path / "b", encoded(name, OLIVE, profile)), WANTED), plain)


def test_a_profile_of_many_pieces_is_put_together(tmp_path: Path) -> None:
    with_a_long_text = ADOBE_RGB + bytes(200_000)  # data after the tags belong to none of them
    pixels = read_pixels(write(tmp_path / "a.jpg", encoded("JPEG", OLIVE, with_a_long_text)), WANTED)
    assert np.abs(middle(pixels) - from_adobe_rgb((150, 120, 60))).max() <= 5


def test_a_raw_files_preview_has_the_colours_that_it_declares(tmp_path: Path) -> None:
    picture = np.full((800, 1200, 3), OLIVE[0, 0], np.uint8)
    preview = encoded("JPEG", picture, ADOBE_RGB)
    pixels = read_pixels(write(tmp_path / "a.dng", dng(picture, 1, preview)), WANTED)
    assert np.abs(middle(pixels) - from_adobe_rgb((150, 120, 60))).max() <= 5


def test_a_raw_file_is_developed_for_the_light_in_which_it_was_taken(tmp_path: Path) -> None:
    grey = np.full((800, 1200, 3), 150, np.uint8)
    red, green, blue = middle(read_pixels(write(tmp_path / "a.dng", dng(grey, light=(0.9, 1.0, 0.4))), WANTED))
    assert max(red, green, blue) - min(red, green, blue) <= 5


@pytest.mark.parametrize(
    ("colour_space", "interoperability", "is_adobe"),
    [(65535, "R03", True), (65535, "R98", False), (65535, None, False), (1, "R98", False), (1, "R03", False)],
)
def test_cameras_declare_adobe_rgb_only_in_exif(
    tmp_path: Path, colour_space: int, interoperability: str | None, is_adobe: bool
) -> None:
    data = io.BytesIO()
    Image.fromarray(OLIVE).save(data, "JPEG", quality=97, exif=exif(colour_space, interoperability))
    pixels = read_pixels(write(tmp_path / "a.jpg", data.getvalue()), WANTED)
    expected = from_adobe_rgb((150, 120, 60)) if is_adobe else OLIVE[0, 0]
    assert np.abs(middle(pixels) - expected).max() <= 5


def test_the_files_own_colour_information_outranks_exif(tmp_path: Path) -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = io.BytesIO()
    Image.fromarray(OLIVE).save(data, "JPEG", quality=97, exif=exif(65535, "R03"), icc_profile=srgb)
    assert np.abs(middle(read_pixels(write(tmp_path / "a.jpg", data.getvalue()), WANTED)) - OLIVE[0, 0]).max() <= 3


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile at all",
        ADOBE_RGB[:200],
        ADOBE_RGB[:128] + b"\xff" * (len(ADOBE_RGB) - 128),
        ADOBE_RGB.replace(b"RGB ", b"CMYK", 1),
        ADOBE_RGB.replace(b"RGB ", b"GRAY", 1),
    ],
    ids=["no profile", "cut off", "damaged", "CMYK", "grey"],
)
@pytest.mark.parametrize("name", ["JPEG", "PNG", "TIFF", "WebP"])
def test_a_profile_that_makes_no_sense_costs_nothing(tmp_path: Path, name: str, profile: bytes) -> None:
    pixels = read_pixels(write(tmp_path / "a", encoded(name, OLIVE, profile)), WANTED)
    assert np.abs(middle(pixels) - OLIVE[0, 0]).max() <= 3


def test_an_enormous_profile_is_neither_applied_nor_kept(tmp_path: Path) -> None:
    """A worker would hold hundreds of megabytes of profiles, and refuse later photos for lack of memory."""
    pixels = read_pixels(write(tmp_path / "a", encoded("TIFF", OLIVE, ADOBE_RGB + bytes(9 << 20))), WANTED)
    assert np.abs(middle(pixels) - OLIVE[0, 0]).max() <= 3


def test_a_profile_whose_compression_is_damaged_costs_nothing(tmp_path: Path) -> None:
    data = bytearray(encoded("PNG", OLIVE, ADOBE_RGB))
    at = data.index(b"iCCP")
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    begin = data.index(b"\0", at) + 4  # after the method and zlib's own header
    data[begin:end] = b"\xff" * (end - begin)
    data[end : end + 4] = zlib.crc32(data[at:end]).to_bytes(4, "big")
    assert np.abs(middle(read_pixels(write(tmp_path / "a.png", bytes(data)), WANTED)) - OLIVE[0, 0]).max() <= 3


def test_a_png_is_not_decoded_again_because_libpng_dislikes_its_profile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write(tmp_path / "a.png", encoded("PNG", OLIVE, b"no profile at all"))
    decoded: list[bytes | str] = []
    real = opencv._decode

    def spy(data: bytes | str, flag: int) -> Pixels:
        decoded.append(data)
        return real(data, flag)

    monkeypatch.setattr(opencv, "_decode", spy)
    read_pixels(path, WANTED)
    assert len(decoded) == 1


def test_the_verdict_is_that_of_the_photo_as_it_looks(tmp_path: Path) -> None:
    scorer = Scorer(shipped_model())
    path = write(tmp_path / "a.png", encoded("PNG", photograph(900, 600, 1), ADOBE_RGB))
    photo = read_photo(path, scorer.wanted)
    said = scorer.assess(photo.pixels, photo.coarseness, photo.profile)
    as_it_looks = scorer.assess(to_srgb(photo.pixels, photo.profile))
    as_if_srgb = scorer.assess(photo.pixels)
    assert said.aesthetic is not None
    assert said.aesthetic == pytest.approx(as_it_looks.aesthetic, abs=0.05)
    assert said.embedding != as_if_srgb.embedding
