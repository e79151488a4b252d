"""From a file to its pixels: look before opening, recognise by content, then hand over to the format's adapter."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from iqsd.errors import MissingLibraryError, UnreadablePhotoError
from iqsd.photos import jpeg
from iqsd.photos.capture import Capture, read_capture
from iqsd.photos.colour import ADOBE_RGB, to_srgb
from iqsd.photos.formats import FORMATS, Pixels, format_of_content, format_of_name
from iqsd.photos.source import opened


class Photo(NamedTuple):
    """What was read from a file.

    Attributes:
        pixels: RGB, uint8, shape (height, width, 3), upright.
        capture: how it was taken.
        coarseness: if the file is a JPEG, as a multiple of the steps of quality 50; None if it is not. It is the
            picture's own, even if the pixels are its preview's.
        profile: the pixels' ICC profile; empty: sRGB. To be applied (`colour.to_srgb`) to what is left of them after
            shrinking: that takes a tenth of the time.
    """

    pixels: Pixels
    capture: Capture
    coarseness: float | None
    profile: bytes


def read_pixels(path: Path, wanted: tuple[int, int]) -> Pixels:
    """The pixels alone, in sRGB: see `read_photo`."""
    photo = read_photo(path, wanted)
    return to_srgb(photo.pixels, photo.profile)


def read_photo(path: Path, wanted: tuple[int, int]) -> Photo:
    """Read one photo.

    Args:
        path: the file.
        wanted: the smallest useful (width, height) in pixels; the photo may come shrunk down to that, or as
            its preview.

    Raises:
        UnreadablePhotoError: it cannot be opened, is not a photo, is damaged or too large.
        MissingLibraryError: it is of a format whose library is not installed.
    """
    with opened(path) as source:
        found = format_of_content(source, path.name)
        if found is None:
            raise UnreadablePhotoError(_not_what_it_says(path), path)
        if not found.needs.is_installed:
            raise MissingLibraryError(f"{found.name} is not installed", path, found.needs.install)
        try:
            picture = found.decode(source, wanted)
            header, capture = jpeg.header_of(source), _as_seen(read_capture(source), picture.pixels)
            coarseness = header.coarseness if header is not None else None
            assumed = ADOBE_RGB if capture.is_adobe_rgb else b""
            profile = assumed if picture.profile is None else picture.profile
            return Photo(picture.pixels, capture, coarseness, profile)
        except UnreadablePhotoError as error:
            detail = " ".join(error.detail.split())  # libraries say it in several lines
            raise UnreadablePhotoError(f"{detail} ({found.name}, {source.size:,} bytes)", path) from None


def _as_seen(capture: Capture, pixels: Pixels) -> Capture:
    """HEIF's own boxes say how it is turned, and its EXIF need not repeat that: the pixels show it."""
    width, height = capture.width, capture.height
    if not width or not height or (width < height) == (pixels.shape[1] < pixels.shape[0]):
        return capture
    return replace(capture, width=height, height=width)


def _not_what_it_says(path: Path) -> str:
    promised = format_of_name(path.name)
    known = ", ".join(entry.name for entry in FORMATS)
    return f"contains no {promised.name if promised else 'known kind of'} picture (iqsd reads {known})"
