"""One worker process: load the model once, then a path in, what was found out, until the other side hangs up.

Started as `python -m iqsd.workers.process DESCRIPTOR MODEL`; it answers over that descriptor.
"""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path

from iqsd.errors import IqsdError, UnreadablePhotoError
from iqsd.photos.reading import read_photo
from iqsd.scoring.scorer import Scorer
from iqsd.workers.answer import Answer, Judged

_PR_SET_PDEATHSIG = 1

MAX_MEMORY_BYTES = 2 << 30
"""What a photo may make the worker allocate: beyond it the decoder fails, and not the machine."""


def main() -> None:
    """Serve one connection."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    _die_with_the_parent()
    connection = Connection(int(sys.argv[1]))
    try:
        scorer = Scorer(Path(sys.argv[2]))
    except IqsdError as error:
        connection.send(error)
        return
    _bound_memory()
    connection.send(None)
    while True:
        try:
            path = Path(os.fsdecode(connection.recv_bytes()))
        except EOFError:
            return
        connection.send(_assess(scorer, path))


def _assess(scorer: Scorer, path: Path) -> Answer:
    try:
        photo = read_photo(path, scorer.wanted)
        return Judged(scorer.assess(photo.pixels, photo.coarseness), photo.capture)
    except UnreadablePhotoError as error:
        return error
    except MemoryError:
        return UnreadablePhotoError(f"needs more than {MAX_MEMORY_BYTES >> 30} GiB of memory to open", path)


def _die_with_the_parent() -> None:
    """A worker whose decoder hangs would not notice that the other side has hung up."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def _bound_memory() -> None:
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit = pages * resource.getpagesize() + MAX_MEMORY_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))


if __name__ == "__main__":
    main()
