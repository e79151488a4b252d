"""Write a verdict where it may be written, and leave everything else as it is."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from iqsd.errors import SidecarError
from iqsd.sidecars import atomic, jpeg_write, keywords
from iqsd.sidecars.atomic import ChangedMeanwhileError
from iqsd.sidecars.dialects import DIALECTS, Field, texts
from iqsd.sidecars.document import Document
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.names import IQSD, Name
from iqsd.sidecars.naming import Naming, extension, sidecar_path
from iqsd.sidecars.options import Options
from iqsd.sidecars.ownership import Judgement
from iqsd.sidecars.places import Place, View, look
from iqsd.sidecars.record import Record, Stored, to_properties
from iqsd.sidecars.residue import residue
from iqsd.sidecars.seed import seed

ATTEMPTS = 5
_COLOUR_OF_LABEL = {1: 1, 2: 3, 3: 4}  # rejected red, pending yellow, accepted green


@dataclass(frozen=True)
class Written:
    """What a write did.

    Attributes:
        path: the sidecar, or the photo itself.
        changed: whether any byte on disk is different now.
        into_photo: whether the photo's own file is.
        rating: what iqsd says of the rating in this file; None where the field was left to a person.
        pick_label: likewise.
    """

    path: Path
    changed: bool
    into_photo: bool
    rating: int | None
    pick_label: int | None


@dataclass(frozen=True)
class _Decision:
    """What to say in every place.

    Attributes:
        record: as it will be stored, with the fields of persons taken out.
        written: the values to write.
        kept: fields that are a person's, and what the person says.
        overruled: values of a person that will go on standing elsewhere.
        standing: fields that nobody asks about now: what iqsd wrote of them before stands, in each place for itself.
        colour: as it will be stored.
        keyword: the keyword the options ask for; empty: none shall stand.
    """

    record: Record
    written: Mapping[Field, int]
    kept: Mapping[Field, int | None]
    overruled: Mapping[str, tuple[int, ...]]
    standing: frozenset[Field]
    colour: int | None
    keyword: str | None


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

    Fields that a person owns are left as they are.

    Args:
        photo: the photo.
        record: what iqsd says of it; its rating and pick label are the verdict.
        options: what the user chose.
        force: overrule a person; undo brings the person's value back.
        dry_run: say what would be done and touch nothing.
        into_photo: see `places.look`.

    Raises:
        SidecarError: it cannot be read, understood or written; the file that it names is as it was.
    """
    options = options or Options()
    for _ in range(ATTEMPTS):
        try:
            return _write(look(photo, options, into_photo=into_photo), record, options, force=force, dry_run=dry_run)
        except ChangedMeanwhileError:
            continue
    raise SidecarError("other programs keep changing it while iqsd writes", photo, "the next run tries again")


def _write(view: View, record: Record, options: Options, *, force: bool, dry_run: bool) -> Written:
    decision = _decide(view, record, options, force=force)
    if view.primary.is_photo:
        decision = _settle_size(view, decision, options)
    composed = [(place, _compose(view, place, decision, options)) for place in view.writable]
    changed = [(place, data) for place, data in composed if place.document is None or data != place.document.data]
    if not dry_run:
        for place, data in changed:
            save(view.photo, place, data)
    embedded = any(place.is_photo for place, _ in changed)
    return Written(view.primary.path, bool(changed), embedded, decision.record.rating, decision.record.pick_label)


def _decide(view: View, record: Record, options: Options, *, force: bool) -> _Decision:
    label = _label_to_show(view, record, force=force)
    colour = _colour(view, label) if options.colour_label else None
    wanted = {Field.RATING: record.rating, Field.PICK_LABEL: record.pick_label, Field.COLOUR: colour}
    written: dict[Field, int] = {}
    kept: dict[Field, int | None] = {}
    overruled: dict[str, tuple[int, ...]] = {}
    stands: dict[Field, int | None] = {}  # what iqsd wrote before and is not asked about now
    for field, value in wanted.items():
        judgement = view.judge(field)
        if judgement.is_persons and not (force and value is not None):
            if value is not None or field is not Field.COLOUR:
                kept[field] = judgement.value
        elif value is None:
            stands[field] = view.stored.wrote(field) if view.stored else None
        else:
            written[field] = value
            if beyond := _beyond_reach(view, field, judgement, value):
                overruled[field.value] = beyond
    says = {field: written.get(field, stands.get(field)) for field in Field}
    stored = replace(record, rating=says[Field.RATING], pick_label=says[Field.PICK_LABEL])
    keyword = keywords.keyword(label) if options.keyword else None
    return _Decision(stored, written, kept, overruled, frozenset(stands), says[Field.COLOUR], keyword)


def _label_to_show(view: View, record: Record, *, force: bool) -> int:
    """Colour and keyword show the pick label that stands: a person's, if it is a person's."""
    judgement = view.judge(Field.PICK_LABEL)
    label = judgement.value if judgement.is_persons and not force else record.pick_label
    return label or 0


def _colour(view: View, label: int) -> int | None:
    """None for no colour where iqsd has never written one: then there is nothing to take back."""
    colour = _COLOUR_OF_LABEL.get(label, 0)
    return colour if colour or (view.stored and view.stored.colour) else None


def _settle_size(view: View, decision: _Decision, options: Options) -> _Decision:
    """The record tells the size of the photo, and within the photo it is a part of that size."""
    for _ in range(ATTEMPTS):
        try:
            size = jpeg_write.size_with(view.photo, _compose(view, view.primary, decision, options))
        except (OSError, ValueError) as error:
            raise SidecarError(f"cannot take embedded XMP: {error}", view.photo, "let iqsd write a sidecar") from error
        if size == decision.record.photo_size:
            break
        decision = replace(decision, record=replace(decision.record, photo_size=size))
    return decision


