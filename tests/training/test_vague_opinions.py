"""For one subset only the mean opinion is believed: which targets its photos have, and which not."""

import importlib.util
from typing import Any

import numpy as np
import pytest

from tests.conftest import PHOTOS
from training.photos import Photo
from training.views import VAGUE, View

needs_torch = pytest.mark.skipif(
    importlib.util.find_spec("efficientnet_lite_pytorch") is None,
    reason="torch is a training dependency: pip install -r training/requirements.txt",
)


def test_a_high_opinion_of_a_vague_photo_does_not_mean_that_it_has_no_fault() -> None:
    believed, vague = (View(Photo(PHOTOS[0], 0.8, subset, "train"), "plain", 0.0, 0) for subset in ("ss03", VAGUE))
    assert believed.faults == [0.0] * 5
    assert np.isnan(vague.faults).all()
    spoilt = View(Photo(PHOTOS[0], 0.8, VAGUE, "train"), "noise", 0.7, 0)
    assert [known for known in spoilt.faults if not np.isnan(known)] == [0.7]


@needs_torch
def test_vague_photos_learn_their_common_mean_in_training_and_keep_their_opinions_for_validation() -> None:
    import torch

    from training.examples import Examples

    given: dict[str, Any] = dict.fromkeys(Examples.__dataclass_fields__) | {
        "subset": np.array([VAGUE, VAGUE, VAGUE, "ss03", VAGUE]),
        "part": np.array(["train", "train", "train", "train", "val"]),
        "change": np.array(["plain", "varied", "plain", "plain", "plain"]),
        "opinion": torch.tensor([0.2, 0.2, 0.6, 0.9, 0.7]),
    }
    examples = Examples(**given).known_together(VAGUE)
    assert examples.opinion.tolist() == pytest.approx([0.4, 0.4, 0.4, 0.9, 0.7])
    assert examples.vague.tolist() == [True, True, True, False, False]


@needs_torch
def test_vague_photos_are_held_to_their_common_mean_and_free_in_their_order() -> None:
    import torch

    from training.losses import quality_loss

    def loss(grades: list[float], opinions: list[float], measured: bool = True) -> float:
        """The last two photos are vague."""
        logits = torch.stack([-4 * (torch.arange(1.0, 6.0) - grade).square() for grade in grades])
        flags = torch.tensor([True, True, measured, measured]), torch.tensor([False, False, True, True])
        return float(quality_loss(logits, torch.tensor(opinions), *flags))

    right = loss([2.0, 4.0, 2.0, 4.0], [0.25, 0.75, 0.5, 0.5])
    assert loss([2.0, 4.0, 4.0, 2.0], [0.25, 0.75, 0.5, 0.5]) == pytest.approx(right)
    assert loss([2.0, 4.0, 2.0, 4.0], [0.25, 0.75, 0.9, 0.1]) == pytest.approx(right)
    assert loss([2.0, 4.0, 4.0, 4.0], [0.25, 0.75, 0.5, 0.5]) > right + 0.5
    assert loss([2.0, 4.0, 4.0, 4.0], [0.25, 0.75, 0.5, 0.5], measured=False) == pytest.approx(right)  # spoilt photos
