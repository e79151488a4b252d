"""digiKam: run unattended on an invisible screen, and queried through its own database.

digiKam has no command line for any of this. It is started on a database that it made itself, in which the folder of
photos is entered as its only collection; its scan has ended when the tables stop changing.
"""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .processes import adopt_orphans, private_environment, screen, start, stop, wait_until

NEEDS = ("digikam", "Xvfb", "xauth", "dbus-run-session", "xdotool")
_DATABASES = ("digikam4.db", "thumbnails-digikam.db", "recognition.db", "similarity.db")
_LABELS = {"None": 0, "Rejected": 1, "Pending": 2, "Accepted": 3}
_PICK_TAG = "_Digikam_Internal_Tags_/Pick Label "
_INTERNAL = "_Digikam_Internal_Tags_"
_TITLE = 3  # digiKam's type of comment


@dataclass(frozen=True)
class Seen:
    """What digiKam shows of one photo; None: not set."""

    rating: int | None
    pick_label: int | None
    tags: frozenset[str]
    title: str | None
    faces: int


class Digikam:
    """A digiKam with its own home.

    Args:
        home: an empty folder, or one that `Digikam` has been used with before, to continue from there.
        collection: the folder of photos that it knows.
    """

    def __init__(self, home: Path, collection: Path) -> None:
        self._home = home
        self._collection = collection
        self._environment = {
            **private_environment(home),
            "QT_QPA_PLATFORM": "xcb",
            "QTWEBENGINE_DISABLE_SANDBOX": "1",
            "QTWEBENGINE_CHROMIUM_FLAGS": "--no-sandbox --disable-gpu",
        }
        self.rc = home / ".config" / "digikamrc"
        self._database = home / "db" / "digikam4.db"
        if not self._database.exists():
            self._make_database()

    def configure(self, metadata: Mapping[str, str], monitoring: bool = False) -> None:
        """Write a digikamrc that lets it start unattended.

        Args:
            metadata: its [Metadata Settings].
            monitoring: whether an open digiKam watches its collection.
        """
        database = self._database.parent
        # the presence of [Album Settings] keeps the first-run assistant away
        groups: dict[str, Mapping[str, str]] = {
            "Album Settings": {"Album Monitoring": str(monitoring).lower()},
            "Database Settings": {
                "Database Type": "QSQLITE",
                **{f"Database Name{which}": f"{database}/" for which in ("", " Thumbnails", " Face", " Similarity")},
            },
            "General Settings": {"Show Splash": "false", "Version": "7.9.0"},
            "Metadata Settings": metadata,
            "Notification Messages": {"tipOfTheDay": "false"},
        }
        lines = [f"[{group}]\n" + "".join(f"{k}={v}\n" for k, v in keys.items()) for group, keys in groups.items()]
        self.rc.write_text("\n".join(lines))

    @contextlib.contextmanager
    def open(self, desktop: Mapping[str, str] | None = None) -> Iterator[Window]:
        """Start it, wait until it has scanned the collection, and close it at the end.

        Args:
            desktop: more environment variables, for its appearance.
        """
        adopt_orphans()
        before = self._scanned()
        with screen({**self._environment, **(desktop or {})}, self._home / "screen.log") as environment:
            process = self._start(environment)
            try:
                wait_until(lambda: self._scanned() != before, 60, "digiKam looks through the collection")
                self.wait_until_still()
                yield Window(environment)
            finally:
                stop(process)

    def look(self) -> dict[str, Seen]:
        """Start it, and return what it then shows of every photo, by path in the collection."""
        with self.open():
            pass
        return self.seen()

    def seen(self) -> dict[str, Seen]:
        """What it shows of every photo now, by path in the collection."""
        photos = self._ask(
            "SELECT i.id, a.relativePath, i.name, f.rating FROM Images i JOIN Albums a ON a.id = i.album "
            "LEFT JOIN ImageInformation f ON f.imageid = i.id WHERE i.status = 1"
        )
        tags = self._tags()
        titles = dict(self._ask(f"SELECT imageid, comment FROM ImageComments WHERE type = {_TITLE}"))  # noqa: S608
        faces = dict(
            self._ask(
                "SELECT imageid, count(*) FROM ImageTagProperties WHERE property IN "
                "('tagRegion', 'autodetectedFace') GROUP BY imageid"
            )
        )
        found = {}
        for number, folder, name, rating in photos:
            mine = tags.get(number, set())
            labels = [_LABELS[tag.removeprefix(_PICK_TAG)] for tag in mine if tag.startswith(_PICK_TAG)]
            found[f"{folder}/{name}".lstrip("/")] = Seen(
                rating=rating if rating is not None and rating > 0 else None,
                pick_label=labels[0] if labels and labels[0] else None,
                tags=frozenset(tag for tag in mine if not tag.startswith(_INTERNAL)),
                title=titles.get(number),
                faces=faces.get(number, 0),
            )
        return found

    def wait_until_still(self) -> None:
        """Wait until its tables have not changed for two seconds."""
        last, since = None, time.monotonic()

        def still() -> bool:
            nonlocal last, since
            now = self._fingerprint()
            if now != last:
                last, since = now, time.monotonic()
            return time.monotonic() - since >= 2

        wait_until(still, 60, "digiKam comes to rest")

    def _make_database(self) -> None:
        """Have digiKam make its tables (a missing file raises a dialog, an empty one does not); add the collection."""
        self._database.parent.mkdir()
        for name in _DATABASES:
            (self._database.parent / name).touch()
        self.configure({})
        adopt_orphans()
        with screen(self._environment, self._home / "screen.log") as environment:
            process = self._start(environment)
            try:
                wait_until(lambda: self._ask("SELECT 1 FROM Settings WHERE keyword = 'DBVersion'"), 60, "its tables")
                self.wait_until_still()
            finally:
                stop(process)
        with contextlib.closing(sqlite3.connect(self._database, timeout=20)) as database, database:
            database.execute(
                "INSERT INTO AlbumRoots (label, status, type, identifier, specificPath) "
                "VALUES ('photos', 0, 1, ?, '/')",
                [f"volumeid:?path={self._collection}"],
            )

    def _start(self, environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        return start(["dbus-run-session", "--", "digikam"], environment, self._home / "digikam.log")

    def _scanned(self) -> list[tuple[Any, ...]]:
        return self._ask("SELECT value FROM Settings WHERE keyword = 'Scanned'")

    def _fingerprint(self) -> list[list[tuple[Any, ...]]]:
        return [
            self._scanned(),
            self._ask("SELECT count(*), max(modificationDate) FROM Images WHERE status = 1"),
            self._ask("SELECT count(*), total(rating) FROM ImageInformation"),
            self._ask("SELECT count(*), total(tagid) FROM ImageTags"),
        ]

    def _tags(self) -> dict[int, set[str]]:
        """The full names of the tags of every photo, by its number."""
        tags = {number: (parent, name) for number, parent, name in self._ask("SELECT id, pid, name FROM Tags")}

        def full_name(number: int) -> str:
            parent, name = tags[number]
            return f"{full_name(parent)}/{name}" if parent in tags else str(name)

        found: dict[int, set[str]] = {}
        for photo, tag in self._ask("SELECT imageid, tagid FROM ImageTags"):
            found.setdefault(photo, set()).add(full_name(tag))
        return found

    def _ask(self, question: str) -> list[tuple[Any, ...]]:
        """Query the database; no rows while digiKam is still making it or holds it."""
        try:
            with contextlib.closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=5)) as database:
                return database.execute(question).fetchall()
        except sqlite3.Error:
            return []


