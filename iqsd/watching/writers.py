"""Is some program still writing to a file? The kernel knows, and says so when asked for a lease."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
from pathlib import Path


def is_being_written(path: Path) -> bool:
    """Whether the file is open for writing anywhere. Also False if the kernel does not say.

    It does not say for files of other users (without CAP_LEASE) or on network mounts.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_RDLCK)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)
    except OSError as error:
        return error.errno == errno.EAGAIN
    finally:
        os.close(descriptor)
    return False


def ignore_broken_leases() -> None:
    """If a program opens the file for writing at that instant, the kernel sends a signal that would end the process."""
    signal.signal(signal.SIGIO, signal.SIG_IGN)
