"""What `prepare` kept, as arrays ready to train on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from training.common import BINS, Places, distribution_of
from training.network import LOW_NAMES
from training.runner import Runner


@dataclass(frozen=True)
class Examples:
    """All views, row by row.

    Attributes:
        part, change: train/val/test and plain/varied/degradation/frame, str [N].
        maps: what the trunk says, int8 [N, 24, 24, 80], with its `scale` and `zero`.
        low: the three low-level means, float32 [N, 32], [N, 144], [N, 240].
        teacher: the aesthetic distribution to learn, float32 [N, 10].
        opinion: the mean opinion score 0..1 to learn, nan where unknown, float32 [N].
        faults: the severities to learn, nan where unknown, float32 [N, 5].
    """

    part: np.ndarray
    change: np.ndarray
    maps: np.ndarray
    scale: float
    zero: int
    low: list[Tensor]
    teacher: Tensor
    opinion: Tensor
    faults: Tensor

    def rows(self, part: str, *changes: str) -> np.ndarray:
        """Return the row numbers of a part, of all changes or only of those named."""
        chosen = self.part == part
        return np.flatnonzero(chosen & np.isin(self.change, changes) if changes else chosen)

    def map_of(self, rows: np.ndarray) -> Tensor:
        """Return the trunk's maps, float32 [n, 80, 24, 24] in channels-last memory."""
        taken = torch.from_numpy(self.maps[rows]).float().sub_(self.zero).mul_(self.scale)
        return taken.permute(0, 3, 1, 2)

    def measured(self, rows: np.ndarray) -> Tensor:
        """Return which rows bear a score that people gave, bool [n]."""
        return torch.from_numpy(np.isin(self.change[rows], ("plain", "varied")))


def load_examples(places: Places) -> Examples:
    with np.load(places.cache / "table.npz") as table:
        columns = {name: table[name] for name in table.files}
    count = len(columns["part"])
    outputs = sorted(Runner(places.cache / "trunk.tflite").outputs, key=lambda output: int(np.prod(output["shape"])))
    quantization = dict(zip((*LOW_NAMES, "map"), (output["quantization"] for output in outputs), strict=True))
    shapes = {name: tuple(output["shape"][1:]) for name, output in zip(quantization, outputs, strict=True)}
    kept = {name: np.empty((count, *shape), np.int8) for name, shape in shapes.items()}
    teacher = np.empty((count, len(BINS)), np.float32)
    start = 0
    for piece in sorted(places.cache.glob("views-*.npz")):
        with np.load(piece) as views:
            end = start + len(views["teacher"])
            teacher[start:end] = views["teacher"]
            for name, rows in kept.items():
                rows[start:end] = views[name]
            start = end
    assert start == count, f"{count - start} of {count} views are missing: run prepare"
    frames = columns["subset"] == "frame"
    teacher[frames] = distribution_of(np.full(frames.sum(), 2.0), BINS, 1.0)
    scale, zero = quantization["map"]
    low = [torch.from_numpy(kept[n]).float().sub_(quantization[n][1]).mul_(quantization[n][0]) for n in LOW_NAMES]
    return Examples(
        part=columns["part"],
        change=columns["change"],
        maps=kept["map"],
        scale=scale,
        zero=zero,
        low=low,
        teacher=torch.from_numpy(teacher),
        opinion=torch.from_numpy(columns["opinion"]),
        faults=torch.from_numpy(columns["faults"]),
    )
