"""Step 2: train the heads on frozen ImageNet features, then the tail and the heads together, then the branch.

`--epochs 0` leaves the tail as it is. An interrupted step resumes where it stopped.

The result is a mean of weights: over the ends of one run's cycles, which lie around a better place (stochastic weight
averaging, arXiv:1803.05407), and over three runs (model soups, arXiv:2203.05482).
"""

from __future__ import annotations

import copy
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from training.common import BINS, GRADES, SEED, Places, parser
from training.degrade import DEGRADATIONS
from training.examples import Examples, load_examples
from training.losses import apart_loss, mean_over, total_loss
from training.network import DEVICE, Features, Heads, Tail, embedding_arrays, heads_for, opinion_beside_branch
from training.readback import lite0_weights
from training.train_branch import train_branch
from training.views import VAGUE, VARIED

HEAD_EPOCHS, HEAD_BATCH, HEAD_RATE = 12, 256, 1e-3
BATCH, TAIL_RATE, WEIGHT_DECAY = 32, 2e-4, 0.05
AVERAGED_OVER, KEEP_EVERY = 100, 100
JOINED_FROM = 2
"""The result is the mean of the ends of all runs' epochs from this one on, counted from 0 (if fewer, of the last)."""
STEADY_FROM, WAYS_A_STEP, STEADY_WEIGHT = 4, 8, 2.0
"""In a steady run, previews are trained, from this epoch on (if fewer, in the last), to get their photos' answers.

This costs a little agreement with opinions and teacher. In the mean of the runs half of it is enough.
"""


@dataclass(frozen=True)
class Run:
    """One training run from the heads: whether it is `steady`, and whether it `believes` the opinions of `VAGUE`."""

    steady: bool
    believes: bool


RUNS = (Run(steady=False, believes=True), Run(steady=True, believes=True), Run(steady=True, believes=False))
"""Their errors differ: the mean of all runs orders photos better than any one of them."""


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
    plain = examples.change[rows] == "plain"
    outputs = {name: said.cpu() for name, said in heads(features).items()}
    faults, opinion, teacher = (known[rows].cpu() for known in (examples.faults, examples.opinion, examples.teacher))
    made = (faults.nan_to_num().amax(1) >= 0.6).numpy() & ~plain
    clean = plain & (faults.sum(1) == 0).numpy()
    quality = mean_over(outputs["quality"], torch.tensor(GRADES))
    aesthetic = mean_over(outputs["aesthetic"], torch.tensor(BINS))
    named = outputs["faults"].argmax(1) == faults.nan_to_num().argmax(1)
    return {
        "quality": float(spearmanr(quality[plain], opinion[plain]).statistic),
        "aesthetic": float(spearmanr(aesthetic[plain], (teacher @ torch.tensor(BINS))[plain]).statistic),
        "named": float(named[made].float().mean()),
        "accused": float((outputs["faults"][clean] > 0).any(1).float().mean()),
    }


