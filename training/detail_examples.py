"""Made examples of faults that show only at full size: features of fine detail and the severities behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from iqsd.scoring.tiles import features
from training.common import as_jpeg, read_rgb

VIEW_ROWS = 1500
"""Severities are those in a photo that fills a screen of about this height."""

JUDGED = ("blur", "noise", "compression", "motion_blur")
"""Three severities, and whether a blur comes from motion."""

SPREAD_LEAST = 0.8
"""Pixels of the view: with less blur than this nobody can tell its cause."""

BLUR_NAMED, NOISE_NAMED, STEPS_NAMED = 1.35, 5.0, 2.0
"""From here a person would name the fault: sigma in pixels of the view; sigma in levels of the view; quantization as a
multiple of that of quality 50 (2 is quality 25)."""

_STEEPNESS = 2.5
CROP = (2048, 1536)
LEAST_ROWS = 1344
SMALL_ROWS = (800, 1300)
"""Every larger photo is judged a second time, shrunk to this many rows, like photos from the web and older cameras."""

_LIGHT = ((np.arange(256) / 255.0) ** 2.2).astype(np.float32)
_SHOWN = np.rint((np.arange(65536) / 65535.0) ** (2 / 2.2) * 255).astype(np.uint8)  # by the square root of light


@dataclass(frozen=True)
class Recipe:
    """What is done to a photo; 0 means nothing.

    Attributes:
        blur: sigma in pixels of the view.
        defocus: radius of an even disc in pixels of the view.
        shake: length of the path in pixels of the view.
        bend: how far that path turns, in radians.
        noise: sigma in levels per pixel of the file.
        quality: of a first JPEG before the photo is encoded well; 0 for none.
        exposure: EV.
    """

    blur: float = 0.0
    defocus: float = 0.0
    shake: float = 0.0
    bend: float = 0.0
    noise: float = 0.0
    quality: int = 0
    exposure: float = 0.0


def recipes(rng: np.random.Generator) -> list[Recipe]:
    """Return everything that one photo is put through."""

    def between(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    made = [Recipe()]
    made += [Recipe(blur=between(0.2, 12)) for _ in range(3)]
    made += [Recipe(defocus=between(1.5, 20)) for _ in range(2)]
    made += [Recipe(shake=between(1.0, 40)) for _ in range(2)]
    made += [Recipe(shake=between(3.0, 40), bend=float(rng.uniform(-1.6, 1.6))) for _ in range(2)]
    made += [Recipe(shake=between(3.0, 32), noise=between(1.5, 15))]
    made += [Recipe(noise=between(1.5, 60)) for _ in range(3)]
    made += [Recipe(quality=round(between(4, 85))) for _ in range(3)]
    made += [Recipe(exposure=float(rng.choice([rng.uniform(-4.5, -0.4), rng.uniform(0.3, 3.3)])))]
    made += [Recipe(blur=between(0.3, 8), noise=between(1.5, 30))]
    made += [Recipe(blur=between(0.3, 8), quality=round(between(6, 60)))]
    return made


def named_at(value: float, named: float) -> float:
    """Return the severity 0..1 of `value`, where `named` has severity 0.5."""
    return value**_STEEPNESS / (value**_STEEPNESS + named**_STEEPNESS)


def severities(recipe: Recipe, noise: float) -> list[float]:
    """Return the values of `JUDGED` for a recipe; `noise` as it shows in the view, in levels.

    Whether a blur comes from motion is nan where there is too little blur to tell, and no where there is none: grass
    and lines of text have a direction, too.
    """
    # the standard deviation of an even disc is half its radius, that of a line roughly a quarter of its length
    spread = float(np.linalg.norm([recipe.blur, recipe.defocus / 2, recipe.shake / 4]))
    motion = float("nan") if 0 < spread < SPREAD_LEAST else float(recipe.shake > 0)
    steps = 0.0
    if recipe.quality:
        steps = 50 / recipe.quality if recipe.quality < 50 else (100 - recipe.quality) / 50
    return [named_at(spread, BLUR_NAMED), named_at(noise, NOISE_NAMED), named_at(steps, STEPS_NAMED), motion]


def examples(path: Path, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return features [N, F] and targets [N, 4], in the order of `JUDGED`, of one photo's degraded views.

    Every view is treated like a photo: saved as a JPEG file, and decoded at half its size where that is large enough.
    """
    whole = read_rgb(path)
    pairs = list(_views(whole, rng))
    scale = rng.uniform(*SMALL_ROWS) / min(whole.shape[:2])
    if scale < 1:
        pairs += _views(cv2.resize(whole, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), rng)
    figures, truths = zip(*pairs, strict=True) if pairs else ((), ())
    return np.array(figures, np.float32), np.array(truths, np.float32)


