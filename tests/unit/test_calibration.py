"""Thresholds from shares."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.calibration import Shares, counts, histogram, thresholds_for
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, judge

FIXED = Thresholds(22.5, 49.5, (22.5, 36.0, 49.5, 79.8))


def photo(score: float, **faults: float) -> Assessment:
    return Assessment(score, None, None, faults, "m/1")


def test_the_worst_are_rejected_and_the_best_accepted() -> None:
    photos = [photo(score) for score in range(100)]
    thresholds = thresholds_for(photos, Shares(10, 20), FIXED)
    assert (thresholds.reject_below, thresholds.accept_from) == (10, 80)
    assert counts(photos, thresholds) == {PickLabel.REJECTED: 10, PickLabel.PENDING: 70, PickLabel.ACCEPTED: 20}


def test_photos_with_a_fault_are_not_among_the_best_and_lost_ones_are_among_the_worst() -> None:
    photos = [photo(score) for score in range(80)]
    photos += [photo(90, blur=0.7) for _ in range(10)] + [photo(95, overexposure=1.0) for _ in range(10)]
    got = counts(photos, thresholds_for(photos, Shares(10, 20), FIXED))
    assert (got[PickLabel.REJECTED], got[PickLabel.ACCEPTED]) == (10, 20)


def test_thresholds_that_are_not_asked_for_stay() -> None:
    photos = [photo(score) for score in range(100)]
    assert thresholds_for(photos, Shares(None, None), FIXED) == FIXED
    assert thresholds_for(photos, Shares(10, None), FIXED).accept_from == FIXED.accept_from
    assert thresholds_for(photos, Shares(None, 20), FIXED).reject_below == FIXED.reject_below


def test_if_most_are_to_be_accepted_none_of_them_is_rejected() -> None:
    photos = [photo(score / 10) for score in range(100)]
    got = counts(photos, thresholds_for(photos, Shares(None, 80), FIXED))
    assert got == {PickLabel.REJECTED: 20, PickLabel.ACCEPTED: 80}


def test_if_most_are_to_be_rejected_none_of_them_is_accepted() -> None:
    photos = [photo(score) for score in range(100)]
    thresholds = thresholds_for(photos, Shares(80, None), FIXED)
    assert (thresholds.reject_below, thresholds.accept_from) == (80, 80)  # as settings must have them
    assert counts(photos, thresholds) == {PickLabel.REJECTED: 80, PickLabel.ACCEPTED: 20}


def test_none_and_all_can_be_asked_for() -> None:
    photos = [photo(score) for score in (10.0, 50.0, 90.0)]
    assert counts(photos, thresholds_for(photos, Shares(0, 0), FIXED)) == {PickLabel.PENDING: 3}
    assert counts(photos, thresholds_for(photos, Shares(0, 100), FIXED)) == {PickLabel.ACCEPTED: 3}
    assert counts(photos, thresholds_for(photos, Shares(100, 0), FIXED)) == {PickLabel.REJECTED: 3}


def test_stars_move_along_with_the_labels() -> None:
    photos = [photo(score) for score in range(100)]
    thresholds = thresholds_for(photos, Shares(40, 20), FIXED)
    assert list(thresholds.stars) == [40.0, 60.0, 80.0, 92.0]
    assert judge(photo(80), thresholds).rating == judge(photo(49.5), FIXED).rating == 4


@given(
    scores=st.lists(st.integers(0, 1000).map(lambda tenths: tenths / 10), min_size=1, max_size=60, unique=True),
    worst=st.floats(0, 100),
    best=st.floats(0, 100),
)
def test_shares_are_reached_and_a_better_score_never_gives_a_worse_verdict(
    scores: list[float], worst: float, best: float
) -> None:
    best = min(best, 100 - worst)
    photos = [photo(score) for score in sorted(scores)]
    thresholds = thresholds_for(photos, Shares(worst, best), FIXED)
    assert 0 <= thresholds.reject_below <= thresholds.accept_from <= 100
    assert list(thresholds.stars) == sorted(thresholds.stars)
    verdicts = [judge(one, thresholds) for one in photos]
    assert [v.pick_label for v in verdicts] == sorted(v.pick_label for v in verdicts)
    assert [v.rating for v in verdicts] == sorted(v.rating for v in verdicts)
    got = counts(photos, thresholds)
    assert abs(got[PickLabel.REJECTED] - len(photos) * worst / 100) <= 1
    assert abs(got[PickLabel.ACCEPTED] - len(photos) * best / 100) <= 1


def test_the_histogram_counts_every_photo_once() -> None:
    bars = histogram([photo(0), photo(4.9), photo(5), photo(99.9), photo(100)])
    assert (bars[0], bars[1], bars[-1], sum(bars)) == (2, 1, 2, 5)


@pytest.mark.parametrize("fixed", [Thresholds(0, 0, (0, 0, 0, 0)), Thresholds(100, 100, (0, 50, 100, 100))])
def test_odd_thresholds_of_a_model_do_no_harm(fixed: Thresholds) -> None:
    found = thresholds_for([photo(50)], Shares(10, 20), fixed)
    assert list(found.stars) == sorted(found.stars)
