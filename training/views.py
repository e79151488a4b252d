"""What the network is shown in training: plain, varied and degraded views of photos, and frames that are no photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from training.common import FAULTS, INPUT_SIZE, SEED, VIEW_SIZE, centre_square, read_rgb, to_input
from training.degrade import DEGRADATIONS, degrade
from training.frames import KINDS, make_frame
from training.photos import Photo

CLEAN_FROM = 0.6
LOSS_OF_OPINION = 0.9
FRAMES_EACH = 50
FREE_VIEWS = 3
_FRAME_FAULTS = {"black": "underexposure", "white": "overexposure", "noise": "noise"}


@dataclass(frozen=True)
class View:
    """One training example before it is drawn.

    `photo` is None for a frame; `change` is plain, varied, a degradation or a kind of frame; `severity` is 0..1.
    """

    photo: Photo | None
    change: str
    severity: float
    seed: int

    @property
    def part(self) -> str:
        return self.photo.part if self.photo else "train"

    @property
    def opinion(self) -> float:
        """The mean opinion score 0..1 to learn, or nan.

        For a degraded photo it is an assumption, not a measurement: the score falls in proportion to the severity.
        """
        if self.photo is None:
            return 0.15 if self.change == "screenshot" else 0.0
        if self.photo.mos is None:
            return float("nan")
        return self.photo.mos * (1.0 - LOSS_OF_OPINION * self.severity)

    @property
    def faults(self) -> list[float]:
        """The severity of each fault to learn, nan where nobody knows (poor photos nobody named the fault of)."""
        known = dict.fromkeys(FAULTS, 0.0 if self._is_clean else float("nan"))
        if self.photo is None and self.change in _FRAME_FAULTS:
            known[_FRAME_FAULTS[self.change]] = 1.0
        elif self.change in DEGRADATIONS:
            known[DEGRADATIONS[self.change][1]] = self.severity
        return [known[name] for name in FAULTS]

    @property
    def _is_clean(self) -> bool:
        return self.photo is not None and (self.photo.mos is None or self.photo.mos >= CLEAN_FROM)


def list_views(photos: Sequence[Photo]) -> list[View]:
    """Return all views, in an order that depends on the seed only."""
    rng = np.random.default_rng(SEED)
    names = list(DEGRADATIONS)
    views = [View(photo, "plain", 0.0, 0) for photo in photos if photo.mos is not None]
    for photo in photos:
        if photo.part not in ("train", "val"):
            continue
        free = photo.mos is None
        if photo.part == "train":
            views += [View(photo, "varied", 0.0, int(rng.integers(2**31))) for _ in range(FREE_VIEWS if free else 1)]
        if free or photo.mos >= CLEAN_FROM - 0.05:
            times = 2 * FREE_VIEWS if free else 1
            views += [
                View(photo, str(rng.choice(names)), float(rng.uniform()), int(rng.integers(2**31)))
                for _ in range(times)
            ]
    views += [View(None, kind, 0.0, int(rng.integers(2**31))) for kind in KINDS for _ in range(FRAMES_EACH)]
    return views


def draw(view: View) -> np.ndarray:
    """Return the view as uint8 RGB [side, side, 3], about 512 pixels wide, before it is shrunk to the input."""
    if view.photo is None:
        return make_frame(view.change, view.seed)
    image = centre_square(read_rgb(view.photo.path))
    if view.change == "plain":
        return image
    rng = np.random.default_rng(view.seed)
    if view.photo.mos is None and view.part == "train":
        image = _square_of(image, rng, smallest=0.5)
    if view.change == "varied":
        return _varied(_square_of(image, rng, smallest=0.8), rng)
    if rng.random() < 0.5:
        image = image[:, ::-1]
    side = int(rng.choice([INPUT_SIZE, VIEW_SIZE, VIEW_SIZE, max(VIEW_SIZE, min(image.shape[0], 2 * VIEW_SIZE))]))
    return degrade(_resized(image, side), view.change, view.severity, view.seed)


def shown(view: View) -> np.ndarray:
    """Return the view as the network sees it, uint8 RGB [384, 384, 3]."""
    return to_input(draw(view))


def _square_of(image: np.ndarray, rng: np.random.Generator, smallest: float) -> np.ndarray:
    side = int(min(image.shape[:2]) * rng.uniform(smallest, 1.0))
    top, left = (int(rng.integers(0, have - side + 1)) for have in image.shape[:2])
    return image[top : top + side, left : left + side]


def _varied(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Mirror, and decode by detours such as real photos take: another size on the way, a good JPEG once more."""
    if rng.random() < 0.5:
        image = image[:, ::-1]
    if rng.random() < 0.5:
        image = _resized(image, int(rng.uniform(INPUT_SIZE, VIEW_SIZE + 1)))
    if rng.random() < 0.3:
        image = _good_jpeg(image, rng)
    return np.ascontiguousarray(image)


def _good_jpeg(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(85, 98))])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]


def _resized(image: np.ndarray, side: int) -> np.ndarray:
    way = cv2.INTER_AREA if image.shape[0] >= side else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=way)
