"""The sweeps under way: one folder after another, photo by photo, so that the main loop gets its turn in between."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import FolderError, PhotoError, counted, printable
from iqsd.journal import Journal
from iqsd.paths import is_gone
from iqsd.photos.finding import Photo
from iqsd.watching.roots import Root
from iqsd.watching.schedule import Due
from iqsd.watching.settling import Settling
from iqsd.watching.sweep import MOST_GONE, IsKnown, Swept, forget_gone, sweep
from iqsd.watching.writers import is_being_written

log = logging.getLogger("iqsd")

_MOST_TOLD = 1000


@dataclass
class Sweep:
    """One sweep, under way or done.

    Attributes:
        folder: the folder that is swept.
        why: the reason for the sweep.
        began: when it began, by the wall clock, seconds since 1970.
        seconds: how long it took, or None while it is under way.
        photos: how many photos there were.
        fresh: how many of them needed something.
        problems: how many files or folders could not be looked at.
    """

    folder: Path
    why: str
    began: float
    seconds: float | None = None
    photos: int = 0
    fresh: int = 0
    problems: int = 0


class Sweeps:
    """Runs sweeps one after another.

    Args:
        journal: what is known.
        is_known: whether a photo needs nothing.
        settling: takes the photos that are not complete yet.
        came_upon: called with every folder before it is looked through.

    Attributes:
        last: the last sweep of a whole watched folder; None: there has been none yet.
        looked_at: how many folders have been looked through; it only grows.
        cleared: how often photos that are gone have been forgotten; it only grows.
    """

    def __init__(
        self, journal: Journal, is_known: IsKnown, settling: Settling, came_upon: Callable[[Path], None]
    ) -> None:
        self.last: Sweep | None = None
        self.looked_at = 0
        self.cleared = 0
        self._journal = journal
        self._is_known = is_known
        self._settling = settling
        self._came_upon = came_upon
        self._running: deque[Iterator[Photo | None]] = deque()
        self._gone: deque[Path] = deque(maxlen=MOST_GONE)
        self._told: dict[Path, set[str]] = {}  # by watched folder: the problems that its last sweep found

    def __len__(self) -> int:
        return len(self._running)

    def begin(self, due: Due, root: Root, done: Callable[[float], None]) -> None:
        """Sweep a folder after the sweeps under way; `done` is called with the number of seconds it took."""
        self._running.append(self._run(due, root, done))

    def step(self) -> Photo | None:
        """Continue a little: returns a complete photo that needs something, or None."""
        try:
            return next(self._running[0])
        except StopIteration:
            self._running.popleft()
            return None

    def forget_gone(self) -> None:
        """Drop what is known of photos that are gone. Call it when moved photos have been recognised elsewhere."""
        if self._gone:
            forget_gone(self._journal, self._gone)
            self._gone.clear()
            self.cleared += 1

    def _run(self, due: Due, root: Root, done: Callable[[float], None]) -> Iterator[Photo | None]:
        run, began = Sweep(due.folder, due.why, time.time()), time.monotonic()
        is_whole = due.folder == root.path
        before = self._told.get(root.path, set())
        found = self._told[root.path] = set() if is_whole else before
        if is_whole:
            self.last = run
        try:
            for swept in sweep(due.folder, self._journal, self._is_known, self._came_upon):
                self._count(run, swept)
                self._tell(run, swept.problems, before, found)
                for photo in swept.unknown:
                    yield from self._complete(photo, bool(root.polled))
                yield None
        except FolderError as problem:
            if is_whole or not is_gone(due.folder):  # nobody misses a new folder that has been renamed by now
                self._tell(run, [problem], before, found)
        run.seconds = time.monotonic() - began
        if run.fresh or (is_whole and due.why != "regular"):
            photos = f"{counted(run.photos, 'photo', 'photos')}, {run.fresh:,} new or changed"
            log.info("compared %s (%s): %s", printable(run.folder), run.why, photos)
        done(run.seconds)

    def _count(self, run: Sweep, swept: Swept) -> None:
        self.looked_at += 1
        self._gone += swept.gone
        run.photos += len(swept.known) + len(swept.unknown)
        run.fresh += len(swept.unknown)

    def _complete(self, photo: Photo, is_remote: bool) -> Iterator[Photo | None]:
        """The photo, unless it must first be seen to stay unchanged. The clock of another machine proves nothing."""
        while self._settling.is_full:
            yield None
        if is_remote or self._settling.is_young(photo, time.time_ns()) or is_being_written(photo.path):
            self._settling.notice(photo, time.monotonic())
        else:
            yield photo

    def _tell(
        self, run: Sweep, problems: Sequence[PhotoError | FolderError], before: set[str], found: set[str]
    ) -> None:
        """Name the problems that the sweep before did not find: nobody reads the same line every few minutes."""
        run.problems += len(problems)
        for text in map(str, problems):
            if text not in found and len(found) < _MOST_TOLD:
                if text not in before:
                    log.warning("%s", text)
                found.add(text)
