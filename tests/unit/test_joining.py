"""How means and faults join into one score: order is kept, and the worst fault pulls it down."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.errors import ModelError
from iqsd.models import shipped_model
from iqsd.scoring.assessment import FAULTS
from iqsd.scoring.joining import joined
from iqsd.scoring.metadata import metadata_path, read_metadata
from tests.tiny_model import METADATA

MEANS = st.fixed_dictionaries({"aesthetic": st.floats(1, 10), "quality": st.floats(1, 5)})
SEVERITIES = st.dictionaries(st.sampled_from(FAULTS), st.floats(0, 1))


@given(MEANS, SEVERITIES, st.sampled_from(FAULTS), st.floats(0, 1))
def test_a_severer_fault_never_raises_the_score(
    means: dict[str, float], faults: dict[str, float], name: str, more: float
) -> None:
    metadata = read_metadata(shipped_model())
    severer = faults | {name: max(faults.get(name, 0.0), more)}
    assert 0 <= joined(metadata, means, severer) <= joined(metadata, means, faults) <= 100


@given(MEANS, SEVERITIES, st.sampled_from(["aesthetic", "quality"]), st.floats(0, 4))
def test_a_better_mean_never_lowers_the_score(
    means: dict[str, float], faults: dict[str, float], name: str, more: float
) -> None:
    metadata = read_metadata(shipped_model())
    better = means | {name: min(means[name] + more, 5.0 if name == "quality" else 10.0)}
    assert joined(metadata, better, faults) >= joined(metadata, means, faults) - 1e-9


def with_pulls(folder: Path, pulls: Any) -> Path:
    model = folder / "m.tflite"
    score = {"weights": {"aesthetic": 1}} | ({} if pulls is None else {"faults": pulls})
    metadata_path(model).write_text(json.dumps(METADATA | {"score": score}))
    return model


def test_only_the_worst_fault_counts_and_by_its_own_share(tmp_path: Path) -> None:
    metadata = read_metadata(with_pulls(tmp_path, {"blur": 0.5, "noise": 1}))
    assert joined(metadata, {"aesthetic": 10}, {"blur": 0.8, "noise": 0.1, "compression": 1}) == pytest.approx(60)
    assert joined(metadata, {"aesthetic": 10}, {"blur": 0.1, "noise": 0.8}) == pytest.approx(20)


def test_a_model_that_says_nothing_about_faults_is_scored_by_its_means(tmp_path: Path) -> None:
    metadata = read_metadata(with_pulls(tmp_path, None))
    assert joined(metadata, {"aesthetic": 5.5}, dict.fromkeys(FAULTS, 1.0)) == pytest.approx(50)
    assert joined(metadata, {"aesthetic": 5.5}, {}) == pytest.approx(50)


@pytest.mark.parametrize(
    "pulls", [{"fog": 0.5}, {"blur": 1.5}, {"blur": -0.1}, {"blur": "much"}, {"blur": float("nan")}, 3]
)
def test_a_wrong_share_is_an_error_that_names_the_key(tmp_path: Path, pulls: Any) -> None:
    with pytest.raises(ModelError, match=r"score\.faults"):
        read_metadata(with_pulls(tmp_path, pulls))
