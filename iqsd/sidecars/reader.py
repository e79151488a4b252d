"""What a photo's sidecar says now, and whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from iqsd.sidecars.atomic import may_be_replaced
from iqsd.sidecars.dialects import Field, readings
from iqsd.sidecars.options import Options
from iqsd.sidecars.ownership import Judgement
from iqsd.sidecars.places import View, look
from iqsd.sidecars.record import Record


@dataclass(frozen=True)
class State:
    """What is there now.

    Attributes:
        path: where the sidecar is, or would be.
        exists: whether it exists.
        record: what iqsd said about the photo, if it did.
        rating: the stars that count, wherever they are; -1 for rejected; None for none.
        pick_label: 1..3; None for none.
        rating_is_persons: whether iqsd has to leave the rating alone.
        pick_label_is_persons: likewise.
        is_behind: whether a sidecar still says what iqsd wrote or copied while a person says something else elsewhere;
            or, if the sidecar may be written to, whether it still claims that iqsd wrote what is a person's now.
    """

    path: Path
    exists: bool
    record: Record | None
    rating: int | None
    pick_label: int | None
    rating_is_persons: bool
    pick_label_is_persons: bool
    is_behind: bool = False


def read(photo: Path, options: Options | None = None, *, into_photo: bool = False, is_gone: bool = False) -> State:
    """Read what is there now; see `places.look`. Raises SidecarError if that cannot be told."""
    view = look(photo, options or Options(), into_photo=into_photo, is_gone=is_gone)
    rating, pick = view.judge(Field.RATING), view.judge(Field.PICK_LABEL)
    return State(
        path=view.primary.path,
        exists=view.primary.document is not None,
        record=view.stored.record if view.stored else None,
        rating=rating.value or None,
        pick_label=pick.value or None,
        rating_is_persons=rating.is_persons,
        pick_label_is_persons=pick.is_persons,
        is_behind=_is_behind(view, Field.RATING, rating) or _is_behind(view, Field.PICK_LABEL, pick),
    )


def _is_behind(view: View, field: Field, judgement: Judgement) -> bool:
    if not judgement.is_persons:
        return False
    is_stale = any(
        said.primary and said.value != judgement.value
        for place in view.writable
        if place.document and place.stored
        for said in readings(place.document, field)
        if (said.value and said.value == place.stored.wrote(field)) or view.is_outdated(place, field)
    )
    # If it still claimed the field, the person could not return to iqsd's value. If it cannot be written, no matter.
    is_claimed = any(place.stored and place.stored.wrote(field) is not None for place in view.writable)
    return is_stale or (is_claimed and all(may_be_replaced(place.path) for place in view.writable if place.document))
