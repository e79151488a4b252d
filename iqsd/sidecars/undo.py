"""Put back what was there before iqsd, unless a person has changed it since.

It needs no journal: the record in the file says what to do.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.paths import is_gone
from iqsd.sidecars.atomic import ChangedMeanwhileError, refuse_protected
from iqsd.sidecars.dialects import Field
from iqsd.sidecars.names import SIDECAR_FOR
from iqsd.sidecars.options import Options
from iqsd.sidecars.parser import parse
from iqsd.sidecars.places import Place, View, is_jpeg, look
from iqsd.sidecars.record import CLEARED
from iqsd.sidecars.residue import judge_alone, residue
from iqsd.sidecars.writer import ATTEMPTS


@dataclass(frozen=True)
class Undone:
    """What an undo did, or would do.

    Attributes:
        path: the sidecar, or the photo itself.
        changed: whether there was anything to undo.
        removed: whether a sidecar is gone because iqsd had made it and nobody else has changed it.
        left_to_person: fields that a person has changed since iqsd wrote, and that stay as they are.
    """

    path: Path
    changed: bool
    removed: bool = False
    left_to_person: frozenset[str] = frozenset()


def undo(photo: Path, options: Options | None = None, *, dry_run: bool = False) -> Undone:
    """Undo what iqsd wrote for a photo, in every file that it writes or wrote to; the photo itself may be gone.

    Raises SidecarError.
    """
    options = options or Options()
    for _ in range(ATTEMPTS):
        gone = is_gone(photo)
        view = look(photo, options, into_photo=is_jpeg(photo), is_gone=gone)  # iqsd writes into no other photos
        if view.in_photo is None and any(map(view.is_last_to_tell, view.writable)):
            view = look(photo, options, into_photo=True, is_gone=gone)
        inner = _own_in_photo(view)
        try:
            # The photo comes first: if it cannot be written, the sidecar still says what iqsd did.
            within = [_undo_place(view, place, dry_run=dry_run) for place in inner]
            done = [_undo_place(view, place, dry_run=dry_run) for place in view.writable]
        except ChangedMeanwhileError:
            continue
        told = [each for each in (*done, *within) if each.changed]
        if not told:
            return done[0]
        removed = any(each.removed and each.path != photo for each in told)  # XMP within the photo is not a file
        left = frozenset[str]().union(*(each.left_to_person for each in told))
        return replace(told[0], removed=removed, left_to_person=left)
    raise SidecarError("other programs keep changing it while iqsd writes", photo, "try again")


def _own_in_photo(view: View) -> tuple[Place, ...]:
    """What iqsd wrote into a photo before the settings changed, but not what another program copied into it."""
    inner = view.in_photo
    if inner is None or inner.stored is None or not inner.stored.embedded or not is_jpeg(view.photo):
        return ()
    return (inner,)


def _undo_place(view: View, place: Place, *, dry_run: bool) -> Undone:
    document, stored = place.document, place.stored
    if document is None or stored is None or stored.record is None:
        return Undone(place.path, changed=False)
    persons = {field for field, judgement in judge_alone(document, stored).items() if judgement.is_persons}
    written = {field for field in Field if stored.wrote(field) is not None}
    cleared = [f for f in Field if view.judge(f).is_cleared or CLEARED in stored.overruled.get(f.value, ())]
    data = residue(document, stored, cleared)
    removed = stored.created and _is_untouched(data, stored.digest) and not view.is_last_to_tell(place)
    if dry_run:
        refuse_protected(place.path)
    elif removed:
        place.remove()
    else:
        place.save(data, None)
    left = frozenset(field.value for field in written & persons)
    return Undone(place.path, True, removed, left)


def _is_untouched(data: bytes, digest: str) -> bool:
    """Whether these are the bytes that iqsd started the file with, or there is nothing of anybody's."""
    if hashlib.sha256(data).hexdigest() == digest:
        return True
    return all(found.name == SIDECAR_FOR for found in parse(data).properties)
