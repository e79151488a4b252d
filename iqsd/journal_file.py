"""The journal as a file: its tables, created and brought up to date, and what happens when it is damaged."""

from __future__ import annotations

import contextlib
import itertools
import sqlite3
import time
from pathlib import Path

from iqsd.errors import JournalError, NewerJournalError

_VERSION = 4
_SCHEMA = """
CREATE TABLE photos (
    folder BLOB NOT NULL,
    name BLOB NOT NULL,
    size INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    sidecar_size INTEGER,
    sidecar_mtime_ns INTEGER,
    state TEXT NOT NULL,
    policy TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    reason TEXT NOT NULL,
    assessment TEXT,
    inode INTEGER NOT NULL,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID
"""
_INDEX = "CREATE INDEX by_inode ON photos (inode)"
_DETAILS = """
CREATE TABLE details (
    folder BLOB NOT NULL,
    name BLOB NOT NULL,
    embedding BLOB,
    distributions TEXT,
    capture TEXT,
    look BLOB,
    moment REAL,
    member TEXT,
    settled INTEGER NOT NULL DEFAULT 1,
    PRIMARY KEY (folder, name)
) WITHOUT ROWID
"""
_DETAILS_INDICES = (
    "CREATE INDEX by_moment ON details (folder, moment)",
    "CREATE INDEX unsettled ON details (folder) WHERE settled = 0",
)
_SCALES = "CREATE TABLE scales (folder BLOB PRIMARY KEY, thresholds TEXT NOT NULL) WITHOUT ROWID"
_CHANGED = "ALTER TABLE photos ADD COLUMN changed_ns INTEGER NOT NULL DEFAULT 0"
_BY_DATE = ("DROP INDEX by_inode", "CREATE INDEX by_date ON photos (mtime_ns, size)")
_STEPS = ((_SCHEMA, _INDEX), (_DETAILS, *_DETAILS_INDICES, _SCALES), (_CHANGED,), _BY_DATE)
"""The steps that turn each version into the next."""


def unusable(path: Path, error: OSError | sqlite3.Error) -> JournalError:
    """The error for a journal that cannot be created, or that SQLite cannot open, read or write."""
    if isinstance(error, OSError):
        return JournalError(
            f"cannot be created: {error.strerror}", path, "check its permissions, or set XDG_STATE_HOME"
        )
    if isinstance(error, sqlite3.OperationalError):
        return JournalError(
            f"cannot be used: {error}",
            path,
            "check its permissions, whether another program has it open, and whether the disk is full",
        )
    return JournalError(f"cannot be used: {error}", path, "move it away; iqsd rebuilds it from the sidecars")


def prepare(db: sqlite3.Connection, path: Path) -> None:
    """Create the tables, or bring those of an older iqsd up to date.

    Raises:
        NewerJournalError: a newer iqsd wrote it.
    """
    # A row of details has to fit into a quarter of a page, or it takes a page of its own.
    db.execute("PRAGMA page_size = 8192")
    # The record is in the sidecars: the next sweep finds what a power cut may lose here.
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > _VERSION:
        raise NewerJournalError("was written by a newer iqsd", path, "upgrade iqsd, or move the journal away")
    if version < _VERSION:
        with db:
            db.execute("BEGIN IMMEDIATE")
            version = db.execute("PRAGMA user_version").fetchone()[0]  # another iqsd may have been first
            for statement in itertools.chain.from_iterable(_STEPS[version:]):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {_VERSION}")


def rescue(path: Path) -> Path | None:
    """Move a damaged journal out of the way; the sidecars are the record.

    Returns:
        where it is now; None if there was no need to move it.
    """
    if not path.exists():
        return None
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=5)) as db:
            if db.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok":
                return None
    except sqlite3.OperationalError:
        return None  # locked or not readable for us, which is not damage
    except sqlite3.DatabaseError:
        pass
    away = path.with_name(f"journal.damaged-{int(time.time())}.db")
    path.rename(away)
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    return away