def _beyond_reach(view: View, field: Field, judgement: Judgement, value: int) -> tuple[int, ...]:
    """What a person said where iqsd does not write: to be known again as overruled, not as something new."""
    if not judgement.is_persons:
        return view.stored.overruled.get(field.value, ()) if view.stored else ()
    found = view.readings_beyond_reach(field)
    return tuple(sorted({r.value for r in found if r.value is not None and r.says_something} - {value}))


def _compose(view: View, place: Place, decision: _Decision, options: Options) -> bytes:
    """The XMP of one place as it shall be; its own bytes if that is what it is."""
    document = place.document or start_of(view, place, options)
    old = place.stored if place.document else None
    inherited = old or inherited_by(view, document)
    values = _values(document, old, decision)
    keyword = keywords.choose(document, old, decision.keyword)
    says = _says(decision, inherited)
    new = Stored(
        record=replace(decision.record, rating=says[Field.RATING], pick_label=says[Field.PICK_LABEL]),
        before=_before(document, inherited, decision, values),
        created=old.created if old else place.document is None,
        digest=old.digest if old else _digest(residue(document, inherited)),
        kept=frozenset(decision.kept) | _still_kept(old, decision),
        overruled=decision.overruled,
        colour=says[Field.COLOUR],
        keyword=keyword.present,
        extension=extension(view.photo),
        embedded=place.is_photo,
    )
    own = _own_properties(new, old)
    return apply(document, Changes({**own, **values}, add=keyword.add, drop=keyword.drop))


def _says(decision: _Decision, inherited: Stored | None) -> dict[Field, int | None]:
    """What iqsd says of each field in one place: it must not claim there what it wrote in another alone."""
    says = {
        Field.RATING: decision.record.rating,
        Field.PICK_LABEL: decision.record.pick_label,
        Field.COLOUR: decision.colour,
    }
    return says | {field: inherited.wrote(field) if inherited else None for field in decision.standing}


def start_of(view: View, place: Place, options: Options) -> Document:
    """What a new file starts as: the sidecar by the other name, or what the photo carries."""
    other = next((p.document for p in view.others if p.document), None)
    source = other or (view.in_photo.document if view.in_photo else None)
    by_base = options.naming is Naming.BASE and place.path == sidecar_path(view.photo, Naming.BASE)
    further = None if other else view.extension
    return seed(source, further, owner_extension=extension(view.photo) if by_base else None)


def inherited_by(view: View, document: Document) -> Stored | None:
    """The record that came along with what a new file starts as."""
    return view.stored if any(p.name.uri == IQSD for p in document.properties) else None


def _values(document: Document, old: Stored | None, decision: _Decision) -> dict[Name, str | None]:
    values: dict[Name, str | None] = {}
    for field, value in decision.written.items():
        values |= texts(document, field, value)
    for field, persons in decision.kept.items():
        # A person decided elsewhere, and here iqsd's own value still stands: it makes room for the person's.
        wrote_here = old.wrote(field) if old else None
        if wrote_here and persons != wrote_here:
            ours = [d for d in DIALECTS[field] if (r := d.read(document)) and r.plain and r.value == wrote_here]
            person_says = texts(document, field, persons or 0)
            values |= {d.name: person_says[d.name] for d in ours if d.name in person_says}
    return values


def _before(
    document: Document, old: Stored | None, decision: _Decision, values: Mapping[Name, str | None]
) -> dict[str, str | None]:
    """What undo has to bring back: the first value before iqsd's, or the one a person gave since."""
    before = dict(old.before) if old else {}
    for field in Field:
        for dialect in DIALECTS[field]:
            name, key = dialect.name, dialect.name.qualified if dialect.encode else ""
            if field in decision.kept:
                before.pop(key, None)
            elif name in values:
                reading, wrote = dialect.read(document), old.wrote(field) if old else None
                is_ours = reading is not None and reading.plain and wrote is not None and reading.value == wrote
                if not is_ours:
                    before[key] = document.text(name)
                else:
                    before.setdefault(key, None)  # a program has mirrored our value since
    return before


def _still_kept(old: Stored | None, decision: _Decision) -> frozenset[Field]:
    """Fields that nobody asks about now stay whose they were."""
    return frozenset(f for f in (old.kept if old else ()) if f not in decision.written)


def _own_properties(new: Stored, old: Stored | None) -> dict[Name, str | None]:
    """The record as properties. One that differs in nothing but its date keeps the date, so that nothing is written."""
    if old is not None and old.record is not None and new.record is not None:
        same = replace(new, record=replace(new.record, date=old.record.date))
        if to_properties(same) == to_properties(old):
            new = same
    return dict(to_properties(new))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def save(photo: Path, place: Place, data: bytes) -> None:
    """Put new XMP there, unless the photo is deleted or renamed meanwhile: a sidecar of nothing helps nobody.

    Raises:
        ChangedMeanwhileError: the place is not the file any more that was read.
        SidecarError: it cannot be written, or the photo is gone.
    """
    try:
        like = photo.stat()  # a new sidecar takes the photo's mode and owner
    except OSError as error:
        raise SidecarError(f"its photo cannot be looked at: {error.strerror}", place.path, "") from error
    place.save(data, like)
    if place.document is None and _is_gone(photo):
        made = atomic.read_regular(place.path, len(data))
        if made is not None and made[0] == data:
            atomic.remove(place.path, made[1])
        raise SidecarError("its photo is gone", place.path, "")


def _is_gone(photo: Path) -> bool:
    try:
        os.lstat(photo)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:  # a network mount may not let us look for a moment
        return False
    return False
