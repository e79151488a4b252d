"""How an aesthetic mean, a mean opinion score and the faults become one score. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from iqsd.scoring.metadata import Metadata
from iqsd.scoring.ranks import rank


def joined(metadata: Metadata, means: Mapping[str, float], faults: Mapping[str, float]) -> float:
    """The one number to sort by.

    Each output to which the metadata give a weight is brought to 0..100, and the weighted mean is taken; then the worst
    fault takes its share away. The means rank good photos well, but spoilt ones less well (an aesthetic mean hardly
    sees a fault, and a rank among real photos ends where hardly any photo is as bad); the fault's severity ranks those.

    Args:
        metadata: `weights`, `percentiles` and `pulls` of the model.
        means: output name to the mean of its distribution, on the output's own scale.
        faults: fault name to severity, 0..1; one without a pull costs nothing.

    Returns:
        0..100, not rounded; never higher for a more severe fault or a smaller mean.
    """
    total = sum(metadata.weights.values())
    whole = sum(weight * rank(metadata, name, means[name]) for name, weight in metadata.weights.items()) / total
    return whole * (1 - max((metadata.pulls.get(name, 0.0) * severity for name, severity in faults.items()), default=0))
