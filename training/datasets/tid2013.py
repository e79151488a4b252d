"""TID2013 (Ponomarenko et al., 2015): 25 originals, each spoilt in 24 ways and 5 strengths; mean opinions from 0 to 9.

`mos_with_names.txt` has one line per image: the mean opinion and the name, `I01_08_4.bmp` being original 1, way 8,
strength 4. Images are in `distorted_images/`. All versions of one original are one scene.
"""

from __future__ import annotations

import re
from pathlib import Path

from training.datasets.labels import DataSet, DataSetError, Labelled, Scale, collect
from training.datasets.tables import rows_without_header

SCALE = Scale("nine points", 0, 9)


def read(folder: Path) -> DataSet:
    labels = []
    for row in rows_without_header(folder / "mos_with_names.txt", ["mos", "name"]):
        name = row.text("name")
        match = re.fullmatch(r"i(\d\d)_(\d\d)_\d\.\w+", name, re.IGNORECASE)
        if match is None:
            raise DataSetError(f"{row.where}: {name!r} is no name like I01_08_4.bmp")
        labels.append(
            Labelled(
                folder / "distorted_images" / name,
                name,
                SCALE,
                row.number("mos"),
                subset=f"way {match[2]}",
                scene=f"original {match[1]}",
            )
        )
    return collect("tid2013", labels)
