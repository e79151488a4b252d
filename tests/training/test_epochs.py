"""What an epoch shows, and how precisely a step is computed."""

import importlib.util

import numpy as np
import pytest

from tests.conftest import PHOTOS
from training.degrade import DEGRADATIONS
from training.photos import Photo
from training.views import list_views

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite_pytorch") is None,
    reason="torch is a training dependency: pip install -r training/requirements.txt",
)


def test_photos_are_spoilt_twice_for_training_and_once_for_validation() -> None:
    def pairs(part: str) -> int:
        views = list_views([Photo(PHOTOS[0], None, "free", part)])
        made = [view for view in views if view.change in DEGRADATIONS]
        assert [view.seed for view in made[::2]] == [view.seed for view in made[1::2]]
        return len(made) // 2

    assert pairs("train") == 2 * pairs("val") > 0
    assert pairs("heldout") == 0


@needs_torch
def test_an_epoch_shows_half_of_the_pairs_and_the_next_one_the_others() -> None:
    from training.examples import Examples
    from training.train import epoch_rows

    change = np.repeat(["plain", "varied", "noise", "blur", "grey"], [4, 8 + 6, 10, 4, 3])
    seed = np.where(np.isin(change, list(DEGRADATIONS)), np.arange(len(change)) // 2, 0)  # pairs are side by side
    nothing = dict.fromkeys(Examples.__dataclass_fields__)
    examples = Examples(**nothing | {"part": np.full(len(change), "train"), "change": change, "seed": seed})

    shown = [epoch_rows(examples, epoch) for epoch in range(3)]
    pairs = [rows[np.isin(change[rows], list(DEGRADATIONS))] for rows in shown]
    assert [len(rows) for rows in shown] == [4 + 3 + len(some) + 3 for some in pairs]
    assert set(pairs[0]) == set(pairs[2])
    assert sorted([*pairs[0], *pairs[1]]) == np.flatnonzero(np.isin(change, list(DEGRADATIONS))).tolist()
    assert set(seed[pairs[0]]).isdisjoint(seed[pairs[1]])


@needs_torch
def test_a_step_in_sixteen_bits_leads_where_an_exact_one_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    from training import network

    torch.manual_seed(3)
    tail, maps = network.Tail(), torch.randn(4, 80, 24, 24)
    wanted = torch.randn(4, network.TOP_WIDTH)
    steps, answers = [], []
    for fast in (False, True):
        monkeypatch.setattr(network, "FAST_BF16", fast)
        tail.zero_grad()
        (tail.train()(maps) * wanted).sum().backward()
        steps.append([weight.grad.clone().flatten() for weight in tail.parameters()])
        with torch.no_grad():
            answers.append(tail.eval()(maps))
    alike = [torch.cosine_similarity(exact, rounded, 0).item() for exact, rounded in zip(*steps, strict=True)]
    assert 0.9 < min(alike) < max(alike)
    assert torch.equal(*answers)  # training is rounded, answers are not
