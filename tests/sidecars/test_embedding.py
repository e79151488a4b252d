"""Writing into the JPEG itself, for those who ask for it: one segment changes, and not one other byte."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from iqsd.errors import SidecarError
from iqsd.sidecars import Options, WriteTo, embedded, read, undo, write
from iqsd.sidecars.jpeg_write import with_packet
from tests.conftest import PHOTOS

from .sidecar_making import (
    LIGHTROOM,
    TITLE,
    exif,
    iptc,
    jpeg,
    photo_in,
    png,
    rate,
    record,
    segment,
    sidecar_of,
    xmp,
)

EMBEDDED = Options(write=WriteTo.EMBEDDED)
PACKETS = {"no xmp": None, "xmp": xmp(TITLE, xmp_Rating=0), "lightroom": LIGHTROOM}


@pytest.mark.parametrize("real", PHOTOS, ids=lambda path: path.name)
def test_real_photographs_keep_their_picture_and_undo_keeps_all(tmp_path: Path, real: Path) -> None:
    photo = Path(shutil.copy(real, tmp_path))
    before = photo.read_bytes()
    assert rate(photo, 4, 3, EMBEDDED).path == photo
    after = photo.read_bytes()
    assert decoded(after) == decoded(before)
    assert without_xmp(after) == without_xmp(before)
    assert (read(photo, EMBEDDED).rating, read(photo).rating) == (4, 4)
    undo(photo, EMBEDDED)
    assert photo.read_bytes() == before
    assert list(tmp_path.iterdir()) == [photo]


@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_everything_but_the_xmp_stays(tmp_path: Path, packet: bytes | None) -> None:
    data = jpeg(packet, exif(rating=0), iptc(8), extra=segment(0xFE, b"a comment") + segment(0xE2, b"ICC_PROFILE\0..."))
    photo = photo_in(tmp_path, data=data)
    rate(photo, 4, 3, EMBEDDED)
    rate(photo, 2, 2, EMBEDDED)
    assert without_xmp(photo.read_bytes()) == without_xmp(data)
    undo(photo, EMBEDDED)
    assert photo.read_bytes() == data


def test_mode_times_and_attributes_stay(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    photo.chmod(0o640)
    os.utime(photo, ns=(1_000_000_000_123, 2_000_000_000_456))
    try:
        os.setxattr(photo, "user.note", b"mine")
    except OSError:
        pytest.skip("no extended attributes here")
    before = photo.stat()
    rate(photo, options=EMBEDDED)
    after = photo.stat()
    assert (after.st_mode, after.st_uid, after.st_gid, after.st_mtime_ns) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
        before.st_mtime_ns,
    )
    assert os.getxattr(photo, "user.note") == b"mine"


def test_the_record_has_the_current_size_of_the_photo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, options=EMBEDDED)
    found = read(photo, EMBEDDED).record
    assert found is not None
    assert found.photo_size == photo.stat().st_size
    assert not write(photo, record(photo), EMBEDDED).changed


def test_a_person_who_rates_in_the_photo_keeps_it(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    rate(photo, 3, 2, EMBEDDED)
    photo.write_bytes(photo.read_bytes().replace(b'xmp:Rating="3"', b'xmp:Rating="5"'))
    written = rate(photo, 1, 1, EMBEDDED)
    assert (written.rating, written.pick_label) == (None, 1)
    assert read(photo, EMBEDDED).rating == 5


def test_a_sidecar_that_exists_says_the_same(tmp_path: Path) -> None:
    """Programs that read sidecars look nowhere else."""
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE, xmp_Rating=0))
    rate(photo, 4, 3, EMBEDDED)
    assert b'xmp:Rating="4"' in sidecar.read_bytes()
    undo(photo, EMBEDDED)
    assert sidecar.read_bytes() == xmp(TITLE, xmp_Rating=0)
    assert photo.read_bytes() == jpeg()


@pytest.mark.parametrize("name", ["IMG_1.png", "IMG_1.jpg"])
def test_other_formats_get_sidecars_whatever_they_are_called(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path, name, png(xmp(TITLE)))
    before = photo.read_bytes()
    assert rate(photo, options=EMBEDDED).path == sidecar_of(photo)
    assert photo.read_bytes() == before
    undo(photo, EMBEDDED)
    assert list(tmp_path.iterdir()) == [photo]


def test_a_rating_in_another_format_named_as_a_jpeg_is_a_persons(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "IMG_1.jpg", png(xmp(TITLE, xmp_Rating=2)))
    rate(photo, 4, 3, EMBEDDED)
    assert (read(photo, EMBEDDED).rating, read(photo).pick_label) == (2, 3)


def jpeg_with_index(before_xmp: bool) -> bytes:
    index = segment(0xE2, b"MPF\0II*\0\x08\0\0\0\0\0")
    packet = xmp(TITLE)
    if before_xmp:
        return jpeg(extra=index + segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + packet)) + jpeg()
    return jpeg(packet, extra=index) + jpeg()


REFUSED = {
    "damaged xmp": jpeg(b"<x:xmpmeta"),
    "xmp with something behind": jpeg(xmp(TITLE) + b"</x:xmpmeta>"),
    "no picture": b"\xff\xd8\xff\xd9",
    "truncated header": jpeg()[:40],
    "two packets": jpeg(xmp(TITLE), extra=segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + xmp(TITLE))),
    "a further picture behind": jpeg() + jpeg(),
    "an index before the xmp": jpeg_with_index(before_xmp=True),
    "no room": jpeg(xmp("".join(f"<my:a{n}>{'x' * 900}</my:a{n}>" for n in range(70)))),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_photo_that_fails_any_check_is_left_alone(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path, data=REFUSED[name])
    with pytest.raises(SidecarError) as raised:
        rate(photo, options=EMBEDDED)
    assert raised.value.path == photo
    assert photo.read_bytes() == REFUSED[name]
    assert list(tmp_path.iterdir()) == [photo]


def test_a_photo_too_large_to_check_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iqsd.sidecars.jpeg_write._MAX_PHOTO", 1000)
    photo = photo_in(tmp_path, data=jpeg(LIGHTROOM))
    with pytest.raises(SidecarError, match="more than"):
        rate(photo, options=EMBEDDED)
    assert photo.read_bytes() == jpeg(LIGHTROOM)


def test_an_index_of_further_pictures_behind_the_xmp_moves_along(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg_with_index(before_xmp=False))
    rate(photo, options=EMBEDDED)
    assert without_xmp(photo.read_bytes()) == without_xmp(jpeg_with_index(before_xmp=False))


@pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
@pytest.mark.parametrize("packet", PACKETS.values(), ids=PACKETS)
def test_exiftool_finds_nothing_wrong(tmp_path: Path, packet: bytes | None) -> None:
    photo = photo_in(tmp_path, data=jpeg(packet, exif(rating=0)))
    rate(photo, 4, 3, EMBEDDED)
    told = subprocess.run(
        ["exiftool", "-s3", "-a", "-Warning", "-Error", "-XMP-xmp:Rating", photo], capture_output=True, check=True
    )
    assert [line for line in told.stdout.splitlines() if b"incorrect URI" not in line] == [b"4"]


def decoded(data: bytes) -> bytes:
    """The pixels."""
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert pixels is not None
    return pixels.tobytes()


def without_xmp(data: bytes) -> str:
    """The digest of a JPEG without its XMP."""
    return hashlib.sha256(with_packet(data, None)).hexdigest()


def test_xmp_that_another_program_copied_from_a_sidecar_into_the_photo_is_not_iqsds_to_take_back(
    tmp_path: Path,
) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    rate(photo)
    packet = sidecar_of(photo).read_bytes()
    size = len(with_packet(photo.read_bytes(), packet))
    copied = packet.replace(f'photo_size="{photo.stat().st_size}"'.encode(), f'photo_size="{size}"'.encode())
    photo.write_bytes(with_packet(photo.read_bytes(), copied))
    before = photo.read_bytes()
    undo(photo)
    assert photo.read_bytes() == before


def test_what_iqsd_embedded_is_taken_back_even_if_it_writes_sidecars_now(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    before = photo.read_bytes()
    rate(photo, options=EMBEDDED)
    rate(photo, 1, 1)
    undone = undo(photo)
    assert (undone.changed, undone.removed) == (True, True)
    assert photo.read_bytes() == before
    assert list(tmp_path.iterdir()) == [photo]


def test_what_iqsd_embedded_is_taken_back_even_if_a_person_has_changed_the_photo_and_it_writes_sidecars_now(
    tmp_path: Path,
) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp()))
    rate(photo, options=EMBEDDED)
    packet, end = embedded.read(photo).xmp or b"", b"\n  </rdf:Description>"
    photo.write_bytes(with_packet(photo.read_bytes(), packet.replace(end, TITLE.encode() + end)))
    assert undo(photo).changed
    assert photo.read_bytes() == jpeg(xmp(TITLE))
