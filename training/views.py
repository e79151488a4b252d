"""What the network is shown in training: plain, varied and degraded views of photos, and frames that are not photos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from training.common import FAULTS, INPUT_SIZE, SEED, VIEW_SIZE, as_jpeg, centre_square, read_rgb, to_input
from training.degrade import DEGRADATIONS, degrade
from training.frames import KINDS, make_frame
from training.photos import Photo

CLEAN_FROM = 0.6
LOSS_OF_OPINION = 0.9
FRAMES_EACH, PHOTOS_A_FRAME = 50, 10
"""How many of each kind of frame; with a small data set, at most one per `PHOTOS_A_FRAME` photos."""
VARIED = 2
"""Varied views per photo with an opinion; an epoch shows it in one of them, or as it is."""
FREE_VIEWS, FREE_PAIRS = 8, 4
PAIR_SHARE = {"train": 0.32, "val": 0.5}
"""Share of photos that are spoilt, training photos twice: an epoch shows half of these pairs, the next the others."""
CHANCES = {
    "blur": 0.13,
    "motion_blur": 0.17,
    "noise": 0.15,
    "underexposure": 0.1,
    "overexposure": 0.3,
    "compression": 0.15,
}
"""How often each degradation is drawn: most often the one that was ordered least well."""
UNTOUCHED_SHARE = 1 / 3
"""Share of pairs whose milder view is the untouched photo, of severity 0."""
_SCALED_DECODES = {1: cv2.IMREAD_COLOR, 2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}
TWO_WAYS = ("cut", "preview")
"""Two changes that come in pairs of one seed: a cut of a photo as it is, and the same cut as its preview shows it."""
TWO_WAYS_SHARE, FREE_TWO_WAYS = 0.2, 4
"""Share of the photos with an opinion that are cut for this, and number of cuts taken from each free photo."""
UNJUDGED, VAGUE = "camera", "ss02"
"""The free set whose photos may have faults that nobody named, and the subset whose opinions README.md doubts."""
_FRAME_FAULTS = {"black": "underexposure", "white": "overexposure", "noise": "noise"}


@dataclass(frozen=True)
class View:
    """One training example before it is drawn.

    `photo` is None for a frame; `change` is plain, varied, a degradation, a kind of frame or one of `TWO_WAYS`;
    `severity` is 0..1.
    Two degraded views with one seed are a pair: the same photo, cut and fault at two severities, one of which may be 0.
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

        For a degraded photo it is assumed, not measured, that the score falls in proportion to the severity.
        """
        if self.photo is None:
            return 0.15 if self.change == "screenshot" else 0.0
        if self.photo.mos is None:
            return float("nan")
        return self.photo.mos * (1.0 - LOSS_OF_OPINION * self.severity)

    @property
    def faults(self) -> list[float]:
        """The severity of each fault to learn, nan where unknown (poor photos whose fault nobody named)."""
        known = dict.fromkeys(FAULTS, 0.0 if self._is_clean else float("nan"))
        if self.photo is None and self.change in _FRAME_FAULTS:
            known[_FRAME_FAULTS[self.change]] = 1.0
        elif self.change in DEGRADATIONS:
            known[DEGRADATIONS[self.change][1]] = self.severity
        return [known[name] for name in FAULTS]

    @property
    def _is_clean(self) -> bool:
        if self.photo is None or self.photo.subset in (UNJUDGED, VAGUE):
            return False
        return self.photo.mos is None or self.photo.mos >= CLEAN_FROM


def list_views(photos: Sequence[Photo]) -> list[View]:
    """Return all views, in an order that depends only on the seed."""
    rng = np.random.default_rng(SEED)
    views = [View(photo, "plain", 0.0, 0) for photo in photos if photo.mos is not None]
    for photo in photos:
        if photo.part not in ("train", "val"):
            continue
        free = photo.mos is None
        if photo.part == "train":
            views += [View(photo, "varied", 0.0, _seed(rng)) for _ in range(FREE_VIEWS if free else VARIED)]
        views += _pairs(photo, rng)
    each = min(FRAMES_EACH, len(photos) // PHOTOS_A_FRAME)
    views += [View(None, kind, 0.0, _seed(rng)) for kind in KINDS for _ in range(each)]
    for photo in photos:
        if photo.part in ("train", "val"):
            cuts = FREE_TWO_WAYS if photo.mos is None else int(rng.random() < TWO_WAYS_SHARE)
            for seed in [_seed(rng) for _ in range(cuts)]:
                views += [View(photo, change, 0.0, seed) for change in TWO_WAYS]
    for photo in photos:
        if photo.part == "train":
            views += _pairs(photo, rng)
    return views


def _pairs(photo: Photo, rng: np.random.Generator) -> list[View]:
    if photo.mos is None:
        pairs = 0 if photo.subset == UNJUDGED else FREE_PAIRS
    else:
        pairs = int(photo.mos >= CLEAN_FROM - 0.05 and rng.random() < PAIR_SHARE[photo.part])
    return [view for _ in range(pairs) for view in _pair(photo, rng)]


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _pair(photo: Photo, rng: np.random.Generator) -> list[View]:
    change, seed = str(rng.choice(list(CHANCES), p=list(CHANCES.values()))), _seed(rng)
    severities = rng.uniform(size=2) * (1.0, float(rng.random() >= UNTOUCHED_SHARE))
    return [View(photo, change, float(severity), seed) for severity in severities]


def draw(view: View) -> tuple[np.ndarray, np.ndarray]:
    """Return the view for the network and for the teacher, each uint8 RGB [side, side, 3].

    Both see the same picture, but the teacher sees it before the detours by which photos reach the network, and at 512
    pixels at most: it shrinks by nearest neighbour, and its answer should not depend on the size on disk.
    """
    if view.photo is None:
        frame = make_frame(view.change, view.seed)
        return frame, frame
    image = centre_square(_read(view.photo.path))
    if view.change == "plain":
        return image, image
    rng = np.random.default_rng(view.seed)
    image = _square_of(image, rng, *_cut(view))
    if rng.random() < 0.5:
        image = image[:, ::-1]
    if view.change in DEGRADATIONS:
        largest = max(VIEW_SIZE, min(image.shape[0], 2 * VIEW_SIZE))
        image = resized(image, int(rng.choice([INPUT_SIZE, VIEW_SIZE, largest])))
        if view.severity:
            image = degrade(image, view.change, view.severity, view.seed)
        return image, _for_teacher(image)
    ways = {"varied": travelled, "preview": as_preview}
    seen = ways[view.change](image, rng) if view.change in ways else image
    return np.ascontiguousarray(seen), _for_teacher(image)


@lru_cache(maxsize=1)
def _read(path: Path) -> np.ndarray:
    return read_rgb(path)


def _cut(view: View) -> tuple[float, float]:
    """Return the smallest and the largest side of the square to show, as shares of the photo's side."""
    if view.photo is not None and view.photo.mos is None and view.part == "train":
        return 0.5, 1.0
    return (1.0, 1.0) if view.change in DEGRADATIONS else (0.8, 1.0)


