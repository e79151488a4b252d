"""Step 2: train the heads on frozen ImageNet features, then the tail and the heads together.

`--epochs 0` stops after the heads. Every epoch is kept, and a run goes on where it was interrupted.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from scipy.stats import spearmanr

from training.common import BINS, GRADES, SEED, Places, parser
from training.examples import Examples, load_examples
from training.losses import mean_over, total_loss
from training.network import Features, Heads, Tail, embedding_arrays, heads_for

HEAD_EPOCHS, HEAD_BATCH, HEAD_RATE = 12, 256, 1e-3
BATCH, TAIL_RATE, WEIGHT_DECAY = 64, 3e-4, 0.05
BLENDS = (0.5, 0.75, 1.0)


@torch.no_grad()
def top_features(tail: Tail, examples: Examples, rows: np.ndarray) -> torch.Tensor:
    """Return the tail's mean features, float32 [n, 1280]."""
    tail.eval()
    pieces = []
    for start in range(0, len(rows), BATCH):
        with torch.autocast("cpu", torch.bfloat16):
            pieces.append(tail(examples.map_of(rows[start : start + BATCH])).float())
    return torch.cat(pieces)


def features_of(top: torch.Tensor, examples: Examples, rows: np.ndarray) -> Features:
    return [top, *(low[rows] for low in examples.low)]


def loss_of(heads: Heads, features: Features, examples: Examples, rows: np.ndarray) -> torch.Tensor:
    outputs = heads(features)
    return total_loss(
        outputs, examples.teacher[rows], examples.opinion[rows], examples.faults[rows], examples.measured(rows)
    )


@torch.no_grad()
def validate(heads: Heads, features: Features, examples: Examples, rows: np.ndarray) -> dict[str, float]:
    """Return the rank correlations on plain validation photos, and how often the strongest made fault is named."""
    heads.eval()
    outputs = heads(features)
    plain = examples.change[rows] == "plain"
    made = (examples.faults[rows].nan_to_num().amax(1) >= 0.6).numpy() & ~plain
    clean = plain & (examples.faults[rows].sum(1) == 0).numpy()
    quality = mean_over(outputs["quality"], torch.tensor(GRADES)).numpy()
    aesthetic = mean_over(outputs["aesthetic"], torch.tensor(BINS)).numpy()
    teacher = (examples.teacher[rows] @ torch.tensor(BINS)).numpy()
    named = outputs["faults"].argmax(1) == examples.faults[rows].nan_to_num().argmax(1)
    return {
        "quality": float(spearmanr(quality[plain], examples.opinion[rows][plain]).statistic),
        "aesthetic": float(spearmanr(aesthetic[plain], teacher[plain]).statistic),
        "named": float(named[made].float().mean()),
        "accused": float((outputs["faults"][clean] > 0).any(1).float().mean()),
    }


def imagenet_features(examples: Examples, tail: Tail, places: Places) -> torch.Tensor:
    """Return what the untrained tail says of all views, float32 [N, 1280]."""
    cached = places.cache / "imagenet_top.npy"
    if not cached.exists():
        np.save(cached, top_features(tail, examples, np.arange(len(examples.part))).numpy())
    return torch.from_numpy(np.load(cached))


