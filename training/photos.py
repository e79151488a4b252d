"""The labelled and the free photos: what there is, and which are for training, validation and testing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from training.common import SEED, Places, read_rgb
from training.datasets import DataSetError, biq2021

VALIDATION_SHARE = 0.1
TWIN_BITS = 24
_SUFFIXES = {".jpg", ".jpeg", ".png"}


@dataclass(frozen=True)
class Photo:
    """One photo: its file, its mean opinion score 0..1 (None if nobody gave one), its set and its part.

    `subset` is ss01, ss02, ss03 or the name of a free set; `part` is train, val, test or heldout.
    """

    path: Path
    mos: float | None
    subset: str
    part: str


def read_biq2021(places: Places) -> list[Photo]:
    """Return BIQ2021's 12,000 photos in the official split; validation photos are taken from the 10,000.

    Nearly identical photos among the 10,000 are all in training or all in validation.

    Raises:
        DataSetError: a photo is missing, or is in both official tables.
    """
    found = biq2021.read(places.biq2021)
    if found.missing:
        raise DataSetError(found.summary())
    validation = _validation_rows([photo.path for photo in found.photos if photo.part == "train"], places)
    return [
        Photo(photo.path, photo.mean, photo.subset, "val" if row in validation else str(photo.part))
        for row, photo in enumerate(found.photos)  # training photos come first
    ]


def read_free(places: Places) -> list[Photo]:
    """Return the photos without scores: free/train/SET/... to learn from, free/heldout/SET/... to report on."""
    return [
        Photo(path, None, folder.name, part)
        for part in ("train", "heldout")
        for folder in sorted((places.free / part).iterdir())
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in _SUFFIXES
    ]


def fingerprints(paths: Iterable[Path]) -> np.ndarray:
    """Return difference hashes of 16x16 bits as -1/+1, float32 [N, 256]: near twins agree in nearly all bits."""
    rows = []
    for path in paths:
        grey = cv2.cvtColor(read_rgb(path), cv2.COLOR_RGB2GRAY)
        small = cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
        rows.append(np.where(np.diff(small, axis=1) > 0, 1.0, -1.0).ravel())
    return np.array(rows, np.float32)


def groups_of_twins(prints: np.ndarray) -> np.ndarray:
    """Return a group number per photo [N]: those within `TWIN_BITS` differing bits, joined transitively."""
    group = np.arange(len(prints))
    for row in range(len(prints)):
        agreeing = prints[row + 1 :] @ prints[row]
        for other in row + 1 + np.flatnonzero(agreeing >= prints.shape[1] - 2 * TWIN_BITS):
            group[group == group[other]] = group[row]
    return group


def _validation_rows(paths: list[Path], places: Places) -> set[int]:
    cached = places.cache / "validation_rows.npy"
    if not cached.exists():
        group = groups_of_twins(fingerprints(paths))
        chosen: list[int] = []
        for number in np.random.default_rng(SEED).permutation(np.unique(group)):
            members = np.flatnonzero(group == number)
            if len(chosen) + len(members) <= VALIDATION_SHARE * len(paths):
                chosen.extend(members)
        np.save(cached, np.array(sorted(chosen)))
    return set(np.load(cached).tolist())
