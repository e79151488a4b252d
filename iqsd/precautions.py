"""What is looked at before and after a sidecar is written, so that one photo's trouble stays its own."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from iqsd import sidecars
from iqsd.errors import IqsdError, SidecarError
from iqsd.photos.finding import Signature, sidecar_signature


@contextlib.contextmanager
def costs_this_photo_only(photo: Path) -> Iterator[None]:
    """An error of iqsd's own in somebody's odd metadata is reported like the others, and the run goes on.

    Nothing is lost by it: sidecars are put in place whole, at the very end.
    """
    try:
        yield
    except (IqsdError, sqlite3.Error):  # a locked journal is nobody's metadata
        raise
    except Exception as error:
        what = f"iqsd failed on its metadata ({type(error).__name__}: {error}); nothing was written"
        raise SidecarError(what, photo, "please report it, with the sidecar") from error


def sidecars_now(photo: Path) -> Signature | None:
    """The photo's sidecars as they lie on disk: see `sidecar_signature`."""
    return sidecar_signature(photo, lambda name: _signature(photo.with_name(name)))


def _signature(path: Path) -> Signature | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return Signature.of(status)


def check_writable(state: sidecars.State) -> None:
    """Find out before the work, not after it, that the verdict could not be written."""
    folder = state.path.parent
    if not os.access(folder, os.W_OK):
        raise SidecarError(
            "the folder is read-only for iqsd: no sidecar can be written", folder, "allow writing, or rate a copy"
        )
