"""The watched folders: do they exist, may iqsd write there, does the kernel report changes, is there room."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from iqsd.doctor.finding import Finding, ok, problem, warning
from iqsd.errors import counted, printable
from iqsd.paths import is_folder
from iqsd.photos.finding import is_photo_folder
from iqsd.watching.mounts import file_system, tells_of_changes
from iqsd.watching.news import cannot_watch

MAX_WATCHES = Path("/proc/sys/fs/inotify/max_user_watches")
FULL_BYTES, TIGHT_BYTES = 50_000_000, 500_000_000
"""Sidecars take about 5 kB per photo, the journal 1 kB; a disk with less room than this is full, or soon will be."""

_MOST_FOLDERS = 300_000  # more would take longer to count than a person waits; the limit is far away or reached
_TIGHT_SHARE = 0.8


@dataclass(frozen=True)
class _Tree:
    """A watched folder with all below it: how many folders, and the first one that iqsd may not write to."""

    folders: int
    locked: Path | None


def look_at_folders(folders: Sequence[Path]) -> Iterator[Finding]:
    """Check each watched folder, then all of them against the kernel's limit."""
    count = 0
    for folder in folders:
        name = printable(folder)
        if not is_folder(folder):
            yield problem("folder", f"{name} does not exist", "mount the disk, create the folder, or set watch.folders")
        elif not os.access(folder, os.R_OK | os.X_OK):
            yield problem(
                "folder", f"{name} cannot be read by iqsd", "allow reading (chmod, chown), or set watch.folders"
            )
        elif is_read_only(folder):
            yield problem("folder", f"{name} is mounted read-only: no sidecar can be written", "mount it read-write")
        else:
            tree = _walk(folder)
            count += tree.folders
            yield _writable(folder, tree)
    if count:
        yield _watches(count)


def look_at_room(places: Sequence[Path]) -> Iterator[Finding]:
    """Check the disks that sidecars and the journal are written to, each once."""
    seen = set()
    for place in places:
        device = place.stat().st_dev
        if device in seen:
            continue
        seen.add(device)
        free = shutil.disk_usage(place).free
        state = os.statvfs(place)
        text = f"{size(free)} free on the disk of {printable(place)}"
        if free < FULL_BYTES or (state.f_files and state.f_favail < 1000):
            yield problem("disk", f"{text}: sidecars may not fit", "free some space")
        elif free < TIGHT_BYTES:
            yield warning("disk", text, "free some space soon: a sidecar takes about 5 kB per photo")
        else:
            yield ok("disk", text)


def is_read_only(folder: Path) -> bool:
    """Whether the folder's disk is mounted read-only; False if that cannot be determined."""
    try:
        return bool(os.statvfs(folder).f_flag & os.ST_RDONLY)
    except OSError:
        return False


def size(count: int) -> str:
    """A number of bytes as people read it."""
    amount = float(count)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit != "GB" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def _writable(folder: Path, tree: _Tree) -> Finding:
    kind = file_system(folder)
    how = f"{printable(folder)}: {counted(tree.folders, 'folder', 'folders')} on {kind or 'an unknown file system'}"
    if tree.locked is not None:
        text = f"iqsd may not write to {printable(tree.locked)}: its photos get no sidecars"
        return problem("folder", text, "allow writing there (chmod, chown)")
    if not tells_of_changes(kind):
        return ok("folder", f"{how}, writable; compared every few minutes, because {kind} does not report all changes")
    return ok("folder", f"{how}, writable")


def _walk(top: Path) -> _Tree:
    waiting, count, locked = [top], 0, None
    while waiting and count < _MOST_FOLDERS:
        folder = waiting.pop()
        count += 1
        if locked is None and not os.access(folder, os.W_OK | os.X_OK):
            locked = folder
        try:
            with os.scandir(folder) as entries:
                waiting += [
                    Path(entry.path)
                    for entry in entries
                    if entry.is_dir(follow_symlinks=False) and is_photo_folder(entry.name)
                ]
        except OSError:
            continue
    return _Tree(count, locked)


def _watches(count: int) -> Finding:
    try:
        limit = int(MAX_WATCHES.read_text("ascii"))
    except (OSError, ValueError):
        return ok("inotify", "the kernel does not say how many folders may be watched")
    needed = counted(count, "folder", "folders")
    text = f"{needed} to watch; the kernel allows {limit:,} for all programs of a user together"
    advice = cannot_watch(Path("/"), errno.ENOSPC).advice
    if count >= limit:
        return problem("inotify", text, advice)
    return warning("inotify", text, advice) if count > _TIGHT_SHARE * limit else ok("inotify", text)
