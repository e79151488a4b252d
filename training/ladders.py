"""Ladders: the same photo, worse rung by rung. The truth is known without a single observer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import spearmanr

from training.common import FAULTS, centre_square, read_rgb, to_input
from training.degrade import DEGRADATIONS, degrade
from training.model import ShippedModel
from training.photos import Photo

RUNGS = (0.2, 0.4, 0.6, 0.8, 1.0)


def climb(model: ShippedModel, rules: dict, photos: Sequence[Photo]) -> list[dict]:
    """Return one row per photo and degradation: the scores from the untouched photo down, and the faults named.

    The fault is made at the photo's size on disk, before it is shrunk to the input.
    """
    rows = []
    for number, photo in enumerate(photos):
        image = centre_square(read_rgb(photo.path))
        clean = model(to_input(image))
        for name, (_, fault) in DEGRADATIONS.items():
            steps = [model(to_input(degrade(image, name, severity, number))) for severity in RUNGS]
            answers = [clean, *steps]
            rows.append(
                {
                    "photo": photo.path.name,
                    "degradation": name,
                    "scores": [model.score(answer, rules) for answer in answers],
                    "quality": [answer["quality"] for answer in answers],
                    "faults": [answer["faults"] for answer in answers],
                    "truth": FAULTS.index(fault),
                }
            )
    return rows


def summarize(rows: Sequence[dict]) -> dict[str, dict[str, float]]:
    """Return per degradation how well the ladders are ordered and how often the two strongest rungs are named."""
    table = {}
    for name in DEGRADATIONS:
        mine = [row for row in rows if row["degradation"] == name]
        strong = [(faults, row["truth"]) for row in mine for faults in row["faults"][-2:]]
        table[name] = {
            "ladders": len(mine),
            "srcc_score": float(np.mean([order(row["scores"]) for row in mine])),
            "srcc_quality": float(np.mean([order(row["quality"]) for row in mine])),
            "reversed": sum(order(row["scores"]) < 0 for row in mine),
            "worst_below_clean": float(np.mean([row["scores"][-1] < row["scores"][0] for row in mine])),
            "named_top1": float(np.mean([int(np.argmax(faults)) == truth for faults, truth in strong])),
            "named_over_half": float(np.mean([faults[truth] >= 0.5 for faults, truth in strong])),
        }
    return table


def accused(rows: Sequence[dict]) -> float:
    """Return the share of untouched photos in which some fault is named."""
    clean = {row["photo"]: row["faults"][0] for row in rows}
    return float(np.mean([max(faults) >= 0.5 for faults in clean.values()]))


def order(values: Sequence[float]) -> float:
    """Return Spearman's correlation of a ladder with its strength, 1 if every rung is worse than the one before."""
    found = spearmanr(values, -np.arange(len(values))).statistic
    return 0.0 if np.isnan(found) else float(found)
