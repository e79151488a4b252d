"""The one file that knows Pillow and its plug-ins: reads AVIF, JPEG XL, odd TIFF; ICC profiles, text; writes PNG."""

from __future__ import annotations

import io
import mmap
import struct
import warnings
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
from PIL import AvifImagePlugin, Image, ImageCms, ImageDraw, ImageFont, PngImagePlugin, UnidentifiedImageError

from iqsd.containers.jpeg import EXIF
from iqsd.containers.parts import reader
from iqsd.errors import UnreadablePhotoError
from iqsd.photos import avif, hdr, jpeg_xl, tiff
from iqsd.photos.formats import Picture, Pixels
from iqsd.photos.holes import check_for_holes
from iqsd.photos.limits import check_size
from iqsd.photos.orientation import upright
from iqsd.photos.source import Source

Image.MAX_IMAGE_PIXELS = None  # limits.py decides what is too large, and says so in iqsd's words
AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # photos are decoded in parallel, one in each worker

if find_spec("pillow_jxl"):
    from pillow_jxl import JpegXLImagePlugin  # registers the format with Pillow

    JpegXLImagePlugin.DECODE_THREADS = 0  # none besides the worker's own; the default is one for each core

_BROKEN = (OSError, ValueError, TypeError, RuntimeError, SyntaxError, EOFError, LookupError, struct.error)
_INVISIBLE = 4  # of 255: sRGB profiles differ from each other by this much


def decode(source: Source, wanted: tuple[int, int]) -> Picture:
    """Decode the first picture in full and upright.

    Args:
        source: the file.
        wanted: the smallest useful (width, height) in pixels. Neither format can be decoded at reduced size.

    Raises:
        UnreadablePhotoError: damaged or too large.
    """
    check_for_holes(source.part)
    header = avif.read_header(source.part)
    size = jpeg_xl.size(source.part) or header.size
    if size is not None:
        check_size(*size)  # JPEG XL is decoded as soon as it is opened
    try:
        picture = _decoded_with_or_without_its_jpeg(source, header)
    except _BROKEN as error:
        raise UnreadablePhotoError(f"the picture is damaged or cut off: {_reason(error)}") from None
    return hdr.shown(picture, header.transfer, header.primaries, wanted)


def _decoded_with_or_without_its_jpeg(source: Source, header: avif.Header) -> Picture:
    """A JPEG XL made from a JPEG is decoded as that; if its metadata were edited since, only the picture can be."""
    try:
        return _decoded(source.whole, header)
    except _BROKEN:
        rest = jpeg_xl.without_jpeg(source.whole)
        if rest is None:
            raise
        return _decoded(rest, header)


def _decoded(data: bytes, header: avif.Header) -> Picture:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about damaged EXIF
        with Image.open(io.BytesIO(data), formats=["AVIF", "JXL"]) as picture:
            check_size(*picture.size)
            # Pillow puts AVIF's own turning there. JPEG XL has been turned by its decoder, and its EXIF only repeats
            # that, unless it was made from a JPEG, which comes out as it went in. `getexif` would also believe XMP.
            is_stored = picture.format == "AVIF" or getattr(picture, "jpeg", False)
            exif = picture.info.get("exif", b"") if is_stored else b""
            orientation = tiff.orientation(reader(exif.removeprefix(EXIF)))
            pixels = _rgb(picture)
            if header.crop is not None and picture.size == header.size:  # libavif leaves cropping to others
                pixels = pixels[header.crop]
            return Picture(upright(pixels, orientation), picture.info.get("icc_profile"))


def decode_tiff(data: mmap.mmap | str) -> Pixels | None:
    """Decode a TIFF of a kind that OpenCV does not read: old-style JPEG, 16-bit CMYK, grey of 2 or 4 bits.

    Args:
        data: the whole TIFF, or the name of its file; its orientation must say upright.

    Returns:
        RGB, uint8, shape (height, width, 3); None: Pillow does not read it either, or only as numbers whose white
        nobody knows.

    Raises:
        UnreadablePhotoError: it is too large.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about damaged tags
        try:
            with Image.open(data, formats=["TIFF"]) as picture:  # type: ignore[arg-type]  # mmap serves as a file
                check_size(*picture.size)
                return None if picture.mode.startswith(("I", "F")) else _rgb(picture)
        except _BROKEN:
            return None


def _rgb(picture: Image.Image) -> Pixels:
    if picture.mode == "F":
        grey = np.rint(np.clip(np.asarray(picture), 0, 1) * 255).astype(np.uint8)
    elif picture.mode.startswith("I;16"):
        grey = (np.asarray(picture) >> 8).astype(np.uint8)
    else:
        return np.asarray(picture.convert("RGB"))
    return np.stack([grey] * 3, axis=-1)


def _reason(error: Exception) -> str:
    """What a library says, without what is of no use to the reader."""
    if isinstance(error, UnidentifiedImageError):
        return "it cannot be decoded"
    return str(error).partition(". Please build")[0]


def to_srgb(pixels: Pixels, profile: bytes) -> Pixels:
    """Convert pixels to sRGB, relative colorimetric; unchanged if the profile is sRGB's, or makes no sense.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).
        profile: ICC, for RGB.
    """
    transform = _transform(profile)
    if transform is None:
        return pixels
    return np.asarray(ImageCms.applyTransform(Image.fromarray(pixels), transform), np.uint8)


@lru_cache(maxsize=8)
def _transform(profile: bytes) -> ImageCms.ImageCmsTransform | None:
    try:
        made = ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(io.BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            "RGB",
            "RGB",
            ImageCms.Intent.RELATIVE_COLORIMETRIC,
            ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
        before = np.stack(np.meshgrid(*[np.arange(0, 256, 51)] * 3), axis=-1).astype(np.uint8).reshape(1, -1, 3)
        after = np.asarray(ImageCms.applyTransform(Image.fromarray(before), made))
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
    return made if np.abs(after.astype(int) - before).max() > _INVISIBLE else None


def write_text(pixels: Pixels, text: str, at: tuple[int, int], size: int, colour: tuple[int, int, int]) -> Pixels:
    """The same picture with a line of text in it.

    Args:
        pixels: RGB, uint8, shape (height, width, 3).
        text: in Latin letters: the font is Pillow's own.
        at: left and top of the text, pixels.
        size: of the letters, pixels.
        colour: RGB, 0..255.
    """
    picture = Image.fromarray(pixels)
    ImageDraw.Draw(picture).text(at, text, colour, ImageFont.load_default(size))
    return np.array(picture)  # a copy: the memory that Pillow shares is read-only


def text_width(text: str, size: int) -> float:
    """How many pixels wide `write_text` makes a line of this size."""
    return ImageFont.load_default(size).getlength(text)


def encode_png(pixels: Pixels, made_by: str) -> bytes:
    """A PNG file of RGB pixels, uint8, shape (height, width, 3); its head says what made it."""
    about, file = PngImagePlugin.PngInfo(), io.BytesIO()
    about.add_text("Software", made_by)
    Image.fromarray(pixels).save(file, "PNG", pnginfo=about)
    return file.getvalue()
