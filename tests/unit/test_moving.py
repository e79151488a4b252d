"""A photo with a new name takes along its own sidecars, and no other photo's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iqsd.errors import SidecarError
from iqsd.journal import Entry, Journal, Status
from iqsd.moving import inode, moved_here
from iqsd.photos.finding import look_at
from iqsd.sidecars import Naming, Options, read, sidecar_path
from tests.sidecars.sidecar_making import photo_in, rate, tiff, xmp

BASE = Options(naming=Naming.BASE)
FIVE_STARS = xmp(xmp_Rating=5)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


def known(journal: Journal, folder: Path, name: str = "IMG_1.jpg", data: bytes | None = None) -> Path:
    """A photo that the journal knows by its inode number."""
    folder.mkdir(exist_ok=True)
    photo = photo_in(folder, name, data)
    journal.put(photo, Entry(look_at(photo).signature, None, Status.RATED, "p", inode=inode(photo)))
    return photo


def move(photo: Path, name: str) -> Path:
    """A person moves only the photo to another folder."""
    new = photo.parent.parent / "new" / name
    new.parent.mkdir(exist_ok=True)
    return photo.rename(new)


@pytest.mark.parametrize("naming", Naming)
def test_a_sidecar_with_either_name_comes_along_and_the_old_one_stays(
    tmp_path: Path, journal: Journal, naming: Naming
) -> None:
    photo = known(journal, tmp_path / "old")
    left = sidecar_path(photo, naming)
    left.write_bytes(FIVE_STARS)
    new = move(photo, "other.jpg")
    assert moved_here(look_at(new), journal) is not None
    assert [file.read_bytes() for file in (left, sidecar_path(new, naming))] == [FIVE_STARS] * 2
    assert (read(new).rating, read(new).rating_is_persons) == (5, True)
    assert [journal.get(photo), (entry := journal.get(new)) and entry.inode] == [None, inode(new)]


def test_a_sidecar_that_is_there_already_is_not_overwritten(tmp_path: Path, journal: Journal) -> None:
    photo = known(journal, tmp_path / "old")
    rate(photo, 1, 1)
    new = move(photo, "IMG_1.jpg")
    sidecar_path(new).write_bytes(FIVE_STARS)
    moved_here(look_at(new), journal)
    assert sidecar_path(new).read_bytes() == FIVE_STARS


def test_a_jpeg_that_leaves_its_raw_file_leaves_the_raw_files_sidecar(tmp_path: Path, journal: Journal) -> None:
    photo = known(journal, tmp_path / "old")
    rate(photo_in(photo.parent, "IMG_1.NEF", tiff()), 5, 3, BASE)
    new = move(photo, "IMG_1.jpg")
    assert moved_here(look_at(new), journal) is not None
    assert list(new.parent.iterdir()) == [new]


@pytest.mark.parametrize("says", [{}, {"photoshop_SidecarForExtension": "NEF"}])
def test_a_raw_file_that_leaves_its_jpeg_takes_its_sidecar_along(
    tmp_path: Path, journal: Journal, says: dict[str, str]
) -> None:
    photo = known(journal, tmp_path / "old", "IMG_1.NEF", tiff())
    photo_in(photo.parent)
    sidecar_path(photo, Naming.BASE).write_bytes(xmp(xmp_Rating=5, **says))
    new = move(photo, "IMG_1.NEF")
    assert moved_here(look_at(new), journal) is not None
    assert (read(new).rating, read(new).rating_is_persons) == (5, True)


@pytest.mark.parametrize(
    ("neighbour", "comes"), [("IMG_1S.nef", True), ("IMG_1.nef", False), ("IMG_1.png", False), ("IMG_1.MOV", True)]
)
def test_a_sidecar_without_the_suffix_comes_along_unless_it_may_belong_to_what_stayed(
    tmp_path: Path, journal: Journal, neighbour: str, comes: bool
) -> None:
    photo = known(journal, tmp_path / "old")
    sidecar_path(photo, Naming.BASE).write_bytes(FIVE_STARS)
    (photo.parent / neighbour).write_bytes(b"")
    new = move(photo, "beach.jpg")
    assert moved_here(look_at(new), journal) is not None
    assert sidecar_path(new, Naming.BASE).exists() is comes


def test_a_sidecar_without_the_suffix_is_not_left_to_a_raw_file_that_a_jpeg_is_moved_beside(
    tmp_path: Path, journal: Journal
) -> None:
    photo = known(journal, tmp_path / "old")
    sidecar_path(photo, Naming.BASE).write_bytes(FIVE_STARS)
    new = move(photo, "IMG_1.jpg")
    raw = photo_in(new.parent, "IMG_1.NEF", tiff())
    assert moved_here(look_at(new), journal) is not None
    assert (read(new).rating, read(new).rating_is_persons) == (5, True)
    assert read(raw).rating is None


@pytest.mark.parametrize("folder", ["old", "new"])
def test_a_sidecar_that_names_its_photos_old_suffix_comes_along_to_another_suffix(
    tmp_path: Path, journal: Journal, folder: str
) -> None:
    photo = known(journal, tmp_path / "old", "IMG_1.jpeg")
    rate(photo, 4, 3, BASE)
    (tmp_path / folder).mkdir(exist_ok=True)
    new = photo.rename(tmp_path / folder / "IMG_1.jpg")
    assert moved_here(look_at(new), journal) is not None
    assert (read(new).rating, read(new).rating_is_persons) == (4, False)


@pytest.mark.parametrize(
    ("there", "counts"), [({"xmp_Rating": 1}, 5), ({"photoshop_SidecarForExtension": "jpg"}, None)]
)
def test_a_sidecar_that_names_its_photo_comes_along_beside_that_of_another_and_not_beside_its_own(
    tmp_path: Path, journal: Journal, there: dict[str, str | int], counts: int | None
) -> None:
    photo = known(journal, tmp_path / "old")
    sidecar_path(photo, Naming.BASE).write_bytes(xmp(xmp_Rating=5, photoshop_SidecarForExtension="jpg"))
    new = move(photo, "IMG_1.jpg")
    raw = photo_in(new.parent, "IMG_1.NEF", tiff())
    sidecar_path(raw, Naming.BASE).write_bytes(xmp(**there))
    assert moved_here(look_at(new), journal) is not None
    assert read(new).rating == counts
    assert sidecar_path(raw, Naming.BASE).read_bytes() == xmp(**there)


@pytest.mark.parametrize("first", ["IMG_1.jpg", "IMG_1.NEF"])
def test_when_a_pair_moves_the_sidecar_without_the_suffix_stays_the_raw_files(
    tmp_path: Path, journal: Journal, first: str
) -> None:
    old = {name: known(journal, tmp_path / "old", name) for name in ("IMG_1.jpg", "IMG_1.NEF")}
    sidecar_path(old["IMG_1.NEF"], Naming.BASE).write_bytes(FIVE_STARS)
    new = {name: move(photo, name) for name, photo in old.items()}
    for name in sorted(new, key=lambda name: name != first):
        assert moved_here(look_at(new[name]), journal) is not None
    assert read(new["IMG_1.NEF"]).rating == 5
    assert read(new["IMG_1.jpg"]).rating is None


def test_the_folder_is_not_looked_through_for_every_photo_of_thousands(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError

    photo = known(journal, tmp_path / "old")
    sidecar_path(photo).write_bytes(FIVE_STARS)
    new = move(photo, "beach.jpg")
    with monkeypatch.context() as patch:
        patch.setattr("iqsd.moving.belongs", refuse)
        assert moved_here(look_at(new), journal) is not None
    assert sidecar_path(new).read_bytes() == FIVE_STARS


def test_a_sidecar_that_is_another_photos_by_its_full_name_stays_with_it(tmp_path: Path, journal: Journal) -> None:
    photo = known(journal, tmp_path / "old", "IMG_1.jpg.jpg")
    rate(known(journal, tmp_path / "old"), 5, 3)  # in IMG_1.jpg.xmp
    new = move(photo, "IMG_1.jpg.jpg")
    moved_here(look_at(new), journal)
    assert list(new.parent.iterdir()) == [new]


def test_a_second_name_of_a_file_takes_nothing_from_the_first(tmp_path: Path, journal: Journal) -> None:
    photo = known(journal, tmp_path / "old")
    rate(photo, 5, 3)
    second = tmp_path / "second.jpg"
    second.hardlink_to(photo)
    assert moved_here(look_at(second), journal) is None
    assert journal.get(photo) is not None
    assert not sidecar_path(second).exists()


@pytest.mark.parametrize("megabytes", [18, 21])
def test_a_large_sidecar_comes_along_or_is_an_error_and_is_never_passed_over(
    tmp_path: Path, journal: Journal, megabytes: int
) -> None:
    photo = known(journal, tmp_path / "old")
    large = FIVE_STARS + b" " * (megabytes * 1_000_000)
    sidecar_path(photo).write_bytes(large)
    new = move(photo, "IMG_1.jpg")
    if megabytes < 20:
        assert moved_here(look_at(new), journal) is not None
        assert read(new).rating == 5
    else:
        with pytest.raises(SidecarError, match="too large"):
            moved_here(look_at(new), journal)
        assert journal.get(photo) is not None  # it will be tried again


@pytest.mark.parametrize("second", ["A.jpg", "Z.jpg"])
def test_a_sidecar_that_could_not_follow_to_a_second_name_follows_to_the_third(
    tmp_path: Path, journal: Journal, second: str
) -> None:
    photo = known(journal, tmp_path)
    sidecar_path(photo).write_bytes(FIVE_STARS + b" " * 21_000_000)
    renamed = photo.rename(tmp_path / second)
    with pytest.raises(SidecarError, match="too large"):
        moved_here(look_at(renamed), journal)
    journal.put(renamed, Entry(look_at(renamed).signature, None, Status.FAILED, "p", inode=inode(renamed)))
    sidecar_path(photo).write_bytes(FIVE_STARS)
    again = renamed.rename(tmp_path / "third.jpg")
    assert moved_here(look_at(again), journal) is not None
    assert (read(again).rating, read(again).rating_is_persons) == (5, True)
