"""Draw the map of an XMP document: where each property of the photo is.

The XML is read by expat, which says at which byte each tag begins. Namespaces are resolved here, because the prefixes
in the bytes matter. Anything that could not be edited with certainty is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from xml.parsers import expat

from iqsd.sidecars.document import MAX_BYTES, Document, Item, Property, Span, refuse
from iqsd.sidecars.names import DIGIKAM, IQSD, META, RDF, XMP, Name

MAX_DEPTH = 200
XML = "http://www.w3.org/XML/1998/namespace"
# Programs based on exiv2 keep one table of prefixes for all files, so a file that reuses one of these is trouble.
OUR_PREFIXES = {"rdf": RDF, "xmp": XMP, "digiKam": DIGIKAM, "iqsd": IQSD}

_START_TAG = re.compile(rb"<([^\s/>]+)((?:\s+[^\s=<>]+\s*=\s*(?:\"[^\"]*\"|'[^']*'))*)\s*(/?)>")
_ATTRIBUTE = re.compile(rb"([^\s=<>]+)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')")
_DECLARED = re.compile(rb"""^<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""")
_STRUCTURAL = {"about", "ID", "nodeID", "aboutEach", "aboutEachPrefix", "bagID", "datatype", "parseType", "resource"}


def parse(data: bytes, *, tolerate_doubles: bool = False) -> Document:
    """Map an XMP document. Raises SidecarError for anything that could not be edited with certainty."""
    _check_bytes(data)
    reader = _Reader(data, tolerate_doubles)
    try:
        reader.parser.Parse(data, True)
    except expat.ExpatError as error:
        refuse(f"is not well-formed XML (line {error.lineno}: {expat.ErrorString(error.code)})")
    return reader.document()


def _check_bytes(data: bytes) -> None:
    if len(data) > MAX_BYTES:
        refuse(f"has more than the {MAX_BYTES // 1_000_000} MB that are read")  # no more than that was read
    if not data.strip(b"\0 \t\r\n"):
        refuse("is empty", "remove the empty file, then iqsd writes a new one")
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        refuse("is UTF-16, which digiKam and darktable do not read", "save it as UTF-8")
    declared = _DECLARED.match(data.removeprefix(b"\xef\xbb\xbf"))
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        refuse(f"declares the encoding {declared[1].decode('ascii', 'replace')}", "save it as UTF-8")


@dataclass
class _Open:
    """An element whose end tag has not come yet."""

    name: Name
    start: int
    head_end: int
    empty: bool
    scope: dict[str, str]
    plain: bool = True  # only text so far
    texts: list[str] = field(default_factory=list)
    items: list[Item] = field(default_factory=list)
    array_end: int | None = None


class _Reader:
    """The expat handlers that draw the map."""

    def __init__(self, data: bytes, tolerate_doubles: bool) -> None:
        self.data = data
        self.tolerate_doubles = tolerate_doubles
        self.doubles: list[Property] = []
        self.open: list[_Open] = []
        self.rdf_depth = 0  # how many elements are open inside rdf:RDF, itself included
        self.properties: list[Property] = []
        self.seen: set[Name] = set()
        self.nodes: list[Span] = []
        self.abouts: list[bytes] = []
        self.rdf: Span | None = None
        self.meta: Span | None = None
        self.prefixes: dict[str, str] = {}
        self.parser = expat.ParserCreate("utf-8")
        self.parser.ordered_attributes = True
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def document(self) -> Document:
        if self.rdf is None:
            refuse("has no rdf:RDF in it")
        abouts = {about for about in self.abouts if about}
        if len(abouts) > 1:
            refuse("describes more than one thing (different rdf:about)")
        about = abouts.pop() if abouts else b""
        return Document(
            data=self.data,
            properties=tuple(self.properties),
            nodes=tuple(self.nodes),
            about=about,
            rdf=self.rdf,
            meta=self.meta,
            prefixes=self.prefixes,
            doubles=tuple(self.doubles),
        )

    def _doctype(self, *_: object) -> None:
        refuse("has a document type declaration, which attacks use and photo programs do not")

    def _start(self, tag: str, attributes: list[str]) -> None:
        if len(self.open) >= MAX_DEPTH:
            refuse(f"is nested more than {MAX_DEPTH} levels deep")
        scope = self._scope(attributes)
        name = _resolve(tag, scope, is_attribute=False)
        if self.rdf_depth:
            self.rdf_depth += 1
        elif name == Name(RDF, "RDF"):
            if self.rdf is not None:
                refuse("has more than one rdf:RDF")
            self.rdf_depth = 1
        start, head_end, empty = self.parser.CurrentByteIndex, 0, False
        if self.rdf_depth <= 5:
            match = _START_TAG.match(self.data, start)
            if match is None:
                refuse("has a tag that is not understood")
            head_end, empty = match.end(), bool(match[3])
            if self.rdf_depth == 2:
                self._node(match, attributes, scope)
        if self.open:
            self.open[-1].plain = False
        self.open.append(_Open(name, start, head_end, empty, scope))
        if self.rdf_depth > 2:
            self._qualified(attributes, scope)

    def _node(self, match: re.Match[bytes], attributes: list[str], scope: dict[str, str]) -> None:
        """The attributes of an rdf:Description are also properties."""
        places = list(_ATTRIBUTE.finditer(self.data, match.start(2), match.end(2)))
        if 2 * len(places) != len(attributes):
            refuse("has a tag that is not understood")
        for found, key, value in zip(places, attributes[::2], attributes[1::2], strict=True):
            inner = Span(*found.span(2 if found[2] is not None else 3))
            if key.startswith("xmlns") or key.startswith("xml:"):
                continue
            name = _resolve(key, scope, is_attribute=True)
            if name.uri in (RDF, "") and name.local in _STRUCTURAL:
                if name.local in ("about", "ID"):
                    self.abouts.append(self.data[inner.start : inner.end])
                continue
            self._add(Property(name, value, Span(*found.span()), inner, len(self.nodes)))

    def _qualified(self, attributes: list[str], scope: dict[str, str]) -> None:
        """An attribute on a property or item, other than its language, makes it more than plain text."""
        for key in attributes[::2]:
            if key.startswith("xmlns") or key == "xml:lang":
                continue
            _resolve(key, scope, is_attribute=True)
            self.open[-1].plain = False

    def _text(self, text: str) -> None:
        if 3 <= self.rdf_depth <= 5:
            self.open[-1].texts.append(text)

    def _end(self, _tag: str) -> None:
        closing = self.open.pop()
        inner_end = self.parser.CurrentByteIndex
        # expat reports the end of `<a/>` after the tag, and that of `<a></a>` before `</a>`.
        end = closing.head_end if closing.empty else self.data.find(b">", inner_end) + 1
        outer = Span(closing.start, end)
        if self.rdf_depth == 1:
            if closing.empty:
                refuse("has an rdf:RDF with nothing in it", "remove the file, then iqsd writes a new one")
            self.rdf = Span(closing.head_end, inner_end)
        elif self.rdf_depth == 2:
            self.nodes.append(outer)
        elif self.rdf_depth == 3:
            self._close_property(closing, outer, inner_end)
        elif self.rdf_depth == 4 and closing.name in (Name(RDF, "Bag"), Name(RDF, "Seq"), Name(RDF, "Alt")):
            self.open[-1].items = closing.items
            self.open[-1].array_end = None if closing.empty else inner_end
        elif self.rdf_depth == 5 and closing.name == Name(RDF, "li"):
            self.open[-1].items.append(Item("".join(closing.texts) if closing.plain else None, outer))
        elif self.rdf_depth == 0 and closing.name == Name(META, "xmpmeta"):
            self.meta = outer
        self.rdf_depth = max(0, self.rdf_depth - 1)

    def _close_property(self, closing: _Open, outer: Span, inner_end: int) -> None:
        text = "".join(closing.texts) if closing.plain else None
        inner = None if closing.empty else Span(closing.head_end, inner_end)
        items, array_end = tuple(closing.items), closing.array_end
        self._add(Property(closing.name, text, outer, inner, len(self.nodes), items, array_end))

    def _add(self, found: Property) -> None:
        if found.name in self.seen:
            if self.tolerate_doubles:
                self.doubles.append(found)
                return
            refuse(f"says {found.name.local} more than once, and it is unclear which one counts")
        self.seen.add(found.name)
        self.properties.append(found)

    def _scope(self, attributes: list[str]) -> dict[str, str]:
        scope = self.open[-1].scope if self.open else {"xml": XML}
        if not attributes:
            return scope
        declared = [(k, v) for k, v in zip(attributes[::2], attributes[1::2], strict=True) if k.startswith("xmlns")]
        if not declared:
            return scope
        scope = dict(scope)
        for key, uri in declared:
            prefix = key[6:]
            scope[prefix] = uri
            if uri == META:
                continue  # Windows names the outermost element xmp:xmpmeta, and every program reads that
            if OUR_PREFIXES.get(prefix, uri) != uri:
                refuse(f"uses the prefix {prefix}: for a different namespace than all other programs")
            self.prefixes.setdefault(uri, prefix)
        return scope


def _resolve(tag: str, scope: dict[str, str], *, is_attribute: bool) -> Name:
    prefix, colon, local = tag.rpartition(":")
    if not colon:
        return Name("" if is_attribute else scope.get("", ""), tag)
    uri = scope.get(prefix)
    if uri is None:
        refuse(f"uses the prefix {prefix}: without declaring it")
    return Name(uri, local)
