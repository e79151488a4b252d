"""From scores and faults to stars, label and reasons."""

from hypothesis import given
from hypothesis import strategies as st

from iqsd.scoring.assessment import FAULTS, Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel, judge

THRESHOLDS = Thresholds(10, 70, (20, 40, 60, 80))


def assessment(score: float, **faults: float) -> Assessment:
    return Assessment(score, 5.0, 3.0, faults, "m/1")


def test_a_low_score_is_rejected_with_one_star() -> None:
    verdict = judge(assessment(9.9), THRESHOLDS)
    assert (verdict.pick_label, verdict.rating) == (PickLabel.REJECTED, 1)


def test_a_middling_score_is_pending_with_stars_by_the_cuts() -> None:
    assert [judge(assessment(s), THRESHOLDS).rating for s in (10, 20, 40, 60)] == [1, 2, 3, 4]
    assert judge(assessment(60), THRESHOLDS).pick_label is PickLabel.PENDING


def test_a_high_score_is_accepted_unless_it_has_a_fault() -> None:
    assert judge(assessment(80), THRESHOLDS).pick_label is PickLabel.ACCEPTED
    assert judge(assessment(80, blur=0.5), THRESHOLDS).pick_label is PickLabel.PENDING
    assert judge(assessment(80, blur=0.49), THRESHOLDS).pick_label is PickLabel.ACCEPTED


def test_a_black_or_white_frame_is_rejected_whatever_the_score() -> None:
    assert judge(assessment(90, underexposure=1.0), THRESHOLDS).pick_label is PickLabel.REJECTED
    assert judge(assessment(90, overexposure=1.0), THRESHOLDS).pick_label is PickLabel.REJECTED
    assert judge(assessment(90, overexposure=0.95), THRESHOLDS).pick_label is PickLabel.REJECTED
    assert judge(assessment(90, overexposure=0.94), THRESHOLDS).pick_label is PickLabel.PENDING


def test_the_reasons_name_the_faults_by_weight_and_then_the_score() -> None:
    reasons = judge(assessment(30, blur=0.6, noise=0.8, compression=0.1), THRESHOLDS).reasons
    assert reasons == ("noisy", "soft focus", "score 30 of 100 (quality 3.0 of 5, aesthetic 5.0 of 10)")


scores = st.floats(0, 100).map(lambda x: round(x, 1))
faults = st.dictionaries(st.sampled_from(FAULTS), st.floats(0, 1), max_size=5)


@given(scores, scores, faults)
def test_a_better_score_never_gives_a_worse_verdict(a: float, b: float, found: dict[str, float]) -> None:
    low, high = (judge(assessment(s, **found), THRESHOLDS) for s in sorted((a, b)))
    assert low.rating <= high.rating
    assert low.pick_label <= high.pick_label


@given(scores, faults)
def test_every_verdict_has_one_to_five_stars_a_label_and_a_reason(score: float, found: dict[str, float]) -> None:
    verdict = judge(assessment(score, **found), THRESHOLDS)
    assert 1 <= verdict.rating <= 5
    assert verdict.pick_label is not PickLabel.NONE
    assert verdict.reasons
