"""Which files below a folder are photos. Folder by folder, in sorted order; errors are reported and skipped."""

from __future__ import annotations

import contextlib
import errno
import fnmatch
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from iqsd.errors import FolderError, PhotoError, UnreadablePhotoError
from iqsd.paths import check_folder, disk
from iqsd.photos.formats import format_of_name

# Hidden names are skipped too: rsync's .IMG.jpg.AbC123, macOS' ._IMG.jpg, .syncthing.*.tmp, .dtrash, .Trash-1000.
_NEVER_FOLDERS = frozenset({"@eadir", "lost+found", "#recycle", "$recycle.bin", "system volume information"})
_NEVER_FILES = re.compile("|".join(map(fnmatch.translate, ("~syncthing~*", "*.part", "*.crdownload", "*.tmp"))))
_FIRST_NS, _LAST_NS = -(2**63), 2**63 - 1


class Signature(NamedTuple):
    """What shows that a file has changed: size in bytes and modification time in nanoseconds."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> Signature:
        """From a file's status. A date before 1677 or after 2262 counts as the first or last one possible.

        Broken clocks and damaged cards produce such dates, and the journal's integers end there.
        """
        return cls(status.st_size, _as_the_journal_can_hold(status.st_mtime_ns))


class Photo(NamedTuple):
    """A file that should be a photo, as the listing showed it.

    Attributes:
        path: where it is.
        signature: what it was when it was listed.
        changed_ns: when its inode last changed (the kernel's own clock, which no program can set back), nanoseconds.
    """

    path: Path
    signature: Signature
    changed_ns: int


PART = 2000
"""How many photos of one folder are looked at together, so that memory does not grow with the folder."""


@dataclass(frozen=True)
class Listing:
    """A folder, or a part of a large one. Photos that differ only in their suffix are in the same part.

    Attributes:
        folder: where.
        photos: its photos, by name in the order of their bytes.
        others: the signatures of the files beside them that may be their sidecars, by name.
        problems: what could not be accessed.
        names: the names that this part covers, from the first up to but not including the second; None: no bound. The
            parts of a folder together cover every name.
        is_empty: whether there is nothing at all in the folder.
    """

    folder: Path
    photos: tuple[Photo, ...]
    others: dict[str, Signature]
    problems: tuple[PhotoError | FolderError, ...]
    names: tuple[str | None, str | None] = (None, None)
    is_empty: bool = False


def is_photo_name(name: str) -> bool:
    """Whether a file of this name may be a photo: a known suffix, not hidden, not some program's temporary name."""
    return format_of_name(name) is not None and not name.startswith(".") and _NEVER_FILES.match(name) is None


def is_photo_folder(name: str) -> bool:
    """Whether a folder of this name may hold photos of the user: not hidden, not some system's own."""
    return not name.startswith(".") and name.lower() not in _NEVER_FOLDERS


def sidecar_signature(photo: Path, signature: Callable[[str], Signature | None]) -> Signature | None:
    """The photo's sidecars, under either name that programs give them, as one signature; None: there is none.

    Args:
        photo: the photo.
        signature: gives the signature of a file beside the photo by its name, None if there is no such file.
    """
    full, base = signature(f"{photo.name}.xmp"), signature(f"{_stem(photo.name)}.xmp")
    if full is None or base is None:
        return full or base
    return Signature(full.size + base.size, max(full.mtime_ns, base.mtime_ns))


def sidecars_now(photo: Path) -> Signature | None:
    """The photo's sidecars as they are on disk: see `sidecar_signature`."""
    return sidecar_signature(photo, lambda name: _signature(photo.with_name(name)))


def _signature(path: Path) -> Signature | None:
    try:
        return Signature.of(path.stat())
    except OSError:
        return None


def look_at(path: Path, folder: int | None = None) -> Photo:
    """Look at one file.

    Args:
        path: the file.
        folder: a descriptor of its folder: the kernel then finds the file in half the time that the whole path takes.

    Raises:
        UnreadablePhotoError: it does not exist, is not a regular file, or cannot be accessed.
    """
    try:
        status = os.stat(path if folder is None else path.name, dir_fd=folder)
    except OSError as error:
        raise _not_looked_at(path, error) from None
    if not stat.S_ISREG(status.st_mode):
        raise UnreadablePhotoError("is not a regular file", path)
    return Photo(path, Signature.of(status), _as_the_journal_can_hold(status.st_ctime_ns))


def _as_the_journal_can_hold(date_ns: int) -> int:
    return max(_FIRST_NS, min(date_ns, _LAST_NS))


def walk(root: Path, came_upon: Callable[[Path], None] = lambda folder: None) -> Iterator[Listing]:
    """Every folder from root down. Links to folders are not followed: they lead in circles or out of the tree.

    Args:
        root: where to begin.
        came_upon: called with every folder before it is listed.

    Raises:
        FolderError: root itself does not exist or cannot be listed. Problems below it are in the listings.
    """
    check_folder(root)
    waiting = [root]
    while waiting:
        folder = waiting.pop()
        came_upon(folder)
        found = _Names(folder)
        if folder == root and found.problems and not found.photos and not found.below:
            first = found.problems[0]
            if isinstance(first, FolderError):
                raise first
        yield from found.parts()
        waiting.extend(folder / name for name in sorted(found.below, reverse=True))


def outermost(folders: Sequence[Path]) -> list[Path]:
    """Absolute folders, each once, without those that `walk` reaches on its way down from another of them.

    One that another disk is mounted on stays, because that disk may go away separately.
    """
    different = list(dict.fromkeys(folders))
    return [folder for folder in different if not any(_leads_to(root, folder) for root in different if root != folder)]


def _leads_to(root: Path, folder: Path) -> bool:
    if not folder.is_relative_to(root):
        return False
    way = [step for step in (folder, *folder.parents) if step != root and step.is_relative_to(root)]
    disks = set(map(disk, (root, *way)))
    return len(disks) == 1 and all(is_photo_folder(step.name) and not step.is_symlink() for step in way)


def count_below(root: Path) -> int:
    """How many photos and problems `walk` will find; much faster than `walk`, because no file is looked at."""
    total, waiting = 0, [root]
    while waiting:
        folder = waiting.pop()
        found = _Names(folder)
        total += len(found.photos) + len(found.problems)
        waiting.extend(folder / name for name in found.below)
    return total


class _Names:
    """The names in a folder: all that is kept of a whole folder at once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.photos: list[str] = []
        self.sidecars: set[str] = set()
        self.below: list[str] = []
        self.problems: list[PhotoError | FolderError] = []
        self.is_empty = True
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._add(entry)
        except OSError as error:
            self.problems.append(FolderError(f"cannot be listed: {error.strerror}", folder))

    def _add(self, entry: os.DirEntry[str]) -> None:
        name = entry.name
        self.is_empty = False
        try:
            if entry.is_dir(follow_symlinks=False):
                if is_photo_folder(name):
                    self.below.append(name)
                return
            if not is_photo_name(name):
                if name.endswith(".xmp"):
                    self.sidecars.add(name)
            elif not entry.is_dir():  # a link to a folder is skipped, whatever its name
                self.photos.append(name)
        except OSError as error:  # a link that leads in a circle, a failing disk
            self.problems.append(_not_looked_at(self.folder / name, error))

    def parts(self) -> Iterator[Listing]:
        """Look at the photos, part by part; there is at least one part."""
        self.photos.sort(key=os.fsencode)
        begin, problems = 0, self.problems
        while True:
            end = begin + PART
            while end < len(self.photos) and _stem(self.photos[end]) == _stem(self.photos[end - 1]):
                end += 1
            names = self.photos[begin:end]
            bounds = (names[0] if begin else None, self.photos[end] if end < len(self.photos) else None)
            yield self._look(names, problems, bounds)
            begin, problems = end, []
            if begin >= len(self.photos):
                return

    def _look(
        self, names: list[str], problems: list[PhotoError | FolderError], bounds: tuple[str | None, str | None]
    ) -> Listing:
        photos: list[Photo] = []
        others: dict[str, Signature] = {}
        with contextlib.ExitStack() as while_open:
            try:
                folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
            except OSError as error:  # it has gone since it was listed
                problems += [_not_looked_at(self.folder / name, error) for name in names]
                return Listing(self.folder, (), {}, tuple(problems), bounds, self.is_empty)
            while_open.callback(os.close, folder)
            for name in names:
                try:
                    photos.append(look_at(self.folder / name, folder))
                except PhotoError as problem:
                    problems.append(problem)
                for sidecar in (f"{name}.xmp", f"{_stem(name)}.xmp"):
                    if sidecar in self.sidecars:
                        with contextlib.suppress(OSError):  # it has gone in the meantime
                            others[sidecar] = Signature.of(os.stat(sidecar, dir_fd=folder))
        return Listing(self.folder, tuple(photos), others, tuple(problems), bounds, self.is_empty)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _not_looked_at(path: Path, error: OSError) -> UnreadablePhotoError:
    is_link = os.path.islink(path)  # noqa: PTH114  # `Path.is_symlink` raises if access is denied
    reason = "a link to a file that does not exist" if is_link and error.errno == errno.ENOENT else error.strerror
    return UnreadablePhotoError(f"cannot be accessed: {reason}", path)
