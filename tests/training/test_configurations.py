"""Every configuration, the first engine's included, learns from features that tell good photos from bad ones."""

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="a training dependency: pip install -r training/requirements.txt")
pytest.importorskip("scipy", reason="a training dependency: pip install -r training/requirements.txt")

import torch

from training.common import GRADES
from training.compare import Data, measure
from training.configurations import CONFIGURATIONS, Configuration
from training.datasets import Labelled, Scale
from training.label_views import as_classes, as_distributions
from training.losses import ranking_loss


def test_the_first_engines_recipe_is_the_first_of_the_table() -> None:
    first = CONFIGURATIONS[0]
    assert (first.labels, first.loss, first.sampling, first.head, first.size) == (
        "classes", "cross-entropy", "balanced", "dense", 299,
    )  # fmt: skip
    assert len({how.name for how in CONFIGURATIONS}) == len(CONFIGURATIONS)


@pytest.fixture(scope="module")
def photos() -> tuple[torch.Tensor, Data]:
    rng = np.random.default_rng(1)
    opinions = rng.uniform(0, 1, 1200)
    seen = rng.normal(0, 0.3, (len(opinions), 24)) + (opinions[:, None] - 0.5) * 2 * rng.choice([-1, 1], 24)
    scale = Scale("share", 0, 1)
    labelled = [Labelled(Path("x"), str(n), scale, float(o), subset="ab"[n % 2]) for n, o in enumerate(opinions)]
    distributions = torch.from_numpy(as_distributions(labelled, GRADES, 0.7))
    rows = {"train": np.arange(1000), "val": np.arange(1000, 1200)}
    data = Data(labelled, as_classes(labelled, "biq2021"), distributions, opinions, rows)
    return torch.from_numpy(seen.astype(np.float32)), data


@pytest.mark.parametrize("how", CONFIGURATIONS, ids=lambda how: how.name)
def test_a_configuration_learns_and_is_measured_on_photos_it_has_not_seen(
    how: Configuration, photos: tuple[torch.Tensor, Data]
) -> None:
    for found in measure(how, *photos, "biq2021"):
        assert found["n"] == 200
        assert found["accuracy"] > 0.6
        assert set(found["srcc"]) == {"all", "a", "b"}
        assert found["srcc"]["all"] > 0.8


def test_the_ranking_loss_depends_only_on_the_order_and_ignores_nearly_equal_photos() -> None:
    true = torch.tensor([1.0, 2.0, 3.0])
    right, wrong = ranking_loss(true * 9, true), ranking_loss(-true * 9, true)
    assert float(right) < 0.01
    assert float(wrong) > 9
    assert float(ranking_loss(true * 9 + 100, true)) == pytest.approx(float(right))
    assert float(ranking_loss(torch.tensor([1.0, 5.0]), torch.tensor([2.0, 2.05]))) == 0