def _views(whole: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, list[float]]]:
    rows = min(whole.shape[:2])
    figure = features(_through_a_file(whole, 95, factor_of(rows)))
    if figure is not None:
        yield figure, severities(Recipe(), 0.0)
    crop = _sharpest(whole)
    if rows >= 2200 and rng.random() < 0.4:  # as if the camera had fewer and sharper pixels
        scale = rng.uniform(0.55, 0.8)
        crop = cv2.resize(crop, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        rows = round(rows * scale)
    factor = factor_of(rows)
    for recipe in recipes(rng):
        spoilt, noise = spoil(crop, recipe, rows, rng)
        figure = features(_through_a_file(spoilt, int(rng.integers(90, 98)), factor))
        if figure is not None:
            figure[-1] = np.log(rows // factor)
            yield figure, severities(recipe, noise)


def factor_of(rows: int) -> int:
    """Return the factor by which iqsd shrinks a JPEG of this many rows while decoding, up to 24 megapixels."""
    return 2 if rows >= 2 * LEAST_ROWS else 1


def spoil(image: np.ndarray, recipe: Recipe, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, float]:
    """Return the spoilt photo and its noise in levels as it shows in the view; the whole photo is `rows` high."""
    pixel = rows / VIEW_ROWS
    noise = 0.0
    if recipe.blur or recipe.defocus or recipe.shake or recipe.exposure:
        light = cv2.LUT(image, _LIGHT * np.float32(2.0**recipe.exposure))
        if recipe.shake:
            angle = rng.uniform(0, np.pi)
            light = coarsely(
                light, recipe.shake * pixel / 4, lambda part, spread: shaken(part, 4 * spread, angle, recipe.bend)
            )
        if recipe.defocus:
            light = coarsely(
                light, recipe.defocus * pixel / 2, lambda part, spread: cv2.filter2D(part, -1, disc_kernel(2 * spread))
            )
        if recipe.blur:
            light = coarsely(light, recipe.blur * pixel, lambda part, spread: cv2.GaussianBlur(part, (0, 0), spread))
        image = _SHOWN[(cv2.sqrt(np.clip(light, 0, 1)) * 65535).astype(np.uint16)]
    if recipe.noise:
        before, image = image, grainy(image, recipe.noise, rng)
        apart = (image[..., 1].astype(np.float32) - before[..., 1])[:1024, :1024]
        if pixel > 1:
            apart = cv2.resize(apart, None, fx=1 / pixel, fy=1 / pixel, interpolation=cv2.INTER_AREA)
        noise = float(apart.std())
    if recipe.quality:
        image = _through_a_file(image, recipe.quality, 1)
    return image, noise


def grainy(image: np.ndarray, sigma: float, rng: np.random.Generator) -> np.ndarray:
    """Add a sensor's noise: partly common to the channels, sometimes smeared as raw converters do."""
    height, width = image.shape[:2]
    side = 1024  # drawn once and tiled: nobody sees it repeat, and it saves seconds on large photos
    grain = 0.8 * rng.standard_normal((side, side, 1), np.float32)
    grain = grain + 0.6 * rng.standard_normal((side, side, 3), np.float32)
    softness = rng.uniform(0.0, 0.9)
    if softness > 0.3:
        grain = cv2.GaussianBlur(grain, (0, 0), softness)
        grain /= grain.std()
    shot = (0.6 + 0.8 * np.sqrt(1 - np.arange(256) / 255)).astype(np.float32)
    grain = np.tile(grain * np.float32(sigma), (-(-height // side), -(-width // side), 1))[:height, :width]
    return np.clip(cv2.LUT(image, shot) * grain + image + np.float32(0.5), 0, 255).astype(np.uint8)


def coarsely(
    light: np.ndarray, spread: float, smear: Callable[[np.ndarray, float], np.ndarray], widest: float = 4.0
) -> np.ndarray:
    """Smear a picture, at half the size where no fine detail survives anyway: that takes a quarter of the time."""
    if spread <= widest:
        return smear(light, spread)
    height, width = light.shape[:2]
    half = cv2.resize(light, (-(-width // 2), -(-height // 2)), interpolation=cv2.INTER_AREA)
    return cv2.resize(coarsely(half, spread / 2, smear, widest), (width, height), interpolation=cv2.INTER_CUBIC)


def shaken(light: np.ndarray, length: float, angle: float, bend: float = 0.0) -> np.ndarray:
    """Smear a picture along a path of `length` pixels."""
    return cv2.filter2D(light, -1, shake_kernel(length, angle, bend))


def shake_kernel(length: float, angle: float, bend: float = 0.0) -> np.ndarray:
    """Return the kernel of a shake, float32, sum 1: straight, or turning evenly from `angle` by `bend` radians."""
    radius = int(np.ceil(length / 2))
    count = 8 * radius + 1
    directions = angle + np.linspace(0, bend, count)
    across, down = (np.cumsum(part) * length / (count - 1) for part in (np.cos(directions), np.sin(directions)))
    kernel = np.zeros((2 * radius + 1, 2 * radius + 1), np.float32)
    for x, y in zip(across - np.ptp(across) / 2 - across.min(), down - np.ptp(down) / 2 - down.min(), strict=True):
        left, top = min(int(x + radius), 2 * radius - 1), min(int(y + radius), 2 * radius - 1)
        right, below = x + radius - left, y + radius - top
        kernel[top : top + 2, left : left + 2] += np.outer([1 - below, below], [1 - right, right]).astype(np.float32)
    return kernel / kernel.sum()


def disc_kernel(radius: float) -> np.ndarray:
    """Return the kernel of a lens out of focus, float32, sum 1: an even disc with a soft rim of one pixel."""
    reach = int(np.ceil(radius + 0.5))
    far = np.hypot(*np.mgrid[-reach : reach + 1, -reach : reach + 1])
    kernel = np.clip(radius + 0.5 - far, 0, 1).astype(np.float32)
    return kernel / kernel.sum()


def _through_a_file(image: np.ndarray, quality: int, factor: int) -> np.ndarray:
    flag = cv2.IMREAD_REDUCED_COLOR_2 if factor == 2 else cv2.IMREAD_COLOR
    return cv2.cvtColor(cv2.imdecode(as_jpeg(image, quality), flag), cv2.COLOR_BGR2RGB)


def _sharpest(image: np.ndarray) -> np.ndarray:
    """Cut out the part with the most detail: degrading all of a large photo takes longer and teaches no more."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    detail = cv2.boxFilter(np.abs(cv2.Laplacian(grey, cv2.CV_32F)), -1, (64, 64))
    y, x = np.unravel_index(int(detail.argmax()), detail.shape)
    width, height = CROP if image.shape[1] >= image.shape[0] else CROP[::-1]
    top = int(np.clip(y - height // 2, 0, max(0, image.shape[0] - height))) // 8 * 8
    left = int(np.clip(x - width // 2, 0, max(0, image.shape[1] - width))) // 8 * 8
    return np.ascontiguousarray(image[top : top + height, left : left + width])
