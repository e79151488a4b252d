"""A sweep compares every photo with the journal once, however large the folder and however many parts it comes in."""

import errno
import os
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iqsd.journal import ATTEMPTS, Entry, Journal, Status
from iqsd.moving import inode
from iqsd.photos import finding
from iqsd.photos.finding import count_below, look_at, sidecar_signature, walk
from iqsd.watching.sweep import forget_gone, sweep

STEMS = st.text("ab-. \u00e9\udcff\U0001f600", min_size=1, max_size=3).filter(lambda stem: not stem.startswith("."))
NAMES = st.builds(lambda stem, suffix: stem + suffix, STEMS, st.sampled_from([".jpg", ".JPG", ".nef"]))


@given(here=st.sets(NAMES, max_size=12), known=st.sets(NAMES, max_size=12), part=st.integers(1, 5))
def test_every_photo_is_reported_once_as_known_unknown_or_gone(here: set[str], known: set[str], part: int) -> None:
    with tempfile.TemporaryDirectory() as home, Journal(Path(home) / "journal.db") as journal:
        folder = Path(home) / "photos"
        folder.mkdir()
        (folder / "notes.txt").touch()  # because an empty folder might be a mount point
        for name in here:
            (folder / name).write_bytes(b"x")
        for name in known:
            signature = look_at(folder / name).signature if name in here else (1, 1)
            journal.put(folder / name, Entry(finding.Signature(*signature), None, Status.RATED, "p"))
        with mock.patch.object(finding, "PART", part):
            swept = list(sweep(folder, journal, lambda photo, entry, _: entry is not None))
        assert sorted(photo.path.name for each in swept for photo, _ in each.known) == sorted(here & known)
        assert sorted(photo.path.name for each in swept for photo in each.unknown) == sorted(here - known)
        gone = [path for each in swept for path in each.gone]
        assert sorted(path.name for path in gone) == sorted(known - here)
        forget_gone(journal, gone)
        assert set(journal.folder(folder)) == here & known


def test_a_large_folder_comes_in_parts_and_photos_of_one_name_are_never_separated(tmp_path: Path) -> None:
    names = [f"{number:03}{suffix}" for number in range(50) for suffix in (".jpg", ".nef")]
    for name in names:
        (tmp_path / name).write_bytes(b"x")
        (tmp_path / f"{name}.xmp").write_bytes(b"xx")
    (tmp_path / "007.xmp").write_bytes(b"xxx")
    with mock.patch.object(finding, "PART", 7):
        parts = list(walk(tmp_path))
    assert len(parts) == 13
    assert [photo.path.name for part in parts for photo in part.photos] == names
    assert all(len({photo.path.stem for photo in part.photos}) * 2 == len(part.photos) for part in parts)
    sizes = {
        photo.path.name: one.size
        for part in parts
        for photo in part.photos
        if (one := sidecar_signature(photo.path, part.others.get))
    }
    assert sizes == {name: 5 if name.startswith("007") else 2 for name in names}


def test_photos_are_counted_without_being_looked_at_as_the_walk_finds_them(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.jpg.xmp", "b/c.png", "b/.hidden.png", "b/folder.jpg/d.webp", ".trash/e.jpg"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "broken.jpg").symlink_to(tmp_path / "nowhere")
    (tmp_path / "link.jpg").symlink_to(tmp_path / "b")
    assert count_below(tmp_path) == sum(len(part.photos) + len(part.problems) for part in walk(tmp_path)) == 4


def test_a_file_that_may_not_be_looked_at_is_not_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photo = tmp_path / "photos" / "closed" / "a.jpg"
    (tmp_path / "photos" / "b").mkdir(parents=True)
    real = Path.lstat

    def closed(self: Path) -> os.stat_result:
        if self.is_relative_to(photo.parent):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))
        return real(self)

    with Journal(tmp_path / "journal.db") as journal:
        journal.put(photo, Entry(finding.Signature(1, 1), None, Status.RATED, "p"))
        monkeypatch.setattr(Path, "lstat", closed)
        swept = sweep(tmp_path / "photos", journal, lambda *_: True)
        assert [path for each in swept for path in each.gone] == []
        forget_gone(journal, [photo])
        assert journal.get(photo) is not None


