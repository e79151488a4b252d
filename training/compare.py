"""Train every configuration on the same photos and report how well each agrees with people.

`--kind` and `--folder` name the data set (training/datasets). Official validation photos are used if there are any;
otherwise a tenth of the photos, in whole groups of twins, is set aside for validation. Official test photos are never
looked at.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from training import overlap
from training.common import GRADES, SEED
from training.configurations import CONFIGURATIONS, Configuration
from training.datasets import ADAPTERS, DataSet, DataSetError, Labelled, read_data_set
from training.frozen import features
from training.label_views import CLASSES, as_classes, as_distributions, balanced, cuts_for
from training.losses import earth_movers_distance, mean_over, ranking_loss
from training.metrics import agreement, by_subset, classification
from training.photos import fingerprints

SPREAD = 0.7
EPOCHS, BATCH, RATE, WEIGHT_DECAY = 15, 128, 1e-3, 0.05
SEEDS = (SEED, SEED + 1, SEED + 2)
LEAST_DEVIATION = 0.08


@dataclass(frozen=True)
class Data:
    """Photos with their classes [N], distributions [N, 5] and opinions 0..1 [N]; `rows` of each part."""

    photos: Sequence[Labelled]
    classes: np.ndarray
    distributions: Tensor
    opinions: np.ndarray
    rows: dict[str, np.ndarray]


def prepare(found: DataSet, cache: Path) -> Data:
    """Split the photos, and check that no twins are separated.

    Raises:
        OverlapError: the official parts share photos.
        DataSetError: a part has no photo of some class.
    """
    photos = [photo for photo in found.photos if photo.part != "test"]
    kept = cache / f"prints-{found.name}-{len(photos)}.npy"
    if not kept.exists():
        np.save(kept, fingerprints(photo.path for photo in photos))
    prints = np.load(kept)
    parts = [photo.part or "train" for photo in photos]
    if "val" not in parts:
        parts = overlap.split(photos, {"train": 0.9, "val": 0.1}, SEED, prints)
    overlap.check_split(photos, parts, prints)
    rows = {part: np.flatnonzero(np.array(parts) == part) for part in ("train", "val")}
    classes = as_classes(photos, found.name)
    for part, some in rows.items():
        lacking = [name for number, name in enumerate(CLASSES) if number not in classes[some]]
        if lacking:
            raise DataSetError(f"{found.name}: has no photo that is {' or '.join(lacking)} among those for {part}")
    return Data(
        photos,
        classes,
        torch.from_numpy(as_distributions(photos, GRADES, SPREAD)),
        np.array([photo.opinion for photo in photos]),
        rows,
    )


def train(how: Configuration, seen: Tensor, data: Data, seed: int) -> nn.Module:
    """Train a head on standardized features [N, 1280] of all photos; only rows of the training part are used."""
    torch.manual_seed(seed)
    rows = data.rows["train"]
    if how.sampling == "balanced":
        rows = rows[balanced(data.classes[rows], seed)]
    outputs = len(CLASSES) if how.labels == "classes" else len(GRADES)
    width = seen.shape[1]
    head = (
        nn.Linear(width, outputs)
        if how.head == "dense"
        else nn.Sequential(nn.Dropout(0.2), nn.Linear(width, 128), nn.ReLU6(), nn.Linear(128, outputs))
    )
    optimizer = torch.optim.AdamW(head.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    steps = max(1, len(rows) // BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=EPOCHS * steps)
    rng = np.random.default_rng(seed)
    for _ in range(EPOCHS):
        order = rng.permutation(rows)
        for step in range(steps):
            batch = order[step * BATCH : (step + 1) * BATCH]
            optimizer.zero_grad()
            _loss(how, head(seen[batch]), data, batch).backward()
            optimizer.step()
            schedule.step()
    return head.eval()


def _loss(how: Configuration, logits: Tensor, data: Data, rows: np.ndarray) -> Tensor:
    if how.labels == "classes":
        return F.cross_entropy(logits, torch.from_numpy(data.classes[rows]))
    target = data.distributions[rows]
    loss = earth_movers_distance(logits, target)
    if how.loss == "emd and ranking":
        grades = torch.tensor(GRADES)
        loss = loss + 0.25 * ranking_loss(mean_over(logits, grades), target @ grades)
    return loss


@torch.no_grad()
def answers(how: Configuration, head: nn.Module, seen: Tensor, data: Data, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return score and class of every photo [N]: from class outputs as digiKam reads them, otherwise by the cuts."""
    shares = head(seen).softmax(-1)
    if how.labels == "classes":
        return (shares @ torch.tensor([0.0, 0.5, 1.0])).numpy(), shares.argmax(-1).numpy()
    scale = data.photos[0].scale
    opinions = ((shares @ torch.tensor(GRADES) - 1) / 4).numpy()
    return opinions, cuts_for(name, scale).classes(opinions * (scale.high - scale.low) + scale.low)


def measure(how: Configuration, seen: Tensor, data: Data, name: str) -> list[dict]:
    """Return the figures on validation photos, one dictionary per seed."""
    val = data.rows["val"]
    figures = []
    for seed in SEEDS:
        score, said = answers(how, train(how, seen, data, seed), seen, data, name)
        by_class = classification(said[val], data.classes[val], CLASSES)
        subsets = [data.photos[row].subset for row in val]
        order = by_subset(agreement, subsets, score[val], data.opinions[val])
        figures.append({**by_class, "srcc": {part: found["srcc"] for part, found in order.items()}})
    return figures


def _row(how: Configuration, figures: Sequence[dict]) -> str:
    def spread(values: Sequence[float]) -> str:
        return f"{np.mean(values):.3f} ± {np.std(values):.3f}"

    f1 = " / ".join(f"{np.mean([one['classes'][name]['f1'] for one in figures]):.2f}" for name in CLASSES)
    parts = [part for part in figures[0]["srcc"] if part and part != "all"]
    cells = [
        how.name,
        str(how.size),
        spread([one["accuracy"] for one in figures]),
        spread([one["macro_f1"] for one in figures]),
        f1,
        spread([one["srcc"]["all"] for one in figures]),
        " / ".join(f"{np.mean([one['srcc'][part] for one in figures]):.2f}" for part in parts[:6]),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--kind", choices=sorted(ADAPTERS), default="biq2021", help="which adapter reads it")
    arguments.add_argument("--folder", type=Path, required=True, help="where the data set lies")
    arguments.add_argument("--cache", type=Path, required=True, help="a folder for features and networks")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    torch.set_num_threads(options.threads)
    options.cache.mkdir(parents=True, exist_ok=True)
    found = read_data_set(options.kind, options.folder)
    print(found.summary())
    data = prepare(found, options.cache)
    counts = {part: np.bincount(data.classes[rows] + 1, minlength=4)[1:].tolist() for part, rows in data.rows.items()}
    print(f"bad, normal, good: {counts['train']} to train on, {counts['val']} to validate on")
    print("| configuration | input | accuracy | macro-F1 | F1 of bad / normal / good | SRCC | SRCC by subset |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for how in CONFIGURATIONS:
        raw = torch.from_numpy(features(data.photos, how.size, options.cache, options.threads))
        rows = data.rows["train"]
        seen = (raw - raw[rows].mean(0)) / raw[rows].std(0).clamp_min(LEAST_DEVIATION)
        print(_row(how, measure(how, seen, data, found.name)), flush=True)


if __name__ == "__main__":
    main()
