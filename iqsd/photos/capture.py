"""What the camera recorded when it took a photo: time, camera, exposure (EXIF 2.32, TIFF/EP).

Read from the file's own EXIF, wherever that is. It helps but is never required: what is missing, damaged or makes no
sense is None, and no photo fails because of it.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from iqsd.containers.boxes import UnreadableBoxesError
from iqsd.containers.parts import Blocks, Read, reader
from iqsd.photos import jpeg, tiff
from iqsd.photos.source import Source
from iqsd.photos.tiff import TURNS_THE_SIDES

_MAKE, _MODEL, _ORIENTATION, _EXIF = 271, 272, 274, 34665
_TIME, _FRACTION, _OFFSET, _OFFSET_OF_FILE = 36867, 37521, 36881, 36880
_EXPOSURE, _F_NUMBER, _ISO, _INDEX, _BIAS, _FOCAL_LENGTH, _MODE = 33434, 33437, 34855, 34866, 37380, 37386, 41986
_WIDTH, _HEIGHT, _SERIAL, _DNG_SERIAL = 40962, 40963, 42033, 50735
_COLOURS, _INTEROPERABILITY, _DCF = 40961, 40965, 1
_WANTED = frozenset(
    {_MAKE, _MODEL, _ORIENTATION, _EXIF, _TIME, _FRACTION, _OFFSET, _OFFSET_OF_FILE, _EXPOSURE, _F_NUMBER, _ISO, _INDEX}
    | {_BIAS, _FOCAL_LENGTH, _MODE, _WIDTH, _HEIGHT, _SERIAL, _DNG_SERIAL, _COLOURS, _INTEROPERABILITY}
)
_ISO_IS_ELSEWHERE = 65535
_BRACKETED = 2
_UNCALIBRATED, _ADOBE_RGB = 65535, "R03"
_MAX_TEXT = 64
_PNG_HEADER = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"


@dataclass(frozen=True)
class Capture:
    """How a photo was taken; None where the file does not say.

    Attributes:
        taken: the camera's own clock, ISO 8601 without a zone, with as many decimals of a second as it gives.
        offset: that clock's offset from UTC, such as "+02:00".
        make: the camera's maker.
        model: the camera's model.
        serial: of the camera's body.
        exposure_time: seconds.
        f_number: focal length over aperture.
        iso: sensitivity.
        exposure_bias: exposure compensation, EV.
        is_bracketed: whether the camera was set to take a series of different exposures.
        focal_length: the lens's real one, millimetres.
        width: of the whole picture as it is viewed, upright, pixels.
        height: likewise.
        is_adobe_rgb: whether the camera was set to Adobe RGB; it then writes no ICC profile (DCF 2.0).
    """

    taken: str | None = None
    offset: str | None = None
    make: str | None = None
    model: str | None = None
    serial: str | None = None
    exposure_time: float | None = None
    f_number: float | None = None
    iso: int | None = None
    exposure_bias: float | None = None
    is_bracketed: bool | None = None
    focal_length: float | None = None
    width: int | None = None
    height: int | None = None
    is_adobe_rgb: bool | None = None

    @property
    def seconds(self) -> float | None:
        """`taken` as a number of seconds: good for differences between photos of one camera."""
        if self.taken is None:
            return None
        return datetime.datetime.fromisoformat(f"{self.taken}+00:00").timestamp()


def read_capture(source: Source) -> Capture:
    """Read what a photo says about how it was taken. Reads headers only."""
    try:
        blocks = source.blocks
    except (UnreadableBoxesError, OSError):
        blocks = Blocks()
    values: dict[int, tiff.Value] = {}
    for read in _structures(source, blocks):
        values.update(_values(read))
    width, height = _size(source, values)
    return Capture(
        taken=_time(values),
        offset=_offset(values.get(_OFFSET, values.get(_OFFSET_OF_FILE))),
        make=_text(values.get(_MAKE)),
        model=_text(values.get(_MODEL)),
        serial=_text(values.get(_SERIAL, values.get(_DNG_SERIAL))),
        exposure_time=_number(values.get(_EXPOSURE), lambda v: 0 < v < 1e6),
        f_number=_number(values.get(_F_NUMBER), lambda v: 0 < v < 1e3),
        iso=_iso(values),
        exposure_bias=_number(values.get(_BIAS), lambda v: abs(v) <= 20),
        is_bracketed=None if (mode := _whole(values.get(_MODE))) is None else mode == _BRACKETED,
        focal_length=_number(values.get(_FOCAL_LENGTH), lambda v: 0 < v < 1e5),
        width=width,
        height=height,
        is_adobe_rgb=(_whole(values.get(_COLOURS)) == _UNCALIBRATED and _text(values.get(_DCF)) == _ADOBE_RGB) or None,
    )


def _structures(source: Source, blocks: Blocks | None) -> list[Read]:
    """The TIFF structures to look into; a later one takes precedence."""
    if blocks is None:  # TIFF, and most RAW files: the file itself is one
        return [source.part]
    return [reader(block) for block in (blocks.exif, blocks.exposure) if block]


def _values(read: Read) -> dict[int, tiff.Value]:
    values = tiff.values(read, _WANTED)
    at = _whole(values.get(_EXIF))
    values |= tiff.values(read, _WANTED, at) if at else {}
    at = _whole(values.get(_INTEROPERABILITY))
    return values | (tiff.values(read, {_DCF}, at) if at else {})


def _size(source: Source, values: Mapping[int, tiff.Value]) -> tuple[int | None, int | None]:
    """From the picture's own header if that is cheap to read, else from EXIF; turned as the photo is."""
    orientation = _whole(values.get(_ORIENTATION))
    size = _whole(values.get(_WIDTH)), _whole(values.get(_HEIGHT))
    if (header := jpeg.header_of(source)) is not None:
        size = header.width, header.height
    elif source.head.startswith(_PNG_HEADER):
        place = len(_PNG_HEADER)
        size = tuple(int.from_bytes(source.head[at : at + 4], "big") for at in (place, place + 4))  # type: ignore[assignment]
    width, height = size
    if not width or not height:
        return None, None
    return (height, width) if orientation in TURNS_THE_SIDES else (width, height)


