"""`iqsd rescan`: what one sweep finds takes the one path, once."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from iqsd.errors import FolderError, PhotoError, UnreadablePhotoError
from iqsd.journal import Journal
from iqsd.outcome import FAILED, GONE, Outcome, known
from iqsd.paths import disk, is_gone
from iqsd.photos.finding import Photo, count_below, look_at
from iqsd.pipeline import Pipeline
from iqsd.watching.settling import Settling
from iqsd.watching.sweep import MOST_GONE, forget_gone, sweep
from iqsd.watching.writers import ignore_broken_leases, is_being_written

PATIENCE_SECONDS = 300.0
"""A photo that keeps changing for this long, as a camera's `latest.jpg` does for ever, is left for another run."""


def rescan(folders: Sequence[Path], pipeline: Pipeline, settle_seconds: float) -> Iterator[Outcome]:
    """Rate every photo below the folders that needs it; one outcome per photo, in the order they are done.

    A folder that disappears meanwhile (a card is pulled out) has an outcome, too: its photos are not to blame.

    Raises:
        FolderError: the only folder is not there or cannot be listed; one of several does not stop the others.
        ModelError: the model cannot be loaded.
    """
    ignore_broken_leases()
    disks = {folder: disk(folder) for folder in folders}
    yield from pipeline.run(_finds(disks, pipeline, Settling(settle_seconds)))
    for folder, was in disks.items():
        if disk(folder) != was:
            error = FolderError("disappeared while its photos were being rated", folder, "run it again when it is back")
            yield Outcome(folder, FAILED, error=error)


def count(folders: Sequence[Path]) -> int:
    """How many outcomes `rescan` will have; much quicker than `rescan`, because no file is looked at."""
    return sum(count_below(folder) for folder in folders)


def _finds(disks: Mapping[Path, int | None], pipeline: Pipeline, settling: Settling) -> Iterator[Photo | Outcome]:
    gone: deque[Path] = deque(maxlen=MOST_GONE)
    for folder, was in disks.items():
        try:
            for swept in sweep(folder, pipeline.journal, pipeline.memory.is_known):
                gone += swept.gone
                yield from (Outcome(problem.path or folder, FAILED, error=problem) for problem in swept.problems)
                yield from (known(photo, entry) for photo, entry in swept.known)
                for photo in swept.unknown:
                    if settling.is_young(photo, time.time_ns()) or is_being_written(photo.path):
                        settling.notice(photo, time.monotonic())
                    else:
                        yield photo
        except FolderError as error:
            if len(disks) == 1:
                raise
            if disk(folder) == was:  # otherwise its disappearance is reported at the end
                yield Outcome(folder, FAILED, error=error)
    yield from _settled(settling, pipeline.journal)
    if pipeline.is_dry:
        for path in gone:
            pipeline.regrouping.notice(path.parent, time.monotonic())
    else:
        forget_gone(pipeline.journal, gone)


def _settled(settling: Settling, journal: Journal) -> Iterator[Photo | Outcome]:
    """The photos that were still fresh when they were found, as they settle."""
    restless: dict[Path, float] = {}  # since when a photo has kept changing
    while (moment := settling.next_due()) is not None:
        journal.flush()
        time.sleep(max(0.0, moment - time.monotonic()))
        for noticed in settling.due(time.monotonic()):
            try:
                now = time.monotonic()
                if not settling.confirm(noticed, look_at(noticed.path), now):
                    if now - restless.setdefault(noticed.path, now) > PATIENCE_SECONDS:
                        raise UnreadablePhotoError("does not stop changing; run the command again", noticed.path)
                    continue
                if is_being_written(noticed.path):
                    raise UnreadablePhotoError(
                        "is still being written by another program; run the command again", noticed.path
                    )
                yield noticed
            except PhotoError as error:
                settling.forget(noticed.path)
                gone = is_gone(noticed.path)
                yield Outcome(noticed.path, GONE) if gone else Outcome(noticed.path, FAILED, error=error)
