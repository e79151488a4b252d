"""Where photos keep their metadata: every format is read from its bytes, and damage does no further harm."""

from __future__ import annotations

import struct
import time
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqsd.errors import SidecarError
from iqsd.sidecars import Options, WriteTo, embedded, read, write

from .sidecar_making import TITLE, box, exif, iptc, jpeg, photo_in, png, png_chunk, record, segment, tiff, xmp

PACKET = xmp(TITLE, digiKam_PickLabel=3)
GAIN_MAP = xmp(xmp_Rating=1, my_gain="7")


def heic(own_data: bool = False, gain_map_first: bool = True) -> bytes:
    """Two pictures (1 is the photo, 2 a gain map), an XMP for each and an EXIF, as phones write it."""
    items = {5: (b"mime", GAIN_MAP, 2), 6: (b"mime", PACKET, 1), 7: (b"Exif", b"\0\0\0\x06Exif\0\0" + exif(4), 1)}
    order = [5, 6, 7] if gain_map_first else [6, 5, 7]
    kinds = b"".join(
        box(
            b"infe",
            b"\2\0\0\0",
            struct.pack(">HH", n, 0),
            items[n][0],
            b"\0application/rdf+xml\0"[: 21 if n < 7 else 1],
        )
        for n in order
    )
    data = b"".join(items[n][1] for n in order)

    def meta(start: int) -> bytes:
        places, at = b"", start
        for n in order:
            size = len(items[n][1])
            places += struct.pack(">HHHHII", n, int(own_data), 0, 1, at, size)
            at += size
        references = b"".join(box(b"cdsc", struct.pack(">HHH", n, 1, items[n][2])) for n in order)
        return box(
            b"meta",
            bytes(4),
            box(b"pitm", bytes(4), struct.pack(">H", 1)),
            box(b"iinf", bytes(4), struct.pack(">H", len(order)), kinds),
            box(b"iloc", b"\1\0\0\0\x44\0", struct.pack(">H", len(order)), places),
            box(b"iref", bytes(4), references),
            box(b"idat", data) if own_data else b"",
        )

    head = box(b"ftyp", b"heic\0\0\0\0mif1heic")
    if own_data:
        return head + meta(0)
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", data)


def cr3() -> bytes:
    canon = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    packet = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
    return (
        box(b"ftyp", b"crx \0\0\0\1crx isom")
        + box(b"moov", box(b"uuid", canon, box(b"CNCV", b"x"), box(b"CMT1", exif(4))))
        + box(b"uuid", packet, PACKET)
    )


def rw2(photo: bytes) -> bytes:
    """A Panasonic RAW file that contains the photo as a JPEG."""
    return b"IIU\0" + struct.pack("<IHHHII", 8, 1, 0x2E, 7, len(photo), 26) + bytes(4) + photo


def webp() -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return kind + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    body = b"WEBP" + chunk(b"VP8X", bytes(10)) + chunk(b"XMP ", PACKET) + chunk(b"EXIF", exif(4))
    return b"RIFF" + struct.pack("<I", len(body)) + body


def magick(kind: bytes, content: bytes, chunk: bytes = b"zTXt", name: bytes = b"") -> bytes:
    digits = content.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    text = b"\n" + (name or kind) + b"\n%8d\n" % len(content) + lines + b"\n"
    told = {b"zTXt": b"\0" + zlib.compress(text), b"tEXt": text, b"iTXt": b"\1\0\0\0" + zlib.compress(text)}
    return png_chunk(chunk, b"Raw profile type " + kind + b"\0" + told[chunk])


def with_chunks(*chunks: bytes) -> bytes:
    plain = png()
    at = plain.index(b"IDAT") - 4
    return plain[:at] + b"".join(chunks) + plain[at:]