def _time(values: Mapping[int, tiff.Value]) -> str | None:
    text = _text(values.get(_TIME))
    try:
        moment = datetime.datetime.strptime((text or "")[:19], "%Y:%m:%d %H:%M:%S")
    except ValueError:
        return None
    fraction = (_text(values.get(_FRACTION)) or "").rstrip("0")[:6]
    return moment.isoformat() + (f".{fraction:0<6}" if fraction.isdecimal() and fraction.isascii() else "")


def _offset(value: tiff.Value | None) -> str | None:
    text = _text(value) or ""
    hours, colon, minutes = text[1:3], text[3:4], text[4:]
    is_one = text[:1] in ("+", "-") and colon == ":" and len(text) == 6 and (hours + minutes).isdecimal()
    return text if is_one else None


def _text(value: tiff.Value | None) -> str | None:
    if not isinstance(value, bytes):
        return None
    text = value.split(b"\0")[0].decode("utf-8", "replace").strip()[:_MAX_TEXT]
    return text if text and text.isprintable() else None


def _number(value: tiff.Value | None, makes_sense: Callable[[float], bool]) -> float | None:
    number = value[0] if isinstance(value, tuple) and value else math.nan
    return float(f"{number:.6g}") if math.isfinite(number) and makes_sense(number) else None


def _whole(value: tiff.Value | None) -> int | None:
    return int(value[0]) if isinstance(value, tuple) and value and math.isfinite(value[0]) else None


def _iso(values: Mapping[int, tiff.Value]) -> int | None:
    iso = _whole(values.get(_ISO))
    if iso is None or iso == _ISO_IS_ELSEWHERE:  # it does not fit into 16 bits
        iso = _whole(values.get(_INDEX)) or iso
    return iso if iso and iso > 0 else None
