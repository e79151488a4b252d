"""How two means become one score, and which scores count as bad or good: all from validation photos."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from training.common import FAULTS

REFERENCE = {"ss01": 0.2, "ss02": 0.4, "ss03": 0.4}
"""What a photographer's folder holds before culling: as many ordinary pictures (ss02, a private gallery) as chosen ones
(ss03, Unsplash), and a fifth of misfires (ss01, spoilt on purpose), so that the order among bad photos is not lost. In
the files' names ss01 and ss02 are swapped compared with BIQ2021's description."""

POOR_BELOW, GOOD_FROM = 0.375, 0.65
"""Opinions 0..1: below 2.5 of 5 (nearer to poor than to fair) a photo should go, from 3.6 of 5 it is worth keeping."""


def fault_pulls() -> dict[str, float]:
    """Return the share of the score that each fault takes away when it is certain and severe.

    On validation photos this orders ladders of blur, motion blur and noise almost perfectly. Larger shares spoil the
    order among real photos, which seldom have just one fault. For compression this costs nothing (EXPERIMENTS.md).
    """
    return {**dict.fromkeys(FAULTS, 0.5), "compression": 0.7}


def score_weights() -> dict[str, float]:
    """Give quality four times the weight: it is learnt from people, the aesthetic mean only from another model.

    On validation photos quality also orders ladders of blur, motion blur and noise better.
    """
    return {"quality": 0.8, "aesthetic": 0.2}


def percentile_tables(means: Mapping[str, np.ndarray], subsets: np.ndarray) -> dict[str, list[float]]:
    """Return the 0, 5, ..., 100 % quantiles of each mean over the reference mixture of photos [N]."""
    weights = sum(share * (subsets == name) / max(1, (subsets == name).sum()) for name, share in REFERENCE.items())
    tables = {}
    for name, values in means.items():
        order = np.argsort(values)
        below = np.cumsum(weights[order]) - weights[order] / 2
        tables[name] = [round(float(v), 4) for v in np.interp(np.linspace(0, 1, 21), below, values[order])]
    return tables


def thresholds(scores: np.ndarray, opinions: np.ndarray) -> dict[str, float | list[float]]:
    """Return the cuts on the score 0..100 that separate poor from fair and fair from good photos with the best F1.

    The stars share the cuts: 1 is rejected; 4 and 5 are accepted; five stars begin 60 % of the way from there to 100.
    """
    reject = _best_cut(scores, opinions < POOR_BELOW, below=True)
    accept = max(_best_cut(scores, opinions >= GOOD_FROM, below=False), reject + 5.0)
    stars = [reject, (reject + accept) / 2, accept, accept + (100.0 - accept) * 0.6]
    return {"reject_below": reject, "accept_from": accept, "stars": [round(cut, 1) for cut in stars]}


def _best_cut(scores: np.ndarray, wanted: np.ndarray, below: bool) -> float:
    def f1(cut: float) -> float:
        said = scores < cut if below else scores >= cut
        hits = (said & wanted).sum()
        return 2 * hits / max(1, said.sum() + wanted.sum())

    return float(max(np.arange(1.0, 99.0, 0.5), key=f1))
