"""Which photos belong together, as the journal keeps it, and where that has to be looked at again."""

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
    """A photo as the journal's rows name it."""
    return os.fsencode(photo.parent), os.fsencode(photo.name)


class Groups:
    """A part of the open journal.

    Where a photo came, went or changed, its neighbours in time are marked as not settled, on disk: should iqsd be ended
    before it has looked at them again, the next one does.
    """

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def moments(self, folder: Path) -> dict[str, tuple[float, bool]]:
        """When the photos in a folder were taken whose looks are known, by name; and whether their groups are settled.

        Seconds, by the camera's clock or, where it said nothing, the file's date.
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
        """The names of the photos directly in a folder to which or beside which something has happened since."""
        # By its own choice SQLite would read all of the folder's rows.
        query = "SELECT name FROM details INDEXED BY unsettled WHERE settled = 0 AND folder = ?"
        rows = self._db.execute(query, (os.fsencode(folder),))
        return [os.fsdecode(name) for (name,) in rows]

    def settle(self, folder: Path, since: float, until: float) -> None:
        """Remember that the groups of the photos taken in between are settled."""
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
        """The thresholds drawn from a model's scores of a folder's own photos: of rejected, of accepted, of stars."""
        row = self._db.execute("SELECT thresholds FROM scales WHERE folder = ?", (os.fsencode(folder),)).fetchone()
        if row is None:
            return None
        reject, accept, (one, two, three, four), *drawn_from = json.loads(row[0])
        # An older iqsd did not say from whose scores.
        return (reject, accept, (one, two, three, four)) if drawn_from in ([], [model]) else None

    def put_scale(self, folder: Path, model: str, thresholds: Thresholds) -> None:
        """Remember them."""
        text = json.dumps((thresholds.reject_below, thresholds.accept_from, thresholds.stars, model))
        self._db.execute("INSERT OR REPLACE INTO scales VALUES (?,?)", (os.fsencode(folder), text))

    def unsettle(self, photo: Path) -> None:
        """Look again at what belongs together with a photo."""
        query = "UPDATE details SET settled = 0 WHERE folder = ? AND name = ? AND moment IS NOT NULL"
        self._db.execute(query, key(photo))

    def unsettle_neighbours(self, photo: Path) -> None:
        """Look again at the photos taken just before and after one that goes away."""
        row = self._db.execute("SELECT moment FROM details WHERE folder = ? AND name = ?", key(photo)).fetchone()
        if row is None or row[0] is None:
            return
        for side, order in (("<=", "DESC"), (">=", "ASC")):
            self._db.execute(
                "UPDATE details SET settled = 0 WHERE folder = ?1 AND name = (SELECT name FROM details "  # noqa: S608
                f"WHERE folder = ?1 AND name != ?2 AND moment {side} ?3 ORDER BY moment {order} LIMIT 1)",
                (*key(photo), row[0]),
            )
