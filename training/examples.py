"""What `prepare` kept, as arrays ready to train on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from training.common import BINS, BRANCH_SIZE, MEAN, STD, Places, distribution_of
from training.degrade import DEGRADATIONS
from training.losses import Targets
from training.mobilenet import WIDTHS
from training.network import DEVICE, LOW_NAMES
from training.prepare import KEPT
from training.runner import Runner
from training.views import TWO_WAYS

TEACHER_FEATURES = WIDTHS[-1][0]


@dataclass(frozen=True)
class Examples:
    """All views, one per row; tensors are on the device where networks are trained.

    Attributes:
        part, subset, change: train/val/test, the photo's set and plain/varied/degradation/frame, str [N].
        maps: the trunk's output, int8 [N, 24, 24, 80], with its `scale` and `zero`.
        low: the three low-level means, float32 [N, 32], [N, 144], [N, 240].
        top: what ImageNet's own tail makes of the map, float32 [N, 1280].
        small: the views as the aesthetic branch sees them, uint8 [N, 192, 192, 3].
        teacher: the aesthetic distribution to learn, float32 [N, 10].
        teacher_features: the features it is computed from, float16 [N, 1024]; nan for frames, which no teacher saw.
        opinion: the mean opinion score 0..1 to learn, nan where unknown, float32 [N].
        vague: whether that is known only as the mean of many photos, bool [N].
        faults: the severities to learn, nan where unknown, float32 [N, 5].
        severity, seed: how strong a made fault is, float32 [N], and what it was drawn with, int64 [N].
    """

    part: np.ndarray
    subset: np.ndarray
    change: np.ndarray
    maps: Tensor
    scale: float
    zero: int
    low: list[Tensor]
    top: Tensor
    small: Tensor
    teacher: Tensor
    teacher_features: Tensor
    opinion: Tensor
    vague: Tensor
    faults: Tensor
    severity: Tensor
    seed: np.ndarray

    def rows(self, part: str, *changes: str) -> np.ndarray:
        """Return the row numbers of a part, for the changes named or for all but `TWO_WAYS`."""
        wanted = np.isin(self.change, changes) if changes else ~np.isin(self.change, TWO_WAYS)
        return np.flatnonzero((self.part == part) & wanted)

    def two_ways(self, part: str) -> np.ndarray:
        """Return the row numbers of a part's `TWO_WAYS`, int [n, 2]: each cut and its preview."""
        return np.stack([self.rows(part, change) for change in TWO_WAYS], 1)

    def known_together(self, subset: str) -> Examples:
        """Return these examples, with only the mean opinion of a subset's training photos kept."""
        vague = _there((self.subset == subset) & (self.part == "train"))
        plain = _there(self.change == "plain")
        return replace(self, vague=vague, opinion=torch.where(vague, self.opinion[vague & plain].mean(), self.opinion))

    def map_of(self, rows: np.ndarray) -> Tensor:
        """Return the trunk's maps, float32 [n, 80, 24, 24] in channels-last memory."""
        return self.maps[rows].float().sub_(self.zero).mul_(self.scale).permute(0, 3, 1, 2)

    def small_of(self, rows: np.ndarray) -> Tensor:
        """Return the input of the aesthetic branch, float32 [n, 3, 192, 192] in channels-last memory."""
        return self.small[rows].float().sub_(MEAN).div_(STD).permute(0, 3, 1, 2)

    def targets(self, rows: np.ndarray) -> Targets:
        """Return the targets of these views; a pair is found if both of its views are among `rows`."""
        made = np.isin(self.change[rows], list(DEGRADATIONS))
        order = np.lexsort((self.severity[rows].numpy(force=True), self.seed[rows], ~made))
        first, second = order[:-1], order[1:]
        paired = made[first] & made[second] & (self.seed[rows][first] == self.seed[rows][second])
        return Targets(
            teacher=self.teacher[rows],
            opinion=self.opinion[rows],
            faults=self.faults[rows],
            severity=self.severity[rows],
            vague=self.vague[rows],
            measured=_there(np.isin(self.change[rows], ("plain", "varied"))),
            pairs=_there(np.stack([first[paired], second[paired]], 1)),
        )


def _there(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array).to(DEVICE)


def kept_means(places: Places) -> np.ndarray:
    """Return ImageNet's mean features of all views, float32 [N, 1280], without loading anything else."""
    pieces = [np.load(piece)["top"] for piece in sorted(places.cache.glob("views-*.npz"))]
    scale, zero = _trunk_outputs(places)[KEPT.index("top")]["quantization"]
    return (np.concatenate(pieces).astype(np.float32) - zero) * scale


def _trunk_outputs(places: Places) -> list[dict]:
    """Return the outputs of the trunk in the order of `KEPT`, which is that of their size."""
    return sorted(Runner(places.cache / "trunk.tflite").outputs, key=lambda output: int(np.prod(output["shape"])))


def load_examples(places: Places) -> Examples:
    with np.load(places.cache / "table.npz") as table:
        columns = {name: table[name] for name in table.files}
    count = len(columns["part"])
    outputs = _trunk_outputs(places)
    said = {name: np.empty((count, *output["shape"][1:]), np.int8) for name, output in zip(KEPT, outputs, strict=True)}
    said["small"] = np.empty((count, BRANCH_SIZE, BRANCH_SIZE, 3), np.uint8)
    said["teacher"] = np.empty((count, len(BINS)), np.float32)
    said["teacher_features"] = np.empty((count, TEACHER_FEATURES), np.float16)
    start = 0
    for piece in sorted(places.cache.glob("views-*.npz")):
        with np.load(piece) as views:
            end = start + len(views["teacher"])
            for name, rows in said.items():
                rows[start:end] = views[name]
            start = end
    assert start == count, f"{count - start} of {count} views are missing: run prepare"
    quantization = {name: output["quantization"] for name, output in zip(KEPT, outputs, strict=True)}

    def exact(name: str) -> Tensor:
        scale, zero = quantization[name]
        return _there(said[name]).float().sub_(zero).mul_(scale)

    teacher = said["teacher"]
    frames = columns["subset"] == "frame"
    teacher[frames] = distribution_of(np.full(frames.sum(), 2.0), BINS, 1.0)
    said["teacher_features"][frames] = np.nan
    scale, zero = quantization["map"]
    return Examples(
        part=columns["part"],
        subset=columns["subset"],
        change=columns["change"],
        maps=_there(said["map"]),
        scale=scale,
        zero=zero,
        low=[exact(name) for name in LOW_NAMES],
        top=exact("top"),
        small=_there(said["small"]),
        teacher=_there(teacher),
        teacher_features=_there(said["teacher_features"]),
        opinion=_there(columns["opinion"]),
        vague=_there(np.zeros(count, bool)),
        faults=_there(columns["faults"]),
        severity=_there(columns["severity"]),
        seed=columns["seed"],
    )
