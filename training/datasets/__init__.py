"""Data sets of judged photos, each read as published: a folder of images and label files.

`read_data_set("koniq10k", folder)` gives every photo with its opinion on the data set's own scale, its official part if
there is one, and the scene it shares with others. One module per data set; `ADAPTERS` lists them.
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
    """Read the data set of a kind (a key of `ADAPTERS`) from a folder.

    Raises:
        DataSetError: unknown kind, a label file or column is missing, a label is invalid, an id occurs twice.
    """
    if kind not in ADAPTERS:
        raise DataSetError(f"there is no kind of data set called {kind!r}; there are {', '.join(ADAPTERS)}")
    return ADAPTERS[kind](folder)
