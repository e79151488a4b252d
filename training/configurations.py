"""Ways to make a scorer from judged photos, as a table: what is learnt, how, from which photos, at which size.

The first is the recipe of digiKam's first aesthetic engine (2022): three classes, as many photos of each,
cross-entropy, one dense layer, 299 pixels. Each of the others changes one more thing, up to what this project does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Configuration:
    """One way to make a scorer.

    Attributes:
        name: its name in tables.
        labels: three `classes`, or a `distribution` over five grades.
        loss: `cross-entropy`, `emd` (earth mover's distance), or that and the pairwise `ranking` loss.
        sampling: `balanced` (as many photos of each class) or `all` photos.
        head: `dense` (one layer) or `hidden` (one hidden layer before it).
        size: side of the network's square input in pixels.
    """

    name: str
    labels: Literal["classes", "distribution"]
    loss: Literal["cross-entropy", "emd", "emd and ranking"]
    sampling: Literal["balanced", "all"]
    head: Literal["dense", "hidden"]
    size: int


CONFIGURATIONS = (
    Configuration("the first engine's", "classes", "cross-entropy", "balanced", "dense", 299),
    Configuration("... with all photos", "classes", "cross-entropy", "all", "dense", 299),
    Configuration("distribution and EMD", "distribution", "emd", "all", "dense", 299),
    Configuration("... and a hidden layer", "distribution", "emd", "all", "hidden", 299),
    Configuration("... at 384", "distribution", "emd", "all", "hidden", 384),
    Configuration("... and a ranking loss", "distribution", "emd and ranking", "all", "hidden", 384),
    Configuration("the first engine's at 384", "classes", "cross-entropy", "balanced", "dense", 384),
)
