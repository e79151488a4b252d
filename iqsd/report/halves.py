"""A RAW file and the JPEG beside it are one photo, so they are one row of the report. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from iqsd.photos import pairs
from iqsd.photos.pairs import PairSidecars
from iqsd.report.rows import Row


def joined(rows: Iterable[Row], wanted: PairSidecars) -> list[Row]:
    """The rows with the halves of each pair in one row: that of the half that is opened, with the others as `halves`.

    Args:
        rows: one for each file.
        wanted: which half gets the verdict; the other one is left out of the report too.
    """
    alike: defaultdict[tuple[object, str], list[Row]] = defaultdict(list)
    for row in rows:
        alike[row.path.parent, pairs.stem(row.path.name)].append(row)
    return [row for family in alike.values() for row in _joined(family, wanted)]


def _joined(family: list[Row], wanted: PairSidecars) -> list[Row]:
    names = [row.path.name for row in family]
    in_pair = [row for row in family if pairs.others(row.path.name, names) and row.signature is not None]
    kept = [row for row in in_pair if not pairs.is_left_out(row.path.name, wanted)]
    if len(in_pair) < 2 or not kept:
        return family
    first = pairs.to_decode(row.path.name for row in kept)
    main = next(row for row in kept if row.path.name == first)
    halves = tuple(row for row in kept if row is not main)
    return [*(row for row in family if row not in in_pair), replace(main, halves=halves)]
