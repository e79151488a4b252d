"""What is left of a document when iqsd's part is removed."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from iqsd.sidecars import keywords
from iqsd.sidecars.dialects import DIALECTS, Field, darktable_item, readings
from iqsd.sidecars.document import Document
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.names import DARKTABLE_COLOURS, Name
from iqsd.sidecars.ownership import Judgement, Source, judge
from iqsd.sidecars.record import Stored, mark


def judge_alone(document: Document, stored: Stored) -> dict[Field, Judgement]:
    """Whose each field is, judged by this document alone."""
    return {field: judge(field, [Source(readings(document, field), stored)]) for field in Field}


def residue(document: Document, stored: Stored | None, cleared: Collection[Field] = ()) -> bytes:
    """The document without iqsd's record, and with the old values unless somebody has changed them since.

    If a person cleared a field (`cleared`), a mark stays: without it, the next rating would treat the field as free.
    """
    if stored is None:
        return document.data
    judgements = judge_alone(document, stored)
    values: dict[Name, str | None] = {**mark(cleared)}
    for field in (f for f, j in judgements.items() if not j.is_persons and stored.wrote(f) is not None):
        for dialect in DIALECTS[field]:
            if dialect.encode is None:
                continue
            # What is there now and was not there before is iqsd's, or a program's mirror of it.
            before = stored.before.get(dialect.name.qualified)
            if before is not None or document.get(dialect.name) is not None:
                values[dialect.name] = before
    leaving = keywords.leaving(document, stored)
    stay = keywords.stay(leaving.drop, stored.before)
    drop = dict(leaving.drop)
    if not judgements[Field.COLOUR].is_persons and (item := darktable_item(document, stored.colour)):
        drop[DARKTABLE_COLOURS] = frozenset(item)
    return apply(document, Changes({**values, **leaving.values}, drop=drop, stay=stay))


def digest(document: Document, stored: Stored | None) -> str:
    """Tells later whether anybody has changed a file that iqsd made."""
    return hashlib.sha256(residue(document, stored)).hexdigest()
