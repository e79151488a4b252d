"""`iqsd retry`: photos that were set aside are tried again."""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from iqsd.journal import Journal
from iqsd.service.instance import running


def retry(journal: Journal, paths: Sequence[Path]) -> list[Path]:
    """Have photos that were set aside tried again; a running daemon does so at once.

    Args:
        journal: the ledger.
        paths: photos, or folders with everything below them; none: all photos.

    Returns:
        the photos that will be tried again.
    """
    failed = journal.failed()
    chosen = [(photo, entry) for photo, entry in failed if not paths or any(photo.is_relative_to(p) for p in paths)]
    for photo, entry in chosen:
        journal.put(photo, entry._replace(attempts=0))
    journal.flush()
    daemon = running(journal.path)
    if daemon is not None:
        with suppress(ProcessLookupError):
            os.kill(daemon, signal.SIGUSR1)
    return [photo for photo, _ in chosen]
