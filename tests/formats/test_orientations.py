"""All eight orientations, in every format and in every way that a format can record them."""

import io
import struct
import tempfile
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from iqsd.photos.colour import ADOBE_RGB
from iqsd.photos.formats import LIBJXL, Pixels
from iqsd.photos.orientation import upright
from iqsd.photos.reading import read_photo, read_pixels
from tests.formats.making import MAKERS, ORIENTATION, dng, jpeg, tiled_tiff, with_pillow, write

COLOURS = {"red": (220, 30, 30), "green": (30, 220, 30), "blue": (30, 30, 220), "white": (230, 230, 230)}
WANTED = (64, 64)
SHOWN = {  # EXIF 2.32, tag 274: what is where when red, green, blue and white are stored in rows
    1: ("red", "green", "blue", "white"),
    2: ("green", "red", "white", "blue"),
    3: ("white", "blue", "green", "red"),
    4: ("blue", "white", "red", "green"),
    5: ("red", "blue", "green", "white"),
    6: ("blue", "red", "white", "green"),
    7: ("white", "green", "blue", "red"),
    8: ("green", "white", "red", "blue"),
}


def quarters() -> Pixels:
    red, green, blue, white = (np.full((256, 384, 3), colour, np.uint8) for colour in COLOURS.values())
    return np.vstack([np.hstack([red, green]), np.hstack([blue, white])])


def corners(pixels: Pixels) -> tuple[str, ...]:
    """The colours of the four quarters, in rows."""
    height, width = pixels.shape[:2]
    places = [(y, x) for y in (height // 4, height * 3 // 4) for x in (width // 4, width * 3 // 4)]
    return tuple(min(COLOURS, key=lambda name: abs(pixels[at].astype(int) - COLOURS[name]).sum()) for at in places)


def big_tiff(pixels: Pixels, orientation: int) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "TIFF", tiffinfo={ORIENTATION: orientation}, big_tiff=True)
    assert data.getvalue()[2] == 43
    return data.getvalue()


def raw_with_preview(pixels: Pixels, orientation: int) -> bytes:
    return dng(pixels, orientation, jpeg(pixels))


def jpeg_xl_of_a_jpeg(pixels: Pixels, orientation: int) -> bytes:
    """As `cjxl` converts JPEG files: these can be restored byte for byte."""
    import pillow_jxl  # noqa: F401

    data = io.BytesIO()
    with tempfile.NamedTemporaryFile(suffix=".jpg") as file:
        file.write(jpeg(pixels, orientation))
        file.flush()
        with Image.open(file.name) as picture:
            picture.save(data, "JXL", lossless_jpeg=True)
    return data.getvalue()


def jpeg_xl_of_a_jpeg_edited_since(pixels: Pixels, orientation: int) -> bytes:
    """The data for restoring the JPEG no longer fit the rest, for example after exiftool."""
    data = jpeg_xl_of_a_jpeg(pixels, orientation)
    at = data.index(b"jbrd") + 4
    return data[:at] + b"\xff" * 8 + data[at + 8 :]


def png_by_image_magick(pixels: Pixels, orientation: int) -> bytes:
    """With EXIF as text, as was done before PNG had a place for it."""
    block = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, ORIENTATION, 3, 1, orientation, 0)
    text = b"\nexif\n%8d\n" % len(block) + block.hex().encode() + b"\n"
    body = b"zTXt" + b"Raw profile type exif\0\0" + zlib.compress(text)
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, "PNG")
    plain = data.getvalue()
    at = plain.index(b"IDAT") - 4
    return plain[:at] + struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body)) + plain[at:]


def jpeg_with_two(pixels: Pixels, orientation: int) -> bytes:
    """Two EXIF segments; all programs believe the first."""
    one, other = jpeg(pixels, orientation), jpeg(pixels, 3)
    at, second = one.index(b"\xff\xe1"), other.index(b"\xff\xe1")
    end = at + 2 + int.from_bytes(one[at + 2 : at + 4], "big")
    return one[:end] + other[second : second + end - at] + one[end:]


WAYS: dict[str, Callable[[Pixels, int], bytes]] = {
    **{name: maker for name, maker in MAKERS.items() if name != "JPEG XL"},  # its codestream turns it, EXIF never does
    "TIFF in tiles": tiled_tiff,
    "BigTIFF": big_tiff,
    "RAW with preview": raw_with_preview,
    "JPEG XL of a JPEG": jpeg_xl_of_a_jpeg,
    "JPEG XL of a JPEG, edited since": jpeg_xl_of_a_jpeg_edited_since,
    "PNG by ImageMagick": png_by_image_magick,
    "JPEG with two EXIF segments": jpeg_with_two,
}


@pytest.mark.parametrize("orientation", SHOWN)
@pytest.mark.parametrize("way", WAYS)
def test_photos_come_out_upright(tmp_path: Path, way: str, orientation: int) -> None:
    if "JPEG XL" in way and not LIBJXL.is_installed:
        pytest.skip(f"needs {LIBJXL.install}")
    pixels = read_pixels(write(tmp_path / "a.x", WAYS[way](quarters(), orientation)), WANTED)
    assert (pixels.shape[0] > pixels.shape[1]) == (orientation > 4)
    assert corners(pixels) == SHOWN[orientation]


@pytest.mark.parametrize("way", WAYS)
def test_the_reported_size_is_that_of_the_upright_photo(tmp_path: Path, way: str) -> None:
    if "JPEG XL" in way and not LIBJXL.is_installed:
        pytest.skip(f"needs {LIBJXL.install}")
    capture = read_photo(write(tmp_path / "a.x", WAYS[way](quarters(), 6)), WANTED).capture
    if capture.width is not None and capture.height is not None:
        assert capture.width < capture.height


@pytest.mark.parametrize("turned", [False, True])
def test_an_avif_is_turned_by_its_container_and_never_by_xmp(tmp_path: Path, turned: bool) -> None:
    """XMP keeps what a JPEG said about itself before it was converted."""
    xmp = (
        b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        b'<rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" tiff:Orientation="3"/></rdf:RDF></x:xmpmeta>'
    )
    exif = b"Exif\0\0II*\0" + struct.pack("<IHHHIII", 8, 1, ORIENTATION, 3, 1, 6, 0) if turned else b""
    Image.fromarray(quarters()).save(tmp_path / "a.avif", xmp=xmp, exif=exif, quality=90, speed=10)
    assert corners(read_pixels(tmp_path / "a.avif", WANTED)) == SHOWN[6 if turned else 1]


@pytest.mark.parametrize("orientation", [1, 6, 8])
def test_a_cropped_avif_is_shown_cropped(tmp_path: Path, orientation: int) -> None:
    height, width = quarters().shape[:2]
    data = bytearray(with_pillow("AVIF", quarters(), orientation, quality=90, speed=10, icc_profile=ADOBE_RGB))
    at = data.index(b"colrprof")  # its box is large enough to hold another
    # The number of columns and rows, and how far their centre is from the picture's: the right half.
    data[at : at + 36] = struct.pack(">4s8I", b"clap", width // 2, 1, height, 1, width // 4, 1, 0, 1)
    used = data.index(b"ipma") + 15
    data[data.index(4, used)] |= 0x80  # the fourth property, marked as essential
    pixels = read_pixels(write(tmp_path / "a.avif", bytes(data)), WANTED)
    right = upright(quarters()[:, width // 2 :], orientation)
    assert pixels.shape == right.shape
    assert corners(pixels) == corners(right)
