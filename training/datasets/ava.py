"""AVA (Murray, Marchesotti and Perronnin, CVPR 2012): photos of a web contest with about 200 votes each, from 1 to 10.

`AVA.txt` has one line per photo: index, id, ten counts of votes, two tags, the contest. Images are `images/ID.jpg`. The
ids of the official test photos are in `aesthetics_image_lists/generic_test.jpgl`; all others are for training.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, DataSetError, Labelled, Scale, collect, mean_of, shares
from training.datasets.tables import first_that_exists, rows_without_header

SCALE = Scale("ten marks", 1, 10, tuple(range(1, 11)))
_COUNTS = [f"count{mark}" for mark in range(1, 11)]
_COLUMNS = ["index", "id", *_COUNTS, "tag1", "tag2", "challenge"]


def read(folder: Path) -> DataSet:
    images = first_that_exists(folder, "images", "image")
    test_list = folder / "aesthetics_image_lists" / "generic_test.jpgl"
    test = {row.text("id") for row in rows_without_header(test_list, ["id"])} if test_list.exists() else None
    labels = []
    for row in rows_without_header(folder / "AVA.txt", _COLUMNS):
        identity, votes = row.text("id"), shares(row.numbers(_COUNTS), row.where)
        labels.append(
            Labelled(
                images / f"{identity}.jpg",
                identity,
                SCALE,
                mean_of(votes, SCALE),
                votes,
                subset=row.text("challenge"),
                part=None if test is None else "test" if identity in test else "train",
            )
        )
    strangers = (test or set()) - {label.identity for label in labels}
    if strangers:
        raise DataSetError(f"{test_list}: {len(strangers)} ids are not in AVA.txt: {', '.join(sorted(strangers)[:5])}")
    return collect("ava", labels)
