"""The watched folders: whether they exist, whether events report everything in them, and when that changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from iqsd.errors import FolderError, printable
from iqsd.paths import identity, is_folder
from iqsd.photos.finding import is_photo_folder
from iqsd.watching.mounts import file_system, mounted_below, tells_of_changes
from iqsd.watching.news import cannot_watch

if TYPE_CHECKING:
    from iqsd.watching.events import Watch
    from iqsd.watching.news import Event

log = logging.getLogger("iqsd")

Identity = tuple[int, int]


@dataclass
class Root:
    """One watched folder.

    Attributes:
        path: where it should be.
        identity: device and inode of the folder that is watched; None: it does not exist.
        mounts: what is mounted below it: where, and the type of the file system.
        polled: why it is also swept often; empty: events report every change.
        refused: why there are no events, or not for all folders below; empty: there are events.
    """

    path: Path
    identity: Identity | None = None
    mounts: tuple[tuple[Path, str], ...] = ()
    polled: str = ""
    refused: str = ""

    @property
    def how(self) -> str:
        """How changes are noticed, in words."""
        if self.identity is None:
            return "missing"
        if self.refused:
            return "sweeps"
        return "events and sweeps" if self.polled else "events"


class Roots:
    """All watched folders under one watch.

    Args:
        folders: where they should be.
        polled: which of them the user wants swept often.
    """

    def __init__(self, folders: Sequence[Path], polled: Sequence[Path] = ()) -> None:
        self._roots = [Root(folder) for folder in folders]
        self._chosen = frozenset(polled)
        self._watch: Watch | None = None
        self._told: dict[Path, tuple[str, str, Identity | None]] = {}

    def __iter__(self) -> Iterator[Root]:
        return iter(self._roots)

    def of(self, path: Path) -> Root | None:
        """The nearest root that a file or folder is below, unless a folder in between is never looked into."""
        above = [root for root in self._roots if path.is_relative_to(root.path)]
        root = max(above, key=lambda root: len(root.path.parts), default=None)
        if root is None or not all(map(is_photo_folder, path.relative_to(root.path).parts[:-1])):
            return None
        return root

    def hold(self, folder: Path) -> bool:
        """Whether photos directly in a folder are watched."""
        return self.of(folder / "any") is not None

    @property
    def descriptors(self) -> list[int]:
        """What becomes readable when there is news."""
        return [] if self._watch is None else [self._watch.fileno()]

    @property
    def watched_folders(self) -> int:
        """How many folders the kernel watches."""
        return 0 if self._watch is None else len(self._watch)

    @property
    def are_complete(self) -> bool:
        """Whether every folder that exists has its events."""
        return not any(root.refused for root in self._roots)

    def news(self) -> Iterator[Event]:
        """The news that is there."""
        return iter(()) if self._watch is None else self._watch.read()

    @property
    def has_more_news(self) -> bool:
        """Whether `news` has not yet returned everything that happened before the last call."""
        return self._watch is not None and self._watch.has_more

    def watch_anew(self) -> None:
        """Start watching all over again: at start, after lost events, and when a folder came or went."""
        self.close()
        refused = ""
        try:
            from iqsd.watching.events import Watch  # importing it opens an inotify instance, which may be refused

            self._watch = Watch(is_photo_folder)
        except FolderError as error:
            refused = str(error)
        except OSError as error:
            refused = str(cannot_watch(self._roots[0].path, error.errno or 0))
        for root in self._roots:
            self._take(root, refused)

    def came_upon(self, folder: Path) -> None:
        """Watch a folder that a sweep looks through: one just mounted or made readable to us has no watch yet."""
        if self._watch is not None:
            self._watch.see_to(folder)

    def changed(self) -> list[Root]:
        """The roots that came, went, or are no longer the folder that is watched, or below which a disk did so."""
        return [
            root for root in self._roots if (_identity(root.path), self._mounts(root)) != (root.identity, root.mounts)
        ]

    def close(self) -> None:
        """Stop watching."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None

    def _take(self, root: Root, refused: str) -> None:
        root.identity, root.mounts, root.refused = _identity(root.path), self._mounts(root), refused
        if root.identity is not None:
            root.polled = self._why_polled(root)
            if self._watch is not None:
                try:
                    self._watch.add(root.path)
                except FolderError as error:
                    root.refused = str(error)
        state = root.how, root.refused, root.identity
        if self._told.get(root.path) != state:
            self._told[root.path] = state
            _tell(root)

    def _why_polled(self, root: Root) -> str:
        if root.path in self._chosen:
            return "set in watch.poll_folders"
        for kind in (file_system(root.path), *(kind for _, kind in root.mounts)):
            if not tells_of_changes(kind):
                return f"{kind} does not report changes made on other machines"
        return ""

    def _mounts(self, root: Root) -> tuple[tuple[Path, str], ...]:
        return tuple((point, kind) for point, kind in mounted_below(root.path) if self.of(point / "any") is root)


def _tell(root: Root) -> None:
    name = printable(root.path)
    if root.identity is None:
        log.warning("%s does not exist; iqsd waits for it (mount the disk, or create the folder)", name)
    elif root.refused:
        log.error("no events from %s, so it is swept instead: %s", name, root.refused)
    else:
        log.info("watching %s by %s%s", name, root.how, f" ({root.polled})" if root.polled else "")


def _identity(folder: Path) -> Identity | None:
    return identity(folder) if is_folder(folder) else None
