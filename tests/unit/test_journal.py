"""The journal: a cache that can be deleted, and never a reason to stop."""

import os
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from iqsd.errors import JournalError
from iqsd.journal import ATTEMPTS, Entry, Journal, Status
from iqsd.photos.finding import Signature
from iqsd.scoring.assessment import Assessment

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
    assert again.marks(Path("/p")) == {photo.name: replace(ENTRY, assessment=None)}
    assert again.marks(Path("/")) == {}
    again.forget(photo)
    assert again.get(photo) is None
    again.close()


def test_distributions_and_embeddings_are_not_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    full = Assessment(50.0, 5.0, 3.0, {}, "m/1", {"quality": (0.5, 0.5)}, (1.0,))
    journal.put(Path("/a.jpg"), Entry(Signature(1, 1), None, Status.RATED, "p", assessment=full))
    found = journal.get(Path("/a.jpg"))
    assert found is not None
    assert found.assessment == Assessment(50.0, 5.0, 3.0, {}, "m/1")
    journal.close()


def test_a_photo_is_set_aside_after_three_attempts() -> None:
    failed = [Entry(Signature(1, 1), None, Status.FAILED, "p", attempts=n) for n in (ATTEMPTS - 1, ATTEMPTS)]
    assert [entry.is_set_aside for entry in failed] == [False, True]


def test_a_file_that_is_no_journal_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
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
