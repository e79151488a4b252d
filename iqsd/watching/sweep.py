"""What is on disk compared with what has been done: the truth, which events only bring sooner."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import FolderError, PhotoError
from iqsd.journal import Entry, Journal, Status
from iqsd.paths import is_gone
from iqsd.photos.finding import Listing, Photo, Signature, sidecar_signature, walk

MOST_GONE = 100_000
"""At most this many names of photos that are gone are remembered; the next sweep finds the rest again."""

IsKnown = Callable[[Photo, "Entry | None", "Signature | None"], bool]


@dataclass(frozen=True)
class Swept:
    """One folder, or a part of a large one, after the comparison.

    Attributes:
        known: photos that need nothing, with what the journal says about them.
        unknown: photos that are new or have changed, or whose sidecar has.
        problems: what could not be looked at.
        gone: photos that the journal knows and that no longer exist.
    """

    known: tuple[tuple[Photo, Entry], ...]
    unknown: tuple[Photo, ...]
    problems: tuple[PhotoError | FolderError, ...] = ()
    gone: tuple[Path, ...] = ()


def sweep(
    root: Path, journal: Journal, is_known: IsKnown, came_upon: Callable[[Path], None] = lambda folder: None
) -> Iterator[Swept]:
    """Compare every folder from root down with the journal.

    What is gone is reported but not forgotten yet: it may turn up under another name (`forget_gone`).

    Args:
        root: where.
        journal: what is known.
        is_known: whether a photo needs nothing.
        came_upon: called with every folder before it is listed.

    Raises:
        FolderError: root itself does not exist or cannot be listed.
    """
    for listing in walk(root, came_upon):
        entries = journal.folder(listing.folder, *listing.names)
        known: list[tuple[Photo, Entry]] = []
        unknown: list[Photo] = []
        for photo in listing.photos:
            entry = entries.pop(photo.path.name, None)
            sidecar = sidecar_signature(photo.path, listing.others.get)
            if entry is not None and is_known(photo, entry, sidecar):
                known.append((photo, entry))
            else:
                unknown.append(photo)
        yield Swept(tuple(known), tuple(unknown), listing.problems, tuple(_gone(listing, entries)))
    for folder in journal.folders(root):
        is_no_folder = is_gone(folder) or os.path.isfile(folder)  # noqa: PTH113  # `Path.is_file` raises
        if is_no_folder and _has_something(folder.parent):
            # A card's mount point may be removed with the card, and only the journal remembers `iqsd undo`.
            rebuilt = [name for name, entry in journal.folder(folder).items() if entry.state is not Status.UNDONE]
            yield Swept((), (), (), tuple(folder / name for name in rebuilt))


def _gone(listing: Listing, entries: Iterable[str]) -> Iterator[Path]:
    """What the journal knows and the listing lacks. An empty folder may be a mount point whose disk is away."""
    if listing.is_empty or any(isinstance(problem, FolderError) for problem in listing.problems):
        return
    in_doubt = {problem.path for problem in listing.problems}
    yield from (path for name in entries if (path := listing.folder / name) not in in_doubt)


def forget_gone(journal: Journal, gone: Iterable[Path]) -> None:
    """Drop what is known of photos that still do not exist."""
    # All are looked up first: on a network mount this takes minutes, and another iqsd waits for an open transaction.
    for photo in [one for one in gone if is_gone(one) and not _is_still_to_move(one, journal)]:
        journal.forget(photo)
    journal.flush()


def _is_still_to_move(photo: Path, journal: Journal) -> bool:
    """Whether it is elsewhere now, but what is known of it (including its sidecar) could not follow yet."""
    return any(not is_gone(name) for name in journal.names_that_fail(photo))


def _has_something(folder: Path) -> bool:
    """Whether a folder is there and not empty; if it is gone as well, its nearest parent that exists is asked."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is not None
    except OSError:
        return _has_something(folder.parent) if folder != folder.parent else False
