"""KonIQ-10k (Hosu, Lin, Sziranyi and Saupe, TIP 2020): 10,073 photos from the web, about 120 votes each on five grades.

Of its two tables, `koniq10k_distributions_sets.csv` names the official sets and gives mean opinions from 0 to 100;
`koniq10k_scores_and_distributions.csv` has no sets, and gives these means as MOS_zscore. Images are in `1024x768/` or
`512x384/`.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, DataSetError, Labelled, Scale, collect, shares
from training.datasets.tables import first_that_exists, rows_with_header

SCALE = Scale("percent", 0, 100)
GRADES = Scale("five grades", 1, 5, (1, 2, 3, 4, 5))
_COUNTS = ["c1", "c2", "c3", "c4", "c5"]
_PARTS = {"training": "train", "validation": "val", "test": "test"}


def read(folder: Path) -> DataSet:
    """Read it; means are on the published scale 0..100, distributions over the five `GRADES`."""
    table = first_that_exists(folder, "koniq10k_distributions_sets.csv", "koniq10k_scores_and_distributions.csv")
    has_sets = table.name == "koniq10k_distributions_sets.csv"
    mean = "MOS" if has_sets else "MOS_zscore"
    images = first_that_exists(folder, "1024x768", "512x384")
    labels = []
    for row in rows_with_header(table, ["image_name", *_COUNTS, mean, *(["set"] if has_sets else [])]):
        if has_sets and row.text("set") not in _PARTS:
            raise DataSetError(f"{row.where}: set is {row.text('set')!r}, must be one of {', '.join(_PARTS)}")
        labels.append(
            Labelled(
                images / row.text("image_name"),
                row.text("image_name"),
                SCALE,
                row.number(mean),
                shares(row.numbers(_COUNTS), row.where),
                part=_PARTS[row.text("set")] if has_sets else None,
            )
        )
    return collect("koniq10k", labels)
