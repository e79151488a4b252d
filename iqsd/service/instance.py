"""One daemon for each journal: a lock that the kernel drops with the process, however that ends."""

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
        JournalError: there can be no lock beside it.
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
    """Take the lock; `running` holds it for a moment when it asks."""
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def running(journal: Path) -> int | None:
    """The process that holds the lock of a journal, if one does."""
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
    """Where the lock of a journal lies."""
    return journal.with_suffix(".lock")


def _holder(file: Path) -> str:
    return file.read_text("ascii", "replace").strip() or "unknown"
