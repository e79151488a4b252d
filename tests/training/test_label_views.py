"""Opinions as distributions and as three classes: every score gets exactly one class."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.common import BINS, GRADES
from training.datasets import Labelled, Scale
from training.label_views import BAD, FIRST_ENGINE, GOOD, NONE, NORMAL, as_classes, as_distributions, balanced, cuts_for

TEN = Scale("ten marks", 1, 10, tuple(range(1, 11)))
PERCENT = Scale("percent", 0, 100)


def photo(mean: float, scale: Scale = TEN, distribution: tuple[float, ...] | None = None) -> Labelled:
    return Labelled(Path("x.jpg"), f"{mean}", scale, mean, distribution)


@pytest.mark.parametrize(
    ("data_set", "mean", "expected"),
    [
        ("ava", 5, BAD),
        ("ava", np.nextafter(5, 9), NORMAL),
        ("ava", 5.5, NORMAL),  # the first engine skipped these, so they kept the class of the row before
        ("ava", 6, NORMAL),
        ("ava", np.nextafter(6, 9), GOOD),
        ("eva", 5, BAD),
        ("eva", 7, NORMAL),
        ("eva", 7.01, GOOD),
        ("koniq10k", 39.99, BAD),
        ("koniq10k", 40, NONE),
        ("koniq10k", 95, NONE),
    ],
)
def test_the_first_engines_cuts(data_set: str, mean: float, expected: int) -> None:
    assert as_classes([photo(mean)], data_set).tolist() == [expected]


@given(st.lists(st.floats(1, 10), min_size=1), st.sampled_from(["ava", "eva"]))
def test_every_score_has_exactly_one_class_whatever_surrounds_it(means: list[float], data_set: str) -> None:
    together = as_classes([photo(mean) for mean in means], data_set).tolist()
    alone = [as_classes([photo(mean)], data_set)[0] for mean in means]
    assert together == alone
    assert set(together) <= {BAD, NORMAL, GOOD}


@given(st.floats(1, 10), st.floats(1, 10), st.sampled_from(["ava", "eva", "biq2021"]))
def test_a_better_score_never_has_a_lesser_class(one: float, other: float, data_set: str) -> None:
    worse, better = as_classes([photo(mean) for mean in sorted([one, other])], data_set)
    assert worse <= better


@given(st.floats(0, 100))
def test_koniq_gives_only_bad_photos(mean: float) -> None:
    (found,) = as_classes([photo(mean, PERCENT)], "koniq10k")
    assert found == (BAD if mean < 40 else NONE)


def test_data_sets_that_the_first_engine_did_not_know_are_cut_at_the_same_opinions() -> None:
    assert set(FIRST_ENGINE) == {"ava", "eva", "koniq10k"}
    for scale in (PERCENT, Scale("five grades", 1, 5), Scale("share", 0, 1)):
        cuts = cuts_for("spaq", scale)
        assert cuts.high is not None
        assert [(cut - scale.low) / (scale.high - scale.low) for cut in (cuts.low, cuts.high)] == [0.375, 0.65]


def test_votes_are_learnt_as_they_were_given_and_means_as_a_spread_around_them() -> None:
    votes = (0.0, 0.0, 0.1, 0.2, 0.4, 0.2, 0.1, 0.0, 0.0, 0.0)
    made = as_distributions([photo(5, TEN, votes), photo(5)], BINS, 1.0)
    assert made[0].tolist() == pytest.approx(votes)
    assert made.sum(1) == pytest.approx([1, 1])
    assert made[1] @ BINS == pytest.approx(5, abs=0.01)
    on_grades = as_distributions([photo(5.5, TEN, votes)], GRADES, 0.7)
    assert on_grades[0] @ GRADES == pytest.approx(3, abs=0.01)


@given(st.floats(0.2, 0.8))
def test_the_mean_of_a_spread_is_the_opinion(opinion: float) -> None:
    (made,) = as_distributions([photo(opinion, Scale("share", 0, 1))], BINS, 0.8)
    assert made @ BINS == pytest.approx(1 + 9 * opinion, abs=0.15)


@given(st.lists(st.integers(-1, 2), min_size=1), st.integers(0, 9))
def test_balanced_sampling_takes_equally_many_of_each_class_each_once(classes: list[int], seed: int) -> None:
    array = np.array(classes)
    rows = balanced(array, seed)
    counts = [(array[rows] == one).sum() for one in (BAD, NORMAL, GOOD)]
    assert counts == [min((array == one).sum() for one in (BAD, NORMAL, GOOD))] * 3
    assert len(set(rows.tolist())) == len(rows)
    assert balanced(array, seed).tolist() == rows.tolist()