def train_heads(examples: Examples, top: torch.Tensor, places: Places) -> Heads:
    """Train the heads on the features [N, 1280] of the tail as it is."""
    train, val = examples.rows("train"), examples.rows("val")
    heads = heads_for(features_of(top[train], examples, train))
    saved = places.cache / "heads.pt"
    if saved.exists():
        heads.load_state_dict(torch.load(saved))
        return heads
    optimizer = torch.optim.AdamW(heads.parameters(), HEAD_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, HEAD_RATE, total_steps=HEAD_EPOCHS * (len(train) // HEAD_BATCH)
    )
    for epoch in range(HEAD_EPOCHS):
        heads.train()
        order = np.random.default_rng(SEED + epoch).permutation(train)
        for start in range(0, len(order) - HEAD_BATCH + 1, HEAD_BATCH):
            rows = order[start : start + HEAD_BATCH]
            optimizer.zero_grad()
            loss_of(heads, features_of(top[rows], examples, rows), examples, rows).backward()
            optimizer.step()
            schedule.step()
        print("heads", epoch, validate(heads, features_of(top[val], examples, val), examples, val), flush=True)
    torch.save(heads.state_dict(), saved)
    return heads


def epoch_rows(examples: Examples, epoch: int) -> np.ndarray:
    """Return one epoch's rows, shuffled: each photo once, plain or varied, and half of the degraded and frames."""
    rng = np.random.default_rng(SEED + 100 + epoch)
    plain, varied = examples.rows("train", "plain"), examples.rows("train", "varied")
    assert len(varied) >= len(plain)
    swapped = rng.random(len(plain)) < 0.5
    others = np.setdiff1d(examples.rows("train"), np.concatenate([plain, varied]))
    taken = [
        np.where(swapped, varied[: len(plain)], plain),
        varied[len(plain) :],
        rng.permutation(others)[: len(others) // 2],
    ]
    return rng.permutation(np.concatenate(taken))


def train_tail(examples: Examples, tail: Tail, heads: Heads, epochs: int, places: Places) -> None:
    """Fine-tune tail and heads together (AdamW, one cycle)."""
    steps = len(epoch_rows(examples, 0)) // BATCH
    parameters = [*tail.parameters(), *heads.parameters()]
    optimizer = torch.optim.AdamW(parameters, TAIL_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, TAIL_RATE, total_steps=epochs * steps, pct_start=0.25)
    saved = places.cache / f"tail-{epochs}.pt"
    done = 0
    if saved.exists():
        state = torch.load(saved, weights_only=False)
        done = state["done"]
        for name, part in (("tail", tail), ("heads", heads), ("optimizer", optimizer), ("schedule", schedule)):
            part.load_state_dict(state[name])
    for epoch in range(done, epochs):
        began = time.time()
        tail.train(), heads.train()
        rows = epoch_rows(examples, epoch)
        for step in range(steps):
            batch = rows[step * BATCH : (step + 1) * BATCH]
            optimizer.zero_grad()
            with torch.autocast("cpu", torch.bfloat16):
                top = tail(examples.map_of(batch)).float()
            loss = loss_of(heads, features_of(top, examples, batch), examples, batch)
            loss.backward()
            optimizer.step()
            schedule.step()
            if step % 50 == 0:
                print(
                    f"epoch {epoch} step {step}/{steps} loss {loss.item():.3f} {time.time() - began:.0f} s", flush=True
                )
        val = examples.rows("val")
        print(
            "tail", epoch, validate(heads, features_of(top_features(tail, examples, val), examples, val), examples, val)
        )
        parts = {"tail": tail, "heads": heads, "optimizer": optimizer, "schedule": schedule}
        torch.save({"done": epoch + 1, **{name: part.state_dict() for name, part in parts.items()}}, saved)


def blend(examples: Examples, tail: Tail, heads: Heads, start: dict[str, torch.Tensor]) -> None:
    """Move the trained weights back towards `start`, as far as validation photos like it.

    Between pretrained and fine-tuned weights often lies something better than either (arXiv:2109.01903).
    """
    end = weights_of(tail, heads)
    val = examples.rows("val")
    best, found = end, float("-inf")
    for share in BLENDS:
        mixed = {name: torch.lerp(start[name], end[name], share) for name in end}
        load_weights(tail, heads, mixed)
        figures = validate(heads, features_of(top_features(tail, examples, val), examples, val), examples, val)
        print("blend", share, figures, flush=True)
        if figures["quality"] + figures["aesthetic"] > found:
            best, found = mixed, figures["quality"] + figures["aesthetic"]
    load_weights(tail, heads, best)


def weights_of(tail: Tail, heads: Heads) -> dict[str, torch.Tensor]:
    """Return a copy of all weights and statistics of both as float32."""
    return {
        f"{part}.{name}": value.detach().clone().float()
        for part, module in (("tail", tail), ("heads", heads))
        for name, value in module.state_dict().items()
    }


def load_weights(tail: Tail, heads: Heads, weights: dict[str, torch.Tensor]) -> None:
    for part, module in (("tail", tail), ("heads", heads)):
        own = {name.removeprefix(part + "."): v for name, v in weights.items() if name.startswith(part + ".")}
        module.load_state_dict(own)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--epochs", type=int, default=2, help="epochs of fine-tuning after the heads")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    places = Places(options.data)
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    examples = load_examples(places)
    tail = Tail()
    top = imagenet_features(examples, tail, places)
    heads = train_heads(examples, top, places)
    sample = examples.rows("train", "plain")[::3]
    top = top[sample]
    if options.epochs:
        start = weights_of(tail, heads)
        train_tail(examples, tail, heads, options.epochs, places)
        blend(examples, tail, heads, start)
        top = top_features(tail, examples, sample)
    arrays = tail.arrays() | heads.arrays() | embedding_arrays(top)
    np.savez(places.cache / f"weights-{options.epochs}.npz", **arrays)


if __name__ == "__main__":
    main()
