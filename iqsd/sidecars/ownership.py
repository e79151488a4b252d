"""Whose rating is it? The rule that iqsd stands and falls with.

A field is free where nobody says anything of it, and iqsd's where every place that speaks says what iqsd wrote there.
Everything else is a person's: another value, a value in a form that iqsd never writes, and also a value of iqsd's that
is gone, because somebody took it away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from iqsd.sidecars.dialects import DIALECTS, Field, Reading
from iqsd.sidecars.record import Stored


@dataclass(frozen=True)
class Source:
    """What one file says of one field.

    Attributes:
        readings: what it says.
        stored: iqsd's own record in it, if there is one.
        is_written: whether iqsd writes there, so that what it overruled does not stand there any more.
    """

    readings: Sequence[Reading]
    stored: Stored | None = None
    is_written: bool = True


@dataclass(frozen=True)
class Judgement:
    """Whose a field is, and what it says.

    Attributes:
        is_persons: whether iqsd has to leave it alone.
        value: what it says; None: nothing, or nothing that we can read.
        is_cleared: a person's, and says nothing: the person took away what was there.
    """

    is_persons: bool
    value: int | None
    is_cleared: bool = False


def judge(field: Field, sources: Sequence[Source]) -> Judgement:
    """Judge one field by all that is said of it, the most telling source first."""
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
        # What says the same as iqsd where iqsd wrote nothing may be the person's, too, and comes before EXIF.
        persons = (r.value for s, r, is_ours in said if not is_ours or (s.stored is None and not s.is_written))
        return Judgement(True, next(persons))
    if any(_is_kept(field, source, sources) for source in sources):
        return Judgement(True, said[0][1].value if said else None, is_cleared=not said)
    if any(_was_taken_away(field, source) for source in sources):
        return Judgement(True, None, is_cleared=True)
    return Judgement(False, ours[0] or None if ours else None)


def _ours_in(field: Field, source: Source, ours: Sequence[int]) -> Sequence[int]:
    """What iqsd wrote there; what it wrote in another file may have come as a mirror, where its record did not."""
    wrote = source.stored.wrote(field) if source.stored else None
    return ours if wrote is None else (wrote,)


def _is_kept(field: Field, source: Source, sources: Sequence[Source]) -> bool:
    """Whether it was a person's when iqsd last wrote there, and force has not overruled it elsewhere since."""
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
