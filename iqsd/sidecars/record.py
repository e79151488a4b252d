"""What iqsd says about its own work in a sidecar, in its own namespace: to and from XMP properties."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from iqsd.sidecars.dialects import COLOURS, Field
from iqsd.sidecars.document import Document
from iqsd.sidecars.names import IQSD, Name

_FAULT = "fault_"

CLEARED = 0
"""One of the overruled values: the person had removed the value."""


@dataclass(frozen=True)
class Record:
    """What iqsd found out about a photo, and what it wrote.

    Attributes:
        score: 0..100, the number to sort by.
        aesthetic: 1..10, or None.
        quality: 1..5, or None.
        faults: name to 0..1.
        model: name and version of the model.
        photo_size: bytes of the photo when it was scored, so that without a journal, iqsd knows the score still holds.
        rating: the stars iqsd wrote; None if it left the field to a person. When passed to `write`: the verdict.
        pick_label: likewise.
        reasons: in words.
        date: ISO 8601, when it was scored.
        group: its place among the frames that belong together with it, as the journal writes it; None: it stands alone.
    """

    score: float
    aesthetic: float | None
    quality: float | None
    faults: Mapping[str, float]
    model: str
    photo_size: int
    rating: int | None
    pick_label: int | None
    reasons: tuple[str, ...]
    date: str
    group: str | None = None

    @property
    def moment(self) -> datetime | None:
        """`date` with a time zone, this machine's if it names none; None if it is not a date."""
        try:
            return datetime.fromisoformat(self.date.replace("Z", "+00:00")).astimezone()
        except (ValueError, OverflowError, OSError):
            return None


@dataclass(frozen=True)
class Stored:
    """A record as it is in one file, with what is needed to judge that file and to undo.

    Attributes:
        record: what iqsd says; None if an undo left nothing but the mark that a person cleared a field.
        before: property (`xmp:Rating`) to the text that was there before iqsd first wrote it; None: it was not there.
        created: whether iqsd created the file.
        from_photo: whether iqsd started it with what the photo said.
        digest: SHA-256 of what undo would leave if nobody changes anything else.
        kept: fields that were a person's when iqsd last wrote; they stay the person's even if cleared since.
        overruled: field to values of a person that are still elsewhere and were overruled by force; `CLEARED` among
            them if the person had removed the value.
        colour: the colour iqsd wrote, if asked to.
        keyword: the keyword iqsd added, if asked to.
        past_keywords: keywords that it added before, which digiKam restores from its database.
        extension: of the photo this record is about: it says whose `IMG.xmp` this is.
        embedded: whether iqsd wrote it into the photo; other programs copy XMP from sidecars into photos.
    """

    record: Record | None
    before: Mapping[str, str | None] = field(default_factory=dict)
    created: bool = False
    from_photo: bool = False
    digest: str = ""
    kept: frozenset[Field] = frozenset()
    overruled: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    colour: int | None = None
    keyword: str | None = None
    past_keywords: tuple[str, ...] = ()
    extension: str = ""
    embedded: bool = False

    def wrote(self, which: Field) -> int | None:
        """The value that iqsd wrote in a field; None if it wrote none."""
        if which is Field.COLOUR or self.record is None:
            return self.colour
        return self.record.rating if which is Field.RATING else self.record.pick_label


def to_properties(stored: Stored) -> dict[Name, str]:
    """Everything that iqsd writes into its namespace."""
    record = stored.record
    if record is None:
        return mark(stored.kept)
    texts: dict[str, str | None] = {
        "score": repr(record.score),
        "aesthetic": None if record.aesthetic is None else repr(record.aesthetic),
        "quality": None if record.quality is None else repr(record.quality),
        **{_FAULT + name: repr(value) for name, value in sorted(record.faults.items())},
        "reasons": "; ".join(record.reasons) or None,
        "model": record.model,
        "date": record.date,
        "photo_size": str(record.photo_size),
        "group": record.group,
        "rating": _optional(record.rating),
        "pick_label": _optional(record.pick_label),
        "colour": _optional(stored.colour),
        "keyword": stored.keyword,
        "past_keywords": " ".join(stored.past_keywords) or None,
        "overruled": json.dumps(dict(stored.overruled)) if stored.overruled else None,
        "extension": stored.extension or None,
        "created": None if not stored.created else "photo" if stored.from_photo else "True",
        "embedded": "True" if stored.embedded else None,
        "before": json.dumps(dict(stored.before), ensure_ascii=False),
        "digest": stored.digest or None,
    }
    return {Name(IQSD, local): text for local, text in texts.items() if text is not None} | mark(stored.kept)


def mark(kept: Collection[Field]) -> dict[Name, str]:
    """The property that says which fields are a person's, whatever their values."""
    return {Name(IQSD, "kept"): " ".join(sorted(field.value for field in kept))} if kept else {}


def from_document(document: Document) -> Stored | None:
    """The record in a document. If it cannot be read as one, there is none, and every value counts as a person's."""
    texts = {p.name.local: p.text for p in document.properties if p.name.uri == IQSD and p.text is not None}
    try:
        if "score" in texts:
            return _stored(texts)
        return Stored(None, kept=_kept(texts)) if "kept" in texts else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _stored(texts: Mapping[str, str]) -> Stored:
    overruled = json.loads(texts.get("overruled", "{}"))
    before = json.loads(texts.get("before", "{}"))
    if not all(text is None or isinstance(text, str) for text in before.values()):
        raise ValueError("before")
    return Stored(
        record=Record(
            score=_score(texts["score"]),
            aesthetic=_finite(texts["aesthetic"]) if "aesthetic" in texts else None,
            quality=_finite(texts["quality"]) if "quality" in texts else None,
            faults={k.removeprefix(_FAULT): _finite(v) for k, v in sorted(texts.items()) if k.startswith(_FAULT)},
            model=texts.get("model", ""),
            photo_size=int(texts.get("photo_size", "-1")),
            rating=_integer(texts, "rating", range(-1, 6)),
            pick_label=_integer(texts, "pick_label", range(4)),
            reasons=tuple(texts["reasons"].split("; ")) if texts.get("reasons") else (),
            date=texts.get("date", ""),
            group=texts.get("group"),
        ),
        before=before,
        created=texts.get("created", "").lower() in ("true", "photo"),
        from_photo=texts.get("created", "").lower() == "photo",
        digest=texts.get("digest", ""),
        kept=_kept(texts),
        overruled={str(k): tuple(int(n) for n in v) for k, v in overruled.items()},
        colour=_integer(texts, "colour", range(len(COLOURS))),
        keyword=texts.get("keyword"),
        past_keywords=tuple(texts.get("past_keywords", "").split()),
        extension=texts.get("extension", ""),
        embedded=texts.get("embedded", "").lower() == "true",
    )


def _kept(texts: Mapping[str, str]) -> frozenset[Field]:
    return frozenset(Field(word) for word in texts.get("kept", "").split())


def _optional(value: int | None) -> str | None:
    return None if value is None else str(value)


def _integer(texts: Mapping[str, str], key: str, values: range) -> int | None:
    if key not in texts:
        return None
    value = int(texts[key])
    if value not in values:
        raise ValueError(key)
    return value


def _score(text: str) -> float:
    value = float(text)
    if not 0 <= value <= 100:  # nan is not
        raise ValueError(text)
    return value


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value
