"""Change a few properties of an XMP document and not a single other byte.

Existing values are replaced where they are. New ones go into one `rdf:Description` of iqsd's own at the end, so that
removing it leaves what was there before, byte for byte.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from iqsd.sidecars.document import Document, Property, Span, refuse
from iqsd.sidecars.names import IQSD, PREFIXES, RDF, Name
from iqsd.sidecars.parser import parse

_SPACE = b" \t\r\n"
# xml.sax.saxutils could do this, but would load half of the network library.
_ESCAPES = str.maketrans(
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\n": "&#10;", "\t": "&#9;", "\r": "&#13;"}
)
_BROKEN = "could not be changed without touching something else"


@dataclass(frozen=True)
class Changes:
    """What a document is to say.

    Attributes:
        values: the text of a property, or None to remove it.
        add: items that an array is to contain (a Bag is made if there is none).
        drop: items that an array is not to contain; an array that becomes empty is removed.
        stay: arrays that are kept even when empty.
    """

    values: Mapping[Name, str | None]
    add: Mapping[Name, str] = field(default_factory=dict)
    drop: Mapping[Name, Collection[str]] = field(default_factory=dict)
    stay: Collection[Name] = ()

    @property
    def touched(self) -> set[Name]:
        """The properties that may differ afterwards."""
        return {*self.values, *self.add, *self.drop}


def apply(document: Document, changes: Changes, *, own: bool = True) -> bytes:
    """The document with the changes; its own bytes if it says all of it already. Checks its own work.

    With `own`, these values replace everything in iqsd's namespace; without it, that namespace is left alone.
    """
    if own:
        others = {p.name: None for p in document.properties if p.name.uri == IQSD}
        changes = replace(changes, values={**others, **changes.values})
    if _says_all(document, changes):
        return document.data
    composed = _splice(document, _Plan(document, changes).splices())
    _check(document, parse(composed), changes)
    return composed


def without_doubles(document: Document) -> Document:
    """The document with only the first of what it says twice, which exiv2 would not read otherwise."""
    return parse(_splice(document, [_Cut(double.outer, b"") for double in document.doubles]))


def _says_all(document: Document, changes: Changes) -> bool:
    return (
        all(_current(document, name) == text for name, text in changes.values.items())
        and all(_holds(document, name, item) for name, item in changes.add.items())
        and not any(_holds(document, name, item) for name, items in changes.drop.items() for item in items)
    )


def _current(document: Document, name: Name) -> str | None:
    found = document.get(name)
    if found is None:
        return None
    return found.text if found.text is not None else "\0not plain text"


def _holds(document: Document, name: Name, item: str) -> bool:
    found = document.get(name)
    return found is not None and any(i.text == item for i in found.items)


@dataclass(frozen=True)
class _Cut:
    span: Span
    new: bytes


def _splice(document: Document, cuts: list[_Cut]) -> bytes:
    pieces, at = [], 0
    for cut in sorted(cuts, key=lambda c: (c.span.start, c.span.end)):
        if cut.span.start < at:
            refuse(_BROKEN)
        pieces += [document.data[at : cut.span.start], cut.new]
        at = cut.span.end
    return b"".join([*pieces, document.data[at:]])


class _Plan:
    """Which bytes to cut, and what to put in their place."""

    def __init__(self, document: Document, changes: Changes) -> None:
        self.document = document
        self.changes = changes
        self.gone: list[Property] = []
        self.fresh: dict[Name, str] = {}
        self.fresh_bags: dict[Name, str] = {}
        self.cuts: list[_Cut] = []

    def splices(self) -> list[_Cut]:
        own = self._own_node()
        for name, text in self.changes.values.items():
            self._value(name, text, own)
        for name in {*self.changes.add, *self.changes.drop}:
            self._array(name)
        self._remove(own)
        block = _block(self.document, self.fresh, self.fresh_bags)
        if own is not None and block:
            self.cuts.append(_Cut(self.document.nodes[own], block))
        elif own is not None:
            self.cuts.append(_Cut(self._with_space_before(self.document.nodes[own]), b""))
        elif block:
            at = self.document.nodes[-1].end if self.document.nodes else self.document.rdf.start
            self.cuts.append(_Cut(Span(at, at), b"\n  " + block))
        return self.cuts

    def _own_node(self) -> int | None:
        """The Description that holds nothing but what is being rewritten, so that it can be replaced as a whole."""
        kept = {p.node for p in self.document.properties if p.name not in self.changes.values}
        ours = {p.node for p in self.document.properties if p.name.uri == IQSD}
        return min(ours - kept, default=None)

    def _value(self, name: Name, text: str | None, own: int | None) -> None:
        found = self.document.get(name)
        if found is None or (own is not None and found.node == own):
            if text is not None:
                self.fresh[name] = text
        elif text is None or name.uri == IQSD:
            self.gone.append(found)
            if text is not None:
                self.fresh[name] = text
        elif found.text != text:
            self.cuts.append(self._replace(found, text))

    def _replace(self, found: Property, text: str) -> _Cut:
        if found.text is None:
            refuse(f"has {found.name.local} with qualifiers or structure, which iqsd does not change")
        tag = self.document.raw(found.outer)
        # Only what must be escaped is: then undo writes a person's value as most programs would have written it.
        spare = "\n\t\"'" if tag.startswith(b"<") else "'" if tag.endswith(b'"') else '"'
        raw = _escape(text, spare).encode()
        if found.inner is None:  # in place of the slash, a space tells undo that it was `<xmp:Rating/>`
            return _Cut(found.outer, tag[:-2] + b" >" + raw + b"</" + tag[1:].split()[0].rstrip(b"/>") + b">")
        if b"<" in self.document.raw(found.inner):
            refuse(f"has {found.name.local} with a comment or CDATA in it, which iqsd does not change")
        head = self.document.data[found.outer.start : found.inner.start]
        return _Cut(found.outer, head[:-2] + b"/>") if not raw and head.endswith(b" >") else _Cut(found.inner, raw)

    def _array(self, name: Name) -> None:
        found = self.document.get(name)
        item = self.changes.add.get(name)
        if found is None:
            if item is not None:
                self.fresh_bags[name] = item
            return
        dropped = [i for i in found.items if i.text in self.changes.drop.get(name, ())]
        if dropped and len(dropped) == len(found.items) and item is None:
            if name in self.changes.stay:
                self.cuts += [_Cut(i.outer, b"") for i in dropped]
            else:
                self.gone.append(found)
            return
        self.cuts += [_Cut(self._with_space_before(i.outer), b"") for i in dropped]
        if item is not None and not _holds(self.document, name, item):
            self.cuts.append(self._append(found, item))

    def _append(self, found: Property, item: str) -> _Cut:
        if found.array_end is None:
            refuse(f"has {found.name.local} in a form that iqsd does not add to")
        at, lead = found.array_end, b""
        if found.items:
            last = found.items[-1].outer
            before = self._with_space_before(last)
            at, lead = last.end, self.document.data[before.start : last.start]
        tag = f"<rdf:li{_rdf(self.document)}>{_escape(item)}</rdf:li>"
        return _Cut(Span(at, at), lead + tag.encode())

    def _remove(self, own: int | None) -> None:
        """Remove properties, and any Description that becomes empty."""
        for node in {p.node for p in self.gone if p.node != own}:
            here = [p for p in self.document.properties if p.node == node]
            leaving = [p for p in self.gone if p.node == node]
            if len(here) == len(leaving):
                self.cuts.append(_Cut(self._with_space_before(self.document.nodes[node]), b""))
            else:
                self.cuts += [_Cut(self._with_space_before(p.outer), b"") for p in leaving]

    def _with_space_before(self, span: Span) -> Span:
        start = span.start
        while self.document.data[start - 1] in _SPACE:
            start -= 1
        return Span(start, span.end)


def _rdf(document: Document) -> str:
    """The declaration of rdf: that iqsd's own elements need if the document uses another prefix for it."""
    return "" if document.data.startswith(b"<rdf:RDF", document.rdf_tag) else f' xmlns:rdf="{RDF}"'


