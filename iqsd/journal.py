"""The journal (SQLite): a cache and a ledger of what was seen. The sidecars are the record; this can be deleted.

One row a photo, keyed by folder and name as bytes (a name need not be UTF-8), so that a folder's rows lie together and
a sweep reads them in one query, whatever the size of the archive.
"""

from __future__ import annotations

import enum
import json
import os
import sqlite3
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from iqsd.errors import JournalError
from iqsd.photos.finding import Signature
from iqsd.scoring.assessment import Assessment

ATTEMPTS = 3
"""How often a photo that cannot be read is tried before it is set aside until it changes."""

_VERSION = 1
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
    PRIMARY KEY (folder, name)
) WITHOUT ROWID
"""
_COMMIT_EVERY_SECONDS = 1.0


class Status(str, enum.Enum):
    """What became of a photo."""

    RATED = "rated"
    KEPT = "kept"
    FAILED = "failed"
    UNDONE = "undone"
    """Taken back by `iqsd undo`: left alone until the photo changes or a person asks for a rescan."""


@dataclass(frozen=True)
class Entry:
    """What the journal knows of one photo.

    Attributes:
        photo: its signature when it was last looked at.
        sidecar: its sidecar's signature after that; None: there was none.
        state: what became of it.
        policy: under which model, thresholds and options.
        attempts: how often in a row it could not be read.
        reason: why it failed; empty otherwise.
        assessment: the figures without distributions and embedding, if it was judged.
    """

    photo: Signature
    sidecar: Signature | None
    state: Status
    policy: str
    attempts: int = 0
    reason: str = ""
    assessment: Assessment | None = None

    @property
    def is_set_aside(self) -> bool:
        """Tried often enough: not tried again until the file changes."""
        return self.state is Status.FAILED and self.attempts >= ATTEMPTS


class Journal:
    """The open journal. Used by one thread.

    Args:
        path: the database file; its folder is made.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer iqsd.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=30)
            # The record is in the sidecars: what a power cut may lose here is found again by the next sweep.
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise JournalError(
                f"cannot be opened: {error}", path, "move it away; iqsd rebuilds it from the sidecars"
            ) from None
        self._committed = time.monotonic()

    def _prepare(self) -> None:
        version = self._db.execute("PRAGMA user_version").fetchone()[0]
        if version > _VERSION:
            raise JournalError("was written by a newer iqsd", self.path, "upgrade iqsd, or move the journal away")
        if version == 0:
            with self._db:
                self._db.execute("BEGIN IMMEDIATE")
                if self._db.execute("PRAGMA user_version").fetchone()[0] == 0:  # another iqsd may have been first
                    self._db.execute(_SCHEMA)
                    self._db.execute(f"PRAGMA user_version = {_VERSION}")

    def close(self) -> None:
        """Write what is pending and close."""
        self._db.commit()
        self._db.close()

    def folder(self, folder: Path) -> dict[str, Entry]:
        """What is known of the photos directly in a folder, by name."""
        rows = self._db.execute(f"SELECT name, {_COLUMNS} FROM photos WHERE folder = ?", (os.fsencode(folder),))  # noqa: S608
        return {os.fsdecode(name): _entry(row) for name, *row in rows}

    def get(self, photo: Path) -> Entry | None:
        """What is known of one photo."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM photos WHERE folder = ? AND name = ?",  # noqa: S608  # a constant, no input
            _key(photo),
        ).fetchone()
        return None if row is None else _entry(row)

    def put(self, photo: Path, entry: Entry) -> None:
        """Remember. It is on disk within a second of further calls, or at `flush`."""
        assessment = None
        if entry.assessment is not None:
            kept = asdict(replace(entry.assessment, distributions={}, embedding=()))
            assessment = json.dumps({k: v for k, v in kept.items() if k not in ("distributions", "embedding")})
        sidecar = entry.sidecar or Signature(None, None)  # type: ignore[arg-type]  # NULL, NULL: there is none
        self._db.execute(
            f"INSERT OR REPLACE INTO photos (folder, name, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            (
                *_key(photo),
                entry.photo.size,
                entry.photo.mtime_ns,
                sidecar.size,
                sidecar.mtime_ns,
                entry.state.value,
                entry.policy,
                entry.attempts,
                entry.reason,
                assessment,
            ),
        )
        if time.monotonic() - self._committed > _COMMIT_EVERY_SECONDS:
            self.flush()

    def forget(self, photo: Path) -> None:
        """Drop what is known of a photo that is gone."""
        self._db.execute("DELETE FROM photos WHERE folder = ? AND name = ?", _key(photo))

    def flush(self) -> None:
        """Put what is pending on disk."""
        self._db.commit()
        self._committed = time.monotonic()


_COLUMNS = "size, mtime_ns, sidecar_size, sidecar_mtime_ns, state, policy, attempts, reason, assessment"


def _key(photo: Path) -> tuple[bytes, bytes]:
    return os.fsencode(photo.parent), os.fsencode(photo.name)


def _entry(row: list[object]) -> Entry:
    size, mtime, sidecar_size, sidecar_mtime, state, policy, attempts, reason, assessment = row
    return Entry(
        photo=Signature(size, mtime),  # type: ignore[arg-type]  # the schema says what each column holds
        sidecar=None if sidecar_size is None else Signature(sidecar_size, sidecar_mtime),  # type: ignore[arg-type]
        state=Status(state),
        policy=str(policy),
        attempts=int(attempts),  # type: ignore[call-overload]
        reason=str(reason),
        assessment=None if assessment is None else Assessment(**json.loads(str(assessment))),
    )
