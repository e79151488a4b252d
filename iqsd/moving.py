"""A photo that was moved or renamed is recognised by its number on the disk, and keeps what is known of it.

Its sidecar usually moves with it (folders are moved whole, catalogs move both). One that stayed behind is copied to
the new name, so that what a person wrote in it still counts; the old one is left where it is.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.journal import Entry, Journal, Status
from iqsd.paths import is_gone
from iqsd.photos.finding import Photo
from iqsd.sidecars.atomic import ChangedMeanwhileError, read_regular, replace
from iqsd.sidecars.document import MAX_BYTES
from iqsd.sidecars.naming import Naming, belongs, sidecar_path
from iqsd.sidecars.parser import parse
from iqsd.sidecars.places import owner_of

_BITS = (1 << 63) - 1  # of the journal's integers; mergerfs, overlays and network mounts use one more


def inode(photo: Path) -> int:
    """The file's number on its disk, as the journal can hold it; 0 if it is not there."""
    try:
        return photo.stat().st_ino & _BITS
    except OSError:
        return 0


def moved_here(photo: Photo, journal: Journal) -> Entry | None:
    """What is known of a photo under its previous name; None if it had none.

    Raises:
        SidecarError: the sidecar that stayed behind cannot be copied.
    """
    names = journal.same_file(photo.signature, inode(photo.path))
    # Names under which it failed come last: a sidecar that could not follow it there is still at an earlier name.
    for old, entry in sorted(names, key=lambda known: known[1].state is Status.FAILED):
        if old != photo.path and is_gone(old):
            _bring_sidecars(old, photo.path, journal)
            # To the kernel a move is a change, but the photo's content is the same.
            moved = entry._replace(inode=inode(photo.path), changed_ns=photo.changed_ns)
            journal.rename(old, photo.path, moved)
            return moved
    return None


def _bring_sidecars(old: Path, new: Path, journal: Journal) -> None:
    for naming in Naming:
        source = sidecar_path(old, naming)
        if not os.path.lexists(source):
            continue
        place = sidecar_path(new) if naming is Naming.FULL else _place_of_base(old, new, journal)
        if place is None or os.path.lexists(place):
            continue
        found = read_regular(source, MAX_BYTES)
        if found is None:
            continue
        if len(found[0]) > MAX_BYTES:  # ignoring it would make the photo count as nobody's
            raise SidecarError(
                "is too large for iqsd to read, and its photo was moved",
                source,
                "move it to its photo, or out of the way",
            )
        with contextlib.suppress(ChangedMeanwhileError, FileNotFoundError):  # the sidecar has just arrived by itself
            replace(place, found[0], None, like=source.stat())


def _place_of_base(old: Path, new: Path, journal: Journal) -> Path | None:
    """Where the `IMG.xmp` of a photo that moved goes; None: nowhere, a photo that stayed owns it or may own it."""
    owner = _owner(sidecar_path(old, Naming.BASE))
    if not belongs(old, owner):
        return None
    target = sidecar_path(new, Naming.BASE)
    if os.path.lexists(target):  # if the sidecar names no photo, nobody can tell whether it came along
        return sidecar_path(new) if owner and not belongs(new, _owner(target)) else None
    if belongs(new, owner):
        return target
    # There it would be taken for another photo's. A pair's sidecar is the RAW file's, and moves with that.
    return None if owner is None and _was_a_pair(old, journal) else sidecar_path(new)


def _owner(sidecar: Path) -> str | None:
    """The extension of the photo that the sidecar says it belongs to, as far as it can be read."""
    try:
        found = read_regular(sidecar, MAX_BYTES)
        return owner_of(parse(found[0])) if found else None
    except SidecarError:
        return None


def _was_a_pair(photo: Path, journal: Journal) -> bool:
    """Whether another photo of that name was beside it that has not been found elsewhere yet."""
    return any(other != photo and other.stem == photo.stem for other in journal.named(photo.with_suffix("")))
