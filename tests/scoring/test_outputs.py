"""A model's answers become means, faults and a score, in whatever form it gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from iqsd.scoring import detail, tiles
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import metadata_path, read_metadata
from iqsd.scoring.scorer import assessment
from tests.formats.making import photograph
from tests.tiny_model import METADATA

BLACK_OR_WHITE = {"underexposure": 0.0, "overexposure": 0.0}


def assessed(
    folder: Path,
    output: dict[str, Any],
    values: list[float],
    exposed: dict[str, float] = BLACK_OR_WHITE,
    fine: dict[str, float] | None = None,
) -> Assessment:
    """The assessment of a photo for which a model gives an aesthetic mean of 5.5, and these values as other output."""
    model = folder / "m.tflite"
    outputs = [*METADATA["outputs"], {"tensor": 1, "activation": "none"} | output]
    if output["name"] == "aesthetic":
        outputs = outputs[1:]
    metadata_path(model).write_text(json.dumps(METADATA | {"outputs": outputs}))
    raw = {0: np.array([5.5], np.float32), 1: np.array(values, np.float32)}
    return assessment(read_metadata(model), raw, exposed, fine or {})


@pytest.mark.parametrize(
    ("activation", "values", "shares"),
    [
        ("none", [0.1, 0.3, 0.6], [0.1, 0.3, 0.6]),
        ("none", [1, 3, 6], [0.1, 0.3, 0.6]),
        ("none", [-1, 1, 3], [0, 0.25, 0.75]),
        ("none", [0, 0, 0], [1 / 3, 1 / 3, 1 / 3]),
        ("none", [3e38, 3e38, 3e38], [1 / 3, 1 / 3, 1 / 3]),
        ("softmax", [0, 0, float(np.log(2))], [0.25, 0.25, 0.5]),
        ("softmax", [1000, 1000, -1000], [0.5, 0.5, 0]),
        ("sigmoid", [0, 0, -1000], [0.5, 0.5, 0]),
    ],
)
def test_the_mean_of_a_distribution_is_that_of_its_shares(
    tmp_path: Path, activation: str, values: list[float], shares: list[float]
) -> None:
    output = {"name": "aesthetic", "kind": "distribution", "scale": [1, 4, 10], "activation": activation}
    found = assessed(tmp_path, output, values)
    assert found.distributions["aesthetic"] == pytest.approx(shares, abs=1e-6)
    assert found.aesthetic == pytest.approx(np.dot(shares, [1, 4, 10]), abs=0.005)


@pytest.mark.parametrize(("value", "mean"), [(-3, 1), (7.25, 7.25), (11, 10)])
def test_a_scalar_is_limited_to_its_scale(tmp_path: Path, value: float, mean: float) -> None:
    output = {"name": "aesthetic", "kind": "scalar", "scale": [1, 10]}
    found = assessed(tmp_path, output, [value])
    assert (found.aesthetic, found.distributions) == (mean, {})


@pytest.mark.parametrize(
    ("activation", "values", "figures"),
    [("sigmoid", [0, -1000, 1000], (0.5, 0, 1)), ("none", [0.25, -2, 2], (0.25, 0, 1))],
)
def test_faults_are_figures_from_0_to_1(
    tmp_path: Path, activation: str, values: list[float], figures: tuple[float, ...]
) -> None:
    output = {"name": "f", "kind": "faults", "labels": ["blur", "noise", "compression"], "activation": activation}
    faults = assessed(tmp_path, output, values).faults
    assert (faults["blur"], faults["noise"], faults["compression"]) == figures


def test_if_two_detectors_find_a_fault_the_severer_one_counts(tmp_path: Path) -> None:
    output = {"name": "f", "kind": "faults", "labels": ["blur", "noise"]}
    fine = {"blur": 0.6, "motion_blur": 0.6, "noise": 0.4}
    assert assessed(tmp_path, output, [0.2, 0.7], fine=fine).faults == BLACK_OR_WHITE | fine | {"noise": 0.7}
    severer = {"blur": 0.9, "motion_blur": 0.9, "noise": 0.4}
    assert assessed(tmp_path, output, [0.9, 0.1], fine=fine).faults == BLACK_OR_WHITE | severer
    still = {"blur": 0.9, "motion_blur": 0.0, "noise": 0.4}
    assert assessed(tmp_path, output, [0.9, 0.1], fine=fine | {"motion_blur": 0.0}).faults == BLACK_OR_WHITE | still


@pytest.mark.parametrize(("values", "unit"), [([3, 4], (0.6, 0.8)), ([0, 0], (0, 0))])
def test_an_embedding_has_length_1_or_none_at_all(tmp_path: Path, values: list[float], unit: tuple[float, ...]) -> None:
    found = assessed(tmp_path, {"name": "e", "kind": "embedding"}, values)
    assert found.embedding == pytest.approx(unit)


def test_black_or_white_areas_take_their_share_of_the_score(tmp_path: Path) -> None:
    output = {"name": "e", "kind": "embedding"}
    scores = [assessed(tmp_path, output, [1], exposed={"overexposure": share}).score for share in (0.0, 0.5, 1.0)]
    assert scores == [50.0, 25.0, 0.0]
    assert assessed(tmp_path, output, [1], exposed={"overexposure": 1 / 3}).score == 33.3  # one decimal


@pytest.mark.parametrize(("severity", "counted"), [(0.1, 0.02), (0.4, 0.32), (0.5, 0.5), (0.8, 0.8)])
def test_a_fault_that_nobody_would_name_counts_less_except_for_blocks(severity: float, counted: float) -> None:
    always = detail.Judge(
        faults=("noise", "compression"),
        mean=np.zeros(tiles.COUNT, np.float32),
        deviation=np.ones(tiles.COUNT, np.float32),
        hidden=np.zeros((tiles.COUNT + 1, 1), np.float32),
        output=np.array([[0, 0], [np.log(severity / (1 - severity))] * 2], np.float32),
    )
    found = detail.faults(photograph(1200, 900), None, always)
    assert found == pytest.approx({"noise": counted, "compression": severity}, abs=1e-6)
