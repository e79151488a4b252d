"""What keeps one photo's trouble from affecting others while its sidecar is read and written."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from iqsd import sidecars
from iqsd.errors import IqsdError, SidecarError


@contextlib.contextmanager
def costs_this_photo_only(photo: Path) -> Iterator[None]:
    """Report an error of iqsd's own on odd metadata like any other, by the file's name, so that the run goes on.

    Nothing is lost: a sidecar is put in place whole, as the very last step.
    """
    try:
        yield
    except SidecarError as error:
        error.path = error.path or photo
        raise
    except (IqsdError, sqlite3.Error):  # a locked journal has nothing to do with metadata
        raise
    except Exception as error:
        what = f"iqsd failed on its metadata ({type(error).__name__}: {error}); nothing was written"
        raise SidecarError(what, photo, "please report it, with the sidecar") from error


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Make Ctrl-C, SIGTERM and SIGHUP wait until what was done to one photo is also recorded."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def check_writable(state: sidecars.State) -> None:
    """Find out before the work, not after it, if the verdict could not be written."""
    folder = state.path.parent
    if not os.access(folder, os.W_OK):
        raise SidecarError(
            "the folder is read-only for iqsd: no sidecar can be written", folder, "allow writing, or rate a copy"
        )
