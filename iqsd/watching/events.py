"""The one file that knows watchdog: file events become two calls, `touched` and `gone`."""

from __future__ import annotations

import errno
import os
import warnings
from collections.abc import Callable
from pathlib import Path

from watchdog.events import (
    DirCreatedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)
from watchdog.observers import Observer

from iqsd.errors import FolderError

# A folder that watchdog finds twice while it is being filled is watched once; nothing is amiss.
warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)

# A filter of its own: without one, some versions of watchdog lose events or spin when many files arrive at once.
_EVENTS: list[type[FileSystemEvent]] = [
    FileClosedEvent,
    FileCreatedEvent,
    FileMovedEvent,
    FileDeletedEvent,
    DirCreatedEvent,
    DirMovedEvent,
]


class Watch:
    """A recursive watch over folders; the two callbacks are called from its own thread.

    Args:
        touched: a file or folder is there now that was not, or was written to.
        gone: a file is there no more.
    """

    def __init__(self, touched: Callable[[Path], None], gone: Callable[[Path], None]) -> None:
        self._handler = _Handler(touched, gone)
        self._observer = Observer()

    def start(self) -> None:
        """Begin to deliver events."""
        self._observer.start()

    def add(self, folder: Path) -> None:
        """Watch a folder and all below it.

        Raises:
            FolderError: the kernel's limit is reached (the text names the sysctl), or the folder cannot be watched.
        """
        try:
            self._observer.schedule(self._handler, str(folder), recursive=True, event_filter=_EVENTS)
        except OSError as error:
            raise _cannot_watch(folder, error) from None

    def stop(self) -> None:
        """Deliver no more."""
        self._observer.stop()
        if self._observer.is_alive():
            self._observer.join()


class _Handler(FileSystemEventHandler):
    def __init__(self, touched: Callable[[Path], None], gone: Callable[[Path], None]) -> None:
        self._touched = touched
        self._gone = gone

    def on_any_event(self, event: FileSystemEvent) -> None:
        if isinstance(event, FileDeletedEvent):
            self._gone(_path(event.src_path))
            return
        if isinstance(event, (FileMovedEvent, DirMovedEvent)):
            self._gone(_path(event.src_path))
            self._touched(_path(event.dest_path))
        else:
            self._touched(_path(event.src_path))


def _path(name: bytes | str) -> Path:
    return Path(os.fsdecode(name))


def _cannot_watch(folder: Path, error: OSError) -> FolderError:
    if error.errno == errno.ENOSPC:
        return FolderError(
            "too many folders for the kernel's limit of watches",
            folder,
            _raise("fs.inotify.max_user_watches", 1_048_576),
        )
    if error.errno == errno.EMFILE:
        return FolderError(
            "too many programs watch files at once", folder, _raise("fs.inotify.max_user_instances", 1024)
        )
    return FolderError(f"cannot be watched: {error.strerror or error}", folder)


def _raise(name: str, value: int) -> str:
    return f"`sudo sysctl {name}={value}`, and the same line in /etc/sysctl.d/ to keep it"
