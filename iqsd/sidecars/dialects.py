"""The dialects in which programs write a rating, a pick label or a colour, and what they mean.

A field is one decision that a person can make. It is written in several places at once, and a zero in any of them
means "none": cameras and catalogs write zeros by default. digiKam's tables are the ones that count here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from enum import Enum
from typing import Final

from iqsd.sidecars.document import Document
from iqsd.sidecars.names import (
    ACDSEE_RATING,
    ADOBE_PICK,
    COLOR_LABEL,
    DARKTABLE_COLOURS,
    LABEL,
    MICROSOFT_BARE_RATING,
    MICROSOFT_RATING,
    PICK_LABEL,
    RATING,
    URGENCY,
    Name,
)

_PERCENT: Final = (0, 1, 25, 50, 75, 99)  # one to five stars as Windows writes them
_URGENCY: Final = {1: 5, 2: 4, 3: 4, 4: 3, 5: 2, 6: 1, 7: 1}  # IPTC; 8 is none; 3 and 7 as in older digiKams
COLOURS: Final = ("", "Red", "Orange", "Yellow", "Green", "Blue", "Magenta", "Gray", "Black", "White")
_DARKTABLE: Final = (1, 3, 4, 5, 6)  # iqsd's numbers for darktable's colours, in darktable's order


class Field(str, Enum):
    """A decision of its own: whether it is a person's is judged for each field separately."""

    RATING = "rating"
    PICK_LABEL = "pick_label"
    COLOUR = "colour"


@dataclass(frozen=True)
class Reading:
    """What one place says about one field.

    Attributes:
        value: in iqsd's terms: stars, label number, colour number. None if it is none of these.
        plain: written the way iqsd writes it; otherwise it cannot be iqsd's.
        primary: in the property that iqsd always writes, not in a mirror of it.
    """

    value: int | None
    plain: bool = True
    primary: bool = False

    @property
    def says_something(self) -> bool:
        """Whether it says more than a default."""
        return self.value != 0 or not self.plain


@dataclass(frozen=True)
class Dialect:
    """One property that holds a field.

    Attributes:
        name: the property.
        decode: its text to a value; raises ValueError for a text that means nothing to iqsd.
        encode: a value to the text that iqsd writes; None if iqsd never writes this property.
        always: written even where it does not exist yet; the others are only written where they exist.
        is_list: an array, in which one item is a value, and several are nothing that iqsd could express.
    """

    name: Name
    decode: Callable[[str], int]
    encode: Callable[[int], str] | None
    always: bool = False
    is_list: bool = False

    def read(self, document: Document) -> Reading | None:
        """What the document says in this dialect; None if it does not use it."""
        found = document.get(self.name)
        if found is None:
            return None
        text = found.text
        if self.is_list and len(found.items) < 2:
            text = found.items[0].text if found.items else ""
        if text is None:
            return Reading(None, plain=False, primary=self.always)
        text = text.strip()
        if not text:
            return Reading(0, primary=self.always)
        try:
            value = self.decode(text)
        except (ValueError, OverflowError):
            return Reading(None, plain=False, primary=self.always)
        plain = value == 0 or self.encode is None or text in (self.encode(value), str(value))
        return Reading(value, plain=plain, primary=self.always)


def _stars(text: str) -> int:
    """An odd value ("3.7") means something, if only to a person; only what is exactly none is none."""
    exact = float(text)
    return 0 if exact == 0 else max(-1, min(5, round(exact) or 1))


def percent_to_stars(percent: int) -> int:
    """The number of stars nearest to a Windows percentage; 0 only for 0."""
    return min(range(1, 6), key=lambda n: abs(_PERCENT[n] - percent)) if percent > 0 else 0


def _percent(text: str) -> int:
    return percent_to_stars(int(text))


def _to_percent(rating: int) -> str:
    return str(_PERCENT[max(0, rating)])


def urgency_to_stars(urgency: int) -> int:
    """IPTC Urgency: 1 is the most urgent, five stars; 8, or anything that is no urgency, is none."""
    return _URGENCY.get(urgency, 0)


def _label(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 3:
        raise ValueError(text)
    return value


def _adobe_pick(text: str) -> int:
    return {-1: 1, 0: 0, 1: 3}[max(-1, min(1, int(text)))]


def _colour(text: str) -> int:
    return COLOURS.index(text.capitalize())


def _colour_number(text: str) -> int:
    value = int(text)
    if not 0 <= value < len(COLOURS):
        raise ValueError(text)
    return value


def _darktable_colour(text: str) -> int:
    number = int(text)
    if not 0 <= number < len(_DARKTABLE):
        raise ValueError(text)
    return _DARKTABLE[number]


DIALECTS: Final[dict[Field, tuple[Dialect, ...]]] = {
    Field.RATING: (
        Dialect(RATING, _stars, str, always=True),
        Dialect(ACDSEE_RATING, _stars, lambda value: str(max(0, value))),
        Dialect(MICROSOFT_RATING, _percent, _to_percent),
        Dialect(MICROSOFT_BARE_RATING, _percent, _to_percent),
    ),
    Field.PICK_LABEL: (
        Dialect(PICK_LABEL, _label, str, always=True),
        Dialect(ADOBE_PICK, _adobe_pick, None),
    ),
    Field.COLOUR: (
        Dialect(LABEL, _colour, lambda value: COLOURS[value], always=True),
        Dialect(COLOR_LABEL, _colour_number, str, always=True),
        Dialect(URGENCY, _colour_number, str),
        Dialect(DARKTABLE_COLOURS, _darktable_colour, None, is_list=True),
    ),
}


FIELD_NAMES: Final = frozenset(dialect.name for dialects in DIALECTS.values() for dialect in dialects)


def readings(document: Document, field: Field) -> list[Reading]:
    """Everything that a document says about a field, the most telling first."""
    return [found for dialect in DIALECTS[field] if (found := dialect.read(document)) is not None]


def texts(document: Document, field: Field, value: int) -> dict[Name, str]:
    """What to write so that every dialect that is used, and those that are always written, say this value."""
    return {
        dialect.name: dialect.encode(value)
        for dialect in DIALECTS[field]
        if dialect.encode is not None and (dialect.always or document.get(dialect.name) is not None)
    }


def darktable_item(document: Document, colour: int | None) -> Collection[str]:
    """The item in darktable's list of colours that repeats this colour; none if the list says something else."""
    found = document.get(DARKTABLE_COLOURS)
    items = [item.text for item in found.items] if found else []
    item = darktable_number(colour)
    return [item] if item is not None and items == [item] else []


def darktable_number(colour: int | None) -> str | None:
    """A colour as an item of that list; None for what darktable has no colour for."""
    return str(_DARKTABLE.index(colour)) if colour in _DARKTABLE else None
