"""What the page gets for each photo: the score line's fields, what is in the sidecar and whose it is. Pure."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes

from iqsd.bursts.membership import Membership
from iqsd.errors import FolderError, PhotoError, printable
from iqsd.photos.finding import Signature
from iqsd.scoring.assessment import Assessment
from iqsd.sidecars import State
from iqsd.verdict import PickLabel, Verdict, named_faults


@dataclass(frozen=True)
class Row:
    """One photo of the report.

    Attributes:
        path: where it is.
        signature: the file as it was; None if it is not a file.
        assessment: what the model says; None if it was not asked, or the photo could not be read.
        verdict: what iqsd makes of that.
        state: what is in the sidecar; None if that is not known.
        error: what is wrong with the photo, or with its sidecar.
        taken: local time, ISO 8601; empty: not known.
        group: its place among the frames that belong together with it.
        halves: the other files of the same photo: the RAW file of a JPEG.
    """

    path: Path
    signature: Signature | None
    assessment: Assessment | None = None
    verdict: Verdict | None = None
    state: State | None = None
    error: PhotoError | FolderError | None = None
    taken: str = ""
    group: Membership | None = None
    halves: tuple[Row, ...] = ()

    @property
    def has_picture(self) -> bool:
        """Whether it could be opened: then it has a thumbnail."""
        return self.assessment is not None


def as_object(row: Row, root: Path) -> dict[str, object]:
    """One row as the page reads it; paths are relative to the folder `root`."""
    assessment, verdict = row.assessment, row.verdict
    relative = row.path.relative_to(root)
    fields: dict[str, object] = {
        "path": printable(relative),
        "file": file_name(relative),
        "files": [_file(each, each.signature, root) for each in (row, *row.halves) if each.signature is not None],
        "score": assessment.score if assessment else None,
        "aesthetic": assessment.aesthetic if assessment else None,
        "quality": assessment.quality if assessment else None,
        "faults": dict(assessment.faults) if assessment else {},
        "named": list(named_faults(assessment.faults)) if assessment else [],
        "rating": verdict.rating if verdict else None,
        "pick_label": verdict.pick_label.word if verdict else None,
        "reasons": list(verdict.reasons) if verdict else [],
        "model": assessment.model if assessment else None,
        **_what_stands(row),
        "taken": row.taken,
        "thumb": row.has_picture,
    }
    if row.group is not None:
        fields["burst"] = {
            "id": file_name(relative.with_name(row.group.group)),
            "kind": row.group.kind.value,
            "size": row.group.size,
            "place": row.group.place,
        }
    if row.error is not None:
        fields["error" if assessment is None else "trouble"] = row.error.detail
    return fields


def _file(row: Row, signature: Signature, root: Path) -> dict[str, object]:
    """What `iqsd apply` has to know about one file: how it was, and what was in its sidecar."""
    rating, label = (row.state.rating, row.state.pick_label) if row.state else (None, None)
    return {
        "file": file_name(row.path.relative_to(root)),
        "photo": {"size": signature.size, "mtime_ns": str(signature.mtime_ns)},
        "stands": _stands(rating, label),
    }


def _what_stands(row: Row) -> dict[str, object]:
    """Stars -1..5 and a label in words, None for nothing; and whose each is. A person's word on any half counts."""
    states = [each.state for each in (row, *row.halves) if each.state is not None]
    if not states:
        return {"stands": _stands(None, None), "whose": {"rating": None, "pick_label": None}}
    rating = next((state for state in states if state.rating_is_persons), states[0])
    label = next((state for state in states if state.pick_label_is_persons), states[0])
    return {
        "stands": _stands(rating.rating, label.pick_label),
        "whose": {
            "rating": _whose(rating.rating, rating.rating_is_persons),
            "pick_label": _whose(label.pick_label, label.pick_label_is_persons),
        },
    }


def file_name(path: Path) -> str:
    """A path as in a URL: every byte of it is kept, whether it is text or not."""
    return quote(os.fsencode(path))


def from_file_name(text: str) -> Path:
    """The path that `file_name` made this from."""
    return Path(os.fsdecode(unquote_to_bytes(text)))


def _stands(rating: int | None, label: int | None) -> dict[str, object]:
    return {"rating": rating, "pick_label": PickLabel(label).word if label else None}


def _whose(value: int | None, is_persons: bool) -> str | None:
    if is_persons:
        return "person"
    return "iqsd" if value is not None else None
