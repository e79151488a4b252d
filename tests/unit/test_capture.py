"""How a photo was taken: read from whatever holds its EXIF, and never a reason to fail."""

from __future__ import annotations

import functools
import io
import struct
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pillow_heif
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from iqsd.photos.capture import Capture, read_capture
from iqsd.photos.reading import read_photo
from iqsd.photos.source import opened
from tests.sidecars.sidecar_making import box

pillow_heif.register_heif_opener()

ABOUT = {
    271: "Canon",
    272: "EOS R5 ",
    274: 6,
    34665: {
        33434: (1, 200),
        33437: (28, 10),
        34855: 400,
        36867: "2024:05:01 12:34:56",
        36881: "+02:00",
        37380: (-2, 3),
        37386: (50, 1),
        37521: "25",
        41986: 2,
        42033: "0123",
    },
}
EXPECTED = Capture(
    taken="2024-05-01T12:34:56.250000",
    offset="+02:00",
    make="Canon",
    model="EOS R5",
    serial="0123",
    exposure_time=0.005,
    f_number=2.8,
    iso=400,
    exposure_bias=-0.666667,
    is_bracketed=True,
    focal_length=50.0,
    width=20,
    height=30,
)


def tiff(tags: Mapping[int, object], order: str = ">") -> bytes:
    """A TIFF structure: integers become shorts, texts ASCII, pairs fractions, a mapping a subdirectory."""
    data = bytearray((b"MM\0*" if order == ">" else b"II*\0") + struct.pack(order + "I", 8))
    _directory(data, tags, order)
    return bytes(data)


def _directory(data: bytearray, tags: Mapping[int, object], order: str) -> None:
    start = len(data)
    data += struct.pack(order + "H", len(tags)) + bytes(12 * len(tags) + 4)
    for number, (tag, value) in enumerate(sorted(tags.items())):
        if isinstance(value, Mapping):
            kind, count, content = 4, 1, struct.pack(order + "I", len(data))
            _directory(data, value, order)
        elif isinstance(value, str):
            kind, count, content = 2, len(value) + 1, value.encode() + b"\0"
        elif isinstance(value, tuple):
            kind, count, content = 10, 1, struct.pack(order + "ii", *value)
        else:
            assert isinstance(value, int)
            kind, count, content = 3, 1, struct.pack(order + "H", value)
        if len(content) > 4:
            content, rest = struct.pack(order + "I", len(data)), content
            data += rest
        at = start + 2 + 12 * number
        data[at : at + 12] = struct.pack(order + "HHI", tag, kind, count) + content.ljust(4, b"\0")


def capture_of(path: Path, data: bytes) -> Capture:
    path.write_bytes(data)
    with opened(path) as source:
        return read_capture(source)


@functools.cache
def picture(kind: str, exif: bytes) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, kind, exif=b"Exif\0\0" + exif if kind != "PNG" else exif)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "AVIF"])
@pytest.mark.parametrize("order", ["<", ">"])
def test_it_is_read_from_every_container_of_exif(tmp_path: Path, kind: str, order: str) -> None:
    about = {**ABOUT, 34665: {**ABOUT[34665], 40962: 30, 40963: 20}}  # type: ignore[dict-item]
    found = capture_of(tmp_path / "a", picture(kind, tiff(about, order)))
    if kind == "AVIF":  # Pillow writes the orientation to a box and removes it from EXIF
        found = replace(found, width=20, height=30)
    assert found == EXPECTED


def test_it_is_read_from_a_file_that_is_itself_a_tiff_like_most_raw_files(tmp_path: Path) -> None:
    about = {**ABOUT, 34665: {**ABOUT[34665], 40962: 30, 40963: 20}}  # type: ignore[dict-item]
    assert capture_of(tmp_path / "a.nef", tiff(about)) == EXPECTED


def test_a_bigtiff_points_to_exif_with_eight_bytes(tmp_path: Path) -> None:
    first = struct.pack("<QHHQQQ", 1, 34665, 18, 1, 52, 0)
    exif = struct.pack("<QHHQQQ", 1, 36867, 2, 20, 88, 0) + b"2024:05:01 12:34:56\0"
    found = capture_of(tmp_path / "a.tif", struct.pack("<2sHHHQ", b"II", 43, 8, 0, 16) + first + exif)
    assert found.taken == "2024-05-01T12:34:56"


