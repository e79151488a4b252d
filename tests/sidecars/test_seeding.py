"""A new sidecar hides all XMP in the photo from digiKam and darktable, so it starts as a copy of that XMP."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from iqsd.errors import SidecarError
from iqsd.sidecars import read, undo
from iqsd.sidecars.parser import parse

from .sidecar_making import (
    LIGHTROOM,
    OTHER_PEOPLES,
    RDF,
    TITLE,
    jpeg,
    photo_in,
    png,
    rate,
    segment,
    sidecar_of,
    tiff,
    xmp,
)

needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")


@needs_exiftool
@pytest.mark.parametrize("name", OTHER_PEOPLES)
def test_a_new_sidecar_says_all_that_the_photo_says(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path, data=jpeg(OTHER_PEOPLES[name]))
    sidecar = rate(photo).path
    embedded, copied = exiftool_xmp(photo), exiftool_xmp(sidecar)
    ours = {"XMP-xmp:Rating", "XMP-digiKam:PickLabel", "XMP-acdsee:Rating", "XMP-microsoft:RatingPercent"}
    for key in embedded.keys() - ours - {"XMP-x:XMPToolkit"}:
        assert copied[key] == embedded[key]


@pytest.mark.parametrize("make", [jpeg, png, tiff])
def test_it_does_so_whatever_the_format(tmp_path: Path, make: Any) -> None:
    photo = photo_in(tmp_path, "IMG_1.any", make(LIGHTROOM))
    sidecar = rate(photo).path
    for line in LIGHTROOM.split(b"\n")[1:-1]:
        assert line in sidecar.read_bytes()
    undo(photo)
    assert not sidecar.exists()


def test_a_packet_without_its_wrapping_gets_one(tmp_path: Path) -> None:
    bare = (
        f'<rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about="" xmlns:my="urn:my" my:x="1"/></rdf:RDF>\0\0'.encode()
    )
    photo = photo_in(tmp_path, data=jpeg(bare))
    sidecar = rate(photo).path
    assert sidecar.read_bytes().startswith(b"<?xpacket begin=")
    assert b'my:x="1"' in sidecar.read_bytes()
    assert read(photo).rating == 3


def test_a_photo_without_xmp_gets_a_small_sidecar(tmp_path: Path) -> None:
    data = rate(photo_in(tmp_path)).path.read_bytes()
    assert len(data) < 1500
    assert {p.name.local for p in parse(data).properties} > {"Rating", "PickLabel", "score", "fault_blur"}


def test_what_did_not_fit_into_the_first_segment_is_copied_too(tmp_path: Path) -> None:
    """Lightroom splits XMP above 64 kB in two; the second part is found by its digest."""
    guid = b"0123456789ABCDEF0123456789ABCDEF"
    more = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        ' xmlns:big="urn:big"><big:thing>' + "x" * 90_000 + "</big:thing></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    parts = [(at, more[at : at + 60_000]) for at in (60_000, 0)]
    extension = b"".join(
        segment(
            0xE1,
            b"http://ns.adobe.com/xmp/extension/\0"
            + guid
            + len(more).to_bytes(4, "big")
            + at.to_bytes(4, "big")
            + part,
        )
        for at, part in parts
    )
    main = xmp(TITLE + f'<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">{guid.decode()}</n:HasExtendedXMP>')
    photo = photo_in(tmp_path, data=jpeg(main, extra=extension))
    sidecar = rate(photo).path
    assert b"x" * 90_000 in sidecar.read_bytes()
    assert b"A day" in sidecar.read_bytes()
    assert b"HasExtendedXMP" not in sidecar.read_bytes()
    undo(photo)
    assert not sidecar_of(photo).exists()


def exiftool_xmp(path: Path) -> dict[str, Any]:
    told = subprocess.run(["exiftool", "-j", "-G1", "-struct", "-a", "-XMP:all", path], capture_output=True, check=True)
    values: dict[str, Any] = json.loads(told.stdout)[0]
    return {key: value for key, value in values.items() if key.startswith("XMP-")}


RATED = (
    '<rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b"'
    ' xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/">'
    "<MicrosoftPhoto:Rating>{}</MicrosoftPhoto:Rating></rdf:Description>"
    '<rdf:Description rdf:about="uuid:faf5bdd5-ba3d-11da-ad31-d33d75182f1b" xmlns:my="urn:my" my:x="1"/></rdf:RDF>'
)
WILD = {
    "windows": f'<xmp:xmpmeta xmlns:xmp="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{RATED}</xmp:xmpmeta>',
    "an old toolkit": (
        '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><?adobe-xap-filters esc="CR"?>'
        f'<x:xapmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{RATED}</x:xapmeta><?xpacket end="w"?>'
    ),
    "cut off behind the end": (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{RATED}</x:xmpmeta>\n<?xpacket end="w"'
    ),
    "the end of an older one behind": (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}">{RATED}</x:xmpmeta></rdf:RDF></x:xmpmeta>'
    ),
    "something twice": (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
        f' xmlns:my="urn:my" my:y="1"><my:y>2</my:y></rdf:Description>{RATED}</x:xmpmeta>'
    ),
}


@pytest.mark.parametrize("name", WILD)
def test_what_real_cameras_and_programs_embed_is_copied(tmp_path: Path, name: str) -> None:
    rated = photo_in(tmp_path, "rated.jpg", jpeg(WILD[name].format(75).encode()))
    assert (read(rated).rating, read(rated).rating_is_persons) == (4, True)
    photo = photo_in(tmp_path, data=jpeg(WILD[name].format(0).encode()))
    sidecar = rate(photo, 5).path
    assert b'my:x="1"' in sidecar.read_bytes()
    if shutil.which("exiv2"):
        shown = subprocess.run(["exiv2", "-Pkv", "-g", "Rating", sidecar], capture_output=True, text=True)
        assert "Xmp.xmp.Rating" in shown.stdout
        assert "Xmp.MicrosoftPhoto.Rating" in shown.stdout
        assert shown.stderr == ""
    undo(photo)
    assert not sidecar.exists()


def test_a_rating_that_occurs_twice_is_not_guessed(tmp_path: Path) -> None:
    twice = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{RDF}"><rdf:Description rdf:about=""'
    twice += ' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="2"><xmp:Rating>4</xmp:Rating></rdf:Description>'
    photo = photo_in(tmp_path, data=jpeg(f"{twice}</rdf:RDF></x:xmpmeta>".encode()))
    with pytest.raises(SidecarError, match="more than once"):
        read(photo)
