"""The journal: a cache that can be deleted, and never a reason to stop."""

import contextlib
import math
import os
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from iqsd.bursts.membership import Kind, Membership
from iqsd.details import Details
from iqsd.errors import JournalError
from iqsd.journal import ATTEMPTS, Entry, Journal, Status
from iqsd.photos.capture import Capture
from iqsd.photos.finding import Signature
from iqsd.scoring.assessment import Assessment
from iqsd.service.instance import single_instance

ENTRY = Entry(
    photo=Signature(10, 20),
    sidecar=Signature(1, 2),
    state=Status.RATED,
    policy="p",
    assessment=Assessment(50.0, 5.0, None, {"blur": 0.1}, "m/1"),
)


def test_what_was_put_is_found_again_after_reopening(tmp_path: Path) -> None:
    photo = Path("/p") / os.fsdecode(b"caf\xe9\n.jpg")
    journal = Journal(tmp_path / "deep" / "journal.db")
    journal.put(photo, ENTRY)
    journal.close()
    again = Journal(tmp_path / "deep" / "journal.db")
    assert again.get(photo) == ENTRY
    assert again.folder(Path("/p")) == {photo.name: ENTRY._replace(assessment=None)}
    assert again.folder(Path("/")) == {}
    again.forget(photo)
    assert again.get(photo) is None
    again.close()


FULL = Assessment(50.0, 5.0, 3.0, {"blur": 0.1}, "m/1", {"quality": (0.25, 0.75)}, (0.6, -0.8))
CAPTURE = Capture("2024-05-01T12:00:00.250000", "+02:00", "Canon", "EOS", "7", 0.005, 2.8, 100, -0.33, True, 50.0, 6, 4)


def rated(assessment: Assessment | None) -> Entry:
    return Entry(Signature(1, 1), None, Status.RATED, "p", assessment=assessment)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    with Journal(tmp_path / "journal.db") as journal:
        yield journal


def test_everything_found_is_kept_but_reading_a_folder_gives_only_what_verdicts_need(journal: Journal) -> None:
    photo = Path("/p/a.jpg")
    journal.put(photo, rated(FULL), CAPTURE)
    assert journal.folder(Path("/p")) == {"a.jpg": rated(None)}
    details = journal.detail(photo)
    assert details is not None
    assert details.capture == CAPTURE
    assert journal.details(Path("/p")) == {"a.jpg": replace(details, assessment=FULL.bare)}
    assert details.assessment is not None
    assert details.assessment.distributions == FULL.distributions
    assert details.assessment.embedding == pytest.approx(FULL.embedding, abs=1e-3)
    assert journal.detail(Path("/p/b.jpg")) is None


def test_a_new_verdict_from_known_figures_keeps_embedding_and_capture(journal: Journal) -> None:
    photo = Path("/p/a.jpg")
    journal.put(photo, rated(FULL), CAPTURE)
    before = journal.detail(photo)
    journal.put(photo, rated(Assessment(50.0, 5.0, 3.0, {"blur": 0.1}, "m/1"))._replace(policy="another"))
    assert journal.detail(photo) == before


def test_what_was_known_about_other_pixels_is_dropped(journal: Journal) -> None:
    photo = Path("/p/a.jpg")
    journal.put(photo, rated(FULL), CAPTURE)
    journal.groups.put(photo, GROUP)
    journal.put(photo, rated(FULL), replace(CAPTURE, iso=200))
    details = journal.detail(photo)
    assert details is not None
    assert (details.capture, details.group) == (replace(CAPTURE, iso=200), None)
    journal.put(photo, rated(None))
    assert journal.detail(photo) == Details(None)


GROUP = Membership(Kind.BURST, "a.jpg", 3, 2, "b.jpg")


