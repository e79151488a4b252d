"""Everything that brings in photos, put together: events, settling and sweeps in, complete photos out."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from iqsd.errors import PhotoError, printable
from iqsd.journal import Journal
from iqsd.photos.finding import Photo, is_photo_name, look_at, sidecars_now
from iqsd.watching.clocks import SuspendClock
from iqsd.watching.news import Event, Kind
from iqsd.watching.roots import Roots
from iqsd.watching.schedule import Due, Rhythm, Schedule
from iqsd.watching.settling import Settling
from iqsd.watching.sweep import IsKnown
from iqsd.watching.sweeping import Sweeps
from iqsd.watching.writers import is_being_written

log = logging.getLogger("iqsd")

MOST_READY = 500
"""At most this many complete photos are looked up ahead of the workers."""

ANEW_AT_MOST_EVERY_SECONDS = 20.0
"""Watching starts again after lost events, but no more often than this if they keep being lost."""

_PATIENCE_SECONDS = 0.2
"""How long `take` may look for a photo before it is the main loop's turn."""


class Intake:
    """The photos that need something, as they are noticed and settle. For one thread.

    Args:
        folders: what to watch, recursively; they need not be there (yet).
        polled: which of them to sweep often.
        rhythm: how often things happen.
        journal: what is known.
        is_known: whether a photo needs nothing.

    Attributes:
        roots: the watched folders.
        settling: the photos that still have to settle.
        sweeps: those under way, and the result of the last one.
    """

    def __init__(
        self, folders: Sequence[Path], polled: Sequence[Path], rhythm: Rhythm, journal: Journal, is_known: IsKnown
    ) -> None:
        self.roots = Roots(folders, polled)
        self.settling = Settling(rhythm.settle)
        self.sweeps = Sweeps(journal, is_known, self.settling, self.roots.came_upon)
        self._rhythm = rhythm
        self._journal = journal
        self._is_known = is_known
        self._schedule = Schedule(tuple(folders), rhythm)
        self._suspended = SuspendClock()
        self._ready: deque[Photo] = deque()
        self._anew_at: float | None = None
        self._heard_at: float | None = None  # since when there has been no news from before the end of the last sweep
        self._lost_again_at = 0.0
        self._try_again_at = 0.0

    def open(self) -> None:
        """Start watching, and have everything swept."""
        self._watch_anew("start", time.monotonic())

    def close(self) -> None:
        """Stop watching."""
        self.roots.close()

    @property
    def waiting(self) -> int:
        """How many complete photos are known to wait for a worker."""
        return len(self._ready)

    @property
    def is_sweeping(self) -> bool:
        """Whether a sweep is under way."""
        return len(self.sweeps) > 0

    @property
    def has_work(self) -> bool:
        """Whether `take` may find a photo now."""
        return bool(self._ready) or (self.is_sweeping and not self.settling.is_full)

    @property
    def can_look_ahead(self) -> bool:
        """Whether `look_ahead` may find photos now."""
        return self.is_sweeping and not self.settling.is_full and len(self._ready) < MOST_READY

    def next_due(self) -> float | None:
        """When (monotonic) there will be something to do even without news."""
        settled = None if len(self._ready) >= MOST_READY else self.settling.next_due()
        swept = None if self.is_sweeping else self._schedule.next_due()
        return min((moment for moment in (settled, swept, self._anew_at) if moment is not None), default=None)

    def sweep_now(self, why: str) -> None:
        """Sweep everything, and try again to watch what could not be watched."""
        if self.roots.are_complete:
            self._schedule.ask_all(why, time.monotonic())
        else:
            self._watch_anew(why, time.monotonic())

    def check(self) -> None:
        """Check whether folders or disks came, went or were replaced, and whether the machine was asleep. Cheap."""
        if changed := self.roots.changed():
            names = ", ".join(printable(root.path) for root in changed)
            self._watch_anew(f"{names}: a folder or disk appeared or disappeared", time.monotonic())
        if self._suspended.has_jumped():
            log.info("the machine was asleep")
            self.sweep_now("resume")
        if not self.roots.are_complete and time.monotonic() >= self._try_again_at:
            self._watch_anew("trying again to watch everything", time.monotonic())

    def hear(self) -> None:
        """Take the news, and start what is due."""
        now = time.monotonic()
        for event in self.roots.news():
            self._hear(event, now)
        if self._anew_at is not None and now >= self._anew_at:
            self._lost_again_at = now + ANEW_AT_MOST_EVERY_SECONDS
            self._watch_anew("lost events", now)
        if not self.is_sweeping:
            for due in self._schedule.take(now):
                self._sweep(due)
        self._forget_gone(now)
        self._settle(now)

    def take(self) -> Photo | None:
        """The next complete photo that needs something; None if there is none now."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while not self._ready and self.has_work and time.monotonic() < until:
            photo = self.sweeps.step()
            if photo is not None:
                return photo
        while self._ready:
            photo = self._ready.popleft()
            if _is_unchanged(photo):
                return photo
        return None

    def look_ahead(self) -> None:
        """Let the sweeps go on while nobody takes photos; what they find is kept waiting."""
        until = time.monotonic() + _PATIENCE_SECONDS
        while self.can_look_ahead and time.monotonic() < until:
            photo = self.sweeps.step()
            if photo is not None:
                self._ready.append(photo)

    def _forget_gone(self, now: float) -> None:
        """Forget photos that are gone, once all news from before the end of the sweep has been dealt with.

        By then, a photo that was moved has been found at its new place. What came later or goes on changing need not be
        waited for: some camera may always be at work.
        """
        if self.is_sweeping or self._anew_at is not None:
            self._heard_at = None
            return
        if self._heard_at is None and not self.roots.has_more_news:
            self._heard_at = now
        if self._heard_at is not None and not self._ready and not self.settling.holds_since(self._heard_at, now):
            self.sweeps.forget_gone()

    def _hear(self, event: Event, now: float) -> None:
        if event.kind is Kind.LOST and not event.is_folder:
            self._lose("more happened at once than the kernel can queue", now)
            return
        root = self.roots.of(event.path)
        if root is None:
            return
        if event.kind is Kind.LOST and not root.refused:
            self._lose(f"{printable(event.path)} cannot be watched", now)
        elif event.kind is Kind.GONE:
            self.settling.forget(event.path)
            if event.path == root.path:
                self._lose(f"{printable(root.path)} disappeared", now)
        elif event.is_folder:
            self._schedule.ask(event.path, "new folder", now)
        elif event.path.suffix == ".xmp" and not event.path.name.startswith("."):  # no photo's name starts with a dot
            self._hear_of_sidecar(event.path.with_suffix(""), now)
        elif is_photo_name(event.path.name):
            self._notice(event.path, now)

    def _hear_of_sidecar(self, photo: Path, now: float) -> None:
        """React at once to what a person's program writes; what iqsd wrote itself is already known."""
        self.settling.companion(photo, now)
        for path in (photo, *self._journal.named(photo)):
            if is_photo_name(path.name):
                with suppress(PhotoError):
                    seen = look_at(path)
                    if not self._is_known(seen, self._journal.get(path), sidecars_now(path)):
                        self._notice(path, now)

    def _notice(self, path: Path, now: float) -> None:
        if self.settling.is_full:
            self._schedule.ask_all("more photos at once than iqsd can queue", now + self._rhythm.settle)
            return
        with suppress(PhotoError):  # gone again, or a link to nothing: the sweep reports what stays wrong
            self.settling.notice(look_at(path), now)

    def _lose(self, why: str, now: float) -> None:
        if self._anew_at is None:
            log.warning("%s: iqsd sets up its watches again and compares every folder", why)
            self._anew_at = max(now + 1.0, self._lost_again_at)

    def _watch_anew(self, why: str, now: float) -> None:
        self._anew_at, self._try_again_at = None, now + self._rhythm.sweep
        self.roots.watch_anew()
        self._schedule.ask_all(why, now)

    def _settle(self, now: float) -> None:
        for noticed in self.settling.due(now, MOST_READY - len(self._ready)):
            try:
                seen = look_at(noticed.path)
                if self.settling.confirm(noticed, seen, now, is_being_written(noticed.path)):
                    self._ready.append(noticed)
            except PhotoError:
                self.settling.forget(noticed.path)

    def _sweep(self, due: Due) -> None:
        root = self.roots.of(due.folder)
        if root is None or root.identity is None:
            return

        def done(seconds: float) -> None:
            if due.folder == root.path:
                often = bool(root.polled or root.refused)
                self._schedule.done(root.path, often, seconds, time.monotonic())

        self.sweeps.begin(due, root, done)


def _is_unchanged(photo: Photo) -> bool:
    """Whether a photo that has waited (for hours, on battery) is as it was. If not, there has been news of it."""
    try:
        return look_at(photo.path).signature == photo.signature
    except PhotoError:
        return False
