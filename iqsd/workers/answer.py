"""What a worker says of a photo."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.photos.capture import Capture
from iqsd.scoring.assessment import Assessment


@dataclass(frozen=True)
class Judged:
    """A photo that could be opened: its figures, and how it was taken."""

    assessment: Assessment
    capture: Capture
