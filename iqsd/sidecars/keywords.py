"""The pick label as a keyword (`iqsd/rejected`), for catalogs that show keywords and no labels.

It goes into `dc:subject`, and into the hierarchical lists that already exist. Such a list is never created: digiKam
reads only the first one that exists, and a list with nothing but our keyword would hide a person's.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from iqsd.sidecars.document import Document
from iqsd.sidecars.names import CATALOG_SETS, CATEGORIES, HIERARCHICAL, LAST_KEYWORD, SUBJECT, TAGS_LIST, Name
from iqsd.sidecars.record import Stored

_WORDS = {1: "rejected", 2: "pending", 3: "accepted"}
_SEPARATORS = {SUBJECT: "/", TAGS_LIST: "/", LAST_KEYWORD: "/", HIERARCHICAL: "|", CATALOG_SETS: "|"}
_CATEGORY = re.compile(r'<Category Assigned="([01])">iqsd((?:<Category Assigned="[01]">[^<]*</Category>)+)</Category>')


@dataclass(frozen=True)
class Choice:
    """What to do about the keyword in one document.

    Attributes:
        present: the keyword that iqsd has written, as stored in its record.
        past: those that it wrote before, likewise.
        add: array to item.
        drop: array to items.
        values: other changes: ACDSee's categories, a text.
    """

    present: str | None = None
    past: tuple[str, ...] = ()
    add: Mapping[Name, str] = field(default_factory=dict)
    drop: Mapping[Name, frozenset[str]] = field(default_factory=dict)
    values: Mapping[Name, str | None] = field(default_factory=dict)


def keyword(pick_label: int) -> str:
    """The keyword of a pick label; empty for none."""
    word = _WORDS.get(pick_label)
    return f"iqsd/{word}" if word else ""


def choose(document: Document, old: Stored | None, wanted: str | None) -> Choice:
    """Add the keyword, or replace the old one; if a person removed it or had given it, it stays that way."""
    old = old or Stored(None)
    if wanted is None:
        return Choice(old.keyword, old.past_keywords)
    if old.keyword is not None and not _holds(document, old.keyword):
        return _without(document, Choice(old.keyword, old.past_keywords))
    had = _written_by(old)
    past = tuple(sorted(had - {wanted}))
    if wanted == old.keyword:
        return _without(document, Choice(wanted, past))
    if not wanted or (wanted not in had and _holds(document, wanted)):
        return _without(document, Choice(None, past))
    add = {name: _written(wanted, name) for name in _SEPARATORS if _takes_items(document, name)}
    return _without(document, Choice(wanted if add else None, past, add))


def leaving(document: Document, stored: Stored) -> Choice:
    """What undo removes."""
    return _without(document, Choice(past=tuple(_written_by(stored))))


def stood_empty(document: Document, names: Iterable[Name]) -> dict[str, str | None]:
    """Which of these lists exist and are empty, in the form that the record has in `before`."""
    return {name.qualified: "" for name in names if (found := document.get(name)) and not found.items}


def stay(names: Iterable[Name], before: Mapping[str, str | None]) -> frozenset[Name]:
    """Which of these lists had been there, empty."""
    return frozenset(name for name in names if before.get(name.qualified) is not None)


def _takes_items(document: Document, name: Name) -> bool:
    """Whether a list exists and can take items; `dc:subject` also if it does not exist."""
    found = document.get(name)
    return name == SUBJECT if found is None else found.array_end is not None


def _written_by(stored: Stored) -> set[str]:
    return {*stored.past_keywords, *filter(None, [stored.keyword])}


def _holds(document: Document, word: str) -> bool:
    return any(_forms(word, name).intersection(_texts(document, name)) for name in _SEPARATORS)


def _texts(document: Document, name: Name) -> list[str]:
    found = document.get(name)
    return [item.text for item in found.items if item.text is not None] if found else []


def _without(document: Document, choice: Choice) -> Choice:
    """The choice, with the past keywords removed from every place that digiKam copies tags to.

    digiKam never forgets a tag when it reads a sidecar again, and writes the tags of its database into the next one.
    """
    drop = {name: set[str]().union(*(_forms(word, name) for word in choice.past)) for name in _SEPARATORS}
    drop[SUBJECT] |= {_last(word) for word in choice.past if _stands_bare(document, word)}
    standing = {name: frozenset(items.intersection(_texts(document, name))) for name, items in drop.items()}
    values = _categories(document, {_last(word) for word in choice.past})
    return replace(choice, drop={name: items for name, items in standing.items() if items}, values=values)


def _stands_bare(document: Document, word: str) -> bool:
    """Whether the word's last part in `dc:subject` is digiKam's short form of it, and of no other tag."""
    short = [tag for tag in _texts(document, TAGS_LIST) if _last(tag) == _last(word)]
    return short == [word] and word not in _texts(document, SUBJECT)


def _categories(document: Document, words: Collection[str]) -> dict[Name, str | None]:
    """ACDSee's categories, elements within a text, without these words; nothing if it has none of them."""
    found = document.get(CATEGORIES)
    group = _CATEGORY.search(found.text or "") if found else None
    if found is None or found.text is None or found.inner is None or group is None:
        return {}
    before, behind = found.text[: group.start()], found.text[group.end() :]
    is_below_another = before.count("<Category ") != before.count("</Category>")
    if is_below_another or b"<" in document.raw(found.inner):  # CDATA is not changed
        return {}
    left = group[2]
    for word in words:
        left = left.replace(f'<Category Assigned="1">{word}</Category>', "")
    if left == group[2]:
        return {}
    kept = f'<Category Assigned="{group[1]}">iqsd{left}</Category>' if left or group[1] == "1" else ""
    text = before + kept + behind
    return {CATEGORIES: None if text == "<Categories></Categories>" else text}


def _forms(word: str, name: Name) -> set[str]:
    """How the keyword may appear in a list: darktable copies what it found in `dc:subject` unchanged."""
    return {word, _written(word, name)}


def _last(tag: str) -> str:
    return tag.rpartition("/")[2]


def _written(word: str, name: Name) -> str:
    return word.replace("/", _SEPARATORS[name])
