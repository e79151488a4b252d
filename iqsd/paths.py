"""Files and folders by their paths: where one is, which one that is, and whether it exists."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from iqsd.errors import FolderError


def shipped(name: str) -> Path:
    """Something that comes with iqsd: beside the code in an installed package, beside `iqsd/` in a checkout."""
    package = Path(__file__).parent
    return package / name if (package / name).exists() else package.parent / name


def absolute(path: Path) -> Path:
    """The absolute path without `..`, so that the journal knows a file by one name. Links stay as they are."""
    return Path(os.path.realpath(path)) if ".." in path.parts else path.absolute()


SET_FOLDERS = "mount the disk, create the folder, or set watch.folders in config.toml; `iqsd config init` writes one"
"""What to do about a watched folder that is not there."""


def check_folder(folder: Path, advice: str | None = None) -> None:
    """Check that a folder is there.

    Raises:
        FolderError: it is not, or it cannot be accessed, as on a network mount whose other side is gone.
    """
    try:
        mode = folder.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        raise FolderError("there is no such folder", folder, advice) from None
    except OSError as error:
        raise FolderError(f"cannot be accessed: {error.strerror}", folder) from None
    if not stat.S_ISDIR(mode):
        raise FolderError("is a file, not a folder", folder, "name the folder it is in")


def is_folder(path: Path) -> bool:
    """Whether a folder is there, as far as can be seen; `Path.is_dir` raises where access is refused."""
    return os.path.isdir(path)  # noqa: PTH112


def identity(path: Path) -> tuple[int, int] | None:
    """Device and inode, which differ for another file or folder under the same name. None: nothing is there."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def disk(path: Path) -> int | None:
    """The device that something is on. None: nothing is there."""
    found = identity(path)
    return None if found is None else found[0]


def is_gone(path: Path) -> bool:
    """Whether nothing is there; what cannot be accessed may still be there."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        return False
    return False
