"""Where a mean lies among the model's reference photos. Pure, and without a need for NumPy."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate

from iqsd.scoring.metadata import Metadata


def rank(metadata: Metadata, name: str, mean: float) -> float:
    """Bring an output's mean to 0..100.

    Args:
        metadata: the model's.
        name: of an output that has a mean.
        mean: on the output's own scale.

    Returns:
        the share of the reference photos that have a smaller one, in percent; without a table of percentiles, the
        place on the output's scale.
    """
    output = next(o for o in metadata.outputs if o.name == name)
    low, high = min(output.scale), max(output.scale)
    table = metadata.percentiles.get(name)
    if table is None:
        return 100 * (mean - low) / (high - low)
    # Beyond the reference photos the last 5 % are stretched to the ends of the scale, so that order is never lost.
    places = list(accumulate([low, *table[1:-1], high], max))
    at = min(bisect_right(places, mean), len(places) - 1)
    below, above = places[at - 1], places[at]
    share = (min(max(mean, low), above) - below) / (above - below) if above > below else 1.0
    return 100 * (at - 1 + share) / (len(places) - 1)
