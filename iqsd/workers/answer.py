"""What a worker says about a photo."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from iqsd.errors import UnreadablePhotoError
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


Answer = Judged | UnreadablePhotoError


class Judges(Protocol):
    """Anything that judges photos for a pipeline: the processes on this machine, or a cluster."""

    @property
    def has_room(self) -> bool:
        """Whether `submit` should be called."""

    @property
    def is_busy(self) -> bool:
        """Whether a photo is being judged."""

    def submit(self, photo: Path) -> None:
        """Hand over a photo."""

    def collect(self, timeout: float | None) -> list[tuple[Path, Answer]]:
        """The answers that are there, after waiting `timeout` seconds for the first one (None: as long as it takes)."""
