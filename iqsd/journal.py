"""The journal (SQLite): a cache and a ledger of what was seen. The sidecars are the record; this can be deleted.

One row per photo, keyed by folder and name as bytes (a name need not be UTF-8), so that a folder's rows are stored
together and a sweep reads them in one query, whatever the size of the archive. What a sweep does not need (embedding,
distributions, capture, group) is in a separate table, so that the rows it reads stay small.
"""

from __future__ import annotations

import contextlib
import enum
import json
import math
import os
import sqlite3
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from iqsd.details import Details, from_row, to_row
from iqsd.groups import Groups, key
from iqsd.journal_file import prepare, unusable
from iqsd.paths import identity
from iqsd.photos.capture import Capture
from iqsd.photos.finding import Signature
from iqsd.scoring.assessment import Assessment

ATTEMPTS = 3
"""How often a photo that cannot be read is tried before it is set aside until it changes."""

IN_MEMORY = Path(":memory:")
"""In place of a file: a journal that ends with the run."""

_COMMIT_EVERY_SECONDS = 1.0
_AFTER_ALL = b"\xff" * 256  # a file name has at most 255 bytes


class Status(str, enum.Enum):
    """What became of a photo."""

    RATED = "rated"
    KEPT = "kept"
    FAILED = "failed"
    UNDONE = "undone"
    """Taken back by `iqsd undo`: left alone until the photo changes or a person asks for a rescan."""
    LEFT_OUT = "left_out"
    """The half of a pair that gets no verdict, as long as the other half is there and the user wants it so."""


class Entry(NamedTuple):
    """What the journal knows of one photo.

    Attributes:
        photo: its signature when it was last looked at.
        sidecar: its sidecar's signature after that; None: there was none.
        state: what became of the photo.
        policy: the model, thresholds and options that applied then.
        attempts: how many times in a row it could not be read.
        reason: why it failed; empty otherwise.
        assessment: the figures without distributions and embedding, if it was judged.
        inode: the file's number on its disk, which identifies it under another name; 0: not recorded.
        changed_ns: when its inode last changed, by the kernel's own clock, nanoseconds; 0: not recorded.
    """

    photo: Signature
    sidecar: Signature | None
    state: Status
    policy: str
    attempts: int = 0
    reason: str = ""
    assessment: Assessment | None = None
    inode: int = 0
    changed_ns: int = 0

    @property
    def is_set_aside(self) -> bool:
        """Whether it was tried often enough: it is not tried again until the file changes."""
        return self.state is Status.FAILED and self.attempts >= ATTEMPTS

    def figures(self, photo: Signature, model: str) -> Assessment | None:
        """What a model said of this very photo; None: it was another model or none, or the photo has changed."""
        found = self.assessment
        return found if found is not None and found.model == model and self.photo == photo else None


