"""The losses, and the targets of the outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from training.common import BINS, GRADES

FAULT_WEIGHT, AESTHETIC_WEIGHT, QUALITY_WEIGHT, ORDER_WEIGHT = 1.0, 1.5, 1.0, 1.0
GRADE_MARGIN, FAULT_MARGIN = 1.0, 0.7
"""How far apart grade and fault must be, at least, between severity 0 and 1."""


@dataclass(frozen=True)
class Targets:
    """The targets of a batch of N views: `teacher` [N, 10], `opinion` [N], `faults` [N, 5], `severity` [N].

    `measured` [N] marks views whose opinion people gave, `vague` [N] those of which only the common mean opinion is
    believed; `pairs` [P, 2] are the places of the same photo and fault at two severities, the milder first.
    """

    teacher: Tensor
    opinion: Tensor
    faults: Tensor
    severity: Tensor
    measured: Tensor
    vague: Tensor
    pairs: Tensor


def mean_over(logits: Tensor, scale: Tensor) -> Tensor:
    """Return the mean [N] of the distributions given by logits [N, K] over an ordinal scale [K]."""
    return logits.softmax(-1) @ scale


def earth_movers_distance(logits: Tensor, target: Tensor) -> Tensor:
    """Squared EMD of distributions over ordered bins [N, K], as NIMA is trained (arXiv:1709.05424, eq. 1, r = 2)."""
    difference = logits.softmax(-1).cumsum(-1) - target.cumsum(-1)
    return difference.square().mean(-1).sqrt().mean()


def correlation_loss(said: Tensor, true: Tensor) -> Tensor:
    """1 - Pearson's correlation within the batch: the order matters more than the absolute score."""
    said, true = said - said.mean(), true - true.mean()
    return 1 - (said * true).sum() / (said.norm() * true.norm() + 1e-6)


def quality_loss(logits: Tensor, opinion: Tensor, measured: Tensor, vague: Tensor) -> Tensor:
    """Pull the mean grade towards the opinion 0..1 [N] (nan: unknown); views with an assumed score count half.

    Vague views are taken together: the mean of their grades should be that of their opinions, in whatever order.

    A weak pull towards a spread of 0.7 of a grade, as among observers, keeps the distribution in shape.
    """
    together, known = vague & measured, ~opinion.isnan() & ~vague
    if not known.any():
        return logits.sum() * 0
    grades = torch.tensor(GRADES, device=logits.device)
    true, weight = 1 + 4 * opinion[known], torch.where(measured[known], 1.0, 0.5)
    said = mean_over(logits[known], grades)
    loss = (weight * (said - true).square()).mean()
    near = torch.softmax(-0.5 * ((grades - true[:, None]) / 0.7) ** 2, -1)
    loss = loss + 0.1 * (weight * F.cross_entropy(logits[known], near, reduction="none")).mean()
    if together.any():
        off = mean_over(logits[together], grades).mean() - (1 + 4 * opinion[together]).mean()
        loss = loss + together.sum() / known.sum() * off.square()
    real = measured[known]
    return loss + (0.5 * correlation_loss(said[real], true[real]) if real.sum() > 8 else 0.0)


def aesthetic_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Follow the teacher's distribution [N, 10], above all in its mean."""
    bins = torch.tensor(BINS, device=logits.device)
    said, true = mean_over(logits, bins), target @ bins
    return earth_movers_distance(logits, target) + (said - true).square().mean() + 0.25 * correlation_loss(said, true)


def fault_loss(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy against severities 0..1 [N, 5]; nan is left out."""
    known = ~target.isnan()
    return F.binary_cross_entropy_with_logits(logits[known], target[known])


def order_loss(outputs: dict[str, Tensor], faults: Tensor, severity: Tensor, pairs: Tensor) -> Tensor:
    """Require a lower mean grade and a severer fault of the worse view of each pair [P, 2] (milder first).

    The margins are proportional to the difference of the severities: a ladder should fall on every rung.
    """
    if not len(pairs):
        return outputs["quality"].sum() * 0
    milder, worse = pairs[:, 0], pairs[:, 1]
    apart = severity[worse] - severity[milder]
    grade = mean_over(outputs["quality"], torch.tensor(GRADES, device=severity.device))
    severe, made = outputs["faults"].sigmoid(), faults.nan_to_num().argmax(1)[worse]
    fallen = F.relu(GRADE_MARGIN * apart - (grade[milder] - grade[worse]))
    risen = F.relu(FAULT_MARGIN * apart - (severe[worse, made] - severe[milder, made]))
    return (fallen + risen).mean()


def apart_loss(outputs: dict[str, Tensor], others: dict[str, Tensor]) -> Tensor:
    """Return how far apart the means for the same photos in two forms are: the sum over grades and bins."""

    def apart(name: str, scale: np.ndarray) -> Tensor:
        at = torch.tensor(scale, device=outputs[name].device)
        return (mean_over(outputs[name], at) - mean_over(others[name], at)).abs().mean()

    return apart("quality", GRADES) + apart("aesthetic", BINS)


def total_loss(outputs: dict[str, Tensor], targets: Targets) -> Tensor:
    return (
        QUALITY_WEIGHT * quality_loss(outputs["quality"], targets.opinion, targets.measured, targets.vague)
        + AESTHETIC_WEIGHT * aesthetic_loss(outputs["aesthetic"], targets.teacher)
        + FAULT_WEIGHT * fault_loss(outputs["faults"], targets.faults)
        + ORDER_WEIGHT * order_loss(outputs, targets.faults, targets.severity, targets.pairs)
    )


def ranking_loss(said: Tensor, true: Tensor) -> Tensor:
    """Penalize a wrong order in a batch [N]: logistic loss on all pairs whose true scores differ by more than 0.1.

    RankNet (Burges et al., ICML 2005): -log of the predicted probability that the better one is better.
    """
    better = true[:, None] - true[None] > 0.1
    apart = said[:, None] - said[None]
    return F.softplus(-apart[better]).mean() if better.any() else said.sum() * 0
