"""A photo's place among the frames that belong together with it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(str, Enum):
    """Why frames belong together."""

    BURST = "burst"
    """They show the same thing: one is enough."""
    BRACKET = "bracket"
    """One view in several exposures: each is needed."""
    PANORAMA = "panorama"
    """One sweep in overlapping frames: each is needed."""


@dataclass(frozen=True)
class Membership:
    """A frame's place in its group. A photo that stands alone has none.

    Attributes:
        kind: why its frames belong together.
        group: name of the group's first frame in time, which identifies the group within its folder.
        size: how many frames the group has, at least 2.
        place: the frame's place, 1 for the best.
        best: name of the frame in the first place.
    """

    kind: Kind
    group: str
    size: int
    place: int
    best: str
