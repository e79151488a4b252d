"""Where a mean is among the model's reference photos. Pure, and without NumPy."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from iqsd.scoring.metadata import Metadata


def rank(metadata: Metadata, name: str, mean: float) -> float:
    """Bring the mean of an output to 0..100.

    Args:
        metadata: the model's metadata.
        name: the name of an output that has a mean.
        mean: its mean, on the output's own scale.

    Returns:
        the share of the reference photos that have a smaller mean, in percent; without a table of percentiles, the
        position on the output's scale.
    """
    output = next(o for o in metadata.outputs if o.name == name)
    low, high = min(output.scale), max(output.scale)
    table = metadata.percentiles.get(name)
    if table is None:
        return 100 * (mean - low) / (high - low)
    # Beyond the reference photos, the last 5 % are stretched to the ends of the scale, so that the order is never lost.
    places = list(accumulate([low, *table[1:-1], high], max))
    at = min(bisect_right(places, mean), len(places) - 1)
    below, above = places[at - 1], places[at]
    share = (min(max(mean, low), above) - below) / (above - below) if above > below else 1.0
    return 100 * (at - 1 + share) / (len(places) - 1)
