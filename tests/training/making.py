"""Small pictures and label files in the layout in which the data sets are published."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.uint8]


def picture(seed: int, width: int = 96, height: int = 72) -> Picture:
    """A picture unlike any other seed's: soft coloured blobs, BGR."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (5, 6, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def write_pictures(folder: Path, names: Iterable[str], first_seed: int = 0) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for seed, name in enumerate(names, first_seed):
        assert cv2.imwrite(str(folder / name), picture(seed))


def write_text(file: Path, *lines: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join(lines) + "\n", "utf-8")
