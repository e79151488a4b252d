"""What C libraries print to standard error while they decode: their only sign that part of a picture is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

_STDERR = 2


@contextmanager
def complaints() -> Iterator[list[str]]:
    """Catch what is written to the process's standard error within the block. For single-threaded use.

    Yields:
        a list that holds the lines once the block has ended.
    """
    lines: list[str] = []
    caught = os.memfd_create("complaints", os.MFD_CLOEXEC)
    before = os.dup(_STDERR)
    os.dup2(caught, _STDERR)
    try:
        yield lines
    finally:
        os.dup2(before, _STDERR)
        lines += os.pread(caught, 10_000, 0).decode("utf-8", "replace").splitlines()
        os.close(before)
        os.close(caught)
