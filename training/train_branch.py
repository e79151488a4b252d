"""Step 2, last part: teach the aesthetic branch what it lost to fewer pixels and squeezed layers.

Its targets are the teacher's bins and, as these say little about a picture, the features that they are computed from
(FitNets, arXiv:1412.6550).
"""

from __future__ import annotations

import time

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import Tensor
from torch.nn import functional

from training.branch import Branch
from training.common import BINS, SEED, Places
from training.examples import Examples
from training.losses import aesthetic_loss, mean_over
from training.network import DEVICE
from training.views import TWO_WAYS

BATCH, RATE, WEIGHT_DECAY, KEEP_EVERY = 32, 3e-4, 0.01, 100
SQUEEZED_BY = 1000
"""How many views decide which axes of a layer matter."""
LEAST_DEVIATION = 0.05
"""A floor for deviations, so that features that hardly vary are not blown up."""


def branch_rows(examples: Examples, rows: np.ndarray, epoch: int) -> np.ndarray:
    """Return an epoch's rows, shuffled: those that the tail is trained on, and the cuts with their previews."""
    rows = np.concatenate([rows, examples.rows("train", *TWO_WAYS)])
    return np.random.default_rng(SEED + 200 + epoch).permutation(rows)


def fresh_branch(examples: Examples, places: Places) -> Branch:
    """Return the teacher's network with squeezed layers, before it has learnt anything."""
    branch = Branch(places.nima_weights).to(DEVICE)
    train = examples.rows("train", "plain")
    chosen = train[:: max(1, len(train) // SQUEEZED_BY)]
    branch.squeeze(examples.small_of(chosen[start : start + BATCH]) for start in range(0, len(chosen), BATCH))
    return branch


@torch.no_grad()
def agreement_with_teacher(branch: Branch, examples: Examples) -> float:
    """Return the rank correlation of the means with the teacher's on plain validation photos."""
    rows, bins = examples.rows("val", "plain"), torch.tensor(BINS, device=DEVICE)
    batches = [rows[start : start + BATCH] for start in range(0, len(rows), BATCH)]
    said = torch.cat([mean_over(branch.bins(branch.features(examples.small_of(batch))), bins) for batch in batches])
    return float(spearmanr(said.cpu(), (examples.teacher[rows] @ bins).cpu()).statistic)


def loss_of(branch: Branch, examples: Examples, rows: np.ndarray, deviations: Tensor) -> Tensor:
    features = branch.features(examples.small_of(rows))
    target = examples.teacher_features[rows].float()
    seen = ~target.isnan().any(1)
    off = functional.mse_loss(features[seen] / deviations, target[seen] / deviations)
    return aesthetic_loss(branch.bins(features), examples.teacher[rows]) + off


def train_branch(examples: Examples, rows_of_epoch: list[np.ndarray], places: Places) -> Branch:
    """Train for as many epochs as there are lists of rows (AdamW, one cycle). An interrupted training resumes."""
    branch = fresh_branch(examples, places)
    print("branch, squeezed", agreement_with_teacher(branch, examples), flush=True)
    epochs = [branch_rows(examples, rows, epoch) for epoch, rows in enumerate(rows_of_epoch)]
    batches = [rows[start : start + BATCH] for rows in epochs for start in range(0, len(rows) - BATCH + 1, BATCH)]
    optimizer = torch.optim.AdamW(branch.parameters(), RATE, weight_decay=WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=len(batches), pct_start=0.15)
    parts = {"branch": branch, "optimizer": optimizer, "cycle": cycle}
    saved, done = places.cache / f"branch-{len(epochs)}.pt", 0  # a cycle is as long as all epochs
    if saved.exists():
        state = torch.load(saved, DEVICE, weights_only=False)
        done = state["done"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    plain = examples.teacher_features[examples.rows("train", "plain")].float()
    deviations = plain.std(0) + LEAST_DEVIATION
    began = time.time()
    for step, rows in list(enumerate(batches))[done:]:
        optimizer.zero_grad()
        loss = loss_of(branch, examples, rows, deviations)
        loss.backward()
        optimizer.step()
        cycle.step()
        if (step + 1) % KEEP_EVERY == 0 or step + 1 == len(batches):
            told = f"branch, step {step + 1} of {len(batches)} loss {loss.item():.3f} {time.time() - began:.0f} s"
            print(told, agreement_with_teacher(branch, examples), flush=True)
            torch.save({"done": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, saved)
    return branch
