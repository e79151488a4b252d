"""Write what a person decided, so that iqsd and every catalog treat it as that person's from now on.

The value goes where iqsd would write its own; iqsd's record gives the field up and marks it as the person's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.sidecars import jpeg_write
from iqsd.sidecars.atomic import ChangedMeanwhileError
from iqsd.sidecars.composing import inherited_by, start_of
from iqsd.sidecars.dialects import DIALECTS, Field, readings, texts
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.options import Options
from iqsd.sidecars.places import Place, View, look
from iqsd.sidecars.record import Record, Stored, to_properties
from iqsd.sidecars.writer import ATTEMPTS, save, write


@dataclass(frozen=True)
class Decision:
    """What a person decided about one field, and what it was based on.

    Attributes:
        value: the stars (0..5, 0 removes them) or the label (0..3).
        stood: what the field held when the person decided; None: nothing.
        shown: what the person saw: that value, or what iqsd would write. It may have been written since.
    """

    value: int
    stood: int | None
    shown: int | None


def decide(
    photo: Path, decisions: Mapping[Field, Decision], options: Options | None = None, *, dry_run: bool = False
) -> bool:
    """Write a person's decisions about a photo.

    Args:
        photo: the photo.
        decisions: by field.
        options: what the user chose about sidecars.
        dry_run: say what would be done and touch nothing.

    Returns:
        whether anything had to be written; not if all of it is already there as a person's.

    Raises:
        SidecarError: something else is there by now, or it cannot be read, understood or written. Then everything
            is as it was.
    """
    options = options or Options()
    due: dict[Field, int] = {}  # a field stays in here until all places have its value
    for _ in range(ATTEMPTS):
        try:
            view = look(photo, options)
            for field in due:
                _check_rest(view, field, decisions[field])
            due |= {field: each.value for field, each in decisions.items() if _is_due(view, field, each, options)}
            if due:
                _write(view, due, dry_run=dry_run)
            if due and not dry_run:
                _follow(photo, options)
            return bool(due)
        except ChangedMeanwhileError:
            continue
    raise SidecarError("other programs keep changing it while iqsd writes", photo, "try again")


def _is_due(view: View, field: Field, decision: Decision, options: Options) -> bool:
    """Whether it has to be written; raises an error if it must not be."""
    judgement = view.judge(field)
    now = judgement.value or None
    if judgement.is_persons and now == (decision.value or None):
        return False
    if now != decision.stood and (judgement.is_persons or now != decision.shown):
        raise _changed(view, field, now)
    if decision.value == 0 and _stands_beyond_reach(view.photo, field, options):
        raise SidecarError(f"its {_in_words(field)} is stored where iqsd cannot remove it", view.photo)
    return True


def _stands_beyond_reach(photo: Path, field: Field, options: Options) -> bool:
    """Whether a value stays elsewhere, even in a photo that need not be opened because its sidecar decides."""
    everything = look(photo, options, into_photo=True)
    return any(reading.says_something for reading in everything.readings_beyond_reach(field))


def _check_rest(view: View, field: Field, decision: Decision) -> None:
    """Raise an error if, while some places already have the decision, one of the rest now holds another value."""
    known = {decision.value, decision.stood, decision.shown}
    for place in view.writable:
        for reading in readings(place.document, field) if place.document else ():
            if reading.says_something and reading.value not in known:
                raise _changed(view, field, reading.value)


def _write(view: View, due: Mapping[Field, int], *, dry_run: bool) -> None:
    for place in view.writable:
        data = _compose(view, place, due)
        if place.document is None or data != place.document.data:
            save(view.photo, place, data, dry_run=dry_run)


def _compose(view: View, place: Place, due: Mapping[Field, int]) -> bytes:
    document = place.document or start_of(view, place)
    old = (place.stored if place.document else inherited_by(view, document)) or Stored(None)
    values = {name: text for field, value in due.items() for name, text in texts(document, field, value).items()}
    record = old.record and _given_up(old.record, due)
    given = {dialect.name.qualified for field in due for dialect in DIALECTS[field] if dialect.encode}
    new = replace(
        old,
        record=record,
        before={key: text for key, text in old.before.items() if key not in given},
        kept=old.kept | set(due),
        overruled={key: value for key, value in old.overruled.items() if key not in due},
        embedded=place.is_photo,
    )
    data = apply(document, Changes({**to_properties(new), **values}))
    if not place.is_photo:
        return data
    for _ in range(ATTEMPTS):  # the record holds the photo's size, and in the photo the record is part of that size
        if record is None or (size := jpeg_write.size_with(view.photo, data)) == record.photo_size:
            break
        record = replace(record, photo_size=size)
        data = apply(document, Changes({**to_properties(replace(new, record=record)), **values}))
    return data


def _given_up(record: Record, fields: Mapping[Field, int]) -> Record:
    return replace(
        record,
        rating=None if Field.RATING in fields else record.rating,
        pick_label=None if Field.PICK_LABEL in fields else record.pick_label,
    )


def _follow(photo: Path, options: Options) -> None:
    """Make colour and keyword, which iqsd may have written, show the label that applies now."""
    stored = look(photo, options).stored
    if stored is not None and stored.record is not None and (options.colour_label or options.keyword):
        write(photo, stored.record, options)


def _in_words(field: Field) -> str:
    return field.value.replace("_", " ")


def _changed(view: View, field: Field, value: int | None) -> SidecarError:
    now = ("none", "rejected", "pending", "accepted")[value or 0] if field is Field.PICK_LABEL else value or "none"
    return SidecarError(f"its {_in_words(field)} has changed since; it is {now} now", view.photo)
