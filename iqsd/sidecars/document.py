"""An XMP document as bytes with a map: where each top-level property is, and what it says.

Nothing here is ever serialised again. The map lets `edit` replace the few bytes that are iqsd's; every other byte,
known or unknown, stays as it was. Anything doubtful is refused, because a refused file is left as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NoReturn

from iqsd.errors import SidecarError, printable
from iqsd.sidecars.names import Name

MAX_BYTES = 20_000_000
_ADVICE = "repair it in the program that wrote it, or move it away"


@dataclass(frozen=True)
class Span:
    """The bytes from `start` up to, but not including, `end` in a document."""

    start: int
    end: int


@dataclass(frozen=True)
class Item:
    """One `rdf:li` of an array; `text` is None where it is not plain text."""

    text: str | None
    outer: Span


@dataclass(frozen=True)
class Property:
    """A property of the photo, in whatever form it is written.

    Attributes:
        name: namespace and local name.
        text: the value, decoded; None where it is an array, a structure or has qualifiers.
        outer: the whole property: `xmp:Rating="3"` or `<xmp:Rating>3</xmp:Rating>`.
        inner: the value within it; None for `<xmp:Rating/>`.
        node: the number of the `rdf:Description` it is in.
        items: the items of an array.
        array_end: where the array's end tag begins; None if there is no array or it is written `<rdf:Bag/>`.
    """

    name: Name
    text: str | None
    outer: Span
    inner: Span | None
    node: int
    items: tuple[Item, ...] = ()
    array_end: int | None = None


@dataclass(frozen=True)
class Document:
    """The bytes and the map of them."""

    data: bytes
    properties: tuple[Property, ...]
    nodes: tuple[Span, ...]  # the top-level rdf:Descriptions
    about: bytes  # their rdf:about as written, without quotes
    rdf: Span  # from after `<rdf:RDF ...>` to before `</rdf:RDF>`
    meta: Span | None  # the whole x:xmpmeta element
    prefixes: Mapping[str, str]  # the namespaces that it declares, to their prefixes
    doubles: tuple[Property, ...] = ()  # what it says a second time, if that was tolerated

    def get(self, name: Name) -> Property | None:
        """The property, if the document has it."""
        return next((p for p in self.properties if p.name == name), None)

    def text(self, name: Name) -> str | None:
        """The plain text value of a property; None if it is absent or not plain."""
        found = self.get(name)
        return found.text if found else None

    @property
    def rdf_tag(self) -> int:
        """Where `<rdf:RDF` begins: the last tag before its content, as no value can contain a bare `<`."""
        return self.data.rindex(b"<", 0, self.rdf.start)

    def raw(self, span: Span) -> bytes:
        """The bytes of a span."""
        return self.data[span.start : span.end]


def refuse(what: str, advice: str = _ADVICE) -> NoReturn:
    """Raise the error of a document that is not understood well enough to be touched."""
    raise SidecarError(f"the XMP {printable(what)}; it is left as it is", advice=advice)


def is_readable_by_catalogs(data: bytes) -> bool:
    """Whether exiv2, and so digiKam and darktable, recognises the file as XMP: it only looks at the first tag."""
    head = data[:80].removeprefix(b"\xef\xbb\xbf")
    if head.startswith(b"<?xml"):
        head = head[head.find(b"<", 5) :] if b"<" in head[5:] else b""
    return head.startswith((b"<?xpacket", b"<x:xmpmeta"))