class Window:
    """The open digiKam, and a person at its mouse and keyboard."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self._is_ready = False

    def press(self, *shortcuts: str, until: Callable[[], object]) -> None:
        """Select all photos of the collection's top folder and press shortcuts: ctrl+0..5 rates, alt+0..3 labels.

        Args:
            until: whether this has had the desired effect.
        """

        def press_them() -> None:
            for shortcut in shortcuts:
                self._xdotool("key", shortcut)
                time.sleep(0.5)

        self._insist(press_them, until)

    def show_photos(self, width: int, height: int) -> None:
        """Show the collection's top folder in a window of this size in the screen's corner."""
        self._show_photos()
        for window in self._ask_xdotool("search", "--onlyvisible", "--class", "digikam").decode().split():
            self._xdotool("windowmove", window, "0", "0")
            self._xdotool("windowsize", window, str(width), str(height))
        time.sleep(2)
        self._xdotool("mousemove", str(width // 6), str(height // 2))  # over no photo

    def write_metadata(self, until: Callable[[], object]) -> None:
        """Item > Write Metadata to Selected Files, for all photos of the collection's top folder."""

        def choose_it() -> None:
            self._xdotool("mousemove", "178", "11", "click", "1")  # the menu Item
            time.sleep(1)
            self._xdotool("key", "w")

        self._insist(choose_it, until)

    def _insist(self, act: Callable[[], None], until: Callable[[], object]) -> None:
        """Select all photos and act on them; again if that has no effect: a busy digiKam may miss it."""
        for patience in (15, 30, 45):
            if not self._is_ready:
                self._show_photos()
            self._xdotool("key", "ctrl+a")
            time.sleep(0.5)  # digiKam works on the selection that it has drawn
            act()
            with contextlib.suppress(AssertionError):
                wait_until(until, patience, "digiKam does it")
                return
            self._xdotool("key", "Escape")  # out of a menu that opened too late
            self._is_ready = False
        raise AssertionError("digiKam did not do it, three times")

    def _show_photos(self) -> None:
        """Dismiss the offer to download face models, and open the collection's folder."""
        wait_until(self._cancelled, 20, "the dialog closes", step=0.5)
        time.sleep(2)  # the main window draws itself
        self._xdotool("mousemove", "102", "120", "click", "1")  # the folder, in the tree on the left
        time.sleep(2)
        self._xdotool("mousemove", "400", "250", "click", "1")  # the first photo
        time.sleep(0.5)
        self._is_ready = True

    def _cancelled(self) -> bool:
        """Whether the dialog is gone; if not, click on Cancel in its lower right corner, wherever that is."""
        search = ("search", "--onlyvisible", "--name", "Download required", "getwindowgeometry", "--shell")
        places = dict(line.split("=") for line in self._ask_xdotool(*search).decode().splitlines())
        if not places:
            return True
        x, y, width, height = (int(places[name]) for name in ("X", "Y", "WIDTH", "HEIGHT"))
        self._xdotool("mousemove", str(x + width - 52), str(y + height - 24), "click", "1")
        return False

    def _xdotool(self, *arguments: str) -> None:
        command = ["xdotool", *arguments]
        done = subprocess.run(command, env=self.environment, check=False, timeout=20, capture_output=True, text=True)
        assert done.returncode == 0, f"{command}: {done.stderr}"

    def _ask_xdotool(self, *arguments: str) -> bytes:
        return subprocess.run(
            ["xdotool", *arguments], env=self.environment, check=False, timeout=20, capture_output=True
        ).stdout