def _for_teacher(image: np.ndarray) -> np.ndarray:
    return resized(image, VIEW_SIZE) if image.shape[0] > VIEW_SIZE else np.ascontiguousarray(image)


def shown(view: View) -> np.ndarray:
    """Return the view as the network sees it, uint8 RGB [384, 384, 3]."""
    return to_input(draw(view)[0])


def _square_of(image: np.ndarray, rng: np.random.Generator, smallest: float, largest: float) -> np.ndarray:
    side = int(min(image.shape[:2]) * rng.uniform(smallest, largest))
    top, left = (int(rng.integers(0, have - side + 1)) for have in image.shape[:2])
    return image[top : top + side, left : left + side]


def travelled(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Treat a photo as real ones are treated: another size on disk, a JPEG, a decode at a half or a quarter.

    The result resembles a preview of 1,024 pixels, a camera's file or a photo from the web; their scores should agree.
    """
    if rng.random() < 0.6:
        image = resized(image, int(rng.uniform(INPUT_SIZE, min(max(2 * VIEW_SIZE, image.shape[0]), 4 * VIEW_SIZE))))
    if rng.random() < 0.6:
        data = as_jpeg(image, int(rng.integers(80, 98)))
        ways = [flag for parts, flag in _SCALED_DECODES.items() if image.shape[0] // parts >= INPUT_SIZE]
        image = cv2.imdecode(data, int(rng.choice(ways or [cv2.IMREAD_COLOR])))[..., ::-1]
    return np.ascontiguousarray(image)


def as_preview(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a photo as a preview by a camera or catalog: 384 to 1,024 pixels, saved as a JPEG."""
    small = resized(image, int(rng.uniform(INPUT_SIZE, 2 * VIEW_SIZE)))
    return cv2.imdecode(as_jpeg(small, int(rng.integers(80, 96))), cv2.IMREAD_COLOR)[..., ::-1]


def resized(image: np.ndarray, side: int) -> np.ndarray:
    """Return the square at another size, averaged if it shrinks."""
    way = cv2.INTER_AREA if image.shape[0] >= side else cv2.INTER_CUBIC
    return cv2.resize(np.ascontiguousarray(image), (side, side), interpolation=way)
