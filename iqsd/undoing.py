"""`iqsd undo`: what iqsd wrote is taken back, folder by folder, and the journal remembers it."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd import sidecars
from iqsd.errors import FolderError, PhotoError
from iqsd.journal import Entry, Journal, Status
from iqsd.moving import inode
from iqsd.paths import identity, is_gone
from iqsd.photos.finding import Photo, look_at, walk
from iqsd.precautions import costs_this_photo_only, uninterrupted


@dataclass(frozen=True)
class Undoing:
    """What became of one photo.

    Attributes:
        path: the photo.
        removed: whether its sidecar is gone; what was written into the photo itself is removed from it.
        left_to_person: fields that a person has changed since, and that stay as they are.
        error: why nothing could be done.
    """

    path: Path
    removed: bool = False
    left_to_person: frozenset[str] = frozenset()
    error: PhotoError | FolderError | None = None


def undo(
    folders: Sequence[Path],
    options: sidecars.Options,
    journal: Journal,
    since: datetime.datetime | None,
    dry_run: bool,
) -> Iterator[Undoing]:
    """Take back what iqsd wrote below the folders; photos for which it wrote nothing are passed over.

    `iqsd start` leaves these photos alone until they change; `iqsd rescan` rates them again, which reverses the undo.

    Args:
        folders: where.
        options: how sidecars are named and written.
        journal: where the undo is recorded; without it (or if it is lost) the sidecars still tell what to put back.
        since: only what was written at or after this moment (with a time zone), as far as that is known.
        dry_run: say what would be done; write nothing.

    Raises:
        FolderError: the only folder is not there or cannot be listed; one of several does not stop the others.
    """
    for folder in folders:
        try:
            yield from _undo_below(folder, options, journal, since, dry_run)
        except FolderError as error:
            if len(folders) == 1:
                raise
            yield Undoing(folder, error=error)


def _undo_below(
    folder: Path, options: sidecars.Options, journal: Journal, since: datetime.datetime | None, dry_run: bool
) -> Iterator[Undoing]:
    for listing in walk(folder):
        yield from (Undoing(problem.path or folder, error=problem) for problem in listing.problems)
        is_first_part = listing.names[0] is None
        gone = dict.fromkeys(_gone(listing.folder) if is_first_part else ())  # a photo may have left two sidecars
        for path, photo in (*((photo.path, photo) for photo in listing.photos), *((path, None) for path in gone)):
            try:
                with costs_this_photo_only(path):
                    done = _undo(path, photo, options, journal, since, dry_run)
            except PhotoError as error:
                done = Undoing(path, error=error)
            if done is not None:
                yield done


def _gone(folder: Path) -> Iterator[Path]:
    """The photos that are gone from a folder and have left sidecars that iqsd wrote to."""
    with contextlib.suppress(OSError):  # listing the folder reports the error
        names = sorted(os.listdir(folder))  # noqa: PTH208  # only names are needed
        there = {stem + extension.lower() for stem, extension in map(os.path.splitext, names)}
        for name in names:
            # The owner of an IMG.xmp is named in it; an IMG.jpg.xmp need not be opened if there is an IMG.jpg.
            if name.endswith(".xmp") and is_gone(folder / name.removesuffix(".xmp")):
                photo = sidecars.photo_of(folder / name)
                # An IMG.xmp stays the photo's if only the case of the extension has changed.
                if photo and (name == f"{photo.name}.xmp" or photo.stem + photo.suffix.lower() not in there):
                    yield photo


def _undo(
    path: Path,
    photo: Photo | None,
    options: sidecars.Options,
    journal: Journal,
    since: datetime.datetime | None,
    dry_run: bool,
) -> Undoing | None:
    """Undo one photo. For one that is gone (None) there is nothing to remember."""
    # What it wrote into a JPEG stands there even if the sidecars decide.
    record = sidecars.read(path, options, into_photo=sidecars.is_jpeg(path), is_gone=photo is None).record
    if record is None or (since is not None and (record.moment is None or record.moment < since)):
        return None
    if dry_run or photo is None:
        done = sidecars.undo(path, options, dry_run=dry_run)
    else:
        journal.reserve()  # a daemon that has just judged it waits, and then sees that it was taken back
        try:
            with uninterrupted():
                was = inode(photo.path)
                names = (photo.path, *_other_names(photo, journal))
                done = sidecars.undo(photo.path, options)
                if done.changed:
                    now, number = look_at(photo.path), inode(photo.path)
                    for name in names:
                        entry = journal.get(name) or Entry(
                            now.signature, None, Status.UNDONE, policy="", inode=number, changed_ns=now.changed_ns
                        )
                        if entry.photo != photo.signature:  # it was judged before it changed
                            entry = entry._replace(assessment=None)
                        if number != was:  # iqsd had written into the photo, so there is a new file in its place
                            entry = entry._replace(inode=number, changed_ns=now.changed_ns)
                        journal.put(name, entry._replace(photo=now.signature, state=Status.UNDONE))
        finally:
            journal.flush()
    return Undoing(path, done.removed, done.left_to_person) if done.changed else None


def _other_names(photo: Photo, journal: Journal) -> list[Path]:
    """Other names that the journal has for this very file, because a folder above is also reached through a link."""
    known = (name for name, _ in journal.same_file(photo.signature, inode(photo.path)))
    return [
        name
        for name in known
        if name != photo.path and name.name == photo.path.name and identity(name.parent) == identity(photo.path.parent)
    ]
