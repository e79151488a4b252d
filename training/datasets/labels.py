"""What an adapter returns: photos with opinions on a named scale."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

PARTS = ("train", "val", "test")


class DataSetError(ValueError):
    """A data set that cannot be read; its text names the file and what is wrong."""


@dataclass(frozen=True)
class Scale:
    """A scale on which people judged.

    Attributes:
        name: its name in tables and messages.
        low, high: its ends, the better one last.
        values: the marks that could be given, ascending; empty if only means are published.
    """

    name: str
    low: float
    high: float
    values: tuple[float, ...] = ()


@dataclass(frozen=True)
class Labelled:
    """A photo and what people thought of it.

    Attributes:
        path: the file.
        identity: its name in the data set.
        scale: the scale on which it was judged.
        mean: the mean opinion, on the scale.
        distribution: the share of each of the scale's values, sum 1; None if only means are published.
        subset: a subset named by the authors (a gallery, a challenge, a distortion); may be empty.
        scene: photos of the same scene must not be separated (distortions of one original); empty if it is alone.
        part: train, val or test, if the authors say so.
    """

    path: Path
    identity: str
    scale: Scale
    mean: float
    distribution: tuple[float, ...] | None = None
    subset: str = ""
    scene: str = ""
    part: str | None = None

    @property
    def opinion(self) -> float:
        """The mean opinion from 0 (the worst on the scale) to 1."""
        return (self.mean - self.scale.low) / (self.scale.high - self.scale.low)


@dataclass(frozen=True)
class DataSet:
    """A data set as found on disk.

    Attributes:
        name: its adapter's name.
        photos: in the order of the labels.
        missing: identities that have a label but no image.
    """

    name: str
    photos: Sequence[Labelled]
    missing: Sequence[str]

    def summary(self) -> str:
        """Return one line that says what there is and names the first missing images."""
        text = f"{self.name}: {len(self.photos)} photos"
        if self.missing:
            more = ", ..." if len(self.missing) > 5 else ""
            text += f"; {len(self.missing)} labels without an image: {', '.join(self.missing[:5])}{more}"
        return text


def collect(name: str, labels: Sequence[Labelled]) -> DataSet:
    """Separate the labels whose image is there from those whose image is missing.

    A name that differs from a file's only in upper and lower case means that file: several data sets were labelled on a
    system that ignores case.

    Raises:
        DataSetError: an identity occurs twice, a mean is outside its scale, or there is not a single image.
    """
    _refuse_twice(name, [label.identity for label in labels])
    for label in labels:
        if not label.scale.low <= label.mean <= label.scale.high:
            raise DataSetError(
                f"{name}: {label.identity} has {label.mean:g}, beyond {label.scale.low:g} to {label.scale.high:g}"
            )
    folders = {label.path.parent for label in labels}
    files = {(folder, file.name.lower()): file for folder in folders if folder.is_dir() for file in folder.iterdir()}
    photos, missing = [], []
    for label in labels:
        file = label.path if label.path.is_file() else files.get((label.path.parent, label.path.name.lower()))
        if file is None:
            missing.append(label.identity)
        else:
            photos.append(replace(label, path=file))
    _refuse_twice(name, [str(photo.path) for photo in photos])
    if not photos:
        raise DataSetError(f"{name}: none of {len(labels)} images is there; looked in {_names(folders)}")
    return DataSet(name, photos, missing)


def shares(counts: Sequence[float], where: str) -> tuple[float, ...]:
    """Return votes as shares that sum to 1."""
    total = sum(counts)
    if total <= 0 or min(counts) < 0:
        raise DataSetError(f"{where}: has no votes, or less than none: {counts}")
    return tuple(count / total for count in counts)


def mean_of(distribution: Sequence[float], scale: Scale) -> float:
    """Return the mean of shares over the scale's values, clamped to its ends against rounding."""
    values: npt.NDArray[np.float64] = np.array(scale.values)
    return float(np.clip(np.dot(distribution, values), scale.low, scale.high))


def identity_key(name: str) -> tuple[object, ...]:
    """Return a key that sorts numbered names as people count: 2 before 10."""
    return tuple(int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name))


def _refuse_twice(name: str, keys: Sequence[str]) -> None:
    twice = [key for key, count in Counter(keys).items() if count > 1]
    if twice:
        raise DataSetError(f"{name}: {len(twice)} photos are labelled twice: {', '.join(twice[:5])}")


def _names(folders: set[Path]) -> str:
    return ", ".join(sorted(str(folder) for folder in folders)[:3])
