"""What a watch reports about changes below a folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from iqsd.errors import FolderError
from iqsd.photos.finding import is_photo_folder
from iqsd.watching.events import Watch
from iqsd.watching.news import Event, Kind


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = tmp_path / "Pictures"
    (made / "2024" / "May").mkdir(parents=True)
    (made / ".trash").mkdir()
    (tmp_path / "elsewhere").mkdir()
    return made


@pytest.fixture
def watch(root: Path) -> Iterator[Watch]:
    made = Watch(is_photo_folder)
    made.add(root)
    yield made
    made.close()


def news(watch: Watch) -> set[Event]:
    return set(watch.read())


def touched(path: Path, is_folder: bool = False) -> Event:
    return Event(Kind.TOUCHED, path, is_folder)


def gone(path: Path, is_folder: bool = False) -> Event:
    return Event(Kind.GONE, path, is_folder)


def test_it_reports_files_that_come_and_go(root: Path, watch: Watch) -> None:
    photo = root / "2024" / "May" / "a.jpg"
    photo.write_bytes(b"x")
    assert news(watch) == {touched(photo)}
    photo.write_bytes(b"xx")
    assert news(watch) == {touched(photo)}
    photo.rename(root / "b.jpg")
    assert news(watch) == {gone(photo), touched(root / "b.jpg")}
    (root / "b.jpg").unlink()
    assert news(watch) == {gone(root / "b.jpg")}
    assert news(watch) == set()


def test_a_new_folder_is_watched_with_everything_below_it(root: Path, watch: Watch) -> None:
    card = root.parent / "elsewhere" / "card"
    (card / "DCIM").mkdir(parents=True)
    card = card.rename(root / "card")
    assert news(watch) == {touched(card, is_folder=True)}
    (card / "DCIM" / "a.jpg").write_bytes(b"x")
    assert news(watch) == {touched(card / "DCIM" / "a.jpg")}


def test_a_folder_that_is_moved_away_is_no_longer_watched_but_its_neighbours_are(root: Path, watch: Watch) -> None:
    neighbour = root / "2024-25"
    neighbour.mkdir()
    news(watch)
    away = (root / "2024").rename(root.parent / "elsewhere" / "2024")
    assert news(watch) == {gone(root / "2024", is_folder=True)}
    for folder in (away, away / "May", neighbour):
        (folder / "a.jpg").write_bytes(b"x")
    assert news(watch) == {touched(neighbour / "a.jpg")}


def test_a_renamed_folder_is_known_by_its_new_name(root: Path, watch: Watch) -> None:
    renamed = (root / "2024").rename(root / "2025")
    assert news(watch) == {gone(root / "2024", is_folder=True), touched(renamed, is_folder=True)}
    (renamed / "May" / "a.jpg").write_bytes(b"x")
    assert news(watch) == {touched(renamed / "May" / "a.jpg")}


def test_a_folder_that_is_deleted_and_made_again_is_watched_again(root: Path, watch: Watch) -> None:
    folder = root / "2024" / "May"
    watched = len(watch)
    folder.rmdir()
    assert news(watch) == {gone(folder, is_folder=True)}
    assert len(watch) == watched - 1
    folder.mkdir()
    news(watch)
    (folder / "a.jpg").write_bytes(b"x")
    assert news(watch) == {touched(folder / "a.jpg")}


def test_unwanted_folders_and_links_to_folders_are_not_looked_into(root: Path, watch: Watch) -> None:
    (root / "link").symlink_to(root.parent / "elsewhere")
    (root / ".cache").mkdir()
    news(watch)
    for folder in (root / ".trash", root / ".cache", root.parent / "elsewhere"):
        (folder / "a.jpg").write_bytes(b"x")
    (root / ".cache" / "a.jpg").unlink()
    (root / ".cache").rmdir()
    assert news(watch) == set()


def test_links_to_folders_that_were_there_are_not_looked_into_either(root: Path) -> None:
    (root / "link").symlink_to(root.parent / "elsewhere")
    watch = Watch(is_photo_folder)
    watch.add(root)
    (root.parent / "elsewhere" / "a.jpg").write_bytes(b"x")
    assert news(watch) == set()
    watch.close()


def test_a_folder_can_be_watched_without_its_subfolders(root: Path) -> None:
    """As is done for a folder on which a disk was mounted: no event reports that."""
    watch = Watch(is_photo_folder)
    for folder in (root, root, root / "nowhere"):
        watch.see_to(folder)
    assert len(watch) == 1
    (root / "a.jpg").write_bytes(b"x")
    (root / "2024" / "b.jpg").write_bytes(b"x")
    assert news(watch) == {touched(root / "a.jpg")}
    watch.close()


def test_it_reports_when_the_watched_folder_itself_goes(root: Path, watch: Watch) -> None:
    root.rename(root.parent / "Photos")
    assert news(watch) == {gone(root, is_folder=True)}


def test_a_name_that_is_not_utf8_is_reported_unchanged(root: Path, watch: Watch) -> None:
    photo = root / b"caf\xe9.jpg".decode("utf-8", "surrogateescape")
    photo.write_bytes(b"x")
    assert news(watch) == {touched(photo)}


def test_a_file_cannot_be_watched(root: Path, watch: Watch) -> None:
    (root / "a.jpg").write_bytes(b"x")
    with pytest.raises(FolderError, match="cannot be watched: Not a directory"):
        watch.add(root / "a.jpg")
    watch.add(root / "nowhere")  # it may still come