def test_a_group_is_kept_with_and_without_the_rest(journal: Journal) -> None:
    for photo, capture in ((Path("/p/a.jpg"), CAPTURE), (Path("/p/b.jpg"), None)):
        journal.put(photo, rated(FULL if capture else Assessment(5.0, None, None, {}, "m/1")), capture)
        journal.groups.put(photo, GROUP)
    assert [details.group for details in journal.details(Path("/p")).values()] == [GROUP, GROUP]
    journal.groups.put(Path("/p/a.jpg"), None)
    details = journal.detail(Path("/p/a.jpg"))
    assert details is not None
    assert (details.group, details.capture) == (None, CAPTURE)


def test_a_photo_takes_less_than_two_and_a_half_thousand_bytes(tmp_path: Path) -> None:
    look, count = bytes(range(256)) + bytes(320), 500
    judged = replace(FULL, embedding=(0.1,) * 128, distributions={"quality": (0.2,) * 5, "aesthetic": (0.1,) * 10})
    with Journal(tmp_path / "journal.db") as journal:
        for number in range(count):
            journal.put(tmp_path / f"IMG_{number}.JPG", rated(judged), CAPTURE, look)
    assert (tmp_path / "journal.db").stat().st_size / count < 2500


def test_a_renamed_photo_takes_everything_along(journal: Journal) -> None:
    old, new = Path("/p/a.jpg"), Path("/q/b.jpg")
    journal.put(old, rated(FULL), CAPTURE)
    before = journal.detail(old)
    journal.rename(old, new, rated(Assessment(50.0, 5.0, 3.0, {"blur": 0.1}, "m/1")))
    assert (journal.detail(old), journal.detail(new)) == (None, before)
    journal.forget(new)
    journal.put(new, rated(Assessment(5.0, None, None, {}, "m/1")))
    assert journal.detail(new) == Details(Assessment(5.0, None, None, {}, "m/1"))


def test_a_journal_of_iqsd_1_is_taken_over_with_every_row(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.executescript(FIRST_VERSION)
    db.close()
    for _ in range(2):
        with Journal(tmp_path / "journal.db") as journal:
            found = journal.get(Path("/p/a.jpg"))
            assert found is not None
            assert (found.photo, found.policy, found.inode) == (Signature(10, 20), "p", 5)
            assert journal.detail(Path("/p/a.jpg")) == Details(Assessment(50.0, 5.0, None, {"blur": 0.1}, "m/1"))
            journal.put(Path("/p/b.jpg"), rated(FULL), CAPTURE)


FIRST_VERSION = """
CREATE TABLE photos (folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,
    sidecar_size INTEGER, sidecar_mtime_ns INTEGER, state TEXT NOT NULL, policy TEXT NOT NULL,
    attempts INTEGER NOT NULL, reason TEXT NOT NULL, assessment TEXT, inode INTEGER NOT NULL,
    PRIMARY KEY (folder, name)) WITHOUT ROWID;
CREATE INDEX by_inode ON photos (inode);
INSERT INTO photos VALUES (CAST('/p' AS BLOB), CAST('a.jpg' AS BLOB), 10, 20, 1, 2, 'rated', 'p', 0, '',
    '{"score": 50.0, "aesthetic": 5.0, "quality": null, "faults": {"blur": 0.1}, "model": "m/1"}', 5);
PRAGMA user_version = 1;
"""


def test_the_folders_below_one_are_found_and_its_neighbours_are_not(journal: Journal) -> None:
    for photo in ("/p/1.jpg", "/p/2.jpg", "/p/a/1.jpg", "/p/a/b/1.jpg", "/p/a-b/1.jpg", "/p-q/1.jpg", "/q/1.jpg"):
        journal.put(Path(photo), rated(None))
    assert journal.folders(Path("/p")) == [Path("/p"), Path("/p/a"), Path("/p/a-b"), Path("/p/a/b")]
    assert journal.folders(Path("/p/a")) == [Path("/p/a"), Path("/p/a/b")]
    assert len(journal.folders(Path("/"))) == 6
    assert journal.folders(Path("/nowhere")) == []


def test_a_photo_is_set_aside_after_three_attempts() -> None:
    failed = [Entry(Signature(1, 1), None, Status.FAILED, "p", attempts=n) for n in (ATTEMPTS - 1, ATTEMPTS)]
    assert [entry.is_set_aside for entry in failed] == [False, True]


def test_only_its_owner_can_read_what_it_knows_about_photos(tmp_path: Path) -> None:
    for folder, make in (("of a run", Journal), ("of a daemon", single_instance)):
        opened: contextlib.AbstractContextManager[object] = make(tmp_path / folder / "journal.db")
        with opened:
            assert stat.S_IMODE((tmp_path / folder).stat().st_mode) == 0o700


def test_a_file_that_is_not_a_journal_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_bytes(b"not a database, but long enough to be looked at" * 50)
    with pytest.raises(JournalError, match="move it away; iqsd rebuilds it"):
        Journal(tmp_path / "journal.db")


def test_a_journal_from_a_newer_iqsd_is_left_alone(tmp_path: Path) -> None:
    Journal(tmp_path / "journal.db").close()
    with sqlite3.connect(tmp_path / "journal.db") as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="newer iqsd"):
        Journal(tmp_path / "journal.db")


