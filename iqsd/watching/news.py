"""What a watch reports: the news, and why it cannot watch."""

from __future__ import annotations

import enum
import errno
import os
from dataclasses import dataclass
from pathlib import Path

from iqsd.errors import FolderError


class Kind(enum.Enum):
    """What happened."""

    TOUCHED = "a file or a folder is there that was not, or was written to"
    GONE = "a file or a folder is there no more"
    LOST = "some news is lost"


@dataclass(frozen=True)
class Event:
    """One piece of news; the path is a watched folder's if the kind is LOST or the folder itself is gone."""

    kind: Kind
    path: Path
    is_folder: bool = False


def cannot_watch(folder: Path, number: int) -> FolderError:
    """The error for an error number of the kernel's, naming the limit to raise if one was reached."""
    if number == errno.ENOSPC:
        return FolderError(
            "too many folders for the kernel's limit on watches",
            folder,
            _raise("fs.inotify.max_user_watches", 1_048_576),
        )
    if number == errno.EMFILE:
        return FolderError(
            "too many programs watch files at once", folder, _raise("fs.inotify.max_user_instances", 1024)
        )
    return FolderError(f"cannot be watched: {os.strerror(number)}", folder)


def _raise(name: str, value: int) -> str:
    return f"`sudo sysctl {name}={value}`; to keep it, put {name}={value} into a file in /etc/sysctl.d/"
