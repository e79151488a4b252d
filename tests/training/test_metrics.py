"""The figures by which models are judged, on cases with known answers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("scipy", reason="a training dependency: pip install -r training/requirements.txt")

from training.metrics import agreement, by_subset, calibration, classification, fault_calibration

NAMES = ("bad", "normal", "good")
CLASSES = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1)


def test_order_counts_for_srcc_and_distance_for_rmse() -> None:
    true = np.array([1.0, 2, 3, 4])
    found = agreement(np.array([10.0, 20, 30, 400]), true)
    assert (found["n"], found["srcc"]) == (4, pytest.approx(1))
    assert 0.7 < found["plcc"] < 0.9
    assert agreement(true + 2, true) == {
        "n": 4, "srcc": pytest.approx(1), "plcc": pytest.approx(1), "rmse": pytest.approx(2)
    }  # fmt: skip
    assert agreement(-true, true)["srcc"] == pytest.approx(-1)


def test_what_does_not_vary_has_no_correlation_and_no_warning() -> None:
    assert np.isnan(agreement(np.ones(3), np.arange(3.0))["srcc"])
    assert np.isnan(agreement(np.ones(1), np.ones(1))["plcc"])


def test_classes_are_counted_in_the_confusion_by_rows_of_truth() -> None:
    said, true = np.array([0, 0, 1, 2, 2, 2]), np.array([0, 1, 1, 1, 2, 2])
    found = classification(said, true, NAMES)
    assert found["confusion"] == [[1, 0, 0], [1, 1, 1], [0, 0, 2]]
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["classes"]["normal"] == {
        "precision": 1, "recall": pytest.approx(1 / 3), "f1": pytest.approx(0.5), "n": 3
    }  # fmt: skip
    assert found["macro_f1"] == pytest.approx((2 / 3 + 1 / 2 + 4 / 5) / 3)


def test_a_class_that_occurs_nowhere_does_not_lower_the_macro_f1() -> None:
    assert classification(np.array([0, 2]), np.array([0, 2]), NAMES)["macro_f1"] == 1


@given(CLASSES)
def test_figures_of_classes_are_between_0_and_1_and_are_1_only_if_everything_is_right(
    pairs: list[tuple[int, int]],
) -> None:
    said, true = (np.array(column) for column in zip(*pairs, strict=True))
    found = classification(said, true, NAMES)
    assert 0 <= found["macro_f1"] <= 1
    assert (found["macro_f1"] == 1) == (found["accuracy"] == 1) == bool((said == true).all())
    assert sum(map(sum, found["confusion"])) == len(pairs)


def test_a_classifier_that_is_right_as_often_as_it_is_sure_is_calibrated() -> None:
    rng = np.random.default_rng(1)
    sure = rng.uniform(0.5, 1, 20_000)
    probabilities = np.stack([sure, 1 - sure], 1)
    true = (rng.random(len(sure)) > sure).astype(int)
    assert calibration(probabilities, true)["ece"] < 0.02
    braggart = np.stack([np.full(len(sure), 0.99), np.full(len(sure), 0.01)], 1)
    found = calibration(braggart, true)
    assert found["ece"] == pytest.approx(0.99 - found["accuracy"], abs=1e-6)


def test_the_probability_of_a_fault_is_compared_with_how_often_it_is_there() -> None:
    said = np.repeat([0.1, 0.9], 100)
    present = np.concatenate([np.arange(100) < 10, np.arange(100) < 60])
    assert fault_calibration(said, present)["ece"] == pytest.approx(0.15)


def test_every_subset_is_measured_separately() -> None:
    true = np.array([1.0, 2, 3, 1, 2, 3])
    said = np.array([1.0, 2, 3, 3, 2, 1])
    found = by_subset(agreement, ["a"] * 3 + ["b"] * 3, said, true)
    assert [found[name]["srcc"] for name in ("all", "a", "b")] == [
        pytest.approx(0),
        pytest.approx(1),
        pytest.approx(-1),
    ]
    counted = by_subset(classification, ["x", "y"], np.array([0, 1]), np.array([0, 2]), names=NAMES)
    assert (counted["x"]["accuracy"], counted["y"]["accuracy"]) == (1, 0)
