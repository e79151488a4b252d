"""The pick label as a keyword (`iqsd/rejected`), for catalogs that show keywords and no labels.

It goes into `dc:subject`, and into the hierarchical lists where they stand already. Such a list is not begun: digiKam
reads the first that exists and nothing else, and one that held only our keyword would hide a person's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from iqsd.sidecars.document import Document
from iqsd.sidecars.names import HIERARCHICAL, LAST_KEYWORD, SUBJECT, TAGS_LIST, Name
from iqsd.sidecars.record import Stored

_WORDS = {1: "rejected", 2: "pending", 3: "accepted"}
_SEPARATORS: Mapping[Name, str] = {SUBJECT: "/", TAGS_LIST: "/", LAST_KEYWORD: "/", HIERARCHICAL: "|"}


@dataclass(frozen=True)
class Choice:
    """What to do about the keyword in one document.

    Attributes:
        present: the keyword that iqsd has written, to be stored in its record.
        add: array to item.
        drop: array to item.
    """

    present: str | None
    add: Mapping[Name, str] = field(default_factory=dict)
    drop: Mapping[Name, str] = field(default_factory=dict)


def keyword(pick_label: int) -> str:
    """The keyword of a pick label; empty for none."""
    word = _WORDS.get(pick_label)
    return f"iqsd/{word}" if word else ""


def choose(document: Document, old: Stored | None, wanted: str | None) -> Choice:
    """Add the keyword, or exchange the old for the new one; where a person took it away or gave it, it stays so."""
    had = old.keyword if old else None
    if wanted is None or (had is not None and not _items(document, had)):
        return Choice(had)
    drop = _items(document, had) if had is not None and had != wanted else {}
    if had == wanted or not wanted:
        return Choice(wanted or None, {}, drop)
    if _items(document, wanted):
        return Choice(None, {}, drop)
    add = {name: _written(wanted, name) for name in _SEPARATORS if _takes_items(document, name)}
    return Choice(wanted if add else None, add, drop)


def dropping(document: Document, stored: Stored) -> Mapping[Name, str]:
    """What undo takes out."""
    return _items(document, stored.keyword) if stored.keyword else {}


def stood_empty(document: Document, names: Iterable[Name]) -> dict[str, str | None]:
    """The lists among these that stand there and hold nothing, as the record has them in `before`."""
    return {name.qualified: "" for name in names if (found := document.get(name)) and not found.items}


def stay(names: Iterable[Name], before: Mapping[str, str | None]) -> frozenset[Name]:
    """The lists among these that had stood there empty."""
    return frozenset(name for name in names if before.get(name.qualified) is not None)


def _takes_items(document: Document, name: Name) -> bool:
    """A list that is there; `dc:subject` also where it is not."""
    found = document.get(name)
    return name == SUBJECT if found is None else found.array_end is not None


def _items(document: Document, word: str) -> dict[Name, str]:
    return {
        name: _written(word, name)
        for name in _SEPARATORS
        if (found := document.get(name)) and any(i.text == _written(word, name) for i in found.items)
    }


def _written(word: str, name: Name) -> str:
    return word.replace("/", _SEPARATORS[name])
