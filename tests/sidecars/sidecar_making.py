"""Photos and sidecars to test with, made from scratch as cameras and other programs write them."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from iqsd.sidecars import Options, Record, Written, write

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
NAMESPACES = {
    "xmp": "http://ns.adobe.com/xap/1.0/",
    "digiKam": "http://www.digikam.org/ns/1.0/",
    "acdsee": "http://ns.acdsee.com/iptc/1.0/",
    "MicrosoftPhoto": "http://ns.microsoft.com/photo/1.0/",
    "xmpDM": "http://ns.adobe.com/xmp/1.0/DynamicMedia/",
    "dc": "http://purl.org/dc/elements/1.1/",
    "lr": "http://ns.adobe.com/lightroom/1.0/",
    "mediapro": "http://ns.iview-multimedia.com/mediapro/1.0/",
    "photoshop": "http://ns.adobe.com/photoshop/1.0/",
    "crs": "http://ns.adobe.com/camera-raw-settings/1.0/",
    "darktable": "http://darktable.sf.net/",
    "xmpMM": "http://ns.adobe.com/xap/1.0/mm/",
    "my": "urn:somebody's:own",
}
TITLE = '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">A day &amp; a night</rdf:li></rdf:Alt></dc:title>'


def xmp(body: str = "", /, **values: str | int) -> bytes:
    """An XMP packet: `xmp(xmp_Rating=3)` says xmp:Rating="3"; `body` goes inside rdf:Description."""
    declared = "".join(f"\n    xmlns:{prefix}={_quoted(uri)}" for prefix, uri in NAMESPACES.items())
    attributes = "".join(f'\n   {key.replace("_", ":", 1)}="{value}"' for key, value in values.items())
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        f' <rdf:RDF xmlns:rdf="{RDF}">\n  <rdf:Description rdf:about=""{declared}{attributes}>{body}\n'
        '  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n<?xpacket end="w"?>'
    ).encode()


def _quoted(text: str) -> str:
    return f'"{text}"'


def exif(rating: int | None = None, percent: int | None = None) -> bytes:
    """An EXIF block with the two rating tags that Windows and cameras write."""
    tags = [(tag, value) for tag, value in ((0x4746, rating), (0x4749, percent)) if value is not None]
    entries = b"".join(struct.pack("<HHIHH", tag, 3, 1, value, 0) for tag, value in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + struct.pack("<I", 0)


def exif_of_fujifilm(rating: int) -> bytes:
    """An EXIF block as a Fujifilm camera writes it, which keeps the stars given in it in its maker note."""
    return _with_note(b"FUJIFILM" + struct.pack("<IHHHII", 12, 1, 0x1431, 4, 1, rating) + bytes(4))


def exif_of_sony(rating: int, head: bytes = b"SONY DSC \0\0\0") -> bytes:
    """The same for Sony; the note of a JPEG begins with a name, that of an ARW does not."""
    tags = struct.pack("<HHII", 0x2001, 4, 1, 7) + struct.pack("<HHII", 0x2002, 4, 1, rating)
    return _with_note(head + struct.pack("<H", 2) + tags + bytes(4), b"SONY\0")


def _with_note(note: bytes, make: bytes = b"abcde") -> bytes:
    tags = struct.pack("<HHII", 271, 2, 5, 38) + struct.pack("<HHII", 34665, 4, 1, 44)
    to_note = struct.pack("<HHII", 37500, 7, len(note), 62)
    first = struct.pack("<H", 2) + tags + bytes(4) + make + b"\0"
    return b"II*\0" + struct.pack("<I", 8) + first + struct.pack("<H", 1) + to_note + bytes(4) + note


def iptc(urgency: int) -> bytes:
    """A Photoshop block with an IPTC urgency."""
    dataset = b"\x1c\x02\x0a\0\x01" + str(urgency).encode()
    return b"Photoshop 3.0\x008BIM\x04\x04\0\0" + struct.pack(">I", len(dataset)) + dataset


# 8 x 8 pixels of grey: the smallest picture that every decoder accepts.
_TABLES = (
    b"\xff\xdb\0\x43\0" + b"\x10" * 64 + b"\xff\xc0\0\x0b\x08\0\x08\0\x08\x01\x01\x11\0"
    b"\xff\xc4\0\x14\0\x01" + b"\0" * 15 + b"\0" + b"\xff\xc4\0\x14\x10\x01" + b"\0" * 15 + b"\0"
)
_SCAN = b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\x3f\xff\xd9"
JFIF = b"\xff\xe0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0"


def segment(marker: int, payload: bytes) -> bytes:
    """A JPEG segment."""
    return bytes((0xFF, marker)) + struct.pack(">H", len(payload) + 2) + payload


def jpeg(
    packet: bytes | None = None, exif_block: bytes | None = None, iptc_block: bytes | None = None, extra: bytes = b""
) -> bytes:
    """A JPEG with the metadata asked for."""
    parts = [b"\xff\xd8", JFIF]
    if exif_block is not None:
        parts.append(segment(0xE1, b"Exif\0\0" + exif_block))
    if packet is not None:
        parts.append(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet))
    if iptc_block is not None:
        parts.append(segment(0xED, iptc_block))
    return b"".join([*parts, extra, _TABLES, _SCAN])


def box(kind: bytes, *content: bytes) -> bytes:
    """A box of a HEIF, a CR3 or a JPEG XL."""
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def png_chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(packet: bytes | None = None) -> bytes:
    """A PNG of one pixel, with XMP."""
    text = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet) if packet is not None else b""
    header = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = png_chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + header + text + pixel + png_chunk(b"IEND", b"")


def tiff(packet: bytes | None = None, rating: int | None = None) -> bytes:
    """A TIFF of one pixel (raw files have the same structure), with XMP and an EXIF rating."""
    tags = [(256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1), (273, 4, 1, 8)]
    tags += [(277, 3, 1, 1), (278, 3, 1, 1), (279, 4, 1, 1)]
    pixels = b"\x80\0" + (packet or b"")
    if packet is not None:
        tags.append((700, 1, len(packet), 10))
    if rating is not None:
        tags.append((0x4746, 3, 1, rating))
    pixels += b"\0" * (len(pixels) % 2)
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<I", 8 + len(pixels)) + pixels + struct.pack("<H", len(tags)) + entries + b"\0" * 4


def photo_in(folder: Path, name: str = "IMG_1.jpg", data: bytes | None = None) -> Path:
    """A photo on disk; a JPEG without metadata unless `data` is given."""
    photo = folder / name
    photo.write_bytes(jpeg() if data is None else data)
    return photo


def sidecar_of(photo: Path, data: bytes | None = None) -> Path:
    """Where its sidecar is by default; `data`, if given, is written to it."""
    path = photo.with_name(photo.name + ".xmp")
    if data is not None:
        path.write_bytes(data)
    return path


AFTER_ITS_RATING = (4_200_000_000, 4_200_000_000)
"""Times for a photo that make iqsd look into it: it may have been rated there after `record`'s date."""