class Journal:
    """The open journal. Used by one thread.

    Args:
        path: the database file; its folder is created, for this user alone.
        patience_seconds: how long to wait for another program that has it locked.

    Attributes:
        groups: which photos belong together.

    Raises:
        JournalError: it cannot be opened, is no journal, or was written by a newer iqsd.
    """

    def __init__(self, path: Path, patience_seconds: float = 30) -> None:
        self.path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=patience_seconds)
            with contextlib.ExitStack() as unless_ready:
                unless_ready.callback(self._db.close)
                prepare(self._db, path)
                unless_ready.pop_all()
        except (OSError, sqlite3.Error) as error:
            raise unusable(path, error) from None
        self._committed = time.monotonic()
        self._identity = identity(path)
        self.groups = Groups(self._db)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    @property
    def is_away(self) -> bool:
        """Whether the file was removed under the open journal, or another one put in its place."""
        return identity(self.path) != self._identity

    @property
    def version(self) -> int:
        """A number that changes when another iqsd has written."""
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Write what is pending, if possible (the next sweep finds again what is lost), and close."""
        with contextlib.suppress(sqlite3.OperationalError):
            self._db.commit()
        self._db.close()

    def folder(self, folder: Path, first: str | None = None, end: str | None = None) -> dict[str, Entry]:
        """What is known of the photos directly in a folder, by name, without the assessments.

        Args:
            folder: where.
            first: names from this one on, in the order of their bytes; None: from the very first.
            end: names before this one; None: up to the very last.
        """
        rows = self._db.execute(
            f"SELECT name, {_MARKS} FROM photos WHERE folder = ? AND name >= ? AND name < ?",  # noqa: S608
            (os.fsencode(folder), os.fsencode(first or ""), _AFTER_ALL if end is None else os.fsencode(end)),
        )
        return {os.fsdecode(name): _entry(row) for name, *row in rows}

    def get(self, photo: Path) -> Entry | None:
        """What is known of one photo."""
        row = self._db.execute(
            f"SELECT {_COLUMNS} FROM photos WHERE folder = ? AND name = ?",  # noqa: S608  # a constant, no input
            key(photo),
        ).fetchone()
        return None if row is None else _entry(row)

    def named(self, stem: Path) -> list[Path]:
        """The known photos with this name and any suffix."""
        name = os.fsencode(stem.name)
        rows = self._db.execute(
            "SELECT name FROM photos WHERE folder = ? AND name > ? AND name < ?",
            (os.fsencode(stem.parent), name + b".", name + b"/"),  # "/" follows "."
        )
        return [stem.parent / os.fsdecode(found) for (found,) in rows]

    def same_file(self, signature: Signature, inode: int) -> list[tuple[Path, Entry]]:
        """Every name under which a file with this number, size and date is known."""
        rows = self._db.execute(
            f"SELECT folder, name, {_COLUMNS} FROM photos WHERE inode = ? AND size = ? AND mtime_ns = ?",  # noqa: S608
            (inode, signature.size, signature.mtime_ns),
        )
        return [(Path(os.fsdecode(folder)) / os.fsdecode(name), _entry(row)) for folder, name, *row in rows]

    def has_alike(self, photo: Path) -> bool:
        """Whether another photo of the same size and date is known in its folder: they may have swapped names."""
        row = self._db.execute(
            "SELECT 1 FROM photos JOIN photos AS other USING (folder, size, mtime_ns) "
            "WHERE folder = ? AND photos.name = ? AND other.name != photos.name LIMIT 1",
            key(photo),
        ).fetchone()
        return row is not None

    def names_that_fail(self, photo: Path) -> list[Path]:
        """Every known name of a photo's file under which it could not be rated and is to be tried again."""
        rows = self._db.execute(
            "SELECT other.folder, other.name FROM photos JOIN photos AS other USING (inode, size, mtime_ns) "
            "WHERE photos.folder = ? AND photos.name = ? AND inode != 0 AND other.state = ? AND other.attempts < ?",
            (*key(photo), Status.FAILED.value, ATTEMPTS),
        )
        return [Path(os.fsdecode(folder)) / os.fsdecode(name) for folder, name in rows]

    def folders(self, root: Path) -> list[Path]:
        """Every folder, from root down, that has known photos."""
        top = os.fsencode(root)
        below = top.rstrip(b"/") + b"/"
        # Goes from one folder to the next by the index: DISTINCT would read the rows of all photos.
        found = self._db.execute("SELECT folder FROM photos WHERE folder = ? LIMIT 1", (top,)).fetchone()
        folders = [top] if found else []
        last = below
        while found := self._db.execute(
            "SELECT folder FROM photos WHERE folder > ? AND folder < ? ORDER BY folder LIMIT 1",
            (last, below[:-1] + b"0"),  # "0" follows "/"
        ).fetchone():
            last = found[0]
            folders.append(last)
        return [Path(os.fsdecode(folder)) for folder in folders]

    def failed(self, most: int = -1) -> list[tuple[Path, Entry]]:
        """Photos that could not be rated, those that were set aside first; at most `most`, or all (-1)."""
        rows = self._db.execute(
            f"SELECT folder, name, {_COLUMNS} FROM photos WHERE state = ? ORDER BY attempts DESC, folder, name LIMIT ?",  # noqa: S608
            (Status.FAILED.value, most),
        )
        return [(Path(os.fsdecode(folder)) / os.fsdecode(name), _entry(row)) for folder, name, *row in rows]

    def counts(self) -> dict[str, int]:
        """How many photos are in each state, and how many of the failed ones are set aside."""
        counts = dict(self._db.execute("SELECT state, COUNT(*) FROM photos GROUP BY state").fetchall())
        aside = self._db.execute("SELECT COUNT(*) FROM photos WHERE state = ? AND attempts >= ?", ("failed", ATTEMPTS))
        return {**counts, "set_aside": aside.fetchone()[0]}

    def details(self, folder: Path, since: float = -math.inf, until: float = math.inf) -> dict[str, Details]:
        """What is known of the photos directly in a folder, by name, without distributions and embeddings.

        Args:
            folder: where.
            since: with `until`, only photos that are known to have been taken in this period (see `moments`).
            until: likewise.
        """
        everything = (since, until) == (-math.inf, math.inf)
        between = "" if everything else " AND moment BETWEEN ? AND ?"
        arguments = (os.fsencode(folder),) if everything else (os.fsencode(folder), since, until)
        rows = self._db.execute(
            f"SELECT photos.name, assessment, capture, member, look {_DETAILED} WHERE photos.folder = ?{between}",
            arguments,
        )
        return {os.fsdecode(name): from_row(_assessment(text), None, None, *row) for name, text, *row in rows}

    def scores(self, folder: Path, model: str) -> dict[str, float]:
        """The score that a model gave each of the photos directly in a folder, by name."""
        rows = self._db.execute(
            "SELECT name, json_extract(assessment, '$.score') FROM photos "
            "WHERE folder = ? AND json_extract(assessment, '$.model') = ?",
            (os.fsencode(folder), model),
        )
        return {os.fsdecode(name): float(score) for name, score in rows}

    def detail(self, photo: Path) -> Details | None:
        """All that is known of one photo; None: it was never seen."""
        row = self._db.execute(
            f"SELECT assessment, embedding, distributions, capture, member, look {_DETAILED} "
            "WHERE photos.folder = ? AND photos.name = ?",
            key(photo),
        ).fetchone()
        return None if row is None else from_row(_assessment(row[0]), *row[1:])

    def put(self, photo: Path, entry: Entry, capture: Capture | None = None, look: bytes | None = None) -> None:
        """Remember a photo. It is on disk within a second of further calls, or at `flush`.

        Args:
            photo: the photo.
            entry: what became of it. An assessment without distributions and embedding is one that is known already:
                the stored ones stay. Without an assessment, they are removed.
            capture: how it was taken, if it was opened.
            look: what it looks like from afar, likewise.
        """
        assessment = None
        if entry.assessment is not None:
            kept = asdict(entry.assessment.bare)
            assessment = json.dumps({k: v for k, v in kept.items() if k not in ("distributions", "embedding")})
        sidecar = entry.sidecar or Signature(None, None)  # type: ignore[arg-type]  # NULL, NULL: there is none
        self._db.execute(
            f"INSERT OR REPLACE INTO photos (folder, name, {_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",  # noqa: S608
            (
                *key(photo),
                entry.photo.size,
                entry.photo.mtime_ns,
                sidecar.size,
                sidecar.mtime_ns,
                entry.state.value,
                entry.policy,
                entry.attempts,
                entry.reason,
                entry.inode,
                entry.changed_ns,
                assessment,
            ),
        )
        self._put_details(photo, entry, capture, look)
        if time.monotonic() - self._committed > _COMMIT_EVERY_SECONDS:
            self.flush()

    def _put_details(self, photo: Path, entry: Entry, capture: Capture | None, look: bytes | None) -> None:
        assessment = entry.assessment
        if assessment is None:
            self._forget_details(photo)
        elif assessment.embedding or assessment.distributions or capture is not None:
            self.groups.unsettle_neighbours(photo)  # what was there before may have been taken at another time
            taken = None if capture is None else capture.seconds
            moment = None if look is None else entry.photo.mtime_ns / 1e9 if taken is None else taken
            self._db.execute(
                "INSERT OR REPLACE INTO details "
                "(folder, name, embedding, distributions, capture, look, moment, settled) VALUES (?,?,?,?,?,?,?,?)",
                (*key(photo), *to_row(assessment, capture), look, moment, moment is None),
            )
        else:
            self.groups.unsettle(photo)

    def rename(self, old: Path, new: Path, entry: Entry) -> None:
        """Remember a photo under another name, with everything that is known of it."""
        self.forget(new)
        self.groups.unsettle_neighbours(old)
        self._db.execute(
            "UPDATE details SET folder = ?, name = ? WHERE folder = ? AND name = ?", (*key(new), *key(old))
        )
        self.put(new, entry)
        self.forget(old)

    def forget(self, photo: Path) -> None:
        """Drop what is known of a photo that is gone."""
        for half in self.named(photo.with_suffix("")):  # what a person said of it counted in their bursts
            self.groups.unsettle(half)
        self._forget_details(photo)
        self._db.execute("DELETE FROM photos WHERE folder = ? AND name = ?", key(photo))

    def _forget_details(self, photo: Path) -> None:
        self.groups.unsettle_neighbours(photo)
        self._db.execute("DELETE FROM details WHERE folder = ? AND name = ?", key(photo))

    def forget_folder(self, folder: Path) -> None:
        """Drop what is known of the photos directly in a folder."""
        for table in ("photos", "details"):
            self._db.execute(f"DELETE FROM {table} WHERE folder = ?", (os.fsencode(folder),))  # noqa: S608

    def reserve(self) -> None:
        """Let no other iqsd write until `flush`, so that what is looked up from here on stays true.

        Raises:
            sqlite3.OperationalError: another iqsd has reserved the journal for too long, or it cannot be written.
        """
        if not self._db.in_transaction:
            self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("DELETE FROM photos WHERE 0")  # fails where SQLite may only read; BEGIN does not

    def flush(self) -> None:
        """Put what is pending on disk."""
        self._db.commit()
        self._committed = time.monotonic()


_MARKS = "size, mtime_ns, sidecar_size, sidecar_mtime_ns, state, policy, attempts, reason, inode, changed_ns"
_COLUMNS = f"{_MARKS}, assessment"
_STATES = {state.value: state for state in Status}

_DETAILED = "FROM photos LEFT JOIN details ON details.folder = photos.folder AND details.name = photos.name"


def _entry(row: list[Any]) -> Entry:
    """An entry from the columns of `_COLUMNS`, or of `_MARKS` alone. The schema says what each holds."""
    size, mtime, sidecar_size, sidecar_mtime, state, policy, attempts, reason, inode, changed, *assessment = row
    sidecar = None if sidecar_size is None else Signature(sidecar_size, sidecar_mtime)
    judged = _assessment(assessment[0]) if assessment else None
    return Entry(Signature(size, mtime), sidecar, _STATES[state], policy, attempts, reason, judged, inode, changed)


def _assessment(text: object) -> Assessment | None:
    return None if text is None else Assessment(**json.loads(str(text)))
