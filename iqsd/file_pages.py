"""Gives back memory that holds pages of files: a process that needs them again finds them in the kernel's cache."""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import re
from collections.abc import Callable
from pathlib import Path

_MAPPING = re.compile(
    r"^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \d+ +(/.*)\n(?:[A-Z].*\n)*?Anonymous: +0 kB$", re.MULTILINE
)
"""Addresses, rights and file of a mapping without pages of its own, which could not be read again."""


def let_go(wanted: Callable[[str, str], bool]) -> None:
    """Drop the pages from this process's memory that are the same as in their files.

    Args:
        wanted: whether to drop a mapping, by its rights ("r-xp") and its file's path.
    """
    with contextlib.suppress(OSError):
        maps = Path("/proc/self/smaps").read_text("utf-8", "surrogateescape")
        for start, end, rights, path in _MAPPING.findall(maps):
            if "w" not in rights and wanted(rights, path):
                size = int(end, 16) - int(start, 16)
                ctypes.CDLL(None).madvise(ctypes.c_void_p(int(start, 16)), ctypes.c_size_t(size), mmap.MADV_DONTNEED)
