"""Data sets of judged photos, each read as it is published: a folder of images and label files.

`read_data_set("koniq10k", folder)` gives every photo with its opinion on the scale of the data set, its official part
where there is one, and what it shares a scene with. One module a data set; `ADAPTERS` is the list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from training.datasets import ava, biq2021, eva, kadid10k, koniq10k, plain_csv, spaq, tid2013
from training.datasets.labels import DataSet, DataSetError, Labelled, Scale

__all__ = ["ADAPTERS", "DataSet", "DataSetError", "Labelled", "Scale", "read_data_set"]

ADAPTERS: Mapping[str, Callable[[Path], DataSet]] = {
    "ava": ava.read,
    "biq2021": biq2021.read,
    "csv": plain_csv.read,
    "eva": eva.read,
    "kadid10k": kadid10k.read,
    "koniq10k": koniq10k.read,
    "spaq": spaq.read,
    "tid2013": tid2013.read,
}


def read_data_set(kind: str, folder: Path) -> DataSet:
    """Read the data set of a kind (a key of `ADAPTERS`) that lies in a folder.

    Raises:
        DataSetError: there is no such kind, a label file or a column is missing, a label is none, an id stands twice.
    """
    if kind not in ADAPTERS:
        raise DataSetError(f"there is no kind of data set called {kind!r}; there are {', '.join(ADAPTERS)}")
    return ADAPTERS[kind](folder)