def test_two_programs_use_one_journal(tmp_path: Path) -> None:
    first, second = Journal(tmp_path / "journal.db"), Journal(tmp_path / "journal.db")
    first.put(Path("/a.jpg"), ENTRY)
    first.flush()
    second.put(Path("/b.jpg"), ENTRY)
    second.flush()
    assert first.get(Path("/b.jpg")) == second.get(Path("/a.jpg")) == ENTRY
    first.close()
    second.close()


def test_a_journal_of_the_previous_version_is_brought_up_to_date(tmp_path: Path) -> None:
    with Journal(tmp_path / "journal.db") as journal:
        journal.put(Path("/p/a.jpg"), ENTRY._replace(changed_ns=7))
    with contextlib.closing(sqlite3.connect(tmp_path / "journal.db")) as db:
        db.execute("ALTER TABLE photos DROP COLUMN changed_ns")
        db.execute("DROP INDEX by_date")
        db.execute("CREATE INDEX by_inode ON photos (inode)")
        db.execute("PRAGMA user_version = 2")
    with Journal(tmp_path / "journal.db") as journal:
        assert journal.get(Path("/p/a.jpg")) == ENTRY
        assert journal._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'by_date'").fetchone()


def test_in_a_large_folder_only_photos_of_the_same_size_and_date_are_read(journal: Journal) -> None:
    """This query runs for every photo of a folder that was restored from a backup."""
    folder = Path("/photos")
    for number in range(1000):
        journal.put(folder / f"{number}.jpg", ENTRY._replace(photo=Signature(10, number // 2 + 1), inode=number + 1))
    journal.put(folder / "alone.jpg", ENTRY._replace(photo=Signature(11, 1), inode=2000))
    steps: list[None] = []
    journal._db.set_progress_handler(lambda: steps.append(None), 1)  # each step of SQLite's own machine
    assert journal.has_alike(folder / "7.jpg")
    assert not journal.has_alike(folder / "alone.jpg")
    assert [path.name for path, _ in journal.same_file(Signature(10, 4), 8)] == ["7.jpg"]
    assert len(steps) < 200


def test_in_a_large_folder_only_what_is_not_settled_is_read(journal: Journal) -> None:
    """This query runs every half minute while a disk with such a photo is away."""
    folder = Path("/photos")
    for number in range(1000):
        journal.put(folder / f"{number}.jpg", ENTRY, Capture(), bytes(576))
    journal.groups.settle(folder, -math.inf, math.inf)
    journal.groups.unsettle(folder / "7.jpg")
    steps: list[None] = []
    journal._db.set_progress_handler(lambda: steps.append(None), 1)  # each step of SQLite's own machine
    assert journal.groups.unsettled_in(folder) == ["7.jpg"]
    assert len(steps) < 100
