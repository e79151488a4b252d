"""Which files are one photo to the person who took it: a RAW file and the JPEG or HEIF that the camera wrote beside it.

Pure: names in, names out. A JPEG beside a HEIF is not a pair: it may just as well be an edited copy. The film of a live
photo (`IMG_1.MOV` beside `IMG_1.HEIC`) does not have a photo's name, so it never gets here.
"""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from enum import Enum
from pathlib import Path

from iqsd.photos.formats import format_of_name

_CHEAPEST_FIRST = ("JPEG", "RAW", "HEIF")
"""To decode. HEIF cannot be decoded at reduced size: the preview in the RAW file costs a tenth as much."""


class PairSidecars(str, Enum):
    """Which half of a pair gets the verdict."""

    BOTH = "both"
    RAW = "raw"
    JPEG = "jpeg"
    """Or HEIF: the half that is not RAW."""


def stem(name: str) -> str:
    """What the halves of a pair have in common; lower case, because some cameras and card readers differ in case."""
    return os.path.splitext(name)[0].lower()  # noqa: PTH122  # a name, not a path


def others(name: str, neighbours: Iterable[str]) -> tuple[str, ...]:
    """The other half (or halves) of a photo, in alphabetical order; none if it stands alone.

    Args:
        name: the photo.
        neighbours: the files beside it with the same `stem`, with or without itself.
    """
    kinds = {other: _kind(other) for other in sorted({name, *neighbours}) if stem(other) == stem(name)}
    halves = [other for other, kind in kinds.items() if kind in _CHEAPEST_FIRST]
    found = {kinds[half] for half in halves}
    if name not in halves or "RAW" not in found or found == {"RAW"}:
        return ()
    return tuple(half for half in halves if half != name)


def to_decode(halves: Iterable[str]) -> str:
    """The half that is decoded for all of them."""
    return min(halves, key=lambda half: (_CHEAPEST_FIRST.index(_kind(half)), half))


def one_of_each(files: Iterable[Path]) -> Iterator[Path]:
    """One file for each photo: of a pair, the half that is decoded."""
    alike: defaultdict[tuple[Path, str], list[Path]] = defaultdict(list)
    for file in files:
        alike[file.parent, stem(file.name)].append(file)
    for family in alike.values():
        names = [file.name for file in family]
        for file in family:
            halves = others(file.name, names) if len(family) > 1 else ()
            if not halves or file.name == to_decode([file.name, *halves]):
                yield file


def is_left_out(name: str, wanted: PairSidecars) -> bool:
    """Whether this half of a pair gets no verdict of its own."""
    return wanted is not PairSidecars.BOTH and (_kind(name) == "RAW") != (wanted is PairSidecars.RAW)


def _kind(name: str) -> str:
    found = format_of_name(name)
    return found.name if found else ""
