"""The XMP properties that iqsd reads or writes, and the namespaces they live in."""

from __future__ import annotations

from typing import Final, NamedTuple

RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
META: Final = "adobe:ns:meta/"
XMP: Final = "http://ns.adobe.com/xap/1.0/"
DIGIKAM: Final = "http://www.digikam.org/ns/1.0/"
ACDSEE: Final = "http://ns.acdsee.com/iptc/1.0/"
MICROSOFT: Final = "http://ns.microsoft.com/photo/1.0/"
MICROSOFT_BARE: Final = "http://ns.microsoft.com/photo/1.0"
"""As exiftool writes it; Windows and digiKam add a slash at the end, and some files contain both."""
DYNAMIC_MEDIA: Final = "http://ns.adobe.com/xmp/1.0/DynamicMedia/"
PHOTOSHOP: Final = "http://ns.adobe.com/photoshop/1.0/"
MEDIAPRO: Final = "http://ns.iview-multimedia.com/mediapro/1.0/"
DARKTABLE: Final = "http://darktable.sf.net/"
LIGHTROOM: Final = "http://ns.adobe.com/lightroom/1.0/"
DUBLIN_CORE: Final = "http://purl.org/dc/elements/1.1/"
NOTE: Final = "http://ns.adobe.com/xmp/note/"
IQSD: Final = "http://ns.iqsd.org/1.0/"
"""iqsd's own namespace. It is a name and need not resolve; it never changes (docs/sidecars.md)."""

PREFIXES: Final = {
    XMP: "xmp",
    DIGIKAM: "digiKam",
    ACDSEE: "acdsee",
    MICROSOFT: "MicrosoftPhoto",
    MICROSOFT_BARE: "MicrosoftPhoto1",
    PHOTOSHOP: "photoshop",
    MEDIAPRO: "mediapro",
    LIGHTROOM: "lr",
    DUBLIN_CORE: "dc",
    IQSD: "iqsd",
}


class Name(NamedTuple):
    """A property: its namespace and its local name. Prefixes have no meaning."""

    uri: str
    local: str

    @property
    def qualified(self) -> str:
        """The name with the prefix that iqsd writes, `xmp:Rating`."""
        return f"{PREFIXES[self.uri]}:{self.local}"


RATING: Final = Name(XMP, "Rating")
ACDSEE_RATING: Final = Name(ACDSEE, "rating")
MICROSOFT_RATING: Final = Name(MICROSOFT, "Rating")
MICROSOFT_BARE_RATING: Final = Name(MICROSOFT_BARE, "Rating")
PICK_LABEL: Final = Name(DIGIKAM, "PickLabel")
ADOBE_PICK: Final = Name(DYNAMIC_MEDIA, "pick")
LABEL: Final = Name(XMP, "Label")
COLOR_LABEL: Final = Name(DIGIKAM, "ColorLabel")
DARKTABLE_COLOURS: Final = Name(DARKTABLE, "colorlabels")
URGENCY: Final = Name(PHOTOSHOP, "Urgency")
SIDECAR_FOR: Final = Name(PHOTOSHOP, "SidecarForExtension")
HAS_EXTENDED: Final = Name(NOTE, "HasExtendedXMP")

SUBJECT: Final = Name(DUBLIN_CORE, "subject")
TAGS_LIST: Final = Name(DIGIKAM, "TagsList")
HIERARCHICAL: Final = Name(LIGHTROOM, "hierarchicalSubject")
LAST_KEYWORD: Final = Name(MICROSOFT, "LastKeywordXMP")
CATALOG_SETS: Final = Name(MEDIAPRO, "CatalogSets")
CATEGORIES: Final = Name(ACDSEE, "categories")
