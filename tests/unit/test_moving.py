"""A photo that was renamed is known again, and takes along the sidecar that stayed behind."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from iqsd.journal import Entry, Journal, Status
from iqsd.moving import inode, moved_here
from iqsd.photos.finding import look_at


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with contextlib.closing(Journal(tmp_path / "journal.db")) as opened:
        yield opened


def renamed(folder: Path, journal: Journal) -> Path:
    """A photo that the journal knows by another name."""
    old = folder / "IMG.jpg"
    old.write_bytes(b"pixels")
    journal.put(old, Entry(look_at(old).signature, None, Status.RATED, "", inode=inode(old)))
    return old.rename(folder / "beach.jpg")


def test_the_folder_is_not_looked_through_for_every_photo_of_thousands(
    tmp_path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise AssertionError

    new = renamed(tmp_path, journal)
    (tmp_path / "IMG.jpg.xmp").write_bytes(b"mine")
    with monkeypatch.context() as patch:
        patch.setattr("iqsd.moving._is_shared", refuse)
        assert moved_here(look_at(new), journal)
    assert (tmp_path / "beach.jpg.xmp").read_bytes() == b"mine"


@pytest.mark.parametrize(("neighbour", "comes"), [("IMGS.nef", True), ("IMG.nef", False), ("IMG.txt", False)])
def test_a_sidecar_without_the_suffix_comes_along_unless_it_may_be_that_of_what_stayed(
    tmp_path: Path, journal: Journal, neighbour: str, comes: bool
) -> None:
    new = renamed(tmp_path, journal)
    (tmp_path / "IMG.xmp").write_bytes(b"mine")
    (tmp_path / neighbour).write_bytes(b"")
    assert moved_here(look_at(new), journal)
    assert (tmp_path / "beach.xmp").exists() is comes
