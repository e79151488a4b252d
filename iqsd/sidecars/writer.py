"""Write a verdict where iqsd may write it, and leave everything else as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.paths import is_gone
from iqsd.sidecars import atomic, jpeg_write
from iqsd.sidecars.atomic import ChangedMeanwhileError
from iqsd.sidecars.composing import Wording, compose, worded
from iqsd.sidecars.options import Options
from iqsd.sidecars.places import Place, View, look
from iqsd.sidecars.record import Record

ATTEMPTS = 5


@dataclass(frozen=True)
class Written:
    """What a write did.

    Attributes:
        path: the sidecar, or the photo itself.
        changed: whether any byte on disk has changed.
        into_photo: whether the photo's own file has.
        rating: the rating that iqsd says in this file; None if the field was left to a person.
        pick_label: likewise.
    """

    path: Path
    changed: bool
    into_photo: bool
    rating: int | None
    pick_label: int | None


def write(
    photo: Path,
    record: Record,
    options: Options | None = None,
    *,
    force: bool = False,
    dry_run: bool = False,
    into_photo: bool = False,
) -> Written:
    """Write a verdict and what led to it.

    Fields that are a person's are left as they are.

    Args:
        photo: the photo.
        record: what iqsd says about the photo; its rating and pick label are the verdict.
        options: what the user chose.
        force: overrule a person; undo puts the person's value back.
        dry_run: say what would be done and touch nothing.
        into_photo: see `places.look`.

    Raises:
        SidecarError: it cannot be read, understood or written; the file that the error names is as it was.
    """
    options = options or Options()
    for _ in range(ATTEMPTS):
        try:
            # What is overruled has to be recognised later, in the photo, too.
            view = look(photo, options, into_photo=into_photo or force)
            return _write(view, record, options, force=force, dry_run=dry_run)
        except ChangedMeanwhileError:
            continue
    raise SidecarError("other programs keep changing it while iqsd writes", photo, "the next run tries again")


def _write(view: View, record: Record, options: Options, *, force: bool, dry_run: bool) -> Written:
    wording = worded(view, record, options, force=force)
    if view.primary.is_photo:
        wording = _settle_size(view, wording)
    composed = [(place, compose(view, place, wording)) for place in view.writable]
    changed = [(place, data) for place, data in composed if place.document is None or data != place.document.data]
    for place, data in changed:
        save(view.photo, place, data, dry_run=dry_run)
    embedded = any(place.is_photo for place, _ in changed)
    return Written(view.primary.path, bool(changed), embedded, wording.record.rating, wording.record.pick_label)


def _settle_size(view: View, wording: Wording) -> Wording:
    """Make the record's photo size right: in a photo, the record is part of that size."""
    for _ in range(ATTEMPTS):
        size = jpeg_write.size_with(view.photo, compose(view, view.primary, wording))
        if size == wording.record.photo_size:
            break
        wording = replace(wording, record=replace(wording.record, photo_size=size))
    return wording


def save(photo: Path, place: Place, data: bytes, *, dry_run: bool) -> None:
    """Write new XMP there, unless the photo is deleted or renamed meanwhile: a sidecar without a photo helps nobody.

    In a dry run, only find out whether that is allowed.

    Raises:
        ChangedMeanwhileError: it is no longer the file that was read.
        SidecarError: it cannot be written, or the photo is gone.
    """
    try:
        like = photo.stat()  # a new sidecar takes the photo's mode and owner
    except OSError as error:
        raise SidecarError(f"its photo cannot be looked at: {error.strerror}", place.path, "") from error
    if dry_run:
        atomic.refuse_protected(place.path)
        return
    place.save(data, like)
    if place.document is None and is_gone(photo):
        made = atomic.read_regular(place.path, len(data))
        if made is not None and made[0] == data:
            atomic.remove(place.path, made[1])
        raise SidecarError("its photo is gone", place.path, "")
