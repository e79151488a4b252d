"""How fine blur, noise and blocks are told apart: examples are made, and a small network learns their severities.

    python -m training.detail --data DATA

Writes models/detail.json. Uses one half of DATA/large; `training.camera_ladders` reports on the other.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import nn

from training.common import REPOSITORY, SEED, Places, parser
from training.detail_examples import JUDGED, examples
from training.large import read_large

UNITS, EPOCHS, WEIGHT_DECAY, JITTER = 32, 1500, 0.3, 0.15
LEAST_SEVERITY = 0.015
"""Anything less counts as this much, and so do untouched photos: otherwise extreme logits would dominate training."""

FAR = 4.0
"""Features are clipped at this many deviations, as in `iqsd.scoring.detail`."""


def made(places: Places) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return features [N, F], their targets [N, 4] and the number of the photo [N]; what was made is kept."""
    folder = places.cache / "detail"
    folder.mkdir(exist_ok=True)
    parts = []
    for number, path in enumerate(read_large(places, "calibrate")):
        kept = folder / f"{path.stem}.npz"
        if not kept.exists():
            features, severities = examples(path, np.random.default_rng(zlib.crc32(path.name.encode())))
            np.savez(kept, features=features, severities=severities)
            print(path.name, len(features), flush=True)
        with np.load(kept) as file:
            if len(file["features"]):
                parts.append((file["features"], file["severities"], np.full(len(file["features"]), number)))
    features, severities, photos = (np.concatenate(column) for column in zip(*parts, strict=True))
    return features, severities, photos


def learn(features: np.ndarray, severities: np.ndarray) -> dict[str, list]:
    """Fit the network; returns the constants as `iqsd.scoring.detail.read_judge` reads them."""
    torch.manual_seed(SEED)
    mean, deviation = features.mean(0), features.std(0) + 0.05
    x = torch.tensor(np.clip((features - mean) / deviation, -FAR, FAR), dtype=torch.float32)
    share = torch.tensor(np.clip(severities[:, :-1], LEAST_SEVERITY, 1 - LEAST_SEVERITY), dtype=torch.float32)
    motion = torch.tensor(severities[:, -1], dtype=torch.float32)
    known = ~motion.isnan()
    network = nn.Sequential(nn.Linear(x.shape[1], UNITS), nn.Tanh(), nn.Linear(UNITS, len(JUDGED)))
    optimizer = torch.optim.AdamW(network.parameters(), weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-2, total_steps=EPOCHS)
    for _ in range(EPOCHS):
        optimizer.zero_grad()
        logits = network(x + JITTER * torch.randn_like(x))
        apart = nn.functional.smooth_l1_loss(logits[:, :-1], torch.logit(share))
        wrong = nn.functional.binary_cross_entropy_with_logits(logits[known, -1], motion[known])
        (apart + wrong).backward()
        optimizer.step()
        schedule.step()
    layers = [torch.cat([layer.weight.T, layer.bias[None]]).detach().numpy() for layer in (network[0], network[2])]
    return {
        "faults": list(JUDGED),
        "mean": mean.round(4).tolist(),
        "deviation": deviation.round(4).tolist(),
        "hidden": layers[0].round(4).tolist(),
        "output": layers[1].round(4).tolist(),
    }


def write(constants: dict[str, list], path: Path) -> None:
    """Write the constants, one row of a matrix per line."""
    lines = []
    for key, value in constants.items():
        rows = ",\n  ".join(json.dumps(row) for row in value) if isinstance(value[0], list) else None
        lines.append(f' "{key}": ' + (json.dumps(value) if rows is None else f"[\n  {rows}\n ]"))
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--to", type=Path, default=REPOSITORY / "models" / "detail.json", help="where to write it")
    options = arguments.parse_args()
    cv2.setNumThreads(1)
    features, severities, photos = made(Places(options.data))
    write(learn(features, severities), options.to)
    print(f"{len(features)} examples of {len(np.unique(photos))} photos")


if __name__ == "__main__":
    main()
