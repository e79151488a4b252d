"""The four commands of training/README.md, from a tiny data set to a model that iqsd can use."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from iqsd.scoring.checking import check
from tests.conftest import ROOT
from tests.training.making import picture, write_pictures, write_text

TRAIN, TEST = 36, 12

pytestmark = [
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflow") is None or importlib.util.find_spec("torch") is None,
        reason="torch and TensorFlow are training dependencies: pip install -r training/requirements.txt",
    ),
    pytest.mark.timeout(600),
]


def command(*words: str | Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=400
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def write_biq2021(folder: Path) -> None:
    """Photos in BIQ2021's layout; the more they are blurred, the less they are liked."""
    (folder / "Images").mkdir(parents=True)
    rows = []
    for number in range(TRAIN + TEST):
        name, strength = f"ss0{number % 3 + 1} ({number}).jpg", number % 7
        grain = np.random.default_rng(number).normal(0, 12, (200, 200, 1))
        sharp = np.clip(picture(number, 200, 200) + grain, 0, 255).astype(np.uint8)
        photo = cv2.GaussianBlur(sharp, (0, 0), strength) if strength else sharp
        assert cv2.imwrite(str(folder / "Images" / name), photo)
        rows.append(f"{name},{0.9 - 0.12 * strength:.2f}")
    write_text(folder / "Train (Images and MOS).csv", "Image Name,MOS", *rows[:TRAIN])
    write_text(folder / "Test (Images and MOS).csv", "Image Name,MOS", *rows[TRAIN:])


def test_a_tiny_data_set_becomes_a_model_that_iqsd_uses(tmp_path: Path) -> None:
    from training.readback import lite0_weights

    data, models, figures = tmp_path / "data", tmp_path / "models", tmp_path / "figures.json"
    write_biq2021(data / "biq2021")
    for part, seed in (("train", 1000), ("heldout", 2000)):
        write_pictures(data / "free" / part / "garden", ["a.jpg", "b.jpg"], seed)
    for folder in (data / "nima_weights", models):
        folder.mkdir()
    command("tests.training.random_teacher", data / "nima_weights" / "weights_mobilenet_aesthetic_0.07.hdf5")
    command("training.prepare", "--data", data)
    command("training.train", "--data", data, "--epochs", "1", "--branch-epochs", "1")
    command("training.quantize", "--data", data, "--models", models)
    command("training.evaluate", "--data", data, "--models", models, "--to", figures)

    trained, read_back = np.load(data / "cache" / "weights-1.npz"), lite0_weights(models / "iqsd.tflite")
    for name in trained.files:
        if not name.startswith("branch."):
            assert np.abs(read_back[name] - trained[name]).max() <= np.abs(trained[name]).max() / 127, name
    with pytest.raises(ValueError, match="not made by training"):
        lite0_weights(data / "cache" / "teacher.tflite")

    found = json.loads(figures.read_text())
    assert found["opinions"]["quality"]["n"] == TEST
    assert found["bytes"] == (models / "iqsd.tflite").stat().st_size <= 6_000_000
    assert found["against iqsd itself"]["n"] == TEST
    assert found["against iqsd itself"]["mean difference of the score"] < 0.5
    assert check(models / "iqsd.tflite").doubts == ()
