"""From an Assessment and thresholds to a verdict: stars, pick label, reasons. Pure: no file, no model, no clock."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import AESTHETIC, QUALITY, Thresholds

NAMED_FROM = 0.5
"""From this figure on, a person would name the fault; a photo with a named fault is never accepted."""

HOPELESS_FROM = 0.95
"""From this figure on, nothing is left to see; such an exposure is rejected whatever the score."""

CLEAN_BELOW = 0.25
"""With every fault below this figure and a quality that stands out, a photo is called clean."""


class PickLabel(enum.IntEnum):
    """digiKam's pick label, with the numbers that digiKam writes."""

    NONE = 0
    REJECTED = 1
    PENDING = 2
    ACCEPTED = 3

    @property
    def word(self) -> str:
        """As people and programs read it: none, rejected, pending, accepted."""
        return self.name.lower()


@dataclass(frozen=True)
class Verdict:
    """What iqsd would write.

    Attributes:
        rating: stars, 1..5; a rejected photo has one.
        pick_label: rejected, pending or accepted.
        reasons: what a person reads, the most important first, at least one.
    """

    rating: int
    pick_label: PickLabel
    reasons: tuple[str, ...]


# What a fault is called when it is named, and when nothing else is left to see (`HOPELESS_FROM`).
_WORDS: Mapping[str, tuple[str, str]] = {
    "blur": ("soft focus", "badly blurred"),
    "motion_blur": ("motion blur", "badly blurred by motion"),
    "noise": ("noisy", "very noisy"),
    "underexposure": ("underexposed", "black: nothing to see"),
    "overexposure": ("burnt-out highlights", "white: nothing to see"),
    "compression": ("compression artefacts", "ruined by compression"),
}
FAULT_WORDS = {name: words[0] for name, words in _WORDS.items()}
"""Fault to what a person calls it."""

_REMARKS = {AESTHETIC: ("strong picture", "plain picture"), QUALITY: ("technically clean", "technically weak")}

_EXPOSURE = ("underexposure", "overexposure")


def judge(assessment: Assessment, thresholds: Thresholds) -> Verdict:
    """Draw the verdict on one photo."""
    named = named_faults(assessment.faults)
    hopeless = any(assessment.faults.get(name, 0) >= HOPELESS_FROM for name in _EXPOSURE)
    if hopeless or assessment.score < thresholds.reject_below:
        label = PickLabel.REJECTED
    elif assessment.score >= thresholds.accept_from and not named:
        label = PickLabel.ACCEPTED
    else:
        label = PickLabel.PENDING
    stars = 1 if label is PickLabel.REJECTED else 1 + sum(assessment.score >= cut for cut in thresholds.stars)
    return Verdict(stars, label, _reasons(assessment, named, thresholds.standouts))


def named_faults(faults: Mapping[str, float]) -> tuple[str, ...]:
    """The faults that a person would name, the most severe first; a blur by its kind if that is known."""
    named = [name for name, value in faults.items() if value >= NAMED_FROM]
    if "motion_blur" in named:
        named = [name for name in named if name != "blur"]
    return tuple(sorted(named, key=lambda name: -faults[name]))


def _reasons(
    assessment: Assessment, named: Sequence[str], standouts: Mapping[str, tuple[float, float]]
) -> tuple[str, ...]:
    """The faults by weight, what stands out, then the figures. docs/verdicts.md explains each word."""
    severe = {name: assessment.faults[name] >= HOPELESS_FROM for name in named}
    faults = [_WORDS[name][severe[name]] if name in _WORDS else name for name in named]
    standing = f"score {assessment.score:.0f} of 100"
    means = []
    if assessment.quality is not None:
        means.append(f"quality {assessment.quality:.1f} of 5")
    if assessment.aesthetic is not None:
        means.append(f"aesthetic {assessment.aesthetic:.1f} of 10")
    return (*faults, *_remarks(assessment, standouts), f"{standing} ({', '.join(means)})" if means else standing)


def _remarks(assessment: Assessment, standouts: Mapping[str, tuple[float, float]]) -> Iterator[str]:
    """What stands out in a photo besides its faults; a weakness is only mentioned if no fault explains it."""
    worst = max(assessment.faults.values(), default=0.0)
    for name, mean in ((AESTHETIC, assessment.aesthetic), (QUALITY, assessment.quality)):
        low, high = standouts.get(name, (-math.inf, math.inf))
        strong, weak = _REMARKS[name]
        if mean is None:
            continue
        if mean >= high and (name == AESTHETIC or worst < CLEAN_BELOW):
            yield strong
        elif mean < low and worst < NAMED_FROM:
            yield weak