def _escape(text: str, spare: str = "") -> str:
    """Escape for an element or an attribute in either kind of quotes, except the `spare` characters."""
    return text.translate({code: escape for code, escape in _ESCAPES.items() if chr(code) not in spare})


def _quoted(text: str) -> str:
    return f'"{_escape(text)}"'


def _block(document: Document, values: Mapping[Name, str], bags: Mapping[Name, str]) -> bytes:
    """The rdf:Description of iqsd's own. It declares what it uses, with the prefixes that the document has for it.

    exiv2, and so digiKam and darktable, fails on a file that uses two prefixes for one namespace.
    """
    if not values and not bags:
        return b""
    uris = {name.uri: _prefix(document, name.uri) for name in (*values, *bags)}
    about = document.about.replace(b'"', b"&quot;")
    head = f'<rdf:Description{_rdf(document)} rdf:about="'.encode() + about + b'"'
    lines = [f"    xmlns:{prefix}={_quoted(uri)}" for uri, prefix in uris.items()]
    lines += [f"   {uris[name.uri]}:{name.local}={_quoted(text)}" for name, text in values.items()]
    attributes = ("\n" + "\n".join(lines)).encode()
    if not bags:
        return head + attributes + b"/>"
    tags = {name: f"{uris[name.uri]}:{name.local}" for name in bags}
    elements = "".join(
        f"\n   <{tags[name]}><rdf:Bag><rdf:li>{_escape(item)}</rdf:li></rdf:Bag></{tags[name]}>"
        for name, item in bags.items()
    )
    return head + attributes + b">" + elements.encode() + b"\n  </rdf:Description>"


def _prefix(document: Document, uri: str) -> str:
    prefix = document.prefixes.get(uri) or PREFIXES[uri]
    if document.prefixes.get(uri) is None and prefix in document.prefixes.values():
        refuse(f"uses the prefix {prefix}: for a different namespace than all other programs")
    return prefix


def _check(before: Document, after: Document, changes: Changes) -> None:
    """Parse the result: everything that was wanted must be there, and everything else must be the same bytes."""
    touched = changes.touched
    kept = [(p.name, before.raw(p.outer)) for p in before.properties if p.name not in touched]
    if kept != [(p.name, after.raw(p.outer)) for p in after.properties if p.name not in touched]:
        refuse(_BROKEN)
    for name in {*changes.add, *changes.drop}:
        ours = {changes.add.get(name), *changes.drop.get(name, ())}
        if _other_items(before, name, ours) != _other_items(after, name, ours):
            refuse(_BROKEN)
    if not _says_all(after, changes):
        refuse(_BROKEN)


def _other_items(document: Document, name: Name, ours: set[str | None]) -> list[bytes]:
    found = document.get(name)
    return [document.raw(i.outer) for i in found.items if i.text not in ours or i.text is None] if found else []
