"""Files and frames as grouping sees them: when, with which camera, how exposed, and what they look like from afar."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from iqsd.photos.capture import Capture
from iqsd.photos.pairs import stem


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


@dataclass(frozen=True)
class Frame:
    """One press of the shutter: one file, or several of one name (`IMG.jpg` and `IMG.nef`).

    Attributes:
        names: of its files, sorted.
        moment: seconds.
        capture: of one of its files, of the one that knows when it was taken if there is one.
        look: of the same file.
    """

    names: tuple[str, ...]
    moment: float
    capture: Capture
    look: bytes

    @property
    def name(self) -> str:
        """What it is called: the first of its files."""
        return self.names[0]

    @property
    def brightness(self) -> float:
        """The mean of its look, 0..255."""
        return sum(self.look) / len(self.look)

    @property
    def camera(self) -> tuple[object, ...]:
        """Frames of different cameras, or upright and lying ones, or of different clocks never belong together."""
        told = self.capture
        upright = told.width is not None and told.height is not None and told.width < told.height
        return told.make or "", told.model or "", told.serial or "", told.taken is not None, upright

    @cached_property
    def exposure(self) -> float | None:
        """How much light the camera let in, in stops; a frame with one more is twice as bright."""
        told = self.capture
        if not (told.exposure_time and told.f_number):
            return None
        return math.log2(told.exposure_time / told.f_number**2 * (told.iso or 100))


def to_frames(files: Iterable[File]) -> list[Frame]:
    """Files to frames, in the order in which they were taken."""

    def of_one_shot(file: File) -> str:
        return stem(file.name)

    frames = []
    for _, group in groupby(sorted(files, key=lambda f: (of_one_shot(f), f.name)), key=of_one_shot):
        same = list(group)
        first = next((file for file in same if file.capture.taken is not None), same[0])
        frames.append(Frame(tuple(file.name for file in same), first.moment, first.capture, first.look))
    return sorted(frames, key=lambda frame: (frame.moment, frame.name))
