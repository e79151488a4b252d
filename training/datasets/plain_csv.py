"""A user's own photos: `labels.csv` with path and score.

Paths are relative to the folder of the file. Scores run from 0 to 1, or from `lowest` to `highest` if there are such
columns. Optional columns are `subset`, `scene` (photos that must not be separated) and `part` (train, val or test).
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import PARTS, DataSet, DataSetError, Labelled, Scale, collect
from training.datasets.tables import Row, rows_with_header


def read(folder: Path) -> DataSet:
    labels = [_label(row, folder) for row in rows_with_header(folder / "labels.csv", ["path", "score"])]
    scales = {label.scale for label in labels}
    if len(scales) > 1:
        raise DataSetError(f"{folder / 'labels.csv'}: has {len(scales)} different scales, must have one")
    return collect("csv", labels)


def _label(row: Row, folder: Path) -> Labelled:
    low, high = (row.number(name) if name in row.cells else end for name, end in (("lowest", 0.0), ("highest", 1.0)))
    if low >= high:
        raise DataSetError(f"{row.where}: lowest is {low:g} and highest {high:g}")
    part = row.cells.get("part") or None
    if part not in (*PARTS, None):
        raise DataSetError(f"{row.where}: part is {part!r}, must be one of {', '.join(PARTS)}, or empty")
    return Labelled(
        folder / row.text("path"),
        row.text("path"),
        Scale(f"{low:g} to {high:g}", low, high),
        row.number("score"),
        subset=row.cells.get("subset", ""),
        scene=row.cells.get("scene", ""),
        part=part,
    )
