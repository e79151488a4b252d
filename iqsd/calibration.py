"""Thresholds from shares: "reject the worst 10 %, accept the best 20 %". Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import NAMED_FROM, PickLabel, judge

BIN = 5
"""Points of the score that one bar of the histogram covers."""

_STEP = 0.1  # scores have one decimal


@dataclass(frozen=True)
class Shares:
    """What percentage of all photos is to be rejected and accepted; None: no share was asked for."""

    reject_worst: float | None = None
    accept_best: float | None = None


def thresholds_for(photos: Sequence[Assessment], shares: Shares, fixed: Thresholds) -> Thresholds:
    """The thresholds that come closest to the shares.

    A fault still keeps a photo from being accepted, and an exposure that shows nothing is still rejected, so with many
    of these the shares cannot be reached. Photos with the same score pass together or not at all.

    Args:
        photos: at least one.
        shares: what is wanted.
        fixed: what applies where no share is wanted, and how the stars are spread between the labels.
    """
    reject, accept = fixed.reject_below, fixed.accept_from
    if shares.reject_worst is not None:
        # Photos that are rejected whatever their score count among the worst, before all others.
        lost = (judge(photo, _ALL_PASS).pick_label is PickLabel.REJECTED for photo in photos)
        scores = sorted(-1.0 if is_lost else photo.score for photo, is_lost in zip(photos, lost, strict=True))
        reject = _cut(scores, round(len(scores) * shares.reject_worst / 100))
    if shares.accept_best is not None:
        sound = sorted(photo.score for photo in photos if max(photo.faults.values(), default=0.0) < NAMED_FROM)
        accept = _cut(sound, max(0, len(sound) - round(len(photos) * shares.accept_best / 100)))
    if shares.reject_worst is None:
        reject = min(reject, accept)
    accept = max(accept, reject)
    return replace(fixed, reject_below=reject, accept_from=accept, stars=_stars(fixed, reject, accept))


def counts(photos: Iterable[Assessment], thresholds: Thresholds) -> Counter[PickLabel]:
    """How many photos get which label."""
    return Counter(judge(photo, thresholds).pick_label for photo in photos)


def histogram(photos: Iterable[Assessment]) -> list[int]:
    """How many photos have a score in each interval of `BIN` points, starting at 0; 100 belongs to the last."""
    bars = [0] * (100 // BIN)
    for photo in photos:
        bars[min(len(bars) - 1, int(photo.score // BIN))] += 1
    return bars


_ALL_PASS = Thresholds(0.0, 100.0, (0.0, 0.0, 0.0, 0.0))


def _cut(ascending: Sequence[float], below: int) -> float:
    """The score that all but the `below` lowest photos reach."""
    if below < len(ascending):
        return min(100.0, max(0.0, ascending[below]))
    return min(100.0, round((ascending[-1] if ascending else 100.0) + _STEP, 1))


def _stars(fixed: Thresholds, reject: float, accept: float) -> tuple[float, float, float, float]:
    """The stars' thresholds, moved with the labels': an accepted photo gets as many stars as an accepted one before."""
    known, moved = (0.0, fixed.reject_below, fixed.accept_from, 100.0), (0.0, reject, accept, 100.0)
    one, two, three, four = (round(_between(cut, known, moved), 1) for cut in fixed.stars)
    return one, two, three, four


def _between(value: float, known: Sequence[float], moved: Sequence[float]) -> float:
    """Map a point of one scale to another on which the same places are marked."""
    for (low, high), (a, b) in zip(pairwise(known), pairwise(moved), strict=True):
        if value <= high:
            return b if high == low else a + (b - a) * (value - low) / (high - low)
    return moved[-1]
