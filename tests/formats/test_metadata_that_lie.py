"""Small files whose metadata claim to be enormous: the process that reads them is the one that must not fail."""

import io
import struct
import time
import zlib

import pytest

from iqsd.containers.blocks import read_blocks
from iqsd.containers.boxes import UnreadableBoxesError
from tests.sidecars.sidecar_making import box


def heic(places: bytes, size: int = 0) -> bytes:
    """A HEIC whose item 2 is its XMP, at the position that `places` gives."""
    xmp = box(b"infe", b"\2\0\0\0", struct.pack(">HH", 2, 0), b"mime\0application/rdf+xml\0")
    picture = box(b"pitm", bytes(4), struct.pack(">H", 1))
    items = box(b"iinf", bytes(4), struct.pack(">H", 1), xmp)
    return box(b"ftyp", b"heic") + box(b"meta", bytes(4), picture, items, box(b"iloc", bytes(4), places)) + bytes(size)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    all_of_them = (struct.pack(">I4s", len(data), kind) + data + bytes(4) for kind, data in (*chunks, (b"IEND", b"")))
    return b"\x89PNG\r\n\x1a\n" + b"".join(all_of_them)


def packed(profile: bytes, count: int) -> tuple[bytes, bytes]:
    """A text of `count` bytes in hexadecimal, compressed."""
    return b"zTXt", b"Raw profile type " + profile + b"\0\0" + zlib.compress(b"\niptc\n1\n" + b"1c" * count)


@pytest.mark.parametrize(
    "data",
    [
        heic(
            struct.pack(">BBH", 0x44, 0, 1) + struct.pack(">HHH", 2, 0, 30) + struct.pack(">II", 0, 1_000_000) * 30,
            10**6,
        ),
        heic(struct.pack(">BBH", 0, 0, 20) + b"".join(struct.pack(">HHH", 2 + n, 0, 65535) for n in range(20))),
    ],
    ids=["one stretch over and over", "stretches without end that take no byte"],
)
def test_an_item_that_claims_to_be_enormous_is_not_read(data: bytes) -> None:
    with pytest.raises(UnreadableBoxesError):
        read_blocks(io.BytesIO(data))


def test_the_texts_of_a_png_together_unpack_to_a_bounded_size() -> None:
    blocks = read_blocks(io.BytesIO(png(*[packed(b"iptc", 8_000_000)] * 4)))
    assert blocks is not None
    assert 8_000_000 <= len(blocks.photoshop) < 10_000_000


def test_damaged_and_other_texts_of_a_png_do_not_affect_the_one_that_counts() -> None:
    packet = b"<x:xmpmeta/>"
    others = [(b"tEXt", b"workflow\0" + bytes(15_000_000))] * 2 + [(b"zTXt", b"Raw profile type iptc\0\0no zlib")]
    blocks = read_blocks(io.BytesIO(png(*others, (b"zTXt", b"XML:com.adobe.xmp\0\0" + zlib.compress(packet)))))
    assert blocks is not None
    assert blocks.xmp == packet


@pytest.mark.parametrize(
    "before",
    [(b"iCCP", b"icc\0\0" + b"\x99" * 30_000), packed(b"iptc", 12_000_000), packed(b"workflow", 12_000_000)],
    ids=["a damaged profile", "another profile", "a text of no use"],
)
def test_stars_in_the_xmp_of_a_png_are_read_whatever_comes_before_it(before: tuple[bytes, bytes]) -> None:
    packet = b'<x:xmpmeta xmp:Rating="5"/>'
    xmp = b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(packet)
    blocks = read_blocks(io.BytesIO(png(before, xmp)))
    assert blocks is not None
    assert blocks.xmp == packet


def test_segments_of_a_jpeg_are_put_together_in_no_time_however_many_there_are() -> None:
    payload = b"Photoshop 3.0\0" + bytes(65_000)
    data = b"\xff\xd8" + (b"\xff\xed" + struct.pack(">H", len(payload) + 2) + payload) * 1500 + b"\xff\xd9"
    start = time.process_time()
    blocks = read_blocks(io.BytesIO(data))
    assert time.process_time() - start < 4
    assert blocks is not None
    assert len(blocks.photoshop) == 1500 * 65_000
