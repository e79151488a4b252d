"""Where the model does well or badly: by kinds of photos told by simple statistics, by cuts of the score, by grade."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy.stats import spearmanr

from training.calibrate import GOOD_FROM, POOR_BELOW


def _luma(photo: np.ndarray) -> np.ndarray:
    return photo @ np.array([0.299, 0.587, 0.114])


def _middle(photo: np.ndarray) -> np.ndarray:
    edge = photo.shape[0] // 4
    return photo[edge:-edge, edge:-edge]


def _contrast_to_border(photo: np.ndarray) -> float:
    """Return how much brighter the border is than the middle half, in levels from 0 to 255."""
    light = _luma(photo)
    middle = _middle(light)
    return float((light.sum() - middle.sum()) / (light.size - middle.size) - middle.mean())


SLICES: Mapping[str, Callable[[np.ndarray], bool]] = {
    "dark (mean level below 60)": lambda photo: _luma(photo).mean() < 60,
    "bright (mean level above 180)": lambda photo: _luma(photo).mean() > 180,
    "backlit (border 40 levels above the middle)": lambda photo: _contrast_to_border(photo) > 40,
    "black and white (channels within 4 levels)": lambda photo: np.ptp(photo.astype(int), axis=2).mean() < 4,
    "all others": lambda photo: True,
}
"""Names and rules on the input, uint8 RGB [384, 384, 3]; the last is for photos that no other rule fits."""


def slices_of(photo: np.ndarray) -> list[str]:
    """Return the names of the slices that the photo belongs to."""
    *named, rest = SLICES
    return [name for name in named if SLICES[name](photo)] or [rest]


def per_slice(
    belongs: list[list[str]], quality: np.ndarray, scores: np.ndarray, true: np.ndarray, cuts: Mapping
) -> dict[str, dict[str, float]]:
    """Return for each slice of at least three photos how well it is graded, and the fate of good and poor ones."""
    table = {}
    for name in SLICES:
        inside = np.array([name in names for names in belongs])
        if inside.sum() < 3:
            continue
        said, real = quality[inside], true[inside]
        good, poor = inside & (true >= GOOD_FROM), inside & (true < POOR_BELOW)
        table[name] = {
            "n": int(inside.sum()),
            "srcc": float(spearmanr(said, real).statistic),
            "grade too high by": float((said - (1 + 4 * real)).mean()),
            "good": int(good.sum()),
            "good rejected": int((scores[good] < cuts["reject_below"]).sum()),
            "poor": int(poor.sum()),
            "poor accepted": int((scores[poor] >= cuts["accept_from"]).sum()),
        }
    return table


def trade_off(scores: np.ndarray, true: np.ndarray) -> list[dict[str, float]]:
    """Return the effect of a cut at every tenth of the score: what falls below, what stays above, and how rightly."""
    poor, good = true < POOR_BELOW, true >= GOOD_FROM
    rows = []
    for cut in range(10, 100, 10):
        below, above = scores < cut, scores >= cut
        rows.append(
            {
                "cut": cut,
                "share below": float(below.mean()),
                "poor among those below": float(poor[below].mean()) if below.any() else 1.0,
                "of the poor below": float(below[poor].mean()),
                "good among those above": float(good[above].mean()) if above.any() else 1.0,
                "of the good above": float(above[good].mean()),
            }
        )
    return rows


def calibration(quality: np.ndarray, true: np.ndarray) -> dict[str, float | list[dict[str, float]]]:
    """Return how far the mean opinion is from the grade given, in ten equal groups of photos sorted by grade."""
    grade, opinion = np.sort(quality), (1 + 4 * true)[np.argsort(quality)]
    rows = [
        {"grade": float(said.mean()), "opinion": float(heard.mean())}
        for said, heard in zip(np.array_split(grade, 10), np.array_split(opinion, 10), strict=True)
    ]
    return {"mean difference": float(np.mean([abs(row["grade"] - row["opinion"]) for row in rows])), "tenths": rows}
