"""Whose rating is it? The most important rule of iqsd.

A field is free if nothing is said of it, and iqsd's if every place that says something says what iqsd wrote there.
Everything else is a person's: another value, a value in a form that iqsd never writes, and also a missing value of
iqsd's, because somebody removed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqsd.sidecars.dialects import DIALECTS, Field, Reading
from iqsd.sidecars.record import Stored


@dataclass(frozen=True)
class Source:
    """What one file says about one field.

    Attributes:
        readings: what it says.
        stored: iqsd's own record in the file, if there is one.
        is_written: whether iqsd writes to this file, so that what it overruled is no longer there.
    """

    readings: Sequence[Reading]
    stored: Stored | None = None
    is_written: bool = True


@dataclass(frozen=True)
class Judgement:
    """Whose a field is, and what it says.

    Attributes:
        is_persons: whether iqsd has to leave it alone.
        value: what it says; None: nothing, or nothing that iqsd can read.
        is_cleared: whether it is a person's and says nothing: the person removed what was there.
    """

    is_persons: bool
    value: int | None
    is_cleared: bool = False


def judge(field: Field, sources: Sequence[Source]) -> Judgement:
    """Judge one field by everything that is said about it, the most telling source first."""
    stored = [source.stored for source in sources if source.stored is not None]
    ours = [value for each in stored if (value := each.wrote(field)) is not None]
    overruled = {value for each in stored for value in each.overruled.get(field.value, ())}
    said = [
        (source, reading, reading.plain and reading.value in _ours_in(field, source, ours))
        for source in sources
        for reading in source.readings
        if reading.says_something and (reading.value not in overruled or (reading.primary and source.is_written))
    ]
    if not all(is_ours for *_, is_ours in said):
        # A value equal to iqsd's where iqsd wrote nothing may also be the person's, and comes before EXIF.
        persons = (r.value for s, r, is_ours in said if not is_ours or (s.stored is None and not s.is_written))
        return Judgement(True, next(persons))
    if any(_is_kept(field, source, sources) for source in sources):
        return Judgement(True, said[0][1].value if said else None, is_cleared=not said)
    if any(_was_taken_away(field, source) for source in sources):
        return Judgement(True, None, is_cleared=True)
    return Judgement(False, ours[0] or None if ours else None)


def _ours_in(field: Field, source: Source, ours: Sequence[int]) -> Sequence[int]:
    """What iqsd wrote there; a value that it wrote in another file may have come as a mirror, without its record."""
    wrote = source.stored.wrote(field) if source.stored else None
    return ours if wrote is None else (wrote,)


def _is_kept(field: Field, source: Source, sources: Sequence[Source]) -> bool:
    """Whether the field was a person's when iqsd last wrote there, and force has not overruled it elsewhere since."""
    if source.stored is None or field not in source.stored.kept:
        return False
    written = (each.stored for each in sources if each.is_written and each.stored)
    return source.is_written or all(each.wrote(field) is None for each in written)


def _was_taken_away(field: Field, source: Source) -> bool:
    wrote = source.stored.wrote(field) if source.stored else None
    if not wrote:
        return False
    standing = [reading.value for reading in source.readings if reading.primary]
    return standing != [wrote] * sum(dialect.always for dialect in DIALECTS[field])
