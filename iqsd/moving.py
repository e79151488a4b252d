"""A photo that was moved or renamed is known again by its number on the disk, and takes along what is known of it.

Its sidecar usually comes along by itself (folders are moved whole, catalogs move both). One that stayed behind is
copied to the new name, so that what a person wrote in it goes on counting; the old one is left where it is.
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
from iqsd.sidecars.naming import Naming, belongs, is_named_after_another, sidecar_path
from iqsd.sidecars.parser import parse
from iqsd.sidecars.places import owner_of

_BITS = (1 << 63) - 1  # of the journal's whole numbers; mergerfs, overlays and network mounts use one more


def inode(photo: Path) -> int:
    """The file's number on its disk, as the journal can hold it; 0 if it is not there."""
    try:
        return photo.stat().st_ino & _BITS
    except OSError:
        return 0


def moved_here(photo: Photo, journal: Journal) -> Entry | None:
    """What is known of a photo under the name that it had before; None if it had none.

    Raises:
        SidecarError: the sidecar that stayed behind cannot be brought along.
    """
    names = journal.same_file(photo.signature, inode(photo.path))
    # Last those under which it failed: what stayed behind, and did not follow it there, lies by a name before.
    for old, entry in sorted(names, key=lambda known: known[1].state is Status.FAILED):
        if old != photo.path and is_gone(old):
            _bring_sidecars(old, photo.path, journal)
            # To the kernel a move is a change; it is none of what is in the photo.
            moved = entry._replace(inode=inode(photo.path), changed_ns=photo.changed_ns)
            journal.rename(old, photo.path, moved)
            return moved
    return None


def _bring_sidecars(old: Path, new: Path, journal: Journal) -> None:
    for naming in Naming:
        source, target = sidecar_path(old, naming), sidecar_path(new, naming)
        if os.path.lexists(target) or not os.path.lexists(source):
            continue
        # Asked last, and only of what is there: with thousands of photos, each would look through all the others.
        if naming is Naming.BASE and (is_named_after_another(old) or _is_shared(old)):
            continue
        found = read_regular(source, MAX_BYTES)
        if found is None:
            continue
        if len(found[0]) > MAX_BYTES:  # without what it says the photo would count as nobody's
            raise SidecarError(
                "is larger than what iqsd reads, and its photo was moved", source, "move it along, or away"
            )
        place = target
        if naming is Naming.BASE and _would_be_anothers(new, found[0]):
            place = sidecar_path(new)
            if os.path.lexists(place) or _was_a_pair(old, journal):
                continue  # a pair's is the RAW file's, and comes along with that
        with contextlib.suppress(ChangedMeanwhileError, FileNotFoundError):  # it has just come by itself
            replace(place, found[0], None, like=source.stat())


def _would_be_anothers(photo: Path, data: bytes) -> bool:
    """Whether this, as the `IMG.xmp` of a photo, would be taken for that of one that it has come to lie beside."""
    try:
        owner = owner_of(parse(data))
    except SidecarError:
        owner = None
    return owner is None and not belongs(photo, None)


def _was_a_pair(photo: Path, journal: Journal) -> bool:
    """Whether another photo of that name lay beside it that has not come to light elsewhere yet."""
    return any(other != photo and other.stem == photo.stem for other in journal.named(photo.with_suffix("")))


def _is_shared(photo: Path) -> bool:
    """Whether another photo of that name (a RAW beside its JPEG) stayed behind, and `IMG.xmp` may be its."""
    try:
        with os.scandir(photo.parent) as entries:
            names = (entry.name for entry in entries if entry.name.startswith(photo.stem))
            return any(Path(name).stem == photo.stem and not name.endswith(".xmp") for name in names)
    except OSError:
        return False
