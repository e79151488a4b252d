"""The aesthetic branch: it starts as its teacher, and is the same in PyTorch, where it is trained, and in the file."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None or importlib.util.find_spec("torch") is None,
    reason="torch and TensorFlow are training dependencies: pip install -r training/requirements.txt",
)


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A teacher whose normalisations are not neutral."""
    path = tmp_path_factory.mktemp("teacher") / "weights.hdf5"
    subprocess.run([sys.executable, "-m", "tests.training.random_teacher", path], cwd=ROOT, check=True)
    return path


@pytest.fixture
def photos() -> np.ndarray:
    """Grain of three strengths, each on a different background."""
    grain = np.random.default_rng(3).normal(0, 1, (3, 384, 384, 3))
    ground, strength = (np.reshape(values, (3, 1, 1, 1)) for values in ((40, 128, 200), (5, 30, 60)))
    return np.clip(ground + strength * grain, 0, 255).astype(np.uint8)


def test_before_it_is_squeezed_it_answers_like_the_teacher(teacher: Path, photos: np.ndarray) -> None:
    import torch

    from training.branch import Branch
    from training.common import scaled
    from training.teacher import build_teacher

    small = photos[:, 80:304, 80:304]
    bins, features = build_teacher(teacher)(small.astype(np.float32) / 127.5 - 1)
    branch = Branch(teacher)
    with torch.no_grad():
        found = branch.features(torch.from_numpy(scaled(small)).permute(0, 3, 1, 2))
        said = branch.bins(found).softmax(1)

    # Its weights are rounded, and it pads the border with 127 where the teacher pads with 127.5.
    assert np.abs(found.numpy() - np.asarray(features)).max() < 0.02 * np.asarray(features).max()
    assert np.abs(said.numpy() - np.asarray(bins)).max() < 5e-3


def test_the_file_gets_the_branch_that_was_trained_and_the_pixels_that_it_was_trained_on(
    teacher: Path, photos: np.ndarray
) -> None:
    import keras
    import torch

    from training.branch import Branch
    from training.branch_layers import add_branch
    from training.common import BRANCH_SAY, scaled, to_branch

    branch = Branch(teacher)
    small = torch.from_numpy(scaled(np.stack([to_branch(photo) for photo in photos]))).permute(0, 3, 1, 2)
    branch.squeeze([small])
    image = keras.layers.Input((384, 384, 3))
    in_keras = keras.Model(image, add_branch(branch.arrays(), image))
    with torch.no_grad():
        said = branch.bins(branch.features(small)).numpy()

    assert np.ptp(said, axis=0).max() > 0.01  # the photos get different answers
    share = np.asarray(in_keras(scaled(photos)))  # the rest comes from a head of Lite0
    assert np.abs(share / BRANCH_SAY - said).max() < 1e-4


def test_the_head_beside_it_is_squeezed_to_what_matters_and_has_the_remaining_share() -> None:
    import torch

    from training.common import BRANCH_SAY
    from training.network import LOW_NAMES, LOW_WIDTHS, TOP_WIDTH, opinion_beside_branch

    rng = np.random.default_rng(5)
    arrays = {"aesthetic.weight": rng.normal(size=(10, 128)), "aesthetic.bias": rng.normal(size=10)}
    widths = dict(zip(("top", *LOW_NAMES), (TOP_WIDTH, *LOW_WIDTHS), strict=True))
    for place, width in widths.items():
        arrays |= {f"opinion.{place}.weight": rng.normal(size=(128, width)) / 20}
        arrays |= {f"opinion.{place}.bias": rng.normal(size=128)}
    features = [torch.from_numpy(rng.uniform(0, 1, (12, width))) for width in widths.values()]
    squeezed = arrays | opinion_beside_branch(arrays, features)

    def hidden(weights: dict[str, np.ndarray]) -> np.ndarray:
        layers = [(weights[f"opinion.{place}.weight"], weights[f"opinion.{place}.bias"]) for place in widths]
        put_out = [x.numpy() @ weight.T + bias for x, (weight, bias) in zip(features, layers, strict=True)]
        return np.asarray(sum(put_out))

    def logits(weights: dict[str, np.ndarray], before: np.ndarray) -> np.ndarray:
        return np.asarray(before.clip(0, 6) @ weights["aesthetic.weight"].T + weights["aesthetic.bias"])

    through = hidden(squeezed) @ squeezed["opinion.back.weight"].T + squeezed["opinion.back.bias"]
    assert hidden(squeezed).shape[1] < 128 / 4
    share = logits(squeezed, through) / (1 - BRANCH_SAY)
    assert np.allclose(logits(arrays, hidden(arrays)), share)  # with 12 photos nothing is lost