def train_heads(examples: Examples, saved: Path) -> Heads:
    """Train the heads on the outputs of ImageNet's own tail, and save them."""
    train, val = examples.rows("train"), examples.rows("val")
    heads = heads_for(features_of(examples.top[train], examples, train)).to(DEVICE)
    if saved.exists():
        heads.load_state_dict(torch.load(saved, DEVICE))
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

    Each photo with an opinion is there once, as it is or in one of its varied views, in turn. Every second view of the
    free photos and every second degraded pair are there, the others in the next epoch. All frames are there.
    """
    plain, varied = examples.rows("train", "plain"), examples.rows("train", "varied")
    labelled, free = np.split(varied, [VARIED * len(plain)])
    shapes = np.column_stack([plain, labelled.reshape(len(plain), VARIED)])
    chosen = shapes[np.arange(len(plain)), (np.arange(len(plain)) + epoch) % shapes.shape[1]]
    made = examples.rows("train", *DEGRADATIONS)
    pairs = made[np.isin(examples.seed[made], np.unique(examples.seed[made])[epoch % 2 :: 2])]
    frames = np.setdiff1d(examples.rows("train"), np.concatenate([plain, varied, made]))
    rows = np.concatenate([chosen, free[epoch % 2 :: 2], pairs, frames])
    return together(rows, examples, np.random.default_rng(SEED + 100 + epoch))


def answers(both: nn.ModuleDict, examples: Examples, rows: np.ndarray) -> dict[str, torch.Tensor]:
    return both["heads"](features_of(both["tail"](examples.map_of(rows)), examples, rows))


def ways_apart(both: nn.ModuleDict, examples: Examples, ways: np.ndarray) -> torch.Tensor:
    """Return how far apart the answers for cuts and for their previews are; dropout drops the same units for both."""
    with torch.random.fork_rng():
        cuts = answers(both, examples, ways[:, 0])
    return apart_loss(cuts, answers(both, examples, ways[:, 1]))


def train_tail(examples: Examples, both: nn.ModuleDict, run: int, epochs: int, places: Places) -> list[Path]:
    """Fine-tune tail and heads together (AdamW, one cycle per epoch); return the files with the ends of the epochs.

    An end is the running average of the weights. With one cycle per epoch, a longer run continues where a shorter one
    ended. A later run starts afresh, but continues with the views where the previous one stopped.
    """
    first = run * epochs
    steps = len(epoch_rows(examples, first)) // BATCH
    average = AveragedModel(both, multi_avg_fn=get_ema_multi_avg_fn(1 - 1 / AVERAGED_OVER), use_buffers=True)
    optimizer = torch.optim.AdamW(both.parameters(), TAIL_RATE, weight_decay=WEIGHT_DECAY)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, TAIL_RATE, total_steps=steps, pct_start=0.15)
    start = cycle.state_dict()
    parts = {"both": both, "average": average, "optimizer": optimizer, "cycle": cycle}
    saved, done = places.cache / f"run-{run}.pt", 0
    if saved.exists():
        state = torch.load(saved, DEVICE, weights_only=False)
        done = state["done"]
        for name, part in parts.items():
            part.load_state_dict(state[name])
    both.train()
    ways = examples.two_ways("train") if RUNS[run].steady else np.empty((0, 2), int)
    ends = [places.cache / f"run-{run}-epoch-{epoch}.pt" for epoch in range(epochs)]
    began = time.time()
    for step in range(done, epochs * steps):
        epoch = step // steps
        if step == done or step % steps == 0:
            rows = epoch_rows(examples, first + epoch)
        if step % steps == 0:
            cycle.load_state_dict(start)
        batch = rows[step % steps * BATCH :][:BATCH]
        optimizer.zero_grad()
        loss = total_loss(answers(both, examples, batch), examples.targets(batch))
        if len(ways) and epoch >= min(STEADY_FROM, epochs - 1):
            chosen = np.random.default_rng(SEED + step).permutation(ways)[:WAYS_A_STEP]
            loss = loss + STEADY_WEIGHT * ways_apart(both, examples, chosen)
        loss.backward()
        optimizer.step()
        cycle.step()
        average.update_parameters(both)
        if (step + 1) % steps == 0:
            torch.save(average.module.state_dict(), ends[epoch])
        if (step + 1) % KEEP_EVERY == 0 or step + 1 == epochs * steps:
            print(f"step {step + 1} of {epochs * steps} loss {loss.item():.3f} {time.time() - began:.0f} s", flush=True)
            torch.save({"done": step + 1, **{name: part.state_dict() for name, part in parts.items()}}, saved)
    return ends[min(JOINED_FROM, epochs - 1) :]


@torch.no_grad()
def report(both: nn.ModuleDict, examples: Examples) -> None:
    """Print figures of the joined network on validation photos."""
    rows, ways = examples.rows("val"), examples.two_ways("val")
    top = top_features(both["tail"], examples, rows)
    found = validate(both["heads"], features_of(top, examples, rows), examples, rows)
    if len(ways):
        found["apart"] = ways_apart(both, examples, ways).item()
    print("joined", found, flush=True)


def train_lite0(examples: Examples, epochs: int, places: Places) -> dict[str, np.ndarray]:
    """Return the weights of tail, heads and embedding."""
    unsure = examples.known_together(VAGUE)
    heads = train_heads(examples, places.cache / "heads.pt")
    both = nn.ModuleDict({"tail": Tail(), "heads": heads}).to(DEVICE)
    sample = examples.rows("train", "plain")[::3]
    top = examples.top[sample]
    if epochs:
        found = []
        for number, run in enumerate(RUNS):
            seen = examples if run.believes else unsure
            begun = copy.deepcopy(both)
            if not run.believes:
                begun["heads"] = train_heads(unsure, places.cache / "heads-unsure.pt")
            found += [torch.load(end, DEVICE) for end in train_tail(seen, begun, number, epochs, places)]
        both.load_state_dict({name: torch.stack([end[name] for end in found]).mean(0) for name in found[0]})
        report(both, examples)
        top = top_features(both["tail"], examples, sample)
    return both["tail"].arrays() | heads.arrays() | embedding_arrays(top)


def beside_branch(lite0: dict[str, np.ndarray], examples: Examples) -> dict[str, np.ndarray]:
    """Return Lite0's weights as they are beside the branch; those of a file with a branch already are."""
    if "opinion.back.weight" in lite0:
        return lite0
    tail = Tail().to(DEVICE)
    tail.load_arrays(lite0)
    sample = examples.rows("train", "plain")[::3]
    features = features_of(top_features(tail, examples, sample), examples, sample)
    return lite0 | opinion_beside_branch(lite0, features)


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--epochs", type=int, default=7, help="epochs of fine-tuning after the heads")
    arguments.add_argument("--branch-epochs", type=int, default=8, help="epochs of the aesthetic branch")
    arguments.add_argument("--lite0-of", type=Path, help="take Lite0 from this int8 file, and train the branch alone")
    arguments.add_argument("--threads", type=int, default=2)
    options = arguments.parse_args()
    places = Places(options.data)
    torch.manual_seed(SEED)
    torch.set_num_threads(options.threads)
    examples = load_examples(places)
    read_back = options.lite0_of and lite0_weights(options.lite0_of)
    lite0 = beside_branch(read_back or train_lite0(examples, options.epochs, places), examples)
    epochs = [epoch_rows(examples, epoch) for epoch in range(options.branch_epochs)]
    branch = train_branch(examples, epochs, places)
    name = options.lite0_of.stem if options.lite0_of else str(options.epochs)
    np.savez(places.cache / f"weights-{name}.npz", **lite0, **branch.arrays())


if __name__ == "__main__":
    main()
