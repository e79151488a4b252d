"""What grouping needs to know of a photo file; without NumPy, which only grouping itself needs."""

from __future__ import annotations

from dataclasses import dataclass

from iqsd.photos.capture import Capture


@dataclass(frozen=True)
class File:
    """One photo file of a folder.

    Attributes:
        name: its name.
        moment: when it was taken, seconds; by the camera's clock, or else the file's date.
        capture: what it says of how it was taken.
        look: see `iqsd.bursts.look`.
    """

    name: str
    moment: float
    capture: Capture
    look: bytes
