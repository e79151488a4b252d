"""Which sidecar belongs to which photo: no photo ever takes another's values."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from iqsd.errors import SidecarError
from iqsd.photos.formats import FORMATS
from iqsd.sidecars import Naming, Options, read, sidecar_path, undo
from iqsd.sidecars.naming import IMAGE_EXTENSIONS, RAW_EXTENSIONS

from .sidecar_making import TITLE, jpeg, photo_in, rate, tiff, xmp

BASE = Options(naming=Naming.BASE)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix == ".xmp")


@pytest.mark.parametrize(
    ("photo", "full", "base"),
    [
        ("IMG_1.jpg", "IMG_1.jpg.xmp", "IMG_1.xmp"),
        ("IMG_1.JPG", "IMG_1.JPG.xmp", "IMG_1.xmp"),
        ("a.b.c.jpeg", "a.b.c.jpeg.xmp", "a.b.c.xmp"),
        ("été 1.jpg", "été 1.jpg.xmp", "été 1.xmp"),
        ("new\nline.jpg", "new\nline.jpg.xmp", "new\nline.xmp"),
    ],
)
def test_a_sidecar_is_beside_its_photo(photo: str, full: str, base: str) -> None:
    path = Path("/somewhere") / photo
    assert sidecar_path(path).name == full
    assert sidecar_path(path, Naming.BASE).name == base


def test_a_name_that_is_not_utf8_is_a_name_like_any_other(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "caf\udce9.jpg", jpeg(xmp(TITLE, digiKam_PickLabel=3)))
    assert read(photo).pick_label == 3
    assert rate(photo).path.name == "caf\udce9.jpg.xmp"
    assert b"A day" in rate(photo).path.read_bytes()
    picture = photo_in(tmp_path, "caf\udce9.tif", tiff(rating=4))
    assert read(picture).rating == 4


def test_full_names_never_collide(tmp_path: Path) -> None:
    raw, picture = photo_in(tmp_path, "IMG_1.CR2", tiff()), photo_in(tmp_path, "IMG_1.JPG")
    rate(raw, 5, 3)
    rate(picture, 1, 1)
    assert names(tmp_path) == ["IMG_1.CR2.xmp", "IMG_1.JPG.xmp"]
    assert (read(raw).rating, read(picture).rating) == (5, 1)


@pytest.mark.parametrize("raw_first", [True, False])
def test_beside_a_raw_file_the_base_name_is_the_raw_files(tmp_path: Path, raw_first: bool) -> None:
    raw, picture = photo_in(tmp_path, "IMG_1.CR2", tiff()), photo_in(tmp_path, "IMG_1.JPG")
    for photo in (raw, picture) if raw_first else (picture, raw):
        rate(photo, 5 if photo is raw else 1, options=BASE)
    assert names(tmp_path) == ["IMG_1.JPG.xmp", "IMG_1.xmp"]
    assert b'photoshop:SidecarForExtension="CR2"' in (tmp_path / "IMG_1.xmp").read_bytes()
    assert (read(raw, BASE).rating, read(picture, BASE).rating) == (5, 1)
    undo(raw, BASE)
    assert names(tmp_path) == ["IMG_1.JPG.xmp"]


@pytest.mark.parametrize("suffix", ["nef", "NEF", "Nef"])
def test_beside_a_raw_file_a_sidecar_that_names_no_photo_is_the_raw_files(tmp_path: Path, suffix: str) -> None:
    raw, picture = photo_in(tmp_path, f"IMG_1.{suffix}", tiff()), photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(xmp_Rating=5))
    assert (read(raw).rating, read(picture).rating) == (5, None)


@pytest.mark.parametrize("dropped", [b"", b'photoshop:SidecarForExtension="JPG"'])  # by another program
def test_a_base_name_that_a_jpeg_has_is_not_taken_by_a_raw_file_that_comes_later(
    tmp_path: Path, dropped: bytes
) -> None:
    picture = photo_in(tmp_path, "IMG_1.JPG")
    sidecar = rate(picture, 1, options=BASE).path
    assert dropped in sidecar.read_bytes()
    sidecar.write_bytes(sidecar.read_bytes().replace(dropped, b""))
    raw = photo_in(tmp_path, "IMG_1.NEF", tiff())
    assert read(raw, BASE).rating is None
    rate(raw, 5, options=BASE)
    assert names(tmp_path) == ["IMG_1.NEF.xmp", "IMG_1.xmp"]
    assert (read(raw, BASE).rating, read(picture, BASE).rating) == (5, 1)


@pytest.mark.parametrize("options", [Options(), BASE])
def test_what_adobe_wrote_for_a_raw_file_is_not_the_jpegs(tmp_path: Path, options: Options) -> None:
    raw, picture = photo_in(tmp_path, "IMG_1.CR2", tiff()), photo_in(tmp_path, "IMG_1.jpg")
    adobes = tmp_path / "IMG_1.xmp"
    adobes.write_bytes(xmp(xmp_Rating=4, photoshop_SidecarForExtension="CR2"))
    before = adobes.read_bytes()
    assert (read(raw, options).rating, read(picture, options).rating) == (4, None)
    rate(picture, 2, options=options)
    assert adobes.read_bytes() == before
    assert rate(raw, 2, options=options).rating is None


def test_a_sidecar_that_does_not_say_whose_it_is_belongs_to_the_only_photo(tmp_path: Path) -> None:
    picture = photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(xmp_Rating=4))
    assert read(picture).rating == 4
    assert rate(picture).rating is None


@pytest.mark.parametrize("other", ["IMG_1.png", "IMG_1.JPG"])
def test_an_unmarked_sidecar_beside_two_pictures_of_one_name_is_nobodys(tmp_path: Path, other: str) -> None:
    pictures = [photo_in(tmp_path, "IMG_1.jpg"), photo_in(tmp_path, other)]
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(TITLE))
    for options in (Options(), BASE):
        assert [rate(picture, options=options).path.name for picture in pictures] == ["IMG_1.jpg.xmp", f"{other}.xmp"]
    assert (tmp_path / "IMG_1.xmp").read_bytes() == xmp(TITLE)


@pytest.mark.parametrize("name", ["IMG_1.XMP", "IMG_1.jpg.XMP"])
def test_a_rating_under_a_name_in_capitals_stops_iqsd_and_anything_else_does_not(tmp_path: Path, name: str) -> None:
    photo = photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / name).write_bytes(xmp(xmp_Rating=4))
    with pytest.raises(SidecarError, match=r"names that end in lower-case letters.*rename it to IMG_1.*\.xmp"):
        rate(photo)
    (tmp_path / name).write_bytes(xmp(TITLE))
    assert rate(photo).path.name == "IMG_1.jpg.xmp"


def test_if_an_unmarked_sidecar_has_a_rating_neither_photo_is_rated(tmp_path: Path) -> None:
    pictures = [photo_in(tmp_path, "IMG_1.jpg"), photo_in(tmp_path, "IMG_1.png")]
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(xmp_Rating=4))
    for picture in pictures:
        with pytest.raises(SidecarError, match="it is unclear for which"):
            rate(picture)
    (tmp_path / "IMG_1.xmp").rename(tmp_path / "IMG_1.png.xmp")
    assert [read(picture).rating for picture in pictures] == [None, 4]


def test_two_names_that_differ_only_in_case_share_no_sidecar(tmp_path: Path) -> None:
    large, small = photo_in(tmp_path, "IMG_1.JPG"), photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(xmp_Rating=4, photoshop_SidecarForExtension="JPG"))
    assert (read(large, BASE).rating, read(small, BASE).rating) == (4, None)


@pytest.mark.parametrize("options", [Options(), BASE])
def test_img_jpg_xmp_is_the_sidecar_of_img_jpg_and_not_of_img_jpg_jpg(tmp_path: Path, options: Options) -> None:
    photo, longer = photo_in(tmp_path, "IMG.jpg"), photo_in(tmp_path, "IMG.jpg.jpg")
    (tmp_path / "IMG.jpg.xmp").write_bytes(xmp(xmp_Rating=5))
    assert (read(photo).rating, read(longer, options).rating) == (5, None)
    rate(longer, 1, 1, options)
    assert (read(photo).rating, read(longer, options).rating) == (5, 1)
    assert (tmp_path / "IMG.jpg.xmp").read_bytes() == xmp(xmp_Rating=5)


@pytest.mark.parametrize("options", [Options(), BASE])
def test_if_both_names_exist_all_programs_see_the_same(tmp_path: Path, options: Options) -> None:
    """digiKam 7 prefers IMG.xmp, darktable and digiKam 8 prefer IMG.jpg.xmp."""
    picture = photo_in(tmp_path, "IMG_1.jpg")
    both = tmp_path / "IMG_1.xmp", tmp_path / "IMG_1.jpg.xmp"
    for path in both:
        path.write_bytes(xmp(TITLE, xmp_Rating=0))
    rate(picture, 4, options=options)
    assert [b'xmp:Rating="4"' in path.read_bytes() for path in both] == [True, True]
    both[0].write_bytes(both[0].read_bytes().replace(b'xmp:Rating="4"', b'xmp:Rating="2"'))
    assert (read(picture, options).rating, read(picture, options).rating_is_persons) == (2, True)
    rate(picture, 5, options=options)
    assert [b'xmp:Rating="2"' in path.read_bytes() for path in both] == [True, True]


@pytest.mark.parametrize("options", [Options(), BASE])
def test_a_new_sidecar_has_what_one_with_the_other_name_holds(tmp_path: Path, options: Options) -> None:
    picture = photo_in(tmp_path, "IMG_1.jpg")
    other = tmp_path / ("IMG_1.xmp" if options.naming is Naming.FULL else "IMG_1.jpg.xmp")
    other.write_bytes(xmp(TITLE))
    written = rate(picture, 4, options=options)
    assert b"A day" in written.path.read_bytes()
    assert names(tmp_path) == ["IMG_1.jpg.xmp", "IMG_1.xmp"]
    undo(picture, options)
    assert names(tmp_path) == [other.name]
    assert other.read_bytes() == xmp(TITLE)


def test_changing_the_naming_loses_nothing(tmp_path: Path) -> None:
    picture = photo_in(tmp_path, "IMG_1.jpg")
    rate(picture, 4)
    sidecar = tmp_path / "IMG_1.jpg.xmp"
    sidecar.write_bytes(sidecar.read_bytes().replace(b'PickLabel="2"', b'PickLabel="1"'))
    rate(picture, 3, 3, options=BASE)
    for options in (Options(), BASE):
        state = read(picture, options)
        assert (state.rating, state.rating_is_persons) == (3, False)
        assert (state.pick_label, state.pick_label_is_persons) == (1, True)


@pytest.mark.parametrize("naming", Naming)
@pytest.mark.parametrize("is_link", Naming)
def test_a_link_from_one_name_to_the_other_is_no_second_sidecar(
    tmp_path: Path, naming: Naming, is_link: Naming
) -> None:
    """As made by people who use one program that reads the one name and another that reads the other."""
    photo = photo_in(tmp_path)
    link = sidecar_path(photo, is_link)
    (real,) = {sidecar_path(photo, other) for other in Naming} - {link}
    real.write_bytes(before := xmp(TITLE))
    link.symlink_to(real.name)
    for stars in (3, 4):
        assert rate(photo, stars, 2, Options(naming=naming)).path == real
        assert f'xmp:Rating="{stars}"' in link.read_text()
    undo(photo, Options(naming=naming))
    assert link.is_symlink()
    assert real.read_bytes() == before


def test_a_damaged_sidecar_of_another_photo_costs_this_one_nothing(tmp_path: Path) -> None:
    raw, picture = photo_in(tmp_path, "IMG_1.CR2", tiff()), photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / "IMG_1.xmp").write_bytes(b"<x:xmpmeta")
    assert rate(picture, 2).rating == 2
    with pytest.raises(SidecarError, match=r"IMG_1\.xmp"):
        read(raw)


def test_every_format_that_iqsd_reads_is_recognised_as_a_neighbour() -> None:
    suffixes = {suffix.removeprefix("."): entry.name for entry in FORMATS for suffix in entry.suffixes}
    assert set(suffixes) <= IMAGE_EXTENSIONS
    assert {suffix for suffix, name in suffixes.items() if name == "RAW"} <= RAW_EXTENSIONS


def test_on_a_card_that_ignores_case_a_photo_is_not_its_own_neighbour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo = photo_in(tmp_path, "IMG_1.jpg")
    (tmp_path / "IMG_1.xmp").write_bytes(xmp(xmp_Rating=4))
    real = os.lstat
    monkeypatch.setattr(os, "lstat", lambda name: real(str(name).replace(".JPG", ".jpg")))  # as on vfat
    assert read(photo).rating == 4


def test_two_names_of_one_file_are_two_photos(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "a.jpg")
    (tmp_path / "a.JPG").hardlink_to(photo)
    for _ in range(2):
        for name in ("a.jpg", "a.JPG"):
            assert rate(tmp_path / name, options=BASE).path.name == f"{name}.xmp"
    assert not rate(photo, options=BASE).changed


@pytest.mark.parametrize("other_stays", [False, True])
def test_a_base_name_stays_its_photos_when_only_the_case_of_the_extension_changes(
    tmp_path: Path, other_stays: bool
) -> None:
    photo = photo_in(tmp_path, "IMG_1.JPG", jpeg(xmp(TITLE)))
    sidecar = rate(photo, 3, options=BASE).path
    sidecar.write_bytes(sidecar.read_bytes().replace(b'xmp:Rating="3"', b'xmp:Rating="5"'))
    renamed = tmp_path / "IMG_1.jpg"
    if other_stays:
        renamed.write_bytes(jpeg())
    else:
        photo.rename(renamed)
    assert read(renamed, BASE).rating == (None if other_stays else 5)


def test_a_base_name_of_a_raw_file_that_is_gone_is_not_the_jpegs(tmp_path: Path) -> None:
    raw, picture = photo_in(tmp_path, "IMG_1.CR2", tiff()), photo_in(tmp_path, "IMG_1.JPG")
    rate(raw, 5, options=BASE)
    raw.unlink()
    assert read(picture, BASE).rating is None
    rate(picture, 1, options=BASE)
    assert names(tmp_path) == ["IMG_1.JPG.xmp", "IMG_1.xmp"]


def test_a_photo_with_a_second_name_elsewhere_keeps_its_base_name(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, "IMG_1.JPG")
    rate(photo, 3, options=BASE)
    (tmp_path / "backup").mkdir()
    (tmp_path / "backup" / "IMG_1.JPG").hardlink_to(photo)
    assert read(photo, BASE).rating == 3
    rate(photo, 4, options=BASE)
    assert names(tmp_path) == ["IMG_1.xmp"]


@pytest.mark.parametrize(
    ("beside", "base"), [("IMG_1.jpg", "IMG_1.jpg.jpg.xmp"), ("IMG_1.txt", "IMG_1.jpg.xmp"), ("", "IMG_1.jpg.xmp")]
)
def test_a_name_that_may_be_another_photos_sidecar_is_given_up_only_if_that_photo_is_there(
    tmp_path: Path, beside: str, base: str
) -> None:
    if beside:
        photo_in(tmp_path, beside)
    assert rate(photo_in(tmp_path, "IMG_1.jpg.jpg"), options=BASE).path.name == base


def test_two_dots_in_a_name_are_no_second_photo(tmp_path: Path) -> None:
    photo_in(tmp_path, "holiday.2024")
    assert rate(photo_in(tmp_path, "holiday.2024.jpg"), options=BASE).path.name == "holiday.2024.xmp"


def test_a_base_name_is_the_photos_own_even_if_its_metadata_name_the_raw_file_it_came_from(tmp_path: Path) -> None:
    photo = photo_in(tmp_path, data=jpeg(xmp(TITLE, photoshop_SidecarForExtension="CR2")))
    for label in (2, 3):
        rate(photo, 3, label, BASE)
        assert names(tmp_path) == ["IMG_1.xmp"]
    assert read(photo, BASE).pick_label == 3
    undo(photo, BASE)
    assert names(tmp_path) == []
