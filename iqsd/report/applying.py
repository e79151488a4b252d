"""`iqsd apply`: what a person decided in a report, read from its report.json, checked, and written."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from iqsd import sidecars
from iqsd.errors import PhotoError, ReportError, UnreadablePhotoError
from iqsd.photos.finding import Signature, is_photo_name, look_at
from iqsd.precautions import costs_this_photo_only
from iqsd.report.making import VERSION
from iqsd.report.rows import from_file_name
from iqsd.sidecars import Decision, Field
from iqsd.verdict import PickLabel

_MAX_BYTES = 64 << 20
_LABELS = {label.word: int(label) for label in PickLabel}


@dataclass(frozen=True)
class Change:
    """What a person decided about one photo.

    Attributes:
        path: the photo, absolute.
        photo: the file as it was when the report was made.
        decisions: by field, at least one.
    """

    path: Path
    photo: Signature
    decisions: Mapping[Field, Decision]


@dataclass(frozen=True)
class Applied:
    """What became of one change.

    Attributes:
        change: the change.
        written: whether anything had to be written; False if it is there already.
        error: why it was not done.
    """

    change: Change
    written: bool = False
    error: PhotoError | None = None


def read(file: Path) -> list[Change]:
    """Read a report.json.

    Raises:
        ReportError: it is not a report.json, is damaged, or names a photo outside the folder that it is about.
    """
    try:
        with file.open("rb") as source:  # its size may not be known beforehand: `iqsd apply <(...)`
            data = source.read(_MAX_BYTES + 1)
        if len(data) > _MAX_BYTES:
            raise ReportError("is too large for a report.json", file)
        document = json.loads(data)
    except OSError as error:
        raise ReportError(f"cannot be read: {error.strerror}", file) from None
    except (ValueError, RecursionError):
        raise ReportError("is not JSON", file, "save it from the report again") from None
    try:
        return _changes(document)
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        what = f"it lacks {error}" if isinstance(error, KeyError) else str(error)
        raise ReportError(f"is not a report.json that iqsd understands: {what}", file) from None


def apply(changes: Sequence[Change], options: sidecars.Options, *, dry_run: bool) -> Iterator[Applied]:
    """Write the changes, one after another; one that cannot be written does not affect the others.

    Args:
        changes: what was decided.
        options: how sidecars are named and written.
        dry_run: say what would be done; write nothing.
    """
    for change in changes:
        try:
            with costs_this_photo_only(change.path):
                applied = Applied(change, _apply(change, options, dry_run=dry_run))
        except PhotoError as error:
            applied = Applied(change, error=error)
        yield applied


def _apply(change: Change, options: sidecars.Options, *, dry_run: bool) -> bool:
    now = look_at(change.path).signature
    if now != change.photo and not _stands(change, options) and not _is_of_iqsd(change, now, options):
        raise UnreadablePhotoError("the photo has changed since the report was made", change.path, "make a new report")
    return sidecars.decide(change.path, change.decisions, options, dry_run=dry_run)


def _is_of_iqsd(change: Change, now: Signature, options: sidecars.Options) -> bool:
    """Whether it was iqsd that changed the photo: what it wrote there gives this size, and the date is the same."""
    if now.mtime_ns != change.photo.mtime_ns:
        return False
    state = sidecars.read(change.path, options)
    return state.path == change.path and state.record is not None and state.record.photo_size == now.size


def _stands(change: Change, options: sidecars.Options) -> bool:
    """Whether all of it is there already: writing it into the photo itself changes the photo."""
    state = sidecars.read(change.path, options)
    now = {
        Field.RATING: (state.rating, state.rating_is_persons),
        Field.PICK_LABEL: (state.pick_label, state.pick_label_is_persons),
    }
    return all(now[field] == (each.value or None, True) for field, each in change.decisions.items())


def _changes(document: Mapping[str, Any]) -> list[Change]:
    if document["iqsd_report"] != VERSION:
        raise ValueError(f"it has version {document['iqsd_report']!r}, but this iqsd knows version {VERSION}")
    folder = from_file_name(document["folder"])
    if not folder.is_absolute():
        raise ValueError("its folder is not absolute")
    return [_change(each, folder) for each in document["changes"]]


def _change(entry: Mapping[str, Any], folder: Path) -> Change:
    name = from_file_name(entry["file"])
    if name.is_absolute() or ".." in name.parts or not is_photo_name(name.name) or "\0" in str(name):
        raise ValueError(f"{entry['file']!r} is not a photo in its folder")
    path = folder / name
    # A folder in between may be a link that leads elsewhere; the photo itself may be a link, as everywhere in iqsd.
    if PurePath(os.path.realpath(path.parent)) != PurePath(os.path.realpath(folder)) / name.parent:
        raise ValueError(f"{entry['file']!r} leads out of its folder")
    photo = Signature(_whole(entry["photo"]["size"]), int(entry["photo"]["mtime_ns"]))
    decision = entry["decision"]
    if not decision or not set(decision) <= {field.value for field in Field if field is not Field.COLOUR}:
        raise ValueError(f"{decision!r} is not a decision")
    return Change(path, photo, {Field(name): _decision(entry, Field(name)) for name in decision})


def _decision(entry: Mapping[str, Any], field: Field) -> Decision:
    value, stood, shown = (_value(entry[key][field.value], field) for key in ("decision", "stands", "shown"))
    if value is None or value < 0:
        raise ValueError(f"{entry['decision']!r} is not a decision")
    return Decision(value, stood or None, shown or None)


def _value(value: object, field: Field) -> int | None:
    if value is None:
        return None
    if field is Field.PICK_LABEL:
        return _LABELS[str(value)]
    if not -1 <= _whole(value) <= 5:
        raise ValueError(f"{value!r} is not a star rating")
    return _whole(value)


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{value!r} is not a whole number")  # noqa: TRY004  # the file is wrong, not the program
    return value
