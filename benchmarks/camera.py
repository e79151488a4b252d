"""Photos as cameras make them, from the free photographs of the tests: their sizes, noise, sharpening and previews."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from tests.conftest import PHOTOS
from tests.formats.making import dng, jpeg, with_preview
from tests.formats.tiled_heic import tiled_heic

Pixels = npt.NDArray[np.uint8]

LARGE, MIDDLE = (6000, 4000), (4000, 3000)
SCENES = 4  # different pictures of each kind; all other photos are copies of them
TURNED = 3  # the scene for which the camera was held on its side
_FIRST, _APART = 1_700_000_000, 60  # seconds: one minute apart, or copies of a scene would be a burst


def picture(size: tuple[int, int], scene: int) -> Pixels:
    """RGB of a real photograph, enlarged, with a sensor's noise (more in bright areas) and a camera's sharpening."""
    bgr = cv2.imread(str(PHOTOS[scene % len(PHOTOS)]))
    width, height = size
    scale = max(width / bgr.shape[1], height / bgr.shape[0])
    large = cv2.resize(bgr, None, fx=scale + 1e-3, fy=scale + 1e-3, interpolation=cv2.INTER_CUBIC)[:height, :width]
    noise = np.random.default_rng(scene).normal(0, 5, (height, width)).astype(np.float32)
    noise = cv2.GaussianBlur(noise, (3, 3), 0.6)[:, :, None]
    noisy = np.clip(large + noise * (0.5 + np.sqrt(large / 255.0)), 0, 255).astype(np.uint8)
    sharp = cv2.addWeighted(noisy, 1.5, cv2.GaussianBlur(noisy, (0, 0), 1.2), -0.5, 0)
    return np.ascontiguousarray(sharp[:, :, ::-1])


def _preview(pixels: Pixels) -> Pixels:
    width = round(pixels.shape[1] * 1080 / pixels.shape[0])
    return np.asarray(cv2.resize(pixels, (width, 1080), interpolation=cv2.INTER_AREA), np.uint8)


def _plain(pixels: Pixels, turned: bool) -> bytes:
    return jpeg(pixels, _orientation(turned), quality=92, subsampling="4:2:0")


def _with_preview(pixels: Pixels, turned: bool) -> bytes:
    main = jpeg(pixels, _orientation(turned), quality=94, subsampling="4:2:2")
    return with_preview(main, jpeg(_preview(pixels), quality=88))


def _heic(pixels: Pixels, turned: bool) -> bytes:
    return tiled_heic(pixels, quarter_turns=int(turned))


def _dng(pixels: Pixels, turned: bool) -> bytes:
    return dng(pixels, _orientation(turned), jpeg(_preview(pixels)))


def _orientation(turned: bool) -> int:
    return 8 if turned else 1


KINDS: dict[str, tuple[str, tuple[int, int], Callable[[Pixels, bool], bytes]]] = {
    "24 MP JPEG": (".jpg", LARGE, _plain),
    "24 MP JPEG with preview": (".jpg", LARGE, _with_preview),
    "12 MP JPEG": (".jpg", MIDDLE, _plain),
    "12 MP JPEG with preview": (".jpg", MIDDLE, _with_preview),
    "12 MP HEIC": (".heic", MIDDLE, _heic),
    "12 MP RAW (DNG) with preview": (".dng", MIDDLE, _dng),
}
"""Name to suffix, size and encoder, which is told whether the camera was held on its side."""


def make(folder: Path, kind: str, count: int) -> list[Path]:
    """Make `count` photos of a kind in their own folder; photos that exist already are used again."""
    suffix, size, encode = KINDS[kind]
    place = folder / kind.replace(" ", "-")
    place.mkdir(parents=True, exist_ok=True)
    photos = [place / f"{number:04}{suffix}" for number in range(count)]
    for number, photo in enumerate(photos):
        if not photo.exists():
            if number < SCENES:
                photo.write_bytes(encode(picture(size, number), number == TURNED))
            else:
                shutil.copy(photos[number % SCENES], photo)
        os.utime(photo, (_FIRST + number * _APART,) * 2)
    return photos
