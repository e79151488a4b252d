"""What a score is made of, and how far it is from where labels and stars change. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import AESTHETIC, QUALITY, Metadata, Output, Thresholds
from iqsd.scoring.ranks import rank
from iqsd.verdict import PickLabel, Verdict, named_faults

_ROUNDING = 0.5  # the recorded means have two decimals: this little may be rounding, not faults


@dataclass(frozen=True)
class Part:
    """One output's part in the score.

    Attributes:
        name: the output.
        mean: on the output's own scale.
        rank: the mean on a scale from 0 to 100, as it enters the score.
        weight: its share in the score, 0..1.
    """

    name: str
    mean: float
    rank: float
    weight: float

    @property
    def points(self) -> float:
        """What it contributes to the score."""
        return self.rank * self.weight


@dataclass(frozen=True)
class Parts:
    """What the score is made of.

    Attributes:
        outputs: by weight, the greatest first; empty if the record lacks the mean of one that counts.
        faults: points that faults took away, 0 or less.
    """

    outputs: tuple[Part, ...]
    faults: float


def parts(assessment: Assessment, metadata: Metadata) -> Parts:
    """Split a score into its parts by the rule that combined them (docs/models.md, `score`)."""
    total = sum(metadata.weights.values())
    outputs = {output.name: output for output in metadata.outputs}
    found = []
    for name in sorted(metadata.weights, key=lambda name: -metadata.weights[name]):
        mean = _mean(assessment, outputs[name])
        if mean is None:
            return Parts((), 0.0)
        found.append(Part(name, mean, rank(metadata, name, mean), metadata.weights[name] / total))
    taken = assessment.score - sum(part.points for part in found)
    return Parts(tuple(found), taken if taken <= -_ROUNDING else 0.0)


def _mean(assessment: Assessment, output: Output) -> float | None:
    known = {AESTHETIC: assessment.aesthetic, QUALITY: assessment.quality}.get(output.name)
    shares = assessment.distributions.get(output.name)
    if known is not None or shares is None:
        return known
    return sum(share * value for share, value in zip(shares, output.scale, strict=True))


def margins(assessment: Assessment, verdict: Verdict, thresholds: Thresholds) -> tuple[str, ...]:
    """How far the score is from another label and another number of stars, in sentences."""
    score = assessment.score
    label = verdict.pick_label
    if label is PickLabel.REJECTED:
        if score >= thresholds.reject_below:
            return (f"rejected because nothing can be seen; the score alone would be enough ({_from(thresholds)})",)
        return (f"{thresholds.reject_below - score:.1f} short of pending ({_from(thresholds)})",)
    lines = []
    if label is PickLabel.ACCEPTED:
        lines.append(f"{score - thresholds.accept_from:.1f} above the line for accepted ({thresholds.accept_from:g})")
    elif score < thresholds.accept_from:
        lines.append(f"{thresholds.accept_from - score:.1f} short of accepted (from {thresholds.accept_from:g})")
    else:
        faults = ", ".join(named_faults(assessment.faults)).replace("_", " ")
        lines.append(f"the score is high enough for accepted (from {thresholds.accept_from:g}), but: {faults}")
    lines.append(f"{score - thresholds.reject_below:.1f} above rejected (below {thresholds.reject_below:g})")
    better = [(stars, cut) for stars, cut in enumerate(thresholds.stars, 2) if score < cut]
    if better:
        lines.append(f"{better[0][1] - score:.1f} short of {better[0][0]} stars (from {better[0][1]:g})")
    return tuple(lines)


def _from(thresholds: Thresholds) -> str:
    return f"from {thresholds.reject_below:g}"
