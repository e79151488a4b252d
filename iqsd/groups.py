"""Which photos belong together, as the journal records it, and where that has to be checked again."""

from __future__ import annotations

import json
import os
import sqlite3
from pathlib import Path

from iqsd.bursts.membership import Membership
from iqsd.details import group_from_text, group_to_text
from iqsd.scoring.metadata import Thresholds

Scale = tuple[float, float, tuple[float, float, float, float]]


def key(photo: Path) -> tuple[bytes, bytes]:
    """A photo as the journal's rows identify it."""
    return os.fsencode(photo.parent), os.fsencode(photo.name)


class Groups:
    """One part of the open journal.

    When a photo comes, goes or changes, its neighbours in time are marked on disk as not settled: if iqsd is ended
    before it has looked at them again, the next iqsd does.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def moments(self, folder: Path) -> dict[str, tuple[float, bool]]:
        """When the photos of a folder whose looks are known were taken, by name, and whether their groups are settled.

        In seconds, by the camera's clock or, without that, by the file's date.
        """
        rows = self._db.execute(
            "SELECT name, moment, settled FROM details WHERE folder = ? AND moment IS NOT NULL", (os.fsencode(folder),)
        )
        return {os.fsdecode(name): (moment, bool(settled)) for name, moment, settled in rows}

    def of(self, photo: Path) -> Membership | None:
        """A photo's place among the frames that belong together with it."""
        row = self._db.execute("SELECT member FROM details WHERE folder = ? AND name = ?", key(photo)).fetchone()
        return None if row is None else group_from_text(row[0])

    def unsettled(self) -> list[Path]:
        """The folders in which something has happened since they were last settled."""
        rows = self._db.execute("SELECT DISTINCT folder FROM details WHERE settled = 0")
        return [Path(os.fsdecode(folder)) for (folder,) in rows]

    def unsettled_in(self, folder: Path) -> list[str]:
        """The names of a folder's own photos that have changed, or whose neighbours have, since they were settled."""
        # Left to itself, SQLite would read all of the folder's rows.
        query = "SELECT name FROM details INDEXED BY unsettled WHERE settled = 0 AND folder = ?"
        rows = self._db.execute(query, (os.fsencode(folder),))
        return [os.fsdecode(name) for (name,) in rows]

    def settle(self, folder: Path, since: float, until: float) -> None:
        """Remember that the groups of the photos taken in this period are settled."""
        self._db.execute(
            "UPDATE details SET settled = 1 WHERE settled = 0 AND folder = ? AND moment BETWEEN ? AND ?",
            (os.fsencode(folder), since, until),
        )

    def put(self, photo: Path, group: Membership | None) -> None:
        """Remember a photo's place among the frames that belong together with it."""
        self._db.execute(
            "INSERT INTO details (folder, name, member) VALUES (?,?,?) "
            "ON CONFLICT (folder, name) DO UPDATE SET member = excluded.member",
            (*key(photo), group_to_text(group)),
        )

    def scale(self, folder: Path, model: str) -> Scale | None:
        """A folder's own thresholds, drawn from a model's scores: for rejected, for accepted, for the stars."""
        row = self._db.execute("SELECT thresholds FROM scales WHERE folder = ?", (os.fsencode(folder),)).fetchone()
        if row is None:
            return None
        reject, accept, (one, two, three, four), *drawn_from = json.loads(row[0])
        # An older iqsd did not record the model.
        return (reject, accept, (one, two, three, four)) if drawn_from in ([], [model]) else None

    def put_scale(self, folder: Path, model: str, thresholds: Thresholds) -> None:
        """Remember a folder's own thresholds."""
        text = json.dumps((thresholds.reject_below, thresholds.accept_from, thresholds.stars, model))
        self._db.execute("INSERT OR REPLACE INTO scales VALUES (?,?)", (os.fsencode(folder), text))

    def unsettle(self, photo: Path) -> None:
        """Mark a photo: what belongs together with it has to be looked at again."""
        query = "UPDATE details SET settled = 0 WHERE folder = ? AND name = ? AND moment IS NOT NULL"
        self._db.execute(query, key(photo))

    def unsettle_neighbours(self, photo: Path) -> None:
        """Mark the photos taken just before and after one that goes away: they have to be looked at again."""
        row = self._db.execute("SELECT moment FROM details WHERE folder = ? AND name = ?", key(photo)).fetchone()
        if row is None or row[0] is None:
            return
        for side, order in (("<=", "DESC"), (">=", "ASC")):
            self._db.execute(
                "UPDATE details SET settled = 0 WHERE folder = ?1 AND name = (SELECT name FROM details "  # noqa: S608
                f"WHERE folder = ?1 AND name != ?2 AND moment {side} ?3 ORDER BY moment {order} LIMIT 1)",
                (*key(photo), row[0]),
            )