def test_canons_cr3_keeps_camera_and_exposure_apart(tmp_path: Path) -> None:
    camera, exposure = tiff({271: "Canon", 272: "EOS R5"}), tiff({36867: "2024:05:01 12:34:56", 33434: (1, 200)})
    uuid = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
    data = box(b"ftyp", b"crx ") + box(b"moov", box(b"uuid", uuid + box(b"CMT1", camera) + box(b"CMT2", exposure)))
    found = capture_of(tmp_path / "a.cr3", data)
    assert (found.model, found.taken, found.exposure_time) == ("EOS R5", "2024-05-01T12:34:56", 0.005)


def test_fujifilms_raf_keeps_it_in_its_jpeg(tmp_path: Path) -> None:
    data = b"FUJIFILMCCD-RAW ".ljust(84, b"\0") + struct.pack(">I", 100) + bytes(12) + picture("JPEG", tiff(ABOUT))
    assert capture_of(tmp_path / "a.raf", data).serial == "0123"


def test_a_photo_without_exif_has_only_its_size(tmp_path: Path) -> None:
    out = io.BytesIO()
    Image.new("RGB", (30, 20)).save(out, "JPEG")
    assert capture_of(tmp_path / "a.jpg", out.getvalue()) == Capture(width=30, height=20)


@pytest.mark.parametrize(
    ("tag", "value", "field"),
    [
        (36867, "0000:00:00 00:00:00", "taken"),
        (36867, "    :  :     :  :  ", "taken"),
        (36881, "   :  ", "offset"),
        (36881, "02:00 ", "offset"),
        (36881, "+02.00", "offset"),
        (36881, "+02:000", "offset"),
        (36881, "+ab:00", "offset"),
        (42033, "\x01\x02\x03\x04", "serial"),
        (33434, (1, 0), "exposure_time"),
        (33434, (-1, 5), "exposure_time"),
        (34855, 0, "iso"),
        (42033, "", "serial"),
    ],
)
def test_a_value_that_makes_no_sense_is_unknown(tmp_path: Path, tag: int, value: object, field: str) -> None:
    about = {34665: {**ABOUT[34665], tag: value}}  # type: ignore[dict-item]
    assert getattr(capture_of(tmp_path / "a.jpg", picture("JPEG", tiff(about))), field) is None


def test_a_header_of_megabytes_is_read_to_its_end(tmp_path: Path) -> None:
    plain = picture("JPEG", tiff(ABOUT))
    notes = b"".join(b"\xff\xe5\xff\xff" + bytes(65533) for _ in range(5))
    (tmp_path / "plain.jpg").write_bytes(plain)
    (tmp_path / "notes.jpg").write_bytes(plain[:2] + notes + plain[2:])
    first, second = (read_photo(tmp_path / name, (10, 10)) for name in ("plain.jpg", "notes.jpg"))
    assert first.coarseness is not None
    assert (first.capture, first.coarseness) == (second.capture, second.coarseness)


def test_a_photo_that_its_container_turns_is_as_wide_as_it_looks(tmp_path: Path) -> None:
    lying = picture("HEIF", tiff({274: 6, 34665: {40962: 30, 40963: 20}}))
    orientation = b"\x01\x12\0\3\0\0\0\1\0"
    assert lying.count(orientation + b"\6") == 1
    photo = tmp_path / "a.heic"
    photo.write_bytes(lying.replace(orientation + b"\6", orientation + b"\1"))  # the container still turns it
    told = read_photo(photo, (10, 10))
    assert told.pixels.shape[:2] == (30, 20)
    assert (told.capture.width, told.capture.height) == (20, 30)


def test_fractions_of_a_second_distinguish_frames_of_one_second() -> None:
    first, second = Capture(taken="2024-05-01T23:59:59.900000"), Capture(taken="2024-05-02T00:00:00.150000")
    assert first.seconds is not None
    assert second.seconds is not None
    assert second.seconds - first.seconds == pytest.approx(0.25)
    assert Capture().seconds is None


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "HEIF", "tiff", "AVIF"])
@settings(max_examples=60)
@given(data=st.data())
def test_damage_costs_what_it_hits_and_no_more(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = bytearray(tiff(ABOUT) if kind == "tiff" else picture(kind, tiff(ABOUT)))
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(whole)))
    assert isinstance(capture_of(tmp_path_factory.getbasetemp() / "a", bytes(whole[:cut])), Capture)
