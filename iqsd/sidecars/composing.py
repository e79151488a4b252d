"""What the XMP in each place is to say: the verdict where it is allowed, and iqsd's own record beside it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from iqsd.sidecars import keywords
from iqsd.sidecars.dialects import DIALECTS, Dialect, Field, darktable_item, darktable_number, texts
from iqsd.sidecars.document import Document
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.names import DARKTABLE_COLOURS, IQSD, Name
from iqsd.sidecars.naming import Naming, extension, sidecar_path
from iqsd.sidecars.options import Options
from iqsd.sidecars.ownership import Judgement
from iqsd.sidecars.parser import parse
from iqsd.sidecars.places import Place, View
from iqsd.sidecars.record import CLEARED, Record, Stored, to_properties
from iqsd.sidecars.residue import digest
from iqsd.sidecars.seed import seed

_COLOUR_OF_LABEL = {1: 1, 2: 3, 3: 4}  # rejected red, pending yellow, accepted green


@dataclass(frozen=True)
class Wording:
    """What to say in every place.

    Attributes:
        record: as it will be stored, without the fields that are a person's.
        written: the values to write.
        kept: fields that are a person's, with the person's values.
        overruled: values of a person that will stay elsewhere, or the mark that the person had cleared the field.
        standing: fields with no new value: what iqsd wrote in them before stays, in each place separately.
        colour: the colour as it will be stored.
        keyword: the keyword that the options ask for; empty: there should be none.
    """

    record: Record
    written: Mapping[Field, int]
    kept: Mapping[Field, int | None]
    overruled: Mapping[str, tuple[int, ...]]
    standing: frozenset[Field]
    colour: int | None
    keyword: str | None


def worded(view: View, record: Record, options: Options, *, force: bool) -> Wording:
    """What to say about a photo: a person's fields stay the person's, unless `force` overrules them."""
    label = _label_to_show(view, record, force=force)
    colour = _colour(view, label) if options.colour_label else None
    wanted = {Field.RATING: record.rating, Field.PICK_LABEL: record.pick_label, Field.COLOUR: colour}
    written: dict[Field, int] = {}
    kept: dict[Field, int | None] = {}
    overruled: dict[str, tuple[int, ...]] = {}
    stands: dict[Field, int | None] = {}  # what iqsd wrote before, for fields with no new value
    for field, value in wanted.items():
        judgement = view.judge(field)
        overruling = view.stored.overruled.get(field.value, ()) if view.stored else ()
        if value is None and (field is Field.COLOUR or not judgement.is_persons):
            stands[field] = view.stored.wrote(field) if view.stored else None
        elif value is None or (judgement.is_persons and not force):
            kept[field], overruling = judgement.value, ()
        else:
            written[field] = value
            if judgement.is_persons:
                overruling = _overruling(view, field, judgement)
        if overruling:
            overruled[field.value] = overruling
    says = {field: written.get(field, stands.get(field)) for field in Field}
    stored = replace(record, rating=says[Field.RATING], pick_label=says[Field.PICK_LABEL])
    keyword = keywords.keyword(label) if options.keyword else None
    return Wording(stored, written, kept, overruled, frozenset(stands), says[Field.COLOUR], keyword)


def _label_to_show(view: View, record: Record, *, force: bool) -> int:
    """The pick label that colour and keyword show: the one in force, which may be a person's."""
    judgement = view.judge(Field.PICK_LABEL)
    label = judgement.value if judgement.is_persons and not force else record.pick_label
    return label or 0


def _colour(view: View, label: int) -> int | None:
    """The colour to write; None for no colour if iqsd has never written one, as there is nothing to take back."""
    colour = _COLOUR_OF_LABEL.get(label, 0)
    return colour if colour or (view.stored and view.stored.colour) else None


def _overruling(view: View, field: Field, judgement: Judgement) -> tuple[int, ...]:
    """What a person said where iqsd does not write, so that it is later recognised as overruled, not as new."""
    found = view.readings_beyond_reach(field)
    beyond = sorted({r.value for r in found if r.value is not None and r.says_something})
    return (CLEARED, *beyond) if judgement.is_cleared else tuple(beyond)


