"""BIQ2021 (Ahmed and Asif, 2022): 12,000 photos, opinions of 30 observers in a laboratory as means from 0 to 1.

`Train (Images and MOS).csv` and `Test (Images and MOS).csv` are the official split; images are in `Images/`. Their
names begin with the subset: ss01, ss02, ss03.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, Labelled, Scale, collect
from training.datasets.tables import rows_with_header

SCALE = Scale("share", 0, 1)
_TABLES = {"train": "Train (Images and MOS).csv", "test": "Test (Images and MOS).csv"}


def read(folder: Path) -> DataSet:
    labels = [
        Labelled(
            folder / "Images" / row.text("Image Name"),
            row.text("Image Name"),
            SCALE,
            row.number("MOS"),
            subset=row.text("Image Name")[:4],
            part=part,
        )
        for part, table in _TABLES.items()
        for row in rows_with_header(folder / table, ["Image Name", "MOS"])
    ]
    return collect("biq2021", labels)
