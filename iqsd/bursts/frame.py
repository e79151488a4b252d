"""Files and frames as grouping sees them: when and with which camera they were taken, how exposed, how they look."""

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
        moment: when it was taken, in seconds, by the camera's clock or else by the file's date.
        capture: what the file says about how it was taken.
        look: see `iqsd.bursts.look`.
    """

    name: str
    moment: float
    capture: Capture
    look: bytes


@dataclass(frozen=True)
class Frame:
    """One press of the shutter: one file, or several with the same name (`IMG.jpg` and `IMG.nef`).

    Attributes:
        names: the names of its files, sorted.
        moment: seconds.
        capture: from one of its files: one that says when it was taken, if there is one.
        look: from the same file.
    """

    names: tuple[str, ...]
    moment: float
    capture: Capture
    look: bytes

    @property
    def name(self) -> str:
        """The name of its first file."""
        return self.names[0]

    @property
    def brightness(self) -> float:
        """The mean of its look, 0..255."""
        return sum(self.look) / len(self.look)

    @property
    def camera(self) -> tuple[object, ...]:
        """What frames that belong together must share: camera, kind of clock, and portrait or landscape format."""
        told = self.capture
        upright = told.width is not None and told.height is not None and told.width < told.height
        return told.make or "", told.model or "", told.serial or "", told.taken is not None, upright

    @cached_property
    def exposure(self) -> float | None:
        """How much light the camera let in, in stops: one stop more is twice as bright; None if not known."""
        told = self.capture
        if not (told.exposure_time and told.f_number):
            return None
        return math.log2(told.exposure_time / told.f_number**2 * (told.iso or 100))


def to_frames(files: Iterable[File]) -> list[Frame]:
    """Join files into frames, in the order in which they were taken."""

    def of_one_shot(file: File) -> str:
        return stem(file.name)

    frames = []
    for _, group in groupby(sorted(files, key=lambda f: (of_one_shot(f), f.name)), key=of_one_shot):
        same = list(group)
        first = next((file for file in same if file.capture.taken is not None), same[0])
        frames.append(Frame(tuple(file.name for file in same), first.moment, first.capture, first.look))
    return sorted(frames, key=lambda frame: (frame.moment, frame.name))
