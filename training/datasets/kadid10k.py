"""KADID-10k (Lin, Hosu and Saupe, QoMEX 2019): 81 originals, each spoilt in 25 ways and 5 strengths; five grades.

`dmos.csv` has dist_img, ref_img, dmos and var; despite its name, a higher dmos is better. Images are in `images/`. All
versions of one original are one scene.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, Labelled, Scale, collect
from training.datasets.tables import rows_with_header

SCALE = Scale("five grades", 1, 5)


def read(folder: Path) -> DataSet:
    labels = [
        Labelled(
            folder / "images" / row.text("dist_img"),
            row.text("dist_img"),
            SCALE,
            row.number("dmos"),
            subset=f"way {'_'.join(row.text('dist_img').split('_')[1:2])}",
            scene=row.text("ref_img"),
        )
        for row in rows_with_header(folder / "dmos.csv", ["dist_img", "ref_img", "dmos", "var"])
    ]
    return collect("kadid10k", labels)
