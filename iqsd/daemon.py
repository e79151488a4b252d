"""`iqsd start`: one instance, a sweep first, then events and sweeps until a signal says stop."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import time
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import wait
from pathlib import Path
from types import FrameType

from iqsd.errors import AlreadyRunningError, FolderError, PhotoError, printable
from iqsd.journal import Journal
from iqsd.photos.finding import Photo, is_photo_folder, is_photo_name, look_at
from iqsd.pipeline import FAILED, KEPT, UNCHANGED, Outcome, Pipeline
from iqsd.watching.events import Watch
from iqsd.watching.inbox import Inbox
from iqsd.watching.settling import Settling
from iqsd.watching.sweep import sweep
from iqsd.workers.pool import Pool

log = logging.getLogger("iqsd")

TOUCHED, GONE = "touched", "gone"


@contextlib.contextmanager
def single_instance(journal: Path) -> Iterator[None]:
    """Hold the lock of a journal. The kernel drops it with the process, however that ends.

    Raises:
        AlreadyRunningError: another process holds it.
    """
    journal.parent.mkdir(parents=True, exist_ok=True)
    file = journal.with_suffix(".lock")
    descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    except BlockingIOError:
        holder = file.read_text("ascii").strip() or "unknown"
        raise AlreadyRunningError(f"iqsd is already watching, as process {holder}", file) from None
    finally:
        os.close(descriptor)


class Daemon:
    """The main loop. One thread does everything but notice (watchdog's) and judge (the workers').

    Args:
        folders: what to watch, recursively.
        pipeline: the way of a photo.
        pool: the workers, to see whether there is room.
        journal: for the sweep.
        settle_seconds: how long a new photo must stand still.
        sweep_minutes: how often disk and journal are compared.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        pipeline: Pipeline,
        pool: Pool,
        journal: Journal,
        settle_seconds: float,
        sweep_minutes: float,
    ) -> None:
        self._folders = folders
        self._pipeline = pipeline
        self._pool = pool
        self._journal = journal
        self._settling = Settling(settle_seconds)
        self._sweep_seconds = sweep_minutes * 60
        self._inbox = Inbox()
        self._sources: deque[Iterator[Photo]] = deque()
        self._next_sweep = time.monotonic()
        self._stopping = False

    def run(self) -> None:
        """Watch and rate until SIGTERM or SIGINT.

        Raises:
            ModelError: the model cannot be loaded.
        """
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        watch = Watch(
            touched=lambda path: self._inbox.leave(TOUCHED, path), gone=lambda path: self._inbox.leave(GONE, path)
        )
        watch.start()
        try:
            for folder in self._folders:
                self._watch(watch, folder)
            while not self._stopping:
                self._step()
        finally:
            watch.stop()
            self._journal.flush()
            self._inbox.close()
        log.info("stopped; what was being judged will be judged at the next start")

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping = True
        self._inbox.wake()

    def _watch(self, watch: Watch, folder: Path) -> None:
        try:
            watch.add(folder)
            log.info("watching %s", printable(folder))
        except FolderError as error:
            log.error("%s; it is swept every %g minutes instead", error, self._sweep_seconds / 60)  # noqa: TRY400

    def _step(self) -> None:
        """One round: wait until something can be done, take the news, move every photo as far as it goes."""
        wait([self._inbox.fileno(), *self._pool.connections], self._patience())
        for kind, path in self._inbox.take():
            self._hear(kind, path)
        now = time.monotonic()
        if now >= self._next_sweep and not self._sources:
            self._sources.extend(self._swept(folder) for folder in self._folders)
            self._next_sweep = now + self._sweep_seconds
        for outcome in self._pipeline.collect(0):
            _tell(outcome)
        self._settle(now)
        self._feed()

    def _patience(self) -> float | None:
        """How long nothing can be due. With photos to feed and room for them: not at all."""
        if self._sources and self._pool.has_room:
            return 0.0
        moments = [self._next_sweep, *filter(None, [self._settling.next_due(), self._pool.next_overdue()])]
        return max(0.0, min(moments) - time.monotonic())

    def _hear(self, kind: str, path: Path) -> None:
        if not self._is_ours(path):
            return
        if kind == GONE:
            self._settling.forget(path)
        elif path.is_dir() and not path.is_symlink():
            if is_photo_folder(path.name):
                self._sources.append(self._swept(path))
        elif is_photo_name(path.name):
            with contextlib.suppress(PhotoError):  # gone again, or a link to nothing: the sweep reports what stays
                self._settling.notice(look_at(path), time.monotonic())

    def _is_ours(self, path: Path) -> bool:
        """Whether it lies in a watched folder and no folder on the way there is one of those never looked into."""
        for root in self._folders:
            if path.is_relative_to(root):
                return all(is_photo_folder(part) for part in path.relative_to(root).parts[:-1])
        return False

    def _settle(self, now: float) -> None:
        for noticed in self._settling.due(now):
            try:
                if self._settling.confirm(noticed, look_at(noticed.path), now):
                    self._sources.appendleft(iter([noticed]))
            except PhotoError:
                self._settling.forget(noticed.path)

    def _swept(self, folder: Path) -> Iterator[Photo]:
        try:
            for swept in sweep(folder, self._journal, self._pipeline.is_known):
                for problem in swept.problems:
                    log.warning("%s", problem)
                for photo in swept.unknown:
                    if self._settling.is_young(photo, time.time_ns()):
                        self._settling.notice(photo, time.monotonic())
                    else:
                        yield photo
        except FolderError as error:
            log.warning("%s", error)

    def _feed(self) -> None:
        while self._sources and self._pool.has_room and not self._stopping:
            photo = next(self._sources[0], None)
            if photo is None:
                self._sources.popleft()
                continue
            outcome = self._pipeline.offer(photo)
            if outcome is not None:
                _tell(outcome)
        if not self._sources:
            self._journal.flush()


def _tell(outcome: Outcome) -> None:
    """One line for what happened to one photo; nothing for what needed nothing."""
    if outcome.status == FAILED:
        log.warning("%s", outcome.error)
    elif outcome.status == KEPT:
        log.info("%s: kept as a person rated it", printable(outcome.path))
    elif outcome.status != UNCHANGED and outcome.verdict is not None:
        stars = "stars left to the person" if outcome.rating is None else f"rating {outcome.rating}"
        label = "label left to the person" if outcome.pick_label is None else outcome.verdict.pick_label.name.lower()
        log.info("%s: %s, %s (%s)", printable(outcome.path), label, stars, "; ".join(outcome.verdict.reasons))
