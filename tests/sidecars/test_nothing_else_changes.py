"""Whatever a sidecar holds, iqsd's values go in, nothing else changes, and undo brings every byte back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from iqsd.errors import SidecarError
from iqsd.sidecars import Options, read, undo
from iqsd.sidecars.edit import Changes, apply
from iqsd.sidecars.names import IQSD, RATING, Name
from iqsd.sidecars.parser import parse

from .sidecar_making import AFTER_ITS_RATING, LIGHTROOM, OTHER_PEOPLES, TITLE, jpeg, photo_in, rate, sidecar_of, xmp

EVERYTHING = Options(colour_label=True, keyword=True)
OURS = {"Rating", "PickLabel", "Label", "ColorLabel", "rating", "Subject", "HierarchicalSubject", "RatingPercent"}

needs_exiftool = pytest.mark.skipif(not shutil.which("exiftool"), reason="exiftool is not installed")
needs_exiv2 = pytest.mark.skipif(not shutil.which("exiv2"), reason="exiv2 is not installed")


@pytest.mark.parametrize("name", OTHER_PEOPLES)
def test_every_byte_that_is_not_ours_stays(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, OTHER_PEOPLES[name])
    rate(photo, 3, 2)
    for line in OTHER_PEOPLES[name].split(b"\n"):
        if b"rating" not in line.lower() and b"PickLabel" not in line:
            assert line.strip() in sidecar.read_bytes()


@pytest.mark.parametrize("name", OTHER_PEOPLES)
@pytest.mark.parametrize("options", [Options(), EVERYTHING])
def test_undo_brings_every_byte_back(tmp_path: Path, name: str, options: Options) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, OTHER_PEOPLES[name])
    rate(photo, 3, 2, options)
    rate(photo, 4, 1, options)
    rate(photo, 2, 3)
    undone = undo(photo, options)
    assert (undone.changed, undone.removed) == (True, False)
    assert sidecar.read_bytes() == OTHER_PEOPLES[name]


@pytest.mark.parametrize(
    "before",
    [
        xmp("<xmp:Rating>\n    0\n\t</xmp:Rating>"),
        xmp('<xmp:Rating>5</xmp:Rating><xmp:Label>Bob\'s "best" &amp; &lt; 3</xmp:Label>'),
        xmp(xmp_Label="Bob's &quot;best&quot;"),
        xmp("</rdf:Description><rdf:Description xmp:Label='Bob&apos;s \"best\"' rdf:about=''>"),
    ],
)
def test_undo_writes_a_persons_value_as_it_was_written(tmp_path: Path, before: bytes) -> None:
    before = before.replace(b"rdf:Description xmp", b'rdf:Description xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp')
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, before)
    rate(photo, 3, 2, EVERYTHING, force=True)
    assert (read(photo).rating, read(photo).rating_is_persons) == (3, False)
    undo(photo, EVERYTHING)
    assert sidecar.read_bytes() == before


@needs_exiftool
@pytest.mark.parametrize("name", OTHER_PEOPLES)
def test_exiftool_sees_only_our_values_differ(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, OTHER_PEOPLES[name])
    before = exiftool(sidecar)
    rate(photo, 3, 2)
    after = exiftool(sidecar)
    assert (after["XMP-xmp:Rating"], after["XMP-digiKam:PickLabel"]) == (3, 2)
    differing = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    assert {key for key in differing if key.split(":")[-1] not in OURS and "iqsd" not in key.lower()} == set()


@needs_exiv2
@pytest.mark.parametrize("name", OTHER_PEOPLES)
def test_exiv2_reads_what_we_wrote(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, OTHER_PEOPLES[name])
    rate(photo, 3, 2, EVERYTHING)
    shown = subprocess.run(
        ["exiv2", "-Pkt", "-K", "Xmp.xmp.Rating", "-K", "Xmp.digiKam.PickLabel", "-K", "Xmp.xmp.Label", sidecar],
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(shown.stdout.split()) == sorted(
        ["Xmp.xmp.Rating", "3", "Xmp.digiKam.PickLabel", "2", "Xmp.xmp.Label", "Yellow"]
    )
    assert shown.stderr == ""


@needs_exiv2
def test_our_record_survives_a_program_that_rewrites_the_file(tmp_path: Path) -> None:
    """Whatever form exiv2 (digiKam, darktable) gives it: attributes, elements, one Description for all."""
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=0)))
    sidecar = rate(photo, 3, 2, EVERYTHING).path
    record = read(photo).record
    subprocess.run(["exiv2", "-M", "set Xmp.dc.source scanner", sidecar], check=True)
    assert read(photo).record == record
    assert (read(photo).rating_is_persons, read(photo).pick_label_is_persons) == (False, False)
    assert rate(photo, 3, 2, EVERYTHING).changed is False
    rate(photo, 5, 3, EVERYTHING)
    assert b"scanner" in sidecar.read_bytes()
    undo(photo, EVERYTHING)
    left = parse(sidecar.read_bytes())
    assert {p.name.local for p in left.properties} == {"title", "source", "Rating"}
    assert left.text(RATING) == "0"


def test_a_sidecar_that_iqsd_made_is_gone_after_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    for options in (Options(), EVERYTHING):
        rate(photo, 3, 2, options)
        rate(photo, 1, 1, options)
        undone = undo(photo, options, dry_run=True)
        assert (undone.changed, undone.removed, undone.path.exists()) == (True, True, True)
        assert undo(photo, options).removed
        assert list(tmp_path.iterdir()) == [photo]
    assert not undo(photo).changed


def test_a_sidecar_that_iqsd_made_and_somebody_used_stays_after_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 2).path
    sidecar.write_text(sidecar.read_text().replace('xmp:Rating="3"', 'xmp:Rating="5"'))
    undone = undo(photo)
    assert (undone.removed, undone.left_to_person) == (False, frozenset({"rating"}))
    left = parse(sidecar.read_bytes())
    assert [(p.name, p.text) for p in left.properties] == [(RATING, "5")]


def test_a_sidecar_of_iqsds_that_another_program_rewrote_goes_with_undo_unless_it_says_more(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    for more, stays in ((b"\n", False), (TITLE.encode(), True)):
        sidecar = rate(photo).path
        said = (
            b'<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/">' + more + b"</rdf:Description>"
        )
        sidecar.write_bytes(sidecar.read_bytes().replace(b"</rdf:RDF>", said + b"</rdf:RDF>"))
        assert undo(photo).removed is not stays
        assert sidecar.exists() is stays


@pytest.mark.parametrize(
    "empty",
    [
        "<xmp:Rating/>",
        "<xmp:Rating />",
        "<xmp:Rating xml:lang='a/>'\n/>",
        "<xmp:Rating></xmp:Rating>",
        "<xmp:Rating> </xmp:Rating>",
    ],
)
def test_an_empty_rating_is_filled_and_emptied_again(tmp_path: Path, empty: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE + empty))
    for stars in (3, 4):
        rate(photo, stars, 2)
        assert (read(photo).rating, read(photo).rating_is_persons) == (stars, False)
    undo(photo)
    assert sidecar.read_bytes() == xmp(TITLE + empty)


@pytest.mark.parametrize(
    "said", ["0<!-- not yet -->", "<!-- 3 > 2 </xmp:Rating> -->", "<![CDATA[0]]>", "<![CDATA[]]>", "<?editor 1?>0"]
)
def test_a_value_with_a_comment_in_it_is_read_and_not_replaced(tmp_path: Path, said: str) -> None:
    photo = photo_in(tmp_path)
    before = xmp(f"<xmp:Rating>{said}</xmp:Rating>")
    sidecar = sidecar_of(photo, before)
    with pytest.raises(SidecarError, match="Rating with a comment or CDATA in it"):
        rate(photo, 3, 2)
    assert sidecar.read_bytes() == before
    persons = before.replace(f">{said}<".encode(), f">{said.replace('0', '')}<![CDATA[4]]><".encode())
    sidecar.write_bytes(persons)
    rate(photo, 3, 2)
    assert (read(photo).rating, read(photo).rating_is_persons, read(photo).pick_label) == (4, True, 2)
    undo(photo)
    assert sidecar.read_bytes() == persons


def test_a_rating_with_qualifiers_is_not_even_overruled_by_force(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    said = '<xmp:Rating rdf:parseType="Resource"><rdf:value>5</rdf:value><my:who>Ann</my:who></xmp:Rating>'
    sidecar = sidecar_of(photo, xmp(said))
    with pytest.raises(SidecarError, match="qualifiers"):
        rate(photo, 3, 2, force=True)
    assert sidecar.read_bytes() == xmp(said)


def test_undo_of_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, LIGHTROOM)
    rate(photo, 3, 2)
    rated = sidecar.read_bytes()
    undo(photo)
    rate(photo, 3, 2)
    assert sidecar.read_bytes() == rated


def test_undo_brings_back_what_force_overruled(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    before = xmp(TITLE, xmp_Rating=5, acdsee_rating=5, digiKam_PickLabel=3)
    sidecar = sidecar_of(photo, before)
    rate(photo, 1, 1, force=True)
    assert b'acdsee:rating="1"' in sidecar.read_bytes()
    rate(photo, 2, 2)
    undo(photo)
    assert sidecar.read_bytes() == before


def test_undo_brings_back_what_force_overruled_in_dialects_that_have_no_minus_one(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    before = xmp(TITLE, acdsee_rating=5, MicrosoftPhoto_Rating=99)
    sidecar = sidecar_of(photo, before)
    for label in (1, 1, 2):
        rate(photo, -1, label, force=True)
        assert b'acdsee:rating="0"' in sidecar.read_bytes()
    undo(photo)
    assert sidecar.read_bytes() == before


def test_what_a_person_says_in_the_photo_is_said_in_dialects_that_have_no_minus_one_too(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE, acdsee_rating=0, MicrosoftPhoto_Rating=0))
    rate(photo, -1, 1)
    photo.write_bytes(jpeg(xmp(xmp_Rating=4)))
    os.utime(photo, ns=AFTER_ITS_RATING)
    rate(photo, -1, 1)
    assert b'acdsee:rating="4"' in sidecar.read_bytes()
    assert b'MicrosoftPhoto:Rating="75"' in sidecar.read_bytes()


VALUES = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿"), max_size=30)


@settings(max_examples=100)
@given(text=VALUES, quote=st.sampled_from("'\""), element=st.booleans(), line=st.sampled_from(["\n", "\r\n", " "]))
def test_any_value_in_any_form_is_preserved(text: str, quote: str, element: bool, line: str) -> None:
    value = escape(text, {"'": "&#39;", '"': "&quot;"})
    rating = f"<xmp:Rating>{value}</xmp:Rating>" if element else ""
    attribute = "" if element else f"{line}xmp:Rating={quote}{value}{quote}"
    data = (
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description{line}rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"{attribute}>{rating}'
        f"</rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
    document = parse(data)
    assert document.text(RATING) == text
    changed = apply(document, Changes({RATING: "4", Name(IQSD, "model"): text}))
    assert (parse(changed).text(RATING), parse(changed).text(Name(IQSD, "model"))) == ("4", text)
    assert parse(apply(parse(changed), Changes({RATING: text}))).text(RATING) == text


def exiftool(sidecar: Path) -> dict[str, Any]:
    """Everything that exiftool finds in the file, including structures."""
    told = subprocess.run(["exiftool", "-j", "-G1", "-struct", "-a", sidecar], capture_output=True, check=True)
    values: dict[str, Any] = json.loads(told.stdout)[0]
    return {k: v for k, v in values.items() if not k.startswith(("SourceFile", "ExifTool:", "System:", "File:"))}


CHOICES = st.builds(Options, colour_label=st.booleans(), keyword=st.booleans())
TURN = st.tuples(st.integers(-1, 5), st.integers(0, 3), CHOICES, st.booleans())


@settings(max_examples=150)
@given(name=st.sampled_from([*OTHER_PEOPLES, "none", "in the photo"]), turns=st.lists(TURN, min_size=1, max_size=6))
def test_undo_brings_every_byte_back_whatever_iqsd_did(name: str, turns: list[tuple[int, int, Options, bool]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        photo = photo_in(Path(folder), data=jpeg(LIGHTROOM if name == "in the photo" else None))
        sidecar = sidecar_of(photo, OTHER_PEOPLES.get(name))
        before = sidecar.read_bytes() if sidecar.exists() else None
        for rating, label, options, force in turns:
            rate(photo, rating, label, options, force=force)
            assert read(photo).rating == (rating or None)
        undo(photo)
        assert (sidecar.read_bytes() if sidecar.exists() else None) == before