def test_a_missing_photo_is_gone_even_beside_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    """As git-annex makes them; if such a link took a photo's place, the photo may come back."""
    gone, dropped = tmp_path / "photos" / "gone.jpg", tmp_path / "photos" / "dropped.jpg"
    gone.parent.mkdir()
    dropped.symlink_to("nowhere")
    with Journal(tmp_path / "journal.db") as journal:
        for photo in (gone, dropped):
            journal.put(photo, Entry(finding.Signature(1, 1), None, Status.FAILED, "p"))
        swept = sweep(gone.parent, journal, lambda *_: True)
        assert [path for each in swept for path in each.gone] == [gone]


def test_no_entry_is_read_whole_to_forget_thousands_that_are_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError

    photo = tmp_path / "gone.jpg"
    with Journal(tmp_path / "journal.db") as journal:
        journal.put(photo, Entry(finding.Signature(1, 1), None, Status.RATED, "p", inode=1))
        with monkeypatch.context() as patch:
            for name in ("get", "same_file"):
                patch.setattr(journal, name, refuse)
            forget_gone(journal, [photo])
        assert journal.get(photo) is None


def test_a_name_that_is_gone_is_forgotten_even_if_the_damaged_file_has_another(tmp_path: Path) -> None:
    gone, second = tmp_path / "gone.jpg", tmp_path / "second.jpg"
    gone.write_bytes(b"no JPEG")
    second.hardlink_to(gone)
    with Journal(tmp_path / "journal.db") as journal:
        for photo in (gone, second):
            entry = Entry(look_at(photo).signature, None, Status.FAILED, "p", attempts=ATTEMPTS, inode=inode(photo))
            journal.put(photo, entry)
        gone.unlink()
        forget_gone(journal, [gone])
        assert (journal.get(gone), journal.counts()["set_aside"]) == (None, 1)


def test_a_missing_photo_is_also_gone_from_a_folder_of_folders(tmp_path: Path) -> None:
    photo = tmp_path / "photos" / "a.jpg"
    (photo.parent / "2024").mkdir(parents=True)
    with Journal(tmp_path / "journal.db") as journal:
        journal.put(photo, Entry(finding.Signature(1, 1), None, Status.RATED, "p"))
        swept = sweep(photo.parent, journal, lambda *_: True)
        assert [path for each in swept for path in each.gone] == [photo]


@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize("becomes", ["nothing", "a file", "empty"])
def test_photos_are_gone_with_their_folder_unless_a_disk_may_be_away(
    tmp_path: Path, becomes: str, beside: bool
) -> None:
    """What `iqsd undo` took back is not forgotten at all: it would be rated again when a disk is back."""
    photo = tmp_path / "photos" / "card" / "a.jpg"
    photo.parent.parent.mkdir()
    if beside:
        (tmp_path / "photos" / "notes.txt").touch()
    if becomes == "a file":
        photo.parent.touch()
    elif becomes == "empty":  # like a mount point
        photo.parent.mkdir()
    with Journal(tmp_path / "journal.db") as journal:
        journal.put(photo, Entry(finding.Signature(1, 1), None, Status.RATED, "p"))
        journal.put(photo.with_name("b.jpg"), Entry(finding.Signature(1, 1), None, Status.UNDONE, "p"))
        swept = sweep(tmp_path / "photos", journal, lambda *_: True)
        gone = [path for each in swept for path in each.gone]
    assert gone == ([photo] if becomes == "a file" or (becomes == "nothing" and beside) else [])


def test_photos_that_the_check_declines_are_looked_at_again(tmp_path: Path) -> None:
    photo = tmp_path / "a.jpg"
    photo.touch()
    with Journal(tmp_path / "journal.db") as journal:
        journal.put(photo, Entry(look_at(photo).signature, None, Status.RATED, "p"))
        (swept,) = sweep(tmp_path, journal, lambda *_: False)
    assert ([each.path for each in swept.unknown], swept.known) == ([photo], ())


def test_another_iqsd_may_write_while_missing_photos_are_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = [tmp_path / "p" / f"{number}.jpg" for number in range(3)]
    with (
        Journal(tmp_path / "journal.db") as journal,
        Journal(tmp_path / "journal.db", patience_seconds=0) as others,
    ):
        for photo in gone:
            journal.put(photo, Entry(finding.Signature(1, 1), None, Status.RATED, "p"))
        journal.flush()

        def looked_for(photo: Path) -> bool:
            others.reserve()  # raises if it is locked
            others.flush()
            return True

        monkeypatch.setattr("iqsd.watching.sweep.is_gone", looked_for)
        forget_gone(journal, gone)
        assert [journal.get(photo) for photo in gone] == [None] * 3
