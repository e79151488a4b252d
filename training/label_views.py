"""The two ways to look at an opinion: as a distribution over marks, and as one of three classes.

The classes and their cuts are those of digiKam's first aesthetic engine (2022). What went wrong there cannot happen
here: a class is computed from the photo's own mean alone, so no photo keeps the class of the one before it; and where a
data set gives only one class (KonIQ-10k there), its other photos have none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from training.calibrate import GOOD_FROM, POOR_BELOW
from training.common import distribution_of
from training.datasets.labels import Labelled, Scale

BAD, NORMAL, GOOD, NONE = 0, 1, 2, -1
CLASSES = ("bad", "normal", "good")
Classes = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Cuts:
    """Where classes begin and end on a data set's own scale.

    Attributes:
        low: means below it are bad.
        high: means above it are good; None: the data set gives only bad photos.
        below: whether a mean exactly on a cut counts as below it.
    """

    low: float
    high: float | None
    below: bool

    def classes(self, means: Sequence[float] | npt.NDArray[np.float64]) -> Classes:
        """Return BAD, NORMAL, GOOD or NONE for each mean [N]."""
        values = np.asarray(means, np.float64)
        side: Literal["left", "right"] = "left" if self.below else "right"
        if self.high is None:
            return np.where(np.searchsorted([self.low], values, side) == 0, BAD, NONE)
        return np.asarray(np.searchsorted([self.low, self.high], values, side), np.int64)


FIRST_ENGINE: Mapping[str, Cuts] = {
    "ava": Cuts(5, 6, below=True),
    "eva": Cuts(5, 7, below=True),
    "koniq10k": Cuts(40, None, below=False),
}
"""AVA: bad <= 5 < normal <= 6 < good; EVA: bad <= 5 < normal <= 7 < good; KonIQ-10k: bad < 40, and no others."""


def cuts_for(data_set: str, scale: Scale) -> Cuts:
    """Return the first engine's cuts or, where it had none, those of our own thresholds: 2.5 and 3.6 of 5 grades."""
    if data_set in FIRST_ENGINE:
        return FIRST_ENGINE[data_set]
    width = scale.high - scale.low
    return Cuts(scale.low + POOR_BELOW * width, scale.low + GOOD_FROM * width, below=False)


def as_classes(photos: Sequence[Labelled], data_set: str) -> Classes:
    """Return the class of each photo [N]; all must come from one data set."""
    if not photos:
        return np.zeros(0, np.int64)
    return cuts_for(data_set, photos[0].scale).classes([photo.mean for photo in photos])


def as_distributions(
    photos: Sequence[Labelled], marks: npt.NDArray[np.float32], spread: float
) -> npt.NDArray[np.float32]:
    """Return the share of each mark, float32 [N, K].

    These are the votes themselves if given on as many marks, otherwise their mean with a normal spread around it.

    Args:
        photos: from one or several data sets.
        marks: the scale to learn on, ascending and evenly spaced [K].
        spread: standard deviation of opinions about one photo, in marks, where only the mean is known.
    """
    means = np.array([photo.opinion for photo in photos]) * (marks[-1] - marks[0]) + marks[0]
    made = distribution_of(means, marks, spread)
    for row, photo in enumerate(photos):
        if photo.distribution is not None and len(photo.distribution) == len(marks):
            made[row] = photo.distribution
    return made


def balanced(classes: Classes, seed: int) -> npt.NDArray[np.int64]:
    """Return row numbers with as many photos of each class as the rarest has, in random order.

    Args:
        classes: the class of each photo [N].
        seed: for the choice.
    """
    rows = [np.flatnonzero(classes == one) for one in range(len(CLASSES))]
    count = min(len(some) for some in rows)
    rng = np.random.default_rng(seed)
    return rng.permutation(np.concatenate([rng.choice(some, count, replace=False) for some in rows]))
