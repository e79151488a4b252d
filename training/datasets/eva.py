"""EVA (Kang, Valenzise and Dufaux, ATQAM 2020): 4,070 photos of AVA judged anew, at least 30 votes each, from 0 to 10.

`data/votes_filtered.csv` has one line per *vote*, its values separated by `=`. Images are in `images/`, all together or
by category.
"""

from __future__ import annotations

from pathlib import Path

from training.datasets.labels import DataSet, DataSetError, Labelled, Scale, collect, identity_key, mean_of, shares
from training.datasets.tables import first_that_exists, rows_with_header

SCALE = Scale("eleven marks", 0, 10, tuple(range(11)))


def read(folder: Path) -> DataSet:
    table = first_that_exists(folder, "data/votes_filtered.csv", "votes_filtered.csv")
    votes: dict[str, list[int]] = {}
    for row in rows_with_header(table, ["image_id", "user_id", "score"], "="):
        mark = row.number("score")
        if mark not in SCALE.values:
            raise DataSetError(f"{row.where}: score is {mark:g}, must be a whole number from 0 to 10")
        votes.setdefault(row.text("image_id"), [0] * len(SCALE.values))[int(mark)] += 1
    files = {file.stem: file for file in sorted((folder / "images").rglob("*.jpg"))}
    labels = []
    for identity in sorted(votes, key=identity_key):
        distribution = shares(votes[identity], identity)
        file = files.get(identity, folder / "images" / f"{identity}.jpg")
        category = file.parent.name if file.parent.name.isdigit() else ""  # the folders of the six categories
        labels.append(Labelled(file, identity, SCALE, mean_of(distribution, SCALE), distribution, subset=category))
    return collect("eva", labels)
