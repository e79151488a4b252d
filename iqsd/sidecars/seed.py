"""What a new sidecar starts as: the XMP that the photo carries.

digiKam and darktable let a sidecar replace all XMP in the photo. A sidecar with only iqsd's values would hide the
title, the keywords and everything else that somebody once wrote into the photo.
"""

from __future__ import annotations

from iqsd.errors import SidecarError
from iqsd.sidecars.document import Document
from iqsd.sidecars.edit import Changes, apply, without_doubles
from iqsd.sidecars.names import HAS_EXTENDED, META, RDF, SIDECAR_FOR
from iqsd.sidecars.parser import parse

_HEAD = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'.encode()
_TAIL = b'\n<?xpacket end="w"?>\n'
_SKELETON = f'<rdf:RDF xmlns:rdf="{RDF}">\n </rdf:RDF>'.encode()


def seed(source: Document | None, further: bytes | None, *, owner_extension: str | None) -> Document:
    """The document of a new sidecar, still without iqsd's values.

    Args:
        source: XMP to carry over: from the photo, or from a sidecar under another name.
        further: XMP that did not fit into the packet of a JPEG.
        owner_extension: written as photoshop:SidecarForExtension if the name alone does not say whose it is.
    """
    if source is not None and source.doubles:
        source = without_doubles(source)
    document = parse(_packet(source))
    if further is not None:
        document = _with_further(document, further)
    # Another one may be there: what a RAW converter exports takes along that of the RAW file.
    if owner_extension and document.text(SIDECAR_FOR) != owner_extension:
        document = parse(apply(document, Changes({SIDECAR_FOR: owner_extension}), own=False))
    return document


def _with_further(document: Document, further: bytes) -> Document:
    """Both parts in one, without the pointer from one to the other. Only the first if they do not fit together."""
    try:
        more = parse(further)
        joined = document.data[: document.rdf.end] + more.raw(more.rdf) + document.data[document.rdf.end :]
        joint = parse(joined)
        return parse(apply(joint, Changes({HAS_EXTENDED: None}), own=False))
    except SidecarError:
        return document


def _packet(source: Document | None) -> bytes:
    if source is None:
        return _wrapped(_SKELETON)
    meta = source.raw(source.meta) if source.meta else b""
    if meta.startswith(b"<x:xmpmeta"):
        return _HEAD + meta + _TAIL
    # Older programs and Windows name the element around it differently.
    return _wrapped(source.data[source.rdf_tag : source.data.index(b">", source.rdf.end) + 1])


def _wrapped(rdf: bytes) -> bytes:
    return _HEAD + f'<x:xmpmeta xmlns:x="{META}" x:xmptk="iqsd">\n '.encode() + rdf + b"\n</x:xmpmeta>" + _TAIL
