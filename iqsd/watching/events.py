"""The one file that uses watchdog: its binding of the kernel's inotify, watched without a thread of its own.

Only the binding is used. watchdog's observers lose what iqsd must know (an overflow of the kernel's queue, a folder
below the root that could not be watched, a folder moved in from elsewhere); docs/events.md explains this.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from watchdog.observers.inotify_c import InotifyConstants as In
from watchdog.observers.inotify_c import inotify_add_watch, inotify_init, inotify_rm_watch

from iqsd.watching.news import Event, Kind, cannot_watch

_remove_watch: Callable[[int, Any], int] = inotify_rm_watch  # some versions have a separate type for a watch
_MASK = (
    In.IN_CLOSE_WRITE
    | In.IN_CREATE
    | In.IN_MOVED_TO
    | In.IN_MOVED_FROM
    | In.IN_DELETE
    | In.IN_DELETE_SELF
    | In.IN_MOVE_SELF
    | In.IN_ONLYDIR
)
_HEADER = struct.Struct("iIII")
_READ_BYTES = 1 << 18
_LONGEST = _HEADER.size + 256  # an event with a name of 255 bytes


class Watch:
    """A recursive watch over folders. The reader waits for `fileno` and takes the news with `read`.

    Args:
        wanted: whether a folder of this name is to be watched.

    Attributes:
        has_more: whether there may be news from before the last `read` that it had no room for.

    Raises:
        FolderError: too many programs watch files already; the text names the sysctl.
    """

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        self._wanted = wanted
        self._paths: dict[int, bytes] = {}
        self.has_more = False
        self._descriptor = inotify_init()
        if self._descriptor < 0:
            raise cannot_watch(Path("/"), ctypes.get_errno())
        os.set_inheritable(self._descriptor, False)
        os.set_blocking(self._descriptor, False)

    def fileno(self) -> int:
        """Readable when there is news."""
        return int(self._descriptor)

    def __len__(self) -> int:
        return len(self._paths)

    def add(self, folder: Path) -> None:
        """Watch a folder and everything below it.

        Raises:
            FolderError: the kernel's limit is reached (the text names the sysctl), or the folder cannot be watched;
                what could be watched stays watched.
        """
        refused = self._add_tree(os.fsencode(folder))
        if refused is not None:
            raise cannot_watch(folder, refused)

    def see_to(self, folder: Path) -> None:
        """Watch a folder, if it can be and is not watched already."""
        name = os.fsencode(folder)
        watch = inotify_add_watch(self._descriptor, name, _MASK)
        if watch >= 0:
            self._paths[watch] = name

    def read(self) -> Iterator[Event]:
        """The news that is there, oldest first; a new folder is watched before it is reported."""
        try:
            data = os.read(self._descriptor, _READ_BYTES)
        except BlockingIOError:
            data = b""
        self.has_more = len(data) > _READ_BYTES - _LONGEST
        at = 0
        while at < len(data):
            watch, mask, _, length = _HEADER.unpack_from(data, at)
            at += _HEADER.size + length
            event = self._event(watch, mask, data[at - length : at].rstrip(b"\0"))
            if event is not None:
                yield event

    def close(self) -> None:
        """Stop watching."""
        os.close(self._descriptor)

    def _event(self, watch: int, mask: int, name: bytes) -> Event | None:
        if mask & In.IN_Q_OVERFLOW:
            return Event(Kind.LOST, Path("/"))
        folder = self._paths.get(watch)
        if folder is None:
            return None
        if mask & In.IN_IGNORED:
            del self._paths[watch]
            return None
        if mask & (In.IN_UNMOUNT | In.IN_DELETE_SELF | In.IN_MOVE_SELF):
            return Event(Kind.GONE, _path(folder), is_folder=True)
        path = os.path.join(folder, name)  # noqa: PTH118  # bytes
        if mask & In.IN_ISDIR:
            return self._folder_event(path, mask)
        return Event(Kind.GONE if mask & (In.IN_DELETE | In.IN_MOVED_FROM) else Kind.TOUCHED, _path(path))

    def _folder_event(self, path: bytes, mask: int) -> Event | None:
        if not self._wanted(_path(path).name):
            return None
        if mask & (In.IN_DELETE | In.IN_MOVED_FROM):
            if mask & In.IN_MOVED_FROM:
                self._drop_tree(path)
            return Event(Kind.GONE, _path(path), is_folder=True)
        if self._add_tree(path) is not None:
            return Event(Kind.LOST, _path(path), is_folder=True)
        return Event(Kind.TOUCHED, _path(path), is_folder=True)

    def _add_tree(self, top: bytes) -> int | None:
        """Watch first, then list, so that nothing in between is missed. Returns the error number if it is refused."""
        waiting = [top]
        while waiting:
            folder = waiting.pop()
            watch = inotify_add_watch(self._descriptor, folder, _MASK)
            if watch >= 0:
                self._paths[watch] = folder
                waiting += self._below(folder)
            elif ctypes.get_errno() in (errno.ENOSPC, errno.ENOMEM) or folder == top:
                refused = ctypes.get_errno()
                return None if refused == errno.ENOENT else refused
        return None

    def _below(self, folder: bytes) -> list[bytes]:
        try:
            with os.scandir(folder) as entries:
                return [
                    entry.path
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and self._wanted(os.fsdecode(entry.name))
                ]
        except OSError:
            return []  # gone again or not readable for us; the sweep reports it

    def _drop_tree(self, top: bytes) -> None:
        for watch, path in list(self._paths.items()):
            if path == top or path.startswith(top + b"/"):
                _remove_watch(self._descriptor, watch)
                del self._paths[watch]


def _path(name: bytes) -> Path:
    return Path(os.fsdecode(name))
