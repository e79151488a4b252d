"""What every worker process does: take paths, send back what is made of them, end with the other side."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from iqsd.errors import IqsdError, UnreadablePhotoError

_PR_SET_PDEATHSIG = 1

MAX_MEMORY_BYTES = 2 << 30
"""What a photo may make the worker allocate: beyond it the decoder fails, and not the machine."""


def serve(prepare: Callable[[str], Callable[[Path], object]]) -> None:
    """Serve the connection that the command line names, until the other side hangs up.

    Args:
        prepare: from the command line's argument to what makes an answer of a photo; it may raise IqsdError, which
            ends the run, and what it gives UnreadablePhotoError, which is the answer.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the parent decides what it means
    _die_with_the_parent()
    connection = Connection(int(sys.argv[1]))
    try:
        work = prepare(sys.argv[2])
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
        connection.send(_answer(work, path))


def _answer(work: Callable[[Path], object], path: Path) -> object:
    try:
        return work(path)
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
