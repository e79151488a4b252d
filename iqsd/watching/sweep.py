"""What lies on disk against what has been done: the truth that events only hurry along."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import FolderError, PhotoError
from iqsd.journal import Entry, Journal
from iqsd.photos.finding import Photo, Signature, sidecar_signature, walk

IsKnown = Callable[[Photo, "Entry | None", "Signature | None"], bool]


@dataclass(frozen=True)
class Swept:
    """One folder after the comparison.

    Attributes:
        known: photos that need nothing, with what the journal says of them.
        unknown: photos that are new, or changed, or whose sidecar did.
        problems: what could not be looked at.
    """

    known: tuple[tuple[Photo, Entry], ...]
    unknown: tuple[Photo, ...]
    problems: tuple[PhotoError | FolderError, ...]


def sweep(root: Path, journal: Journal, is_known: IsKnown) -> Iterator[Swept]:
    """Compare every folder from root down with the journal; photos that are gone are forgotten.

    Raises:
        FolderError: root itself is not there or cannot be listed.
    """
    for listing in walk(root):
        entries = journal.folder(listing.folder)
        known: list[tuple[Photo, Entry]] = []
        unknown: list[Photo] = []
        for photo in listing.photos:
            entry = entries.pop(photo.path.name, None)
            sidecar = sidecar_signature(photo.path, listing.others.get)
            if entry is not None and is_known(photo, entry, sidecar):
                known.append((photo, entry))
            else:
                unknown.append(photo)
        if not listing.problems:
            for gone in entries:
                journal.forget(listing.folder / gone)
        yield Swept(tuple(known), tuple(unknown), listing.problems)
