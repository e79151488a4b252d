"""Step 2: train the heads on frozen ImageNet features, then the tail and the heads together.

`--epochs 0` stops after the heads. A run goes on where it was interrupted.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.common import BINS, GRADES, SEED, Places, parser
from training.degrade import DEGRADATIONS
from training.examples import Examples, load_examples
from training.losses import mean_over, total_loss
from training.network import Features, Heads, Tail, embedding_arrays, heads_for
from training.views import VARIED

HEAD_EPOCHS, HEAD_BATCH, HEAD_RATE = 12, 256, 1e-3
BATCH, TAIL_RATE, WEIGHT_DECAY = 32, 2e-4, 0.05
AVERAGED_OVER, KEEP_EVERY = 100, 100
JOINED_FROM = 3
"""What comes out is the mean of the ends of the epochs from this one on (of fewer, the last one's)."""


@torch.no_grad()
def top_features(tail: Tail, examples: Examples, rows: np.ndarray) -> torch.Tensor:
    """Return the tail's mean features, float32 [n, 1280]."""
    tail.eval()
    starts = range(0, len(rows), BATCH)
    return torch.cat([tail(examples.map_of(rows[start : start + BATCH])) for start in starts])


def features_of(top: torch.Tensor, examples: Examples, rows: np.ndarray) -> Features:
    return [top, *(low[rows] for low in examples.low)]


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


def train_heads(examples: Examples, places: Places) -> Heads:
    """Train the heads on what ImageNet's own tail says."""
    train, val = examples.rows("train"), examples.rows("val")
    heads = heads_for(features_of(examples.top[train], examples, train))
    saved = places.cache / "heads.pt"
    if saved.exists():
        heads.load_state_dict(torch.load(saved))
        return heads
    batch = min(HEAD_BATCH, len(train))
    optimizer = torch.optim.AdamW(heads.parameters(), HEAD_RATE, weight_decay=WEIGHT_DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, HEAD_RATE, total_steps=HEAD_EPOCHS * (len(train) // batch)
    )
    for epoch in range(HEAD_EPOCHS):
        heads.train()
        order = together(train, examples, np.random.default_rng(SEED + epoch))
        for start in range(0, len(order) - batch + 1, batch):
            rows = order[start : start + batch]
            optimizer.zero_grad()
            total_loss(heads(features_of(examples.top[rows], examples, rows)), examples.targets(rows)).backward()
            optimizer.step()
            schedule.step()
        print("heads", epoch, validate(heads, features_of(examples.top[val], examples, val), examples, val), flush=True)
    torch.save(heads.state_dict(), saved)
    return heads


def together(rows: np.ndarray, examples: Examples, rng: np.random.Generator) -> np.ndarray:
    """Return the rows shuffled, the two views of a pair side by side."""
    made = np.isin(examples.change[rows], list(DEGRADATIONS))
    group = np.where(made, examples.seed[rows], -1 - rows)
    _, number = np.unique(group, return_inverse=True)
    return rows[np.argsort(rng.permutation(number.max() + 1)[number], kind="stable")]


def epoch_rows(examples: Examples, epoch: int) -> np.ndarray:
    """Return one epoch's rows, shuffled.

    Each photo with an opinion is there once, as it is or in one of its varied views, in turn; of the free photos every
    second view, the others in the next epoch; and all degraded views and frames.
    """
    plain, varied = examples.rows("train", "plain"), examples.rows("train", "varied")
    labelled, free = np.split(varied, [VARIED * len(plain)])
    shapes = np.column_stack([plain, labelled.reshape(len(plain), VARIED)])
    chosen = shapes[np.arange(len(plain)), (np.arange(len(plain)) + epoch) % shapes.shape[1]]
    others = np.setdiff1d(examples.rows("train"), np.concatenate([plain, varied]))
    rows = np.concatenate([chosen, free[epoch % 2 :: 2], others])
    return together(rows, examples, np.random.default_rng(SEED + 100 + epoch))


def train_tail(examples: Examples, tail: Tail, heads: Heads, epochs: int, places: Places) -> None:
    """Fine-tune tail and heads together (AdamW, one cycle an epoch).

    Of each epoch its running average is kept, and of these the mean: where cycles come to rest lies around a better
    place (stochastic weight averaging, arXiv:1803.05407). With a cycle an epoch, a longer run begins where a shorter
    one has ended.
    """
    steps = len(epoch_rows(examples, 0)) // BATCH
    both = nn.ModuleDict({"tail": tail, "heads": heads})
    average = AveragedModel(both, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / AVERAGED_OVER), use_buffers=True)
    optimizer = torch.optim.AdamW(both.parameters(), TAIL_RATE, weight_decay=WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, TAIL_RATE, total_steps=steps, pct_start=0.15)
    start = cycle.state_dict()
    parts = {"both": both, "average": average, "optimizer": optimizer, "cycle": cycle}
    saved, done = places.cache / "tail.pt", 0
    if saved.exists():
        state = torch.load(saved, weights_only=False)
        done = state["done"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    both.train()
    began = time.time()
    for step in range(done, epochs * steps):
        if step == done or step % steps == 0:
            rows = epoch_rows(examples, step // steps)
        if step % steps == 0:
            cycle.load_state_dict(start)
        batch = rows[step % steps * BATCH :][:BATCH]
        optimizer.zero_grad()
        features = features_of(tail(examples.map_of(batch)), examples, batch)
        loss = total_loss(heads(features), examples.targets(batch))
        loss.backward()
        optimizer.step()
        cycle.step()
        average.update_parameters(both)
        if (step + 1) % steps == 0:
            torch.save(average.module.state_dict(), places.cache / f"epoch-{(step + 1) // steps}.pt")
        if (step + 1) % KEEP_EVERY == 0 or step + 1 == epochs * steps:
            print(f"step {step + 1} of {epochs * steps} loss {loss.item():.3f} {time.time() - began:.0f} s", flush=True)
            torch.save({"done": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, saved)
    ends = [torch.load(places.cache / f"epoch-{n}.pt") for n in range(min(JOINED_FROM, epochs), epochs + 1)]
    both.load_state_dict({name: torch.stack([end[name] for end in ends]).mean(0) for name in ends[0]})
    val = examples.rows("val")
    print(
        "tail",
        validate(heads, features_of(top_features(tail, examples, val), examples, val), examples, val),
        flush=True,
    )


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--epochs", type=int, default=7, help="epochs of fine-tuning after the heads")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    places = Places(options.data)
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    examples = load_examples(places)
    tail, heads = Tail(), train_heads(examples, places)
    sample = examples.rows("train", "plain")[::3]
    top = examples.top[sample]
    if options.epochs:
        train_tail(examples, tail, heads, options.epochs, places)
        top = top_features(tail, examples, sample)
    arrays = tail.arrays() | heads.arrays() | embedding_arrays(top)
    np.savez(places.cache / f"weights-{options.epochs}.npz", **arrays)


if __name__ == "__main__":
    main()
