"""What every step shares: the size of the input, the names of the outputs, and where files are."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

SEED = 2021
INPUT_SIZE = 384
VIEW_SIZE = 512
MEAN, STD = 127.0, 128.0
NORM_EPSILON = 1e-3
"""Of the batch normalisation of Lite0 and of the teacher."""
GRADES = np.arange(1, 6, dtype=np.float32)
BINS = np.arange(1, 11, dtype=np.float32)
FAULTS = ("blur", "noise", "underexposure", "overexposure", "compression")
EMBEDDING = 128
BRANCH_STEP = 2
BRANCH_SIZE = INPUT_SIZE // BRANCH_STEP
"""The aesthetic branch sees every second pixel of every second row: it skips pixels, as its teacher does."""
BRANCH_SAY = 0.8
"""The branch's share of the aesthetic logits; the rest comes from a head of Lite0."""
TRUNK_BLOCKS = 6
"""Where Lite0 is cut: the first blocks keep their ImageNet weights, the others are trained."""
REPOSITORY = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Places:
    """Where the data are (`root`, given by the user) and where the steps leave their results (`root`/cache)."""

    root: Path

    @property
    def biq2021(self) -> Path:
        return self.root / "biq2021"

    @property
    def free(self) -> Path:
        return self.root / "free"

    @property
    def nima_weights(self) -> Path:
        return self.root / "nima_weights" / "weights_mobilenet_aesthetic_0.07.hdf5"

    @property
    def cache(self) -> Path:
        folder = self.root / "cache"
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def parser(description: str | None) -> argparse.ArgumentParser:
    """Return an argument parser with the one option that all steps have: the data folder."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawTextHelpFormatter)
    default = Path(os.environ.get("IQSD_TRAINING_DATA", "data"))
    made.add_argument("--data", type=Path, default=default, help=f"data folder (default: {default})")
    return made


def read_rgb(path: Path) -> np.ndarray:
    """Return the photo as uint8 RGB [H, W, 3]."""
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise ValueError(f"{path} cannot be decoded")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def as_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    """Return a photo, uint8 RGB [H, W, 3], as the bytes of a JPEG file."""
    return cv2.imencode(".jpg", image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]


def centre_square(image: np.ndarray) -> np.ndarray:
    """Return the largest centred square: BIQ2021 was cropped this way (see README.md), hence the model's `fit`."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return image[top : top + side, left : left + side]


def to_input(image: np.ndarray, size: int = INPUT_SIZE) -> np.ndarray:
    """Crop to the centre square and resize to the model's input, uint8 [size, size, 3]."""
    square = centre_square(image)
    shrinks = square.shape[0] >= size
    return cv2.resize(square, (size, size), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)


def to_branch(photo: np.ndarray) -> np.ndarray:
    """Return the pixels of an input [384, 384, 3] that the aesthetic branch sees, [192, 192, 3]."""
    return photo[::BRANCH_STEP, ::BRANCH_STEP]


def scaled(photos: np.ndarray) -> np.ndarray:
    """Return uint8 RGB as the network expects it: float32, (rgb - 127) / 128."""
    return (photos.astype(np.float32) - MEAN) / STD


def distribution_of(mean: np.ndarray, scale: np.ndarray, spread: float) -> np.ndarray:
    """Spread opinions normally around `mean` [N] over an ordinal `scale` [K]; returns probabilities [N, K].

    Observers of one photo differ by about 0.7 of a grade on a five-grade scale (ITU-R BT.500 reports such spreads).
    """
    weights = np.exp(-0.5 * ((scale[None] - np.asarray(mean)[:, None]) / spread) ** 2)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)
