"""One daemon per journal: a lock that the kernel releases with the process, however that ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from iqsd.errors import AlreadyRunningError, JournalError

_PATIENCE_SECONDS = 1.0


@contextlib.contextmanager
def single_instance(journal: Path) -> Iterator[None]:
    """Hold the lock of a journal.

    Raises:
        AlreadyRunningError: another process holds it.
        JournalError: a lock file cannot be made beside the journal.
    """
    file = lock_file(journal)
    try:
        journal.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalError(f"cannot be locked: {error.strerror}", file) from None
    try:
        try:
            _lock(descriptor)
        except BlockingIOError:
            raise AlreadyRunningError(f"iqsd is already watching, as process {_holder(file)}", file) from None
        try:
            os.ftruncate(descriptor, 0)
            os.write(descriptor, f"{os.getpid()}\n".encode())
        except OSError as error:  # the disk is full
            raise JournalError(f"cannot be written: {error.strerror}", file) from None
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Take the lock; when `running` checks, it holds the lock for a moment."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def running(journal: Path) -> int | None:
    """The number of the process that holds the lock of a journal, if one does."""
    file = lock_file(journal)
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    holder = ""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder(file)
    finally:
        os.close(descriptor)
    return int(holder) if holder.isdigit() else None


def lock_file(journal: Path) -> Path:
    """Where the lock file of a journal is."""
    return journal.with_suffix(".lock")


def _holder(file: Path) -> str:
    return file.read_text("ascii", "replace").strip() or "unknown"
