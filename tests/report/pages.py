"""Reports to look at, made by the real generator from rows that a test invents."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Sequence
from pathlib import Path

from iqsd.bursts.membership import Kind, Membership
from iqsd.photos.finding import Signature
from iqsd.report.making import LONG_EDGE, Look, write
from iqsd.report.rows import Row
from iqsd.report.thumbnail import thumbnail
from iqsd.scoring.assessment import Assessment
from iqsd.scoring.metadata import Thresholds
from iqsd.sidecars import State
from iqsd.verdict import judge
from tests.conftest import PHOTOS

FOLDER = Path("/pictures/A day & <b>night")
THRESHOLDS = Thresholds(20, 60, (20, 40, 60, 80))


def row(
    name: str,
    score: float,
    *,
    faults: dict[str, float] | None = None,
    taken: str = "2026-06-13T10:00:00",
    stands: tuple[int | None, int | None] = (None, None),
    persons: tuple[bool, bool] = (False, False),
    group: Membership | None = None,
    folder: Path = FOLDER,
) -> Row:
    """A photo that was judged.

    Args:
        name: of the file, with folders.
        score: 0..100.
        faults: what else the model says.
        taken: when.
        stands: stars and label in its sidecar.
        persons: whether a person set the stars, and the label.
        group: the burst it belongs to.
        folder: of the report.
    """
    path = folder / name
    assessment = Assessment(score, 5.5, 3.5, {"blur": 0.1, **(faults or {})}, "testnet/1")
    state = State(Path(f"{path}.xmp"), any(stands), None, *stands, *persons)
    signature = Signature(1000, 1_800_000_000_123_456_789)
    return Row(path, signature, assessment, judge(assessment, THRESHOLDS), state, taken=taken, group=group)


def burst(scores: Sequence[float], kind: Kind = Kind.BURST) -> list[Row]:
    """Frames of one burst, half a second apart."""
    names = [f"BURST_{number}.JPG" for number in range(1, 1 + len(scores))]
    ranks = sorted(range(len(scores)), key=lambda at: -scores[at])
    return [
        row(
            name,
            score,
            taken=f"2026-06-13T12:00:{at:02d}.5",
            group=Membership(kind, names[0], len(scores), ranks.index(at) + 1, names[ranks[0]]),
        )
        for at, (name, score) in enumerate(zip(names, scores, strict=True))
    ]


@functools.cache
def thumbnails() -> list[bytes]:
    """A few real thumbnails."""
    return [thumbnail(photo, LONG_EDGE) for photo in PHOTOS[:4]]


def page(target: Path, rows: Sequence[Row], dry_run: bool = False, folder: Path = FOLDER) -> Path:
    """Write a report with these rows."""
    look = Look("testnet/1", THRESHOLDS, dry_run)
    pictures = (t if row.has_picture else b"" for row, t in zip(rows, itertools.cycle(thumbnails()), strict=False))
    write(target, folder, rows, look, pictures)
    return target
