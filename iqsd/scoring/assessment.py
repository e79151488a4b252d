"""What the model and the fault detectors say about one photo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

FAULTS = ("blur", "motion_blur", "noise", "underexposure", "overexposure", "compression")
"""`blur` is any blur; `motion_blur` is the same severity if it surely comes from shake or movement, otherwise 0."""


@dataclass(frozen=True)
class Assessment:
    """The figures of one photo, rounded as they are stored, so that a verdict can be drawn from the record alone.

    Attributes:
        score: 0..100, the one number to sort by, one decimal.
        aesthetic: mean of the aesthetic distribution, 1..10, two decimals; None if the model has no such output.
        quality: mean opinion score, 1..5, two decimals; None if the model has no such output.
        faults: name (of `FAULTS`) to 0 (none) .. 1 (certain and severe), two decimals; absent if not judged.
        model: name and version of the model, as its metadata gives them.
        distributions: output name to probabilities over its scale, float, sum 1.
        embedding: unit vector, float; empty if the model has none.
    """

    score: float
    aesthetic: float | None
    quality: float | None
    faults: Mapping[str, float]
    model: str
    distributions: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    embedding: tuple[float, ...] = ()

    @property
    def bare(self) -> Assessment:
        """The same without distributions and embedding: a sixth of the memory."""
        return replace(self, distributions={}, embedding=())
