"""Which file system a folder is on: some do not report when another machine changes a file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

_WITHOUT_EVENTS = frozenset(
    {
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "lustre",
        "beegfs",
        "vboxsf",
        "prl_fs",
        "virtiofs",
        "fuse",
    }
)


def file_system(folder: Path) -> str:
    """The type of the file system that a folder is on, as the kernel names it; empty if that cannot be told."""
    folder = folder.resolve()
    best, kind = -1, ""
    for point, its_kind in _mounts():
        if len(point.parts) >= best and folder.is_relative_to(point):  # of two on one point, the later one counts
            best, kind = len(point.parts), its_kind
    return kind


def mounted_below(folder: Path) -> Iterator[tuple[Path, str]]:
    """What is mounted anywhere below a folder: where, and the type of the file system."""
    real = folder.resolve()
    for point, kind in _mounts():
        if point != real and point.is_relative_to(real):
            yield folder / point.relative_to(real), kind


def tells_of_changes(kind: str) -> bool:
    """Whether such a file system reports every change as an event, not just those made on this machine."""
    return kind not in _WITHOUT_EVENTS and not kind.startswith("fuse.")


def _mounts() -> Iterator[tuple[Path, str]]:
    try:
        lines = MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return
    for line in lines:
        left, _, right = line.partition(" - ")
        yield Path(_unescape(left.split(" ")[4])), right.split(" ")[0]


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes for odd characters in a mount point: a space is 040 after a backslash."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