def compose(view: View, place: Place, wording: Wording) -> bytes:
    """The XMP that one place should have; its own bytes if it has that already."""
    document = place.document or start_of(view, place)
    old = place.stored if place.document else None
    inherited = old or inherited_by(view, document)
    persons = _persons_values(view, place, document, old if place.document else inherited, wording)
    values = {**_values(document, wording), **persons}
    keyword = keywords.choose(document, inherited, wording.keyword)
    says = _says(wording, inherited)
    new = Stored(
        record=replace(wording.record, rating=says[Field.RATING], pick_label=says[Field.PICK_LABEL]),
        before=_before(document, inherited, wording, values) | keywords.stood_empty(document, keyword.add),
        created=old.created if old else place.document is None,
        from_photo=old.from_photo if old else _begins_with_photo(view, place),
        digest=old.digest if old else digest(document, inherited),
        kept=frozenset({*wording.kept, *(old.kept if old else ())}.difference(wording.written)),
        overruled=wording.overruled,
        colour=says[Field.COLOUR],
        keyword=keyword.present,
        past_keywords=keyword.past,
        extension=extension(view.photo),
        embedded=place.is_photo,
    )

    stay = keywords.stay(keyword.drop, new.before)
    add, drop = dict(keyword.add), dict(keyword.drop)
    if mirrored := _outdated_mirror(document, inherited, wording):
        drop[DARKTABLE_COLOURS] = frozenset(mirrored)
        if (number := darktable_number(wording.colour)) is not None:
            add[DARKTABLE_COLOURS] = number

    def composed(stored: Stored) -> bytes:
        own = _own_properties(stored, old)
        changes = Changes({**own, **values, **keyword.values}, add=add, drop=drop, stay=stay)
        return apply(document, changes)

    if persons and (place.document is None or view.is_copy(place)):  # and it remains one
        new = replace(new, digest=digest(parse(composed(new)), new))
    return composed(new)


def _outdated_mirror(document: Document, old: Stored | None, wording: Wording) -> Collection[str]:
    """What darktable repeats of the colour that iqsd wrote before, if iqsd now writes another."""
    before, now = old.wrote(Field.COLOUR) if old else None, wording.written.get(Field.COLOUR)
    return darktable_item(document, before) if now is not None and now != before else ()


def _says(wording: Wording, inherited: Stored | None) -> dict[Field, int | None]:
    """What iqsd says of each field in one place, where it must not claim what it wrote only in another."""
    says = {
        Field.RATING: wording.record.rating,
        Field.PICK_LABEL: wording.record.pick_label,
        Field.COLOUR: wording.colour,
    }
    return says | {field: inherited.wrote(field) if inherited else None for field in wording.standing}


def _begins_with_photo(view: View, place: Place) -> bool:
    return place.document is None and not place.is_photo and not any(other.document for other in view.others)


def start_of(view: View, place: Place) -> Document:
    """What a new file starts as: the sidecar under the other name, or what the photo carries."""
    other = next((p.document for p in view.others if p.document), None)
    source = other or (view.in_photo.document if view.in_photo else None)
    by_base = place.path == sidecar_path(view.photo, Naming.BASE)
    further = None if other else view.extension
    return seed(source, further, owner_extension=extension(view.photo) if by_base else None)


def inherited_by(view: View, document: Document) -> Stored | None:
    """The record that came with what a new file starts as."""
    return view.stored if any(p.name.uri == IQSD for p in document.properties) else None


def _values(document: Document, wording: Wording) -> dict[Name, str | None]:
    values: dict[Name, str | None] = {}
    for field, value in wording.written.items():
        values |= texts(document, field, value)
    return values


def _persons_values(
    view: View, place: Place, document: Document, stored: Stored | None, wording: Wording
) -> dict[Name, str | None]:
    """What replaces iqsd's own value here, or its copy of a person's earlier one, if the person decided elsewhere."""
    values: dict[Name, str | None] = {}
    if stored is None:
        return values
    origin = place if place.document else next((other for other in view.others if other.document), place)
    for field, persons in wording.kept.items():
        wrote_here = stored.wrote(field)
        if wrote_here and persons != wrote_here:
            old = [d for d in DIALECTS[field] if _is_ours(document, d, wrote_here)]
        elif persons is not None and view.is_outdated(origin, field):
            old = [d for d in DIALECTS[field] if (said := d.read(document)) and said.value != persons]
        else:
            continue
        says = texts(document, field, persons or 0)
        values |= {d.name: says[d.name] for d in old if d.name in says and document.text(d.name) is not None}
    return values


def _before(
    document: Document, old: Stored | None, wording: Wording, values: Mapping[Name, str | None]
) -> dict[str, str | None]:
    """What undo has to put back: the first value before iqsd's, or the one that a person has given since."""
    before = dict(old.before) if old else {}
    for field in Field:
        for dialect in DIALECTS[field]:
            name, key = dialect.name, dialect.name.qualified if dialect.encode else ""
            if field in wording.kept:
                before.pop(key, None)
            elif name in values:
                if not _is_ours(document, dialect, old.wrote(field) if old else None):
                    before[key] = document.text(name)
                else:
                    before.setdefault(key, None)  # a program has mirrored iqsd's value since
    return before


def _is_ours(document: Document, dialect: Dialect, wrote: int | None) -> bool:
    """Whether iqsd's value is still there; a dialect without -1 says 0 for a photo that was rejected with -1."""
    reading = dialect.read(document)
    if reading is None or not reading.plain or wrote is None:
        return False
    as_written = dialect.encode(wrote) if dialect.encode else None
    return reading.value == wrote or document.text(dialect.name) == as_written


def _own_properties(new: Stored, old: Stored | None) -> dict[Name, str | None]:
    """The record as properties. If only its date differs, the old date is kept, so that nothing needs to be written."""
    if old is not None and old.record is not None and new.record is not None:
        same = replace(new, record=replace(new.record, date=old.record.date))
        if to_properties(same) == to_properties(old):
            new = same
    return dict(to_properties(new))
