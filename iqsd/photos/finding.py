"""Which files below a folder are photos. One listing a folder, in sorted order, errors reported and passed over."""

from __future__ import annotations

import contextlib
import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from iqsd.errors import FolderError, PhotoError, UnreadablePhotoError
from iqsd.photos.formats import format_of_name

# Hidden names are passed over too: rsync's .IMG.jpg.AbC123, macOS' ._IMG.jpg, .syncthing.*.tmp, .dtrash, .Trash-1000.
_NEVER_FOLDERS = frozenset({"@eadir", "lost+found", "#recycle", "$recycle.bin", "system volume information"})
_NEVER_FILES = re.compile("|".join(map(fnmatch.translate, ("~syncthing~*", "*.part", "*.crdownload", "*.tmp"))))


class Signature(NamedTuple):
    """By what a change of a file is seen: size in bytes and modification time in nanoseconds."""

    size: int
    mtime_ns: int


class Photo(NamedTuple):
    """A file that should be a photo, as the listing showed it.

    Attributes:
        path: where it lies.
        signature: what it was when it was listed.
        changed_ns: when its inode last changed (the kernel's own clock, which no program can set back), nanoseconds.
    """

    path: Path
    signature: Signature
    changed_ns: int


@dataclass(frozen=True)
class Listing:
    """One folder: its photos, every other regular file's signature by name (among them the sidecars), its problems."""

    folder: Path
    photos: tuple[Photo, ...]
    others: dict[str, Signature]
    problems: tuple[PhotoError | FolderError, ...]


def is_photo_name(name: str) -> bool:
    """Whether a file of this name may be a photo: a known suffix, not hidden, not some program's temporary name."""
    return format_of_name(name) is not None and not name.startswith(".") and _NEVER_FILES.match(name) is None


def is_photo_folder(name: str) -> bool:
    """Whether a folder of this name may hold photos of the user: not hidden, not some system's own."""
    return not name.startswith(".") and name.lower() not in _NEVER_FOLDERS


def sidecar_signature(photo: Path, signature: Callable[[str], Signature | None]) -> Signature | None:
    """The photo's sidecars, by either name that programs give them, as one signature; None: there is none.

    Args:
        photo: the photo.
        signature: gives the signature of a file beside the photo by its name, None if there is no such file.
    """
    name = photo.name
    stem = os.path.splitext(name)[0]  # noqa: PTH122  # called for every photo of an archive
    full, base = signature(f"{name}.xmp"), signature(f"{stem}.xmp")
    if full is None or base is None:
        return full or base
    return Signature(full.size + base.size, max(full.mtime_ns, base.mtime_ns))


def look_at(path: Path) -> Photo:
    """One file by its name.

    Raises:
        UnreadablePhotoError: it is not there, not a regular file, or its folder does not let us look.
    """
    try:
        return _photo(path, path.stat())
    except OSError as error:
        raise _not_looked_at(path, error) from None


def walk(root: Path) -> Iterator[Listing]:
    """Every folder from root down. Links to folders are not followed: they lead in circles or out of the tree.

    Raises:
        FolderError: root itself cannot be listed. Below it, problems stand in the listings.
    """
    if not root.is_dir():
        raise FolderError("there is no such folder", root)
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        listing, below = _list(folder)
        if folder == root and listing.problems and not listing.photos and not below:
            first = listing.problems[0]
            if isinstance(first, FolderError):
                raise first
        yield listing
        waiting.extend(reversed(below))


def _list(folder: Path) -> tuple[Listing, list[Path]]:
    photos: list[Photo] = []
    others: dict[str, Signature] = {}
    problems: list[PhotoError | FolderError] = []
    below: list[Path] = []
    try:
        with os.scandir(folder) as entries:
            found = sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        return Listing(folder, (), {}, (FolderError(f"cannot be listed: {error.strerror}", folder),)), []
    for entry in found:
        name = entry.name
        try:
            if entry.is_dir(follow_symlinks=False):
                if is_photo_folder(name):
                    below.append(folder / name)
            elif not is_photo_name(name):
                with contextlib.suppress(OSError):  # no photo, and nothing that iqsd needs
                    status = entry.stat()
                    others[name] = Signature(status.st_size, status.st_mtime_ns)
            elif not entry.is_dir():  # a link to a folder is passed over, whatever it is called
                photos.append(_photo(folder / name, entry.stat()))
        except PhotoError as problem:
            problems.append(problem)
        except OSError as error:  # a link that leads in a circle or nowhere, a failing disk
            problems.append(_not_looked_at(folder / name, error))
    return Listing(folder, tuple(photos), others, tuple(problems)), below


def _photo(path: Path, status: os.stat_result) -> Photo:
    if not stat.S_ISREG(status.st_mode):
        raise UnreadablePhotoError("is not a regular file", path)
    return Photo(path, Signature(status.st_size, status.st_mtime_ns), status.st_ctime_ns)


def _not_looked_at(path: Path, error: OSError) -> UnreadablePhotoError:
    reason = "a link to a file that is not there" if path.is_symlink() else error.strerror
    return UnreadablePhotoError(f"cannot be looked at: {reason}", path)
