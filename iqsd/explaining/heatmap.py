"""A photo's heat map, as the worker that draws it (`iqsd.explaining.drawing`) hands it over."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.errors import HeatMapError
from iqsd.products import Product

MADE_BY = "iqsd explain --heatmap"
HEAT_MAP = Product("heat map", MADE_BY.encode(), HeatMapError)
"""Heat maps as files."""

TIMES = 10
"""How many times a photo's time limit a heat map may take: it needs a hundred runs of what may be a large model."""


@dataclass(frozen=True)
class HeatMap:
    """A photo's heat map.

    Attributes:
        png: the picture as a file, with `MADE_BY` at its head.
        lowers: the most that covering one part took from the score, 0 or more.
        raises: the most that covering one part added, 0 or more.
    """

    png: bytes
    lowers: float
    raises: float
