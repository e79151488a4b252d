"""How an aesthetic mean, an opinion and the faults become one score. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from iqsd.scoring.metadata import Metadata
from iqsd.scoring.ranks import rank


def joined(metadata: Metadata, means: Mapping[str, float], faults: Mapping[str, float]) -> float:
    """The one number to sort by.

    The outputs that the metadata weigh are each brought to 0..100 and averaged; then the worst fault takes its share
    away. The means order good photos among each other; what a fault has spoilt they order less well (an aesthetic mean
    hardly sees it, and a rank among real photos ends where hardly any photo is as bad), and its severity does that.

    Args:
        metadata: `weights`, `percentiles` and `pulls` of the model.
        means: output name to the mean of its distribution, on the output's own scale.
        faults: fault name to severity, 0..1; one without a pull costs nothing.

    Returns:
        0..100, not rounded; never more for a severer fault or a smaller mean.
    """
    total = sum(metadata.weights.values())
    whole = sum(weight * rank(metadata, name, means[name]) for name, weight in metadata.weights.items()) / total
    return whole * (1 - max((metadata.pulls.get(name, 0.0) * severity for name, severity in faults.items()), default=0))
