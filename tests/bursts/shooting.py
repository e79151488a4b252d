"""Photos as a camera leaves them on a card: real photographs, shifted and blurred a little, with EXIF."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageFilter
from PIL.TiffImagePlugin import IFDRational

from iqsd.bursts.frame import Frame
from iqsd.bursts.look import SIDE
from iqsd.photos.capture import Capture
from tests.conftest import ROOT

_START = datetime.datetime(2024, 5, 1, 12)


@functools.cache
def scene(name: str) -> Image.Image:
    """One of the test photographs, made smaller."""
    picture = Image.open(ROOT / "tests" / "photos" / f"{name}.jpg").convert("RGB")
    picture.thumbnail((900, 900))
    return picture


def view(name: str, shift: int = 0, blur: float = 0.0, light: float = 1.0) -> Image.Image:
    """A frame of a scene: most of it, shifted right by some pixels, out of focus, brighter or darker."""
    whole = scene(name)
    part = whole.crop((20 + shift, 20, whole.width - 60 + shift, whole.height - 20))
    part = part.filter(ImageFilter.GaussianBlur(blur)) if blur else part
    return part.point(lambda value: min(255, round(value * light)))


def swept(at: float, upright: bool = False) -> Image.Image:
    """Four tenths of the garden's width, starting at a share (0..0.6) from the left; or of its height, from the top."""
    whole = scene("garden")
    if upright:
        top = round(whole.height * at)
        return whole.crop((0, top, whole.width, top + round(whole.height * 0.4)))
    left = round(whole.width * at)
    return whole.crop((left, 0, left + round(whole.width * 0.4), whole.height))


def save(
    picture: Image.Image,
    path: Path,
    seconds: float | None,
    bias: float = 0.0,
    camera: str = "EOS R5",
    exposure: float = 0.005,
) -> Path:
    """Save it as a camera does, `seconds` after the shoot began; None: without EXIF."""
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    if seconds is not None:
        taken = _START + datetime.timedelta(seconds=seconds)
        exif[271], exif[272] = "Canon", camera
        exif.get_ifd(34665).update(
            {
                33434: IFDRational(round(exposure * 10_000), 10_000),
                33437: IFDRational(28, 10),
                34855: 100,
                36867: taken.strftime("%Y:%m:%d %H:%M:%S"),
                37380: IFDRational(round(bias * 3), 3),
                37521: f"{taken.microsecond:06}",
            }
        )
    picture.save(path, quality=92, exif=exif)
    return path


def frame(picture: Image.Image, name: str, seconds: float, capture: Capture | None = None) -> Frame:
    """The frame as grouping sees it."""
    look = picture.resize((SIDE, SIDE), Image.Resampling.BOX).convert("L").tobytes()
    told = capture or Capture(taken="2024-05-01T12:00:00", model="EOS R5", exposure_bias=0.0)
    return Frame((name,), seconds, told, look)


def names(frames: Sequence[Frame]) -> list[str]:
    return [one.name for one in frames]
