"""What `iqsd calibrate` prints: a histogram, what the thresholds do, what others would do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from iqsd.calibration import BIN, counts, histogram
from iqsd.errors import counted
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel
from iqsd.views.bars import bar, marks

_WIDTH = 40  # of the longest bar
_LABELS = (PickLabel.REJECTED, PickLabel.PENDING, PickLabel.ACCEPTED)


@dataclass(frozen=True)
class Calibration:
    """What was found out.

    Attributes:
        photos: those that have figures, at least one.
        failed: how many could not be judged.
        present: the thresholds in force.
        proposed: those that come closest to what is wanted.
        each_folder_has_its_own: whether folders also have their own thresholds.
    """

    photos: Sequence[Assessment]
    failed: int
    present: Thresholds
    proposed: Thresholds
    each_folder_has_its_own: bool


def lines(found: Calibration, encoding: str) -> Iterator[str]:
    """The lines for people, in characters of the encoding."""
    bars, drawn = histogram(found.photos), marks(encoding)
    yield f"{counted(len(found.photos), 'photo', 'photos')}, by score:"
    for number, count in enumerate(bars):
        beam = bar(_share(count, max(bars)), _WIDTH, drawn)
        yield f"{number * BIN:5}  {beam:<{_WIDTH + 1}} {count or '':>6}".rstrip()
    for name, thresholds in (("now", found.present), ("proposed", found.proposed)):
        got = counts(found.photos, thresholds)
        shares = ", ".join(f"{got[k]} {k.word} ({got[k] / len(found.photos):.0%})" for k in _LABELS)
        yield f"{name + ':':9} below {thresholds.reject_below:g} rejected, from {thresholds.accept_from:g} accepted"
        yield f"{'':9} {shares}"
    if found.each_folder_has_its_own:
        yield "rating.reject_worst or accept_best is set: a folder with 50 photos or more has thresholds of its own."
    if found.failed:
        failed = counted(found.failed, "photo could not be judged", "photos could not be judged")
        yield f"{failed}; `iqsd rescan --dry-run` says which and why."


def as_json(found: Calibration) -> str:
    """The JSON for programs."""
    answer: dict[str, object] = {"photos": len(found.photos), "failed": found.failed}
    answer["histogram"] = {"bin": BIN, "counts": histogram(found.photos)}
    for name, thresholds in (("present", found.present), ("proposed", found.proposed)):
        got = counts(found.photos, thresholds)
        values = {key.removeprefix("rating."): value for key, value in settings_of(thresholds).items()}
        answer[name] = {**values, **{label.word: got[label] for label in _LABELS}}
    return json.dumps(answer)


def settings_of(thresholds: Thresholds) -> dict[str, Any]:
    """Thresholds as settings: key to value."""
    return {
        "rating.reject_below": thresholds.reject_below,
        "rating.accept_from": thresholds.accept_from,
        "rating.stars": thresholds.stars,
    }


def _share(count: int, most: int) -> float:
    """The share of the longest bar; where there is a photo, there is a bar."""
    return max(count / most, 1 / (8 * _WIDTH)) if count else 0.0
