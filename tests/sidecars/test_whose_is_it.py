"""Whose rating is it? Every dialect, every place, each field separately."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from iqsd.errors import SidecarError
from iqsd.sidecars import Naming, Options, State, WriteTo, read, sidecar_path, undo, write

from .sidecar_making import (
    AFTER_ITS_RATING,
    TITLE,
    exif,
    exif_of_fujifilm,
    exif_of_sony,
    iptc,
    jpeg,
    photo_in,
    png,
    rate,
    record,
    segment,
    sidecar_of,
    tiff,
    xmp,
)


def test_a_photo_without_any_rating_is_free(tmp_path: Path) -> None:
    state = read(photo_in(tmp_path))
    assert state == State(tmp_path / "IMG_1.jpg.xmp", False, None, None, None, False, False)


@pytest.mark.parametrize(
    ("values", "rating"),
    [
        ({"xmp_Rating": 4}, 4),
        ({"xmp_Rating": -1}, -1),
        ({"xmp_Rating": "3.7"}, 4),
        ({"xmp_Rating": "many"}, None),
        ({"acdsee_rating": 2}, 2),
        ({"MicrosoftPhoto_Rating": 75}, 4),
        ({"MicrosoftPhoto_Rating": 60}, 3),
        ({"xmp_Rating": 0, "acdsee_rating": 5}, 5),
    ],
)
@pytest.mark.parametrize("where", ["sidecar", "jpeg", "png", "tiff"])
def test_a_rating_in_any_dialect_is_a_persons(
    tmp_path: Path, values: dict[str, str | int], rating: int | None, where: str
) -> None:
    packet = xmp(**values)
    if where == "sidecar":
        photo = photo_in(tmp_path)
        sidecar_of(photo, packet)
    else:
        make = {"jpeg": jpeg, "png": png, "tiff": tiff}[where]
        photo = photo_in(tmp_path, f"IMG_1.{where}", make(packet))
    assert (read(photo).rating, read(photo).rating_is_persons) == (rating, True)
    assert rate(photo, 1).rating is None
    assert read(photo).rating == rating


@pytest.mark.parametrize(
    ("data", "rating"),
    [
        (jpeg(exif_block=exif(rating=3)), 3),
        (jpeg(exif_block=exif(percent=99)), 5),
        (jpeg(exif_block=exif(rating=0, percent=50)), 3),
        (jpeg(exif_block=exif_of_fujifilm(4)), 4),
        (jpeg(exif_block=exif_of_sony(3)), 3),
        (jpeg(exif_block=exif_of_sony(2, b"")), 2),
        (jpeg(iptc_block=iptc(1)), 5),
        (jpeg(iptc_block=iptc(6)), 1),
        (jpeg(b"<x:xmpmeta", exif(rating=2)), 2),
        (tiff(rating=4), 4),
    ],
)
def test_a_rating_given_in_the_camera_is_a_persons(tmp_path: Path, data: bytes, rating: int) -> None:
    photo = photo_in(tmp_path, "IMG_1.JPG" if data.startswith(b"\xff\xd8") else "IMG_1.TIF", data)
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (rating, True)
    assert rate(photo).rating is None
    assert read(photo).rating_is_persons


@pytest.mark.parametrize(("stars", "percent"), list(enumerate((1, 25, 50, 75, 99), 1)))
def test_stars_follow_the_percentages_of_windows(tmp_path: Path, stars: int, percent: int) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(xmp_Rating=0, MicrosoftPhoto_Rating=0))
    rate(photo, stars)
    assert f'MicrosoftPhoto:Rating="{percent}"' in sidecar.read_text()
    sidecar.write_bytes(xmp(MicrosoftPhoto_Rating=percent))
    assert read(photo).rating == stars


@pytest.mark.parametrize(("urgency", "stars"), list(enumerate((5, 4, 4, 3, 2, 1, 1), 1)))
def test_an_iptc_urgency_counts_as_stars(tmp_path: Path, urgency: int, stars: int) -> None:
    assert read(photo_in(tmp_path, data=jpeg(iptc_block=iptc(urgency)))).rating == stars


@pytest.mark.parametrize(
    "data",
    [
        jpeg(exif_block=exif(rating=0, percent=0)),
        jpeg(exif_block=exif_of_fujifilm(0)),
        jpeg(exif_block=exif_of_sony(0)),
        jpeg(exif_block=exif_of_sony(4294967295)),  # a panorama's
        jpeg(exif_block=exif_of_fujifilm(4)[:-8]),  # cut off
        jpeg(iptc_block=iptc(8)),
        jpeg(xmp(xmp_Rating=0, digiKam_PickLabel=0, acdsee_rating=0, MicrosoftPhoto_Rating=0, xmpDM_pick=0)),
        jpeg(xmp(xmp_Rating="", digiKam_PickLabel="")),
    ],
)
def test_the_zeros_that_cameras_and_catalogs_write_are_nobodys(tmp_path: Path, data: bytes) -> None:
    photo = photo_in(tmp_path, data=data)
    assert (read(photo).rating_is_persons, read(photo).pick_label_is_persons) == (False, False)
    written = rate(photo, 3, 2)
    assert (written.rating, written.pick_label) == (3, 2)


@pytest.mark.parametrize(
    ("values", "label"), [({"digiKam_PickLabel": 1}, 1), ({"xmpDM_pick": 1}, 3), ({"xmpDM_pick": -1}, 1)]
)
def test_a_label_of_a_person_leaves_the_rating_free(tmp_path: Path, values: dict[str, str | int], label: int) -> None:
    photo = photo_in(tmp_path)
    sidecar_of(photo, xmp(**values))
    written = rate(photo, 4, 2)
    assert (written.rating, written.pick_label) == (4, None)
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (4, False)
    assert (state.pick_label, state.pick_label_is_persons) == (label, True)


def test_what_iqsd_wrote_stays_its_own(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    state = read(photo)
    assert state.record == record(photo, 3, 2)
    assert (state.rating_is_persons, state.pick_label_is_persons) == (False, False)
    assert (rate(photo, 5, 3).rating, read(photo).pick_label) == (5, 3)


def test_a_rating_given_by_a_person_is_never_changed(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 2).path
    edit(sidecar, 'xmp:Rating="3"', 'xmp:Rating="5"')
    for model in ("testnet 1", "testnet 2"):
        written = write(photo, record(photo, 1, 1, model))
        assert (written.rating, written.pick_label) == (None, 1)
        assert 'xmp:Rating="5"' in sidecar.read_text()


@pytest.mark.parametrize("cleared", ['xmp:Rating="0"', 'xmp:Rating=""', ""])
def test_a_rating_that_a_person_took_away_stays_away(tmp_path: Path, cleared: str) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 3, 2).path
    edit(sidecar, 'xmp:Rating="3"', cleared)
    for _ in range(2):
        assert read(photo).rating_is_persons
        assert (rate(photo, 4, 3).rating, rate(photo, 4, 3).pick_label) == (None, 3)
        assert read(photo).rating is None


def test_clearing_survives_an_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    edit(rate(photo, 3, 2).path, 'xmp:Rating="3"', "")
    undo(photo)
    assert (read(photo).record, read(photo).rating_is_persons) == (None, True)
    assert rate(photo, 4, 3).rating is None


def test_clearing_survives_force_and_an_undo(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    edit(rate(photo, 3, 2).path, 'xmp:Rating="3"', "")
    rate(photo, 3, 2)
    assert rate(photo, 3, 2, force=True).rating == 3
    assert rate(photo, 4, 3).rating == 4
    undo(photo)
    assert (read(photo).record, read(photo).rating) == (None, None)
    assert (read(photo).rating_is_persons, read(photo).pick_label_is_persons) == (True, False)
    assert (rate(photo, 4, 3).rating, read(photo).pick_label) == (None, 3)


def test_the_mirrors_that_digikam_writes_of_our_rating_are_ours(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = rate(photo, 4, 2).path
    mirrors = (
        '<rdf:Description rdf:about="" xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/" acdsee:rating="4"'
        ' xmlns:MicrosoftPhoto="http://ns.microsoft.com/photo/1.0/" MicrosoftPhoto:Rating="75"/></rdf:RDF>'
    )
    edit(sidecar, "</rdf:RDF>", mirrors)
    assert not read(photo).rating_is_persons
    assert rate(photo, 2, 2).rating == 2
    text = sidecar.read_text()
    assert 'acdsee:rating="2"' in text
    assert 'MicrosoftPhoto:Rating="25"' in text
    edit(sidecar, 'acdsee:rating="2"', 'acdsee:rating="1"')
    assert (read(photo).rating, read(photo).rating_is_persons) == (1, True)


def test_stale_mirrors_follow_the_rating(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(xmp_Rating=0, acdsee_rating=0, MicrosoftPhoto_Rating=0))
    rate(photo, 5)
    text = sidecar.read_text()
    assert [v in text for v in ('xmp:Rating="5"', 'acdsee:rating="5"', 'MicrosoftPhoto:Rating="99"')] == [True] * 3


def test_a_rating_given_in_the_photo_after_iqsd_rated_it_counts(tmp_path: Path) -> None:
    """As Lightroom does: it writes into the JPEG and never looks at the sidecar."""
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE)))
    sidecar = rate(photo, 3, 2).path
    photo.write_bytes(jpeg(xmp(TITLE, xmp_Rating=5, photoshop_DateCreated="2023-01-01")))
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)
    assert rate(photo, 2, 2).rating is None
    assert 'xmp:Rating="5"' in sidecar.read_text()  # digiKam and darktable look here and nowhere else


def test_a_rating_added_to_the_photo_without_changing_its_size_counts(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(xmp_Rating=0)))
    rate(photo, 3, 2)
    photo.write_bytes(jpeg(xmp(xmp_Rating=5)))
    os.utime(photo, AFTER_ITS_RATING)
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)


@pytest.mark.parametrize("sidecar", [xmp(TITLE), xmp(digiKam_PickLabel=1), xmp(xmp_Rating=4)])
def test_a_sidecar_that_iqsd_has_not_written_does_not_hide_what_the_photo_says(tmp_path: Path, sidecar: bytes) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(digiKam_PickLabel=3), exif(rating=4)))
    sidecar_of(photo, sidecar)
    state = read(photo)
    assert (state.rating, state.rating_is_persons, state.pick_label_is_persons) == (4, True, True)
    written = rate(photo, 2, 2)
    assert (written.rating, written.pick_label) == (None, None)


def test_a_photo_that_has_not_changed_is_not_opened_once_its_sidecar_decides(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo)
    data = photo.read_bytes()
    photo.write_bytes(bytes(len(data)))  # the same size, but no longer a JPEG
    os.utime(photo, (1, 1))
    assert read(photo).rating == 3


def test_a_rejection_can_be_minus_one(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, -1, 1)
    assert (read(photo).rating, read(photo).rating_is_persons) == (-1, False)
    assert rate(photo, 4, 3).rating == 4


@pytest.mark.parametrize("in_the_sidecar_too", [False, True])
def test_force_overrules_a_person_and_nobody_forgets_it(tmp_path: Path, in_the_sidecar_too: bool) -> None:
    persons = xmp(TITLE, xmp_Rating=5, digiKam_PickLabel=3, xmpDM_pick=1)
    photo = photo_in(tmp_path, data=jpeg(persons, exif(rating=5)))
    sidecar_of(photo, persons if in_the_sidecar_too else None)
    assert rate(photo, 2, 1, force=True).rating == 2
    assert rate(photo, 3, 1).rating == 3  # without looking into the photo
    os.utime(photo, AFTER_ITS_RATING)
    state = read(photo)
    assert (state.rating, state.rating_is_persons) == (3, False)
    assert (state.pick_label, state.pick_label_is_persons) == (1, False)
    assert rate(photo, 4, 1).rating == 4
    photo.write_bytes(jpeg(xmp(TITLE, xmp_Rating=1, photoshop_DateCreated="2023-01-01")))
    assert (read(photo).rating, read(photo).rating_is_persons) == (1, True)


def test_force_that_happens_to_say_what_the_person_said_is_remembered_too(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=5)))
    assert rate(photo, 5, 3, force=True).rating == 5
    assert rate(photo, 2, 1).rating == 2
    os.utime(photo, AFTER_ITS_RATING)
    assert (read(photo).rating, read(photo).rating_is_persons) == (2, False)


@pytest.mark.parametrize(("data", "sidecar"), [(xmp(TITLE, xmp_Rating=5), None), (xmp(TITLE), xmp(xmp_Rating=5))])
def test_what_force_overruled_stays_so_even_if_iqsd_had_noted_in_the_photo_that_it_is_the_persons(
    tmp_path: Path, data: bytes, sidecar: bytes | None
) -> None:
    photo = photo_in(tmp_path, data=jpeg(data))
    sidecar_of(photo, sidecar)
    rate(photo, 3, 1, Options(write=WriteTo.EMBEDDED))
    assert rate(photo, 2, 1, force=True).rating == 2
    os.utime(photo, AFTER_ITS_RATING)
    assert (read(photo).rating, read(photo).rating_is_persons) == (2, False)
    edit(sidecar_of(photo), 'xmp:Rating="2"', "")
    assert (read(photo).rating, read(photo).rating_is_persons) == (None, True)


def test_what_force_overruled_is_the_persons_again_once_the_person_says_it_again(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=5)))
    sidecar = rate(photo, 2, 1, force=True).path
    edit(sidecar, 'xmp:Rating="2"', 'xmp:Rating="5"')
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)
    assert rate(photo, 3, 1).rating is None


def test_what_force_overruled_comes_back_even_if_another_program_has_dropped_it_since(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(acdsee_rating=5))
    rate(photo, 2, 1, force=True)
    edit(sidecar, 'acdsee:rating="2"', "")
    undo(photo)
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)


def test_what_force_overruled_first_does_not_come_back_in_place_of_what_the_person_said_since(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(acdsee_rating=5))
    rate(photo, 2, 1, force=True)
    edit(sidecar, 'acdsee:rating="2"', "")
    edit(sidecar, 'xmp:Rating="2"', 'xmp:Rating="4"')
    rate(photo, 3, 1)
    rate(photo, 1, 1, force=True)
    undo(photo)
    assert b"acdsee:rating" not in sidecar.read_bytes()
    assert (read(photo).rating, read(photo).rating_is_persons) == (4, True)


def test_a_record_that_cannot_be_read_makes_no_claims(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    edit(rate(photo, 3, 2).path, 'iqsd:photo_size="', 'iqsd:photo_size="x')
    state = read(photo)
    assert (state.record, state.rating_is_persons, state.pick_label_is_persons) == (None, True, True)


def test_no_stars_in_the_sidecar_means_none_even_if_iqsd_wrote_some_into_the_photo_before(
    tmp_path: Path,
) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 5, 3, Options(write=WriteTo.EMBEDDED))
    rate(photo, 0, 1)
    os.utime(photo, AFTER_ITS_RATING)
    state = read(photo)
    assert (state.rating, state.rating_is_persons, state.pick_label) == (None, False, 1)


@pytest.mark.parametrize("write_to", WriteTo)
def test_rating_a_second_time_changes_nothing(tmp_path: Path, write_to: WriteTo) -> None:
    photo = photo_in(tmp_path)
    options = Options(write=write_to)
    first = rate(photo, options=options)
    before = first.path.read_bytes(), first.path.stat()
    assert first.changed
    assert not write(photo, record(photo), options).changed
    assert (first.path.read_bytes(), first.path.stat().st_ino) == (before[0], before[1].st_ino)


def test_a_verdict_that_stands_keeps_its_date_and_another_has_its_own(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    later = replace(record(photo, 3, 2), date="2099-06-01T00:00:00+00:00")
    assert not write(photo, later).changed
    assert write(photo, replace(later, pick_label=1)).changed
    assert read(photo).record == replace(later, pick_label=1)


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    assert rate(photo, dry_run=True).changed
    assert list(tmp_path.iterdir()) == [photo]


def edit(sidecar: Path, old: str, new: str) -> None:
    """A person changes a value in some program."""
    text = sidecar.read_text()
    assert old in text
    sidecar.write_text(text.replace(old, new, 1))


def test_undo_takes_the_mirrors_of_our_rating_along(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    sidecar = sidecar_of(photo, xmp(TITLE))
    rate(photo, 4, 2)
    mirror = (
        '<rdf:Description rdf:about="" xmlns:acdsee="http://ns.acdsee.com/iptc/1.0/" acdsee:rating="{}"/></rdf:RDF>'
    )
    edit(sidecar, "</rdf:RDF>", mirror.format(4))
    for rating in (None, 5):
        if rating:
            rate(photo, rating)
        undo(photo)
        assert b"acdsee:rating" not in sidecar.read_bytes()
        assert not read(photo).rating_is_persons
        rate(photo, rating or 4)
        edit(sidecar, "</rdf:RDF>", mirror.format(rating or 4))


def test_a_rating_in_the_second_part_of_a_packet_is_a_persons(tmp_path: Path) -> None:
    further, guid = xmp(xmp_Rating=5), b"0123456789ABCDEF0123456789ABCDEF"
    main = xmp(f'<n:HasExtendedXMP xmlns:n="http://ns.adobe.com/xmp/note/">{guid.decode()}</n:HasExtendedXMP>')
    head = b"http://ns.adobe.com/xmp/extension/\0" + guid + len(further).to_bytes(4, "big") + bytes(4)
    photo = photo_in(tmp_path, data=jpeg(main, extra=segment(0xE1, head + further)))
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)
    assert rate(photo).rating is None
    assert read(photo).rating == 5


def test_a_packet_in_utf16_with_a_rating_stops_iqsd(tmp_path: Path) -> None:
    packet = xmp(xmp_Rating=5).decode().replace('<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>', "")
    photo = photo_in(tmp_path, data=jpeg(packet.encode("utf-16")))
    with pytest.raises(SidecarError):
        rate(photo)


def test_a_person_may_give_what_iqsd_once_wrote_in_another_place(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 4, 3, Options(write=WriteTo.EMBEDDED))
    rate(photo, 2, 1)  # in a sidecar
    sidecar = sidecar_of(photo)
    sidecar.write_bytes(sidecar.read_bytes().replace(b'xmp:Rating="2"', b'xmp:Rating="4"'))
    os.utime(photo, AFTER_ITS_RATING)
    assert (read(photo).rating, read(photo).rating_is_persons) == (4, True)


@pytest.mark.parametrize("block", [exif, lambda stars: None])
@pytest.mark.parametrize("first", [0, 5])
def test_what_a_person_says_anew_in_the_photo_counts_and_follows_into_iqsds_copy_of_it(
    tmp_path: Path, block: Callable[[int], bytes | None], first: int
) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=first), block(first)))
    for turn, stars in enumerate((first, 2, 4, 1)):
        photo.write_bytes(jpeg(xmp(TITLE + turn * " ", xmp_Rating=stars), block(stars)))
        os.utime(photo, AFTER_ITS_RATING)
        rate(photo, 3, 1 + turn % 3)
        assert (read(photo).rating, read(photo).rating_is_persons) == (stars or 3, stars != 0)
        assert f'xmp:Rating="{stars or 3}"' in sidecar_of(photo).read_text()
    assert undo(photo).removed


def test_the_same_of_two_ratings_in_the_photo_counts_before_and_after_it_is_copied(tmp_path: Path) -> None:
    photo = photo_in(tmp_path)
    rate(photo, 3, 2)
    photo.write_bytes(jpeg(xmp(xmp_Rating=3), exif(rating=5)))  # the first is what iqsd gave
    told = []
    for _ in range(3):
        told.append((read(photo).rating, read(photo).rating_is_persons))
        rate(photo, 4, 2)
    assert told == [(3, True)] * 3
    assert 'xmp:Rating="3"' in sidecar_of(photo).read_text()


def test_what_a_person_says_anew_in_the_photo_counts_even_if_an_empty_field_was_filled_there(
    tmp_path: Path,
) -> None:
    """As exiftool writes a value that somebody cleared."""
    photo = photo_in(tmp_path, data=jpeg(xmp("<digiKam:PickLabel/>", xmp_Rating=5)))
    rate(photo)
    photo.write_bytes(jpeg(xmp("<digiKam:PickLabel/>", xmp_Rating=2)))
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo)
    assert (read(photo).rating, read(photo).rating_is_persons) == (2, True)
    assert undo(photo).removed


def test_what_a_person_says_anew_in_one_sidecar_counts_and_follows_into_iqsds_copy_of_it(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "IMG_1.CR2", tiff())
    persons = sidecar_path(photo, Naming.BASE)
    for turn, stars in enumerate((5, 2, 4)):
        persons.write_bytes(xmp(TITLE, xmp_Rating=stars))
        rate(photo, 3, 1 + turn)
        assert (read(photo).rating, read(photo).rating_is_persons) == (stars, True)
        assert f'xmp:Rating="{stars}"' in sidecar_of(photo).read_text()


@pytest.mark.parametrize("first", [0, 2])
@pytest.mark.parametrize("rated", [lambda stars: jpeg(None, exif(stars)), lambda stars: jpeg(xmp(xmp_Rating=stars))])
@pytest.mark.parametrize("then", [Options(naming=Naming.BASE), Options(write=WriteTo.EMBEDDED)])
def test_what_a_person_says_anew_in_the_photo_is_said_in_a_new_place_that_begins_as_an_older_copy(
    tmp_path: Path, first: int, rated: Callable[[int], bytes], then: Options
) -> None:
    photo = photo_in(tmp_path, data=rated(first))
    rate(photo, 3, 2)
    photo.write_bytes(as_rated := rated(4))
    os.utime(photo, AFTER_ITS_RATING)
    for options in (then, then, Options()):
        rate(photo, 3, 2, options)
        assert (read(photo, options).rating, read(photo, options).rating_is_persons) == (4, True)
    undo(photo, then)
    assert photo.read_bytes() == as_rated
    assert list(tmp_path.iterdir()) == [photo]


def test_what_a_person_says_in_the_copy_itself_is_not_taken_for_a_copy(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=5)))
    rate(photo)
    sidecar = sidecar_of(photo)
    sidecar.write_bytes(sidecar.read_bytes().replace(b'xmp:Rating="5"', b'xmp:Rating="2"'))
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo, 3, 3)
    assert (read(photo).rating, read(photo).rating_is_persons) == (2, True)


def test_a_copy_keeps_what_a_person_said_if_the_original_is_gone(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, xmp_Rating=3)))
    persons = sidecar_path(photo, Naming.BASE)
    persons.write_bytes(xmp(TITLE, xmp_Rating=5))
    rate(photo)
    persons.unlink()
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo, 4, 3)
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)
    assert not undo(photo).removed
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)


@pytest.mark.parametrize(
    ("values", "stars"),
    [
        ({"xmp_Rating": 2, "acdsee_rating": 4}, None),
        ({"xmp_Rating": 0}, 2),
        ({"digiKam_PickLabel": 0, "xmpDM_pick": 1}, None),
    ],
)
def test_a_copy_that_says_what_the_photo_says_is_not_written_again(
    tmp_path: Path, values: dict[str, str | int], stars: int | None
) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, **values), None if stars is None else exif(stars)))
    rate(photo)
    os.utime(photo, AFTER_ITS_RATING)
    assert not read(photo).is_behind
    assert not rate(photo).changed


def test_what_a_person_says_anew_in_the_photo_counts_where_the_copy_of_the_old_has_qualifiers(tmp_path: Path) -> None:
    qualified = "<xmp:Rating rdf:parseType='Resource'><rdf:value>5</rdf:value><my:why>it</my:why></xmp:Rating>"
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE + qualified)))
    rate(photo)
    photo.write_bytes(jpeg(xmp(TITLE, xmp_Rating=2)))
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo, 4, 3)
    assert (read(photo).rating, read(photo).rating_is_persons) == (2, True)


@pytest.mark.parametrize("name", ["IMG_1.jpg", "IMG_1.CR2"])
def test_undo_leaves_a_sidecar_that_alone_holds_what_a_person_had_said_in_the_photo(tmp_path: Path, name: str) -> None:
    make = jpeg if name.endswith("jpg") else tiff
    photo = photo_in(tmp_path, name, make(xmp(TITLE)))
    rate(photo)
    photo.write_bytes(make(xmp(TITLE, xmp_Rating=5)))
    os.utime(photo, AFTER_ITS_RATING)
    rate(photo)
    photo.write_bytes(make(xmp(TITLE)))
    assert not undo(photo).removed
    assert (read(photo).rating, read(photo).rating_is_persons) == (5, True)


@pytest.mark.parametrize("name", ["IMG_1.jpg", "IMG_1.CR2"])
def test_undo_removes_what_an_older_iqsd_had_begun_as_a_copy_of_the_photo(tmp_path: Path, name: str) -> None:
    make = jpeg if name.endswith("jpg") else tiff
    photo = photo_in(tmp_path, name, make(xmp(TITLE, xmp_Rating=5)))
    rate(photo)
    sidecar = sidecar_of(photo)
    assert b'iqsd:created="photo"' in sidecar.read_bytes()
    sidecar.write_bytes(sidecar.read_bytes().replace(b'iqsd:created="photo"', b'iqsd:created="True"'))
    assert undo(photo).removed


def test_undo_leaves_in_a_photo_what_a_person_had_said_in_a_sidecar_that_is_gone(tmp_path: Path) -> None:
    photo, options = photo_in(tmp_path), Options(write=WriteTo.EMBEDDED)
    persons = sidecar_of(photo, xmp(TITLE, xmp_Rating=5))
    rate(photo, options=options)
    persons.unlink()
    assert not undo(photo, options).removed
    assert (read(photo, options).rating, read(photo, options).rating_is_persons) == (5, True)
