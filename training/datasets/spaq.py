"""SPAQ (Fang et al., CVPR 2020): 11,125 photos from 66 phones with mean opinions from 0 to 100.

Labels are in `Annotations/MOS and Image attribute scores.xlsx`, images in `TestImage/`. There is no official split.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, Labelled, Scale, collect
from training.datasets.tables import first_that_exists, rows_of_workbook

SCALE = Scale("percent", 0, 100)
_TABLE = "MOS and Image attribute scores.xlsx"


def read(folder: Path) -> DataSet:
    table = first_that_exists(folder, f"Annotations/{_TABLE}", _TABLE)
    return collect(
        "spaq",
        [
            Labelled(folder / "TestImage" / row.text("Image name"), row.text("Image name"), SCALE, row.number("MOS"))
            for row in rows_of_workbook(table, ["Image name", "MOS"])
        ],
    )
