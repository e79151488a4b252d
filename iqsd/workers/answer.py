"""What a worker says of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.photos.capture import Capture
from iqsd.scoring.assessment import Assessment


@dataclass(frozen=True)
class Judged:
    """A photo that could be opened.

    Attributes:
        assessment: its figures.
        capture: how it was taken.
        look: what it looks like from afar: see `iqsd.bursts.look`.
    """

    assessment: Assessment
    capture: Capture
    look: bytes
