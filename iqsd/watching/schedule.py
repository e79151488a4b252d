"""When each folder is swept. Pure: the clock is an argument."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

MOST_WAITING = 1000
"""If this many folders wait, everything is swept instead."""

POLL_SHARE = 50
"""A polled folder rests for this many times as long as its last sweep took: at most 2 % of the time goes into it."""

_JITTER = 0.1


@dataclass(frozen=True)
class Rhythm:
    """How often things happen, in seconds.

    Attributes:
        settle: how long a photo must stay unchanged.
        sweep: from one sweep of everything to the next, plus or minus a tenth.
        poll: from one sweep of a polled folder to the next, at least.
    """

    settle: float
    sweep: float
    poll: float


@dataclass(frozen=True)
class Due:
    """A sweep that is due, and why."""

    folder: Path
    why: str


class Schedule:
    """The sweeps to come, at most one per folder.

    Args:
        roots: the watched folders.
        rhythm: how often.
    """

    def __init__(self, roots: tuple[Path, ...], rhythm: Rhythm) -> None:
        self._roots = roots
        self._rhythm = rhythm
        self._waiting: dict[Path, tuple[float, str]] = {}

    def ask(self, folder: Path, why: str, at: float) -> None:
        """Sweep a folder at this moment, unless it is due earlier."""
        is_one_more = folder not in self._waiting and folder not in self._roots
        if is_one_more and len(self._waiting) >= MOST_WAITING:
            self.ask_all(f"{MOST_WAITING} folders at once", at)
        elif folder not in self._waiting or self._waiting[folder][0] > at:
            self._waiting[folder] = (at, why)

    def ask_all(self, why: str, at: float) -> None:
        """Sweep everything at this moment; single folders then need no sweep of their own."""
        self._waiting = {folder: due for folder, due in self._waiting.items() if folder in self._roots}
        for root in self._roots:
            self.ask(root, why, at)

    def take(self, now: float) -> list[Due]:
        """The sweeps that are due now; they are taken off the list."""
        due = [Due(folder, why) for folder, (at, why) in self._waiting.items() if at <= now]
        for each in due:
            del self._waiting[each.folder]
        return due

    def done(self, root: Path, polled: bool, took: float, now: float) -> None:
        """Record that a root has been swept, and schedule its next sweep."""
        pause = self._rhythm.sweep * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311  # not for secrets
        if polled:
            pause = min(pause, max(self._rhythm.poll, POLL_SHARE * took))
        self.ask(root, "regular", now + pause)

    def next_due(self) -> float | None:
        """When (monotonic) the next sweep is due."""
        return min((at for at, _ in self._waiting.values()), default=None)