EXIF = png_chunk(b"eXIf", exif(4))
COMPRESSED = png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(PACKET))
IIM = iptc(2).partition(b"8BIM\x04\x04\0\0")[2][4:]
FILES = {
    "jpg": jpeg(PACKET, exif(4)),
    "jpg with iptc": jpeg(PACKET, iptc_block=iptc(2)),
    "png": with_chunks(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + PACKET), EXIF),
    "png compressed": with_chunks(COMPRESSED, EXIF),
    "png by ImageMagick": with_chunks(magick(b"xmp", PACKET), magick(b"exif", b"Exif\0\0" + exif(4))),
    "png with plain text": with_chunks(png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET), EXIF),
    "png with plain text by ImageMagick": with_chunks(
        magick(b"xmp", PACKET, b"tEXt"), magick(b"exif", exif(4), b"tEXt")
    ),
    "png by ImageMagick, in Unicode": with_chunks(magick(b"xmp", PACKET, b"iTXt"), magick(b"APP1", exif(4), b"iTXt")),
    "png with iptc by exiftool": with_chunks(
        png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET), magick(b"iptc", iptc(2), name=b"IPTC profile")
    ),
    "png with iptc and no block around it, by ImageMagick": with_chunks(
        png_chunk(b"tEXt", b"XML:com.adobe.xmp\0" + PACKET), magick(b"iptc", IIM)
    ),
    "jpg with iptc behind another program's block": jpeg(
        PACKET, iptc_block=b"Photoshop 3.0\0AgHg\x04\x05\0\0\0\0\0\0" + iptc(2).removeprefix(b"Photoshop 3.0\0")
    ),
    "webp": webp(),
    "tif": tiff(PACKET, 4),
    "rw2": rw2(jpeg(PACKET, exif(4))),
    "heic": heic(),
    "heic, items in another order": heic(gain_map_first=False),
    "heic, items in the meta box": heic(own_data=True),
    "heic of several pictures": heic() + box(b"moov", box(b"mvhd", bytes(20))),
    "cr3": cr3(),
    "jxl": box(b"JXL ", b"\r\n\x87\n") + box(b"ftyp", b"jxl ") + box(b"xml ", PACKET) + box(b"Exif", bytes(4), exif(4)),
    "raf": b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">I", 100) + bytes(12) + jpeg(PACKET, exif(4)),
}


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_its_packet_and_its_ratings(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path, "IMG_1.any", FILES[name])
    said = embedded.read(photo)
    assert (said.xmp, [reading.value for reading in said.ratings]) == (PACKET, [4])
    assert (read(photo).rating, read(photo).pick_label) == (4, 3)


def test_xmp_appended_to_a_format_that_has_no_place_for_it_is_seen(tmp_path: Path) -> None:
    crw = b"II\x1a\0\0\0HEAPCCDR\2\0\1\0" + bytes(300)
    photo = photo_in(tmp_path, "IMG_1.CRW", crw + PACKET + b"a trailer's own end")
    assert (read(photo).pick_label, read(photo).pick_label_is_persons) == (3, True)


@pytest.mark.parametrize("rubbish", [b"\0\0\0", b"rubbish", b"\xff\0"])
@pytest.mark.parametrize("name", ["jpg", "raf"])
def test_a_rating_after_rubbish_between_segments_is_seen_as_catalogs_see_it(
    tmp_path: Path, name: str, rubbish: bytes
) -> None:
    whole = FILES[name]
    at = whole.index(b"\xff\xe1")
    photo = photo_in(tmp_path, f"IMG_1.{name}", whole[:at] + rubbish + whole[at:])
    assert (read(photo).rating, read(photo).pick_label) == (4, 3)


def test_nothing_is_written_into_a_photo_with_rubbish_between_segments(tmp_path: Path) -> None:
    whole = FILES["jpg"]
    at = whole.index(b"\xff\xe1")
    photo = photo_in(tmp_path, "IMG_1.jpg", whole[:at] + b"rubbish" + whole[at:])
    with pytest.raises(SidecarError, match="no marker"):
        write(photo, record(photo), Options(write=WriteTo.EMBEDDED), force=True)


def test_the_first_of_two_packets_in_a_jpeg_counts(tmp_path: Path) -> None:
    """As in exiv2, and so in digiKam and darktable."""
    one, other = (segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(digiKam_PickLabel=label)) for label in (1, 2))
    assert read(photo_in(tmp_path, "IMG_1.jpg", jpeg(extra=one + other))).pick_label == 1
    assert read(photo_in(tmp_path, "IMG_2.jpg", jpeg(extra=other + one))).pick_label == 2


def test_a_big_file_is_not_read_as_a_whole(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "IMG_1.jpg", jpeg(PACKET))
    with photo.open("r+b") as file:
        file.truncate(2_000_000_000)
    started = time.process_time()
    assert read(photo).pick_label == 3
    assert time.process_time() - started < 0.2


@settings(max_examples=300)
@given(data=st.data(), name=st.sampled_from(sorted(FILES)))
def test_damage_is_one_clear_line_or_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, name: str
) -> None:
    content = bytearray(FILES[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(0, len(content))) :]
    photo = photo_in(tmp_path_factory.getbasetemp(), "damaged.any", bytes(content))
    started = time.process_time()
    try:
        read(photo)
    except SidecarError as error:
        assert "\n" not in str(error)
    assert time.process_time() - started < 2


def test_an_item_beyond_the_end_of_the_file_is_not_read(tmp_path: Path) -> None:
    entry = struct.pack(">HH", 1, 0) + struct.pack(">H", 1) + struct.pack(">QI", 2**64 - 16, 8)
    items = box(
        b"iinf", bytes(4), struct.pack(">H", 1), box(b"infe", b"\2\0\0\0", struct.pack(">HH4s", 1, 0, b"Exif"), b"\0")
    )
    places = box(b"iloc", bytes(4), b"\x84\0", struct.pack(">H", 1), entry)
    data = box(b"ftyp", b"heic") + box(b"meta", bytes(4), box(b"pitm", bytes(4), struct.pack(">H", 1)), items, places)
    photo = photo_in(tmp_path, "IMG_1.heic", data)
    assert read(photo).rating is None