def record(photo: Path, rating: int | None = 3, pick_label: int | None = 2, model: str = "testnet 1") -> Record:
    """What iqsd might record about a photo."""
    return Record(
        score=61.5,
        aesthetic=6.12,
        quality=None,
        faults={"blur": 0.25, "noise": 0.0},
        model=model,
        photo_size=photo.stat().st_size,
        rating=rating,
        pick_label=pick_label,
        reasons=("a little blurred", "well exposed"),
        date="2099-05-06T07:08:09+00:00",
    )


def rate(photo: Path, rating: int = 3, pick_label: int = 2, options: Options | None = None, **more: bool) -> Written:
    """Have iqsd rate it."""
    return write(photo, record(photo, rating, pick_label), options, **more)


LIGHTROOM = xmp(
    f"""
   {TITLE}
   <!-- nobody may lose this -->
   <dc:subject><rdf:Bag><rdf:li>Paris</rdf:li><rdf:li>a, b; c</rdf:li><rdf:li>日本</rdf:li></rdf:Bag></dc:subject>
   <lr:hierarchicalSubject><rdf:Bag><rdf:li>Places|France|Paris</rdf:li></rdf:Bag></lr:hierarchicalSubject>
   <crs:Look><rdf:Description crs:Name='Adobe "Color"' crs:Amount="1"><crs:Parameters><rdf:Description
     crs:Version="15.4"><crs:Curve><rdf:Seq><rdf:li>0, 0</rdf:li><rdf:li>255, 255</rdf:li></rdf:Seq></crs:Curve>
     </rdf:Description></crs:Parameters></rdf:Description></crs:Look>
   <my:thing rdf:parseType="Resource"><rdf:value>val</rdf:value><my:q xml:lang='de'>ja</my:q></my:thing>""",
    xmp_CreatorTool="Lightroom Classic",
    crs_Exposure2012="+0.35",
    crs_HasSettings="True",
    photoshop_DateCreated="2023-06-30T10:11:12.345",
)
DARKTABLE = xmp(
    "".join(
        ["\n   <darktable:history>\n    <rdf:Seq>"]
        + [
            f'\n     <rdf:li\n      darktable:num="{n}"\n      darktable:operation="exposure"\n'
            f'      darktable:params="gz12eJxjYGBgkGAAgRNODESDBnsIHll8ANNSGQM={n:04}"/>'
            for n in range(69)
        ]
        + ["\n    </rdf:Seq>\n   </darktable:history>"]
    ),
    xmp_Rating="0",
    darktable_xmp_version="5",
    xmpMM_DerivedFrom="IMG_1.CR2",
)
SHORTHAND = (
    f"<?xml version='1.0' encoding='utf-8'?>\r\n<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='{RDF}'>"
    "<rdf:Description rdf:about='uuid:1' xmlns:xap='http://ns.adobe.com/xap/1.0/'><xap:Rating>0</xap:Rating>"
    "</rdf:Description><rdf:Description rdf:about='uuid:1' xmlns:dk='http://www.digikam.org/ns/1.0/' dk:PickLabel='0'"
    " dk:ColorLabel='0'/><!-- end --></rdf:RDF></x:xmpmeta>"
).encode()
PADDED = xmp(xmp_Rating=0, acdsee_rating=0, MicrosoftPhoto_Rating=0).replace(
    b"<?xpacket end", (b" " * 99 + b"\n") * 20 + b"<?xpacket end"
)
BOM = b"\xef\xbb\xbf" + xmp(TITLE).partition(b"\n")[2]
OTHER_PEOPLES = {
    "lightroom": LIGHTROOM,
    "darktable": DARKTABLE,
    "shorthand": SHORTHAND,
    "padded": PADDED,
    "bom": BOM,
    "empty description": xmp(),
    "windows line ends": xmp(TITLE, xmp_Rating=0).replace(b"\n", b"\r\n"),
}
