"""Other people's models work by metadata alone, and a wrong model is a clear error before the first photo."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.errors import ModelError
from iqsd.models import shipped_model
from iqsd.photos.formats import Pixels
from iqsd.scoring.fitting import fit
from iqsd.scoring.metadata import metadata_path, read_metadata
from iqsd.scoring.scorer import Scorer
from tests.conftest import ROOT, Iqsd, copy_photos
from tests.tiny_model import METADATA, write_model

NIMA = {
    "outputs": [
        {"tensor": 0, "name": "aesthetic", "kind": "distribution", "scale": list(range(1, 11)), "activation": "softmax"}
    ]
}
CLASSES: dict[str, Any] = {
    "outputs": [
        {
            "tensor": 0,
            "name": "verdict",
            "kind": "classes",
            "labels": ["rejected", "pending", "accepted"],
            "activation": "none",
        }
    ],
    "score": {"weights": {"verdict": 1}},
}


def plain(red: int, green: int, blue: int) -> Pixels:
    return np.full((40, 60, 3), (red, green, blue), np.uint8)


@pytest.mark.parametrize("quantized", [False, True], ids=["float", "int8"])
def test_a_scalar_model_gives_its_value_on_its_scale(tmp_path: Path, quantized: bool) -> None:
    scorer = Scorer(write_model(tmp_path / "m.tflite", [[4, 3, 2]], [1], METADATA, quantized))
    assert scorer.assess(plain(255, 255, 255)).aesthetic == pytest.approx(10, abs=0.05)
    found = scorer.assess(plain(255, 0, 0))
    assert found.aesthetic == pytest.approx(5, abs=0.05)
    assert found.score == pytest.approx(100 * 4 / 9, abs=0.5)
    assert found.quality is None
    assert found.model == "tiny/1"


@pytest.mark.parametrize("quantized", [False, True], ids=["float", "int8"])
def test_a_ten_bin_nima_gives_a_distribution_and_its_mean(tmp_path: Path, quantized: bool) -> None:
    weights = [[0, 0, 0]] * 9 + [[9, 0, 0]]
    scorer = Scorer(write_model(tmp_path / "m.tflite", weights, [0] * 10, METADATA | NIMA, quantized))
    grey, red = scorer.assess(plain(0, 99, 99)), scorer.assess(plain(255, 99, 99))
    assert grey.aesthetic == pytest.approx(5.5, abs=0.1)
    assert red.aesthetic is not None
    assert red.aesthetic > 9.9
    assert len(red.distributions["aesthetic"]) == 10
    assert sum(red.distributions["aesthetic"]) == pytest.approx(1)


def test_a_three_class_model_like_digikams_gives_a_score(tmp_path: Path) -> None:
    weights = [[1, 0, 0], [0, 1, 0], [0, 0, 1]]
    scorer = Scorer(write_model(tmp_path / "m.tflite", weights, [0] * 3, METADATA | CLASSES))
    scores = [scorer.assess(plain(*colour)).score for colour in ((200, 0, 0), (0, 200, 0), (0, 0, 200), (200, 200, 0))]
    assert scores == [0, 50, 100, 25]


def test_bgr_and_rgb_are_told_apart(tmp_path: Path) -> None:
    bgr = METADATA | {"input": METADATA["input"] | {"channels": "bgr"}}
    scorer = Scorer(write_model(tmp_path / "m.tflite", [[9, 0, 0]], [1], bgr))
    assert scorer.assess(plain(0, 99, 255)).aesthetic == 10


def test_percentiles_turn_a_mean_into_a_rank_among_reference_photos(tmp_path: Path) -> None:
    table = [4 + 0.1 * i for i in range(21)]
    score = {"weights": {"aesthetic": 1}, "percentiles": {"aesthetic": table}}
    scorer = Scorer(write_model(tmp_path / "m.tflite", [[9, 0, 0]], [1], METADATA | {"score": score}))
    assert scorer.assess(plain(round((5 - 1) / 9 * 255), 99, 99)).score == pytest.approx(50, abs=1)
    assert scorer.assess(plain(round((4.2 - 1) / 9 * 255), 99, 99)).score == pytest.approx(10, abs=1)


@given(st.lists(st.integers(0, 255), min_size=3, max_size=3), st.lists(st.integers(0, 255), min_size=3, max_size=3))
def test_the_score_follows_the_mean_in_order(shared_scorer: Scorer, a: list[int], b: list[int]) -> None:
    first, second = sorted(
        (shared_scorer.assess(plain(*colour)) for colour in (a, b)), key=lambda found: found.aesthetic or 0
    )
    if not any(first.faults.values()) and not any(second.faults.values()):
        assert first.score <= round(second.score + 0.1, 1)


@pytest.fixture(scope="module")
def shared_scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    return Scorer(write_model(tmp_path_factory.mktemp("m") / "m.tflite", [[4, 3, 2]], [1], METADATA))


@pytest.mark.parametrize("how", ["squash", "crop", "pad"])
def test_a_photo_is_fitted_to_the_input_as_the_metadata_says(how: str, tmp_path: Path) -> None:
    data = METADATA | {"input": METADATA["input"] | {"fit": how}}
    path = write_model(tmp_path / "m.tflite", [[1, 0, 0]], [1], data)
    wide = np.zeros((100, 300, 3), np.uint8)
    wide[:, 100:200] = 200  # the middle third
    fitted = fit(wide, read_metadata(path).input)
    assert fitted.shape == (16, 16, 3)
    lit = (fitted[8, :, 0] > 150).sum()
    assert lit == {"squash": 6, "crop": 16, "pad": 6}[how] or abs(lit - {"squash": 5, "pad": 5}.get(how, 16)) <= 1
    assert (fitted[0, 8] == 127).all() == (how == "pad")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"outputs": None}, "outputs: must be a list"),
        ({"name": 3}, "name: is 3, must be text"),
        ({"name": ""}, "name: is '', must be a printable name"),
        ({"version": "1\x1b[2J"}, "version: is '1\\x1b[2J', must be a printable name"),
        ({"detail": "../detail.json"}, "detail: is '../detail.json', must be the name of a file beside this one"),
        ({"input": {"width": 16}}, "input.mean: is missing"),
        (
            {"input": METADATA["input"] | {"fit": "stretch"}},
            "input.fit: is 'stretch', must be one of squash, crop, pad",
        ),
        ({"input": METADATA["input"] | {"std": [1, 0, 1]}}, "input.std: must be above 0"),
        ({"outputs": [METADATA["outputs"][0] | {"kind": "vector"}]}, "outputs[0].kind: is 'vector'"),
        ({"outputs": [METADATA["outputs"][0] | {"scale": [1, 20]}]}, "outputs[0].scale: aesthetic runs from 1 to 10"),
        ({"outputs": [METADATA["outputs"][0] | {"tensor": 3}]}, "its metadata names tensor 3"),
        ({"outputs": [NIMA["outputs"][0]]}, "has 1 values, but its metadata says 10"),
        ({"outputs": [METADATA["outputs"][0] | {"scale": [0, 10]}]}, "outputs[0].scale: aesthetic runs from 1 to 10"),
        ({"outputs": [METADATA["outputs"][0] | {"scale": [5, 5]}]}, "outputs[0].scale: aesthetic runs from 1 to 10"),
        ({"score": {"weights": {}}}, "score.weights: must give"),
        ({"score": {"weights": {"aesthetic": 0}}}, "score.weights: must give"),
        ({"score": {"weights": {"aesthetic": -1}}}, "score.weights: must give"),
        ({"score": {"weights": {"beauty": 1}}}, "score.weights: must give"),
        ({"thresholds": {"reject_below": 90, "accept_from": 60, "stars": [1, 2, 3, 4]}}, "thresholds.reject_below"),
        (
            {"thresholds": {"reject_below": 9, "accept_from": 60, "stars": [4, 3, 2, 1]}},
            "thresholds.stars: must ascend",
        ),
        (
            {"thresholds": {"reject_below": 9, "accept_from": 60, "stars": [20, 40, 60, 180]}},
            "thresholds.stars: must lie between 0 and 100",
        ),
        (
            {"thresholds": {"reject_below": 9, "accept_from": 60, "stars": [-1, 0, 60, 80]}},
            "thresholds.stars: must lie between 0 and 100",
        ),
        ({"input": METADATA["input"] | {"width": 17}}, "takes input of shape"),
        ({"input": METADATA["input"] | {"width": 10**6}}, "input.width: is 1000000, must be a whole number from 8"),
        ({"input": METADATA["input"] | {"mean": [float("nan")] * 3}}, "input.mean: must be a list of 3 numbers"),
        ({"input": METADATA["input"] | {"resize": "cubic"}}, "input.resize: is 'cubic', must be one of area, nearest"),
        ({"score": {"weights": {"aesthetic": float("inf")}}}, "score.weights.aesthetic: is inf"),
        ({"outputs": METADATA["outputs"] * 2}, "outputs[1].name: 'aesthetic' is also the name of another output"),
        ({"outputs": [METADATA["outputs"][0] | {"activation": "softmax"}]}, "outputs[0].activation: softmax is for"),
        ({"outputs": [CLASSES["outputs"][0] | {"name": "quality"}]}, "outputs[0].name: classes have no mean on"),
    ],
)
def test_what_is_wrong_with_a_model_is_named(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    path = write_model(tmp_path / "m.tflite", [[1, 0, 0]], [1], METADATA | change)
    with pytest.raises(ModelError) as caught:
        Scorer(path)
    assert words in str(caught.value)
    assert str(tmp_path) in str(caught.value)


@pytest.mark.parametrize("key", sorted(METADATA))
def test_a_missing_key_is_named(tmp_path: Path, key: str) -> None:
    data = copy.deepcopy(METADATA)
    del data[key]
    path = write_model(tmp_path / "m.tflite", [[1, 0, 0]], [1], data)
    with pytest.raises(ModelError, match=f"{key}: is missing"):
        Scorer(path)


def test_a_file_that_is_not_a_model_is_an_error_before_the_first_photo(iqsd: Iqsd) -> None:
    (photo,) = copy_photos(iqsd.pictures, 1)
    path = write_model(iqsd.home / "m.tflite", [[1, 0, 0]], [1], METADATA)
    path.write_bytes(b"no model at all")
    iqsd.configure(f'[model]\nfile = "{path}"\n')
    done = iqsd.run("score", photo)
    assert done.returncode == 4
    assert "is not a TFLite model" in done.stderr
    path.unlink()
    done = iqsd.run("rescan", iqsd.pictures)
    assert done.returncode == 4
    assert "there is no such model file" in done.stderr


def test_a_users_own_model_rates_photos_with_the_real_program(iqsd: Iqsd) -> None:
    copy_photos(iqsd.pictures, 2)
    path = write_model(iqsd.home / "m.tflite", [[4, 3, 2]], [1], METADATA)
    iqsd.configure(f'[model]\nfile = "{path}"\n')
    for line in iqsd.rescan():
        assert line["status"] == "rated"
        assert line["model"] == "tiny/1"
        assert line["quality"] is None


def test_the_metadata_in_the_documentation_are_valid(tmp_path: Path) -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", (ROOT / "docs" / "models.md").read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.json").write_text(block)
        assert read_metadata(tmp_path / f"{number}.tflite").input.resize == "nearest"


def test_the_shipped_model_is_in_order_and_small() -> None:
    found = read_metadata(shipped_model())
    assert {output.name for output in found.outputs} == {"aesthetic", "quality", "faults", "embedding"}
    assert shipped_model().stat().st_size <= 6_000_000
    assert json.loads(metadata_path(shipped_model()).read_text())["name"] in found.name
