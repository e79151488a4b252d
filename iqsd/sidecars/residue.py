"""What is left of a document when iqsd's part is taken out of it again."""

from __future__ import annotations

from iqsd.sidecars import keywords
from iqsd.sidecars.dialects import DIALECTS, Field, readings
from iqsd.sidecars.document import Document
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.names import Name
from iqsd.sidecars.ownership import Source, judge
from iqsd.sidecars.record import Stored


def fields_still_ours(document: Document, stored: Stored) -> set[Field]:
    """The fields in which this document still says what iqsd wrote."""
    return {f for f in Field if not judge(f, [Source(readings(document, f), stored)]).is_persons}


def residue(document: Document, stored: Stored | None) -> bytes:
    """The document without iqsd's record, and with the old values where nobody has changed them since."""
    if stored is None:
        return document.data
    values: dict[Name, str | None] = {}
    for field in fields_still_ours(document, stored):
        for dialect in DIALECTS[field]:
            if dialect.encode is not None and dialect.name.qualified in stored.before:
                values[dialect.name] = stored.before[dialect.name.qualified]
    return apply(document, Changes(values, drop=keywords.dropping(document, stored)))
