"""What `iqsd calibrate` says: a histogram, what the thresholds do, what others would."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from iqsd.calibration import BIN, counts, histogram
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.verdict import PickLabel

_WIDTH = 40  # of the longest bar
_EIGHTHS = " ▏▎▍▌▋▊▉"
_LABELS = (PickLabel.REJECTED, PickLabel.PENDING, PickLabel.ACCEPTED)


@dataclass(frozen=True)
class Calibration:
    """What was found out.

    Attributes:
        photos: those with figures, at least one.
        failed: how many could not be judged.
        present: the thresholds in force.
        proposed: those that come nearest to what is wanted.
    """

    photos: Sequence[Assessment]
    failed: int
    present: Thresholds
    proposed: Thresholds


def lines(found: Calibration) -> Iterator[str]:
    """For people."""
    bars = histogram(found.photos)
    yield f"{len(found.photos)} photos, by score:"
    for number, count in enumerate(bars):
        yield f"{number * BIN:5}  {_bar(count, max(bars)):<{_WIDTH + 1}} {count or '':>6}".rstrip()
    for name, thresholds in (("now", found.present), ("proposed", found.proposed)):
        got = counts(found.photos, thresholds)
        shares = ", ".join(f"{got[k]} {k.name.lower()} ({got[k] / len(found.photos):.0%})" for k in _LABELS)
        yield f"{name + ':':9} below {thresholds.reject_below:g} rejected, from {thresholds.accept_from:g} accepted"
        yield f"{'':9} {shares}"
    if found.failed:
        yield f"{found.failed} photos could not be judged; `iqsd rescan --dry-run` names them."


def as_json(found: Calibration) -> str:
    """For programs."""
    answer: dict[str, object] = {"photos": len(found.photos), "failed": found.failed}
    answer["histogram"] = {"bin": BIN, "counts": histogram(found.photos)}
    for name, thresholds in (("present", found.present), ("proposed", found.proposed)):
        got = counts(found.photos, thresholds)
        values = {key.removeprefix("rating."): value for key, value in settings_of(thresholds).items()}
        answer[name] = {**values, **{label.name.lower(): got[label] for label in _LABELS}}
    return json.dumps(answer)


def settings_of(thresholds: Thresholds) -> dict[str, Any]:
    """Thresholds as settings: key to value."""
    return {
        "rating.reject_below": thresholds.reject_below,
        "rating.accept_from": thresholds.accept_from,
        "rating.stars": thresholds.stars,
    }


def _bar(count: int, most: int) -> str:
    eighths = round(8 * _WIDTH * count / most) if most else 0
    full, rest = divmod(max(eighths, 1 if count else 0), 8)
    return "█" * full + (_EIGHTHS[rest] if rest else "")
