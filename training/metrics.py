"""How well a model agrees with people: figures for means, classes and probabilities.

Every figure comes with its count `n`, and `by_subset` gives it for the whole and for each part of the data: on a
mixture of data sets a figure can be good because the model recognises the data set, not because it judges the photo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import pearsonr, spearmanr

Numbers = npt.NDArray[np.floating[Any]]
Whole = npt.NDArray[np.integer[Any]]
Figures = dict[str, Any]


def agreement(said: Numbers, true: Numbers) -> Figures:
    """Compare two means on one scale [N].

    Returns:
        n, srcc (Spearman's rank correlation), plcc (Pearson's, without any mapping), rmse; the correlations are nan
        where one side does not vary.
    """
    varies = len(said) > 1 and bool(np.ptp(said) > 0 and np.ptp(true) > 0)
    return {
        "n": len(said),
        "srcc": float(spearmanr(said, true).statistic) if varies else float("nan"),
        "plcc": float(pearsonr(said, true).statistic) if varies else float("nan"),
        "rmse": float(np.sqrt(np.mean((np.asarray(said, float) - true) ** 2))) if len(said) else float("nan"),
    }


def classification(said: Whole, true: Whole, names: Sequence[str]) -> Figures:
    """Compare predicted with true classes 0..K-1 [N].

    Returns:
        n, accuracy, macro_f1 (over the classes that occur on either side), for each class by its name its precision,
        recall, f1 and n, and the confusion (rows: true, columns: said).
    """
    confusion = np.zeros((len(names), len(names)), int)
    np.add.at(confusion, (true, said), 1)
    right, were_said, were_true = np.diag(confusion), confusion.sum(0), confusion.sum(1)
    f1 = 2 * right / np.maximum(1, were_said + were_true)
    there = were_said + were_true > 0
    return {
        "n": len(said),
        "accuracy": float(right.sum() / max(1, len(said))),
        "macro_f1": float(f1[there].mean()) if there.any() else float("nan"),
        "classes": {
            name: {
                "precision": float(right[k] / max(1, were_said[k])),
                "recall": float(right[k] / max(1, were_true[k])),
                "f1": float(f1[k]),
                "n": int(were_true[k]),
            }
            for k, name in enumerate(names)
        },
        "confusion": confusion.tolist(),
    }


def calibration(probabilities: Numbers, true: Whole, bins: int = 10) -> Figures:
    """Compare a classifier's confidence with how often it is right (Guo et al. 2017, arXiv:1706.04599).

    Args:
        probabilities: of each class [N, K], sum 1.
        true: the class [N].
        bins: number of equal bins of confidence from 0 to 1.

    Returns:
        n, ece (the expected calibration error 0..1: the mean distance in a bin, weighted by its number of photos),
        confidence, accuracy.
    """
    confidence = probabilities.max(1)
    return _calibration(confidence, (probabilities.argmax(1) == true).astype(float), bins)


def fault_calibration(said: Numbers, present: npt.NDArray[np.bool_], bins: int = 10) -> Figures:
    """Compare the probability of a fault [N], 0..1, with how often it is there [N].

    Returns:
        as `calibration`; accuracy is the share of photos that have the fault.
    """
    return _calibration(said, present.astype(float), bins)


def _calibration(confidence: Numbers, outcome: Numbers, bins: int) -> Figures:
    place = np.minimum((np.asarray(confidence) * bins).astype(int), bins - 1)
    gaps = [
        (chosen.sum(), abs(confidence[chosen].mean() - outcome[chosen].mean()))
        for chosen in (place == number for number in range(bins))
        if chosen.any()
    ]
    return {
        "n": len(outcome),
        "ece": float(sum(count * gap for count, gap in gaps) / max(1, len(outcome))),
        "confidence": float(np.mean(confidence)) if len(outcome) else float("nan"),
        "accuracy": float(np.mean(outcome)) if len(outcome) else float("nan"),
    }


def by_subset(
    measure: Callable[..., Figures], subsets: Sequence[str], *columns: npt.NDArray[Any], **more: Any
) -> dict[str, Figures]:
    """Measure all photos ("all") and each subset separately.

    Args:
        measure: one of the functions above.
        subsets: the name of each photo's subset or data set [N].
        columns: what to measure, arrays of N rows.
        more: further arguments of the measure.
    """
    names = np.array(subsets)
    figures = {"all": measure(*columns, **more)}
    for name in sorted(set(subsets)):
        figures[name] = measure(*(column[names == name] for column in columns), **more)
    return figures
