"""What the process that loads everything does, and the workers that are forked from it; all end with the other side."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

from iqsd.errors import IqsdError, ModelError, UnreadablePhotoError
from iqsd.file_pages import let_go

_PR_SET_PDEATHSIG, _PR_SET_THP_DISABLE = 1, 41

MAX_MEMORY_BYTES = 2 << 30
"""What a photo may make the worker allocate: beyond it the decoder fails, and not the machine."""

LAST = b"last"
"""Asks for a worker that no other will follow soon."""

Work = Callable[[Path], object]


def serve(prepare: Callable[[str], Work]) -> None:
    """Fork workers as the connection that the command line names asks for them, until the other side hangs up.

    Args:
        prepare: from the command line's argument to what makes an answer of a photo; it may raise IqsdError, which
            ends the run, and what it gives UnreadablePhotoError or ModelError, which is the answer.
    """
    _die_with_the_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    work: Work | IqsdError | None = None
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 64, 1)
        if not message:
            return
        if not descriptors:
            control.send(str(_end(int(message))).encode())
            continue
        if work is None:
            _large_pages(True)
            work = _prepared(prepare)
        with Connection(descriptors[0]) as connection:
            if isinstance(work, IqsdError):
                connection.send(work)
            else:
                _fork(work, connection, control)
        if message == LAST:  # what the workers write to is theirs by now, and here a third copy that nobody reads
            work = None
            ctypes.CDLL(None).malloc_trim(0)
            _large_pages(False)
        let_go(lambda rights, _: "x" in rights)  # workers find the code by themselves, here it only waits


def _prepared(prepare: Callable[[str], Work]) -> Work | IqsdError:
    try:
        work = prepare(sys.argv[2])
    except IqsdError as error:
        return error
    gc.collect()
    gc.freeze()  # else a worker that looks for garbage writes to every page
    return work


def _fork(work: Work, connection: Connection, control: socket.socket) -> None:
    parent = os.getpid()
    try:
        if os.fork():
            return
    except OSError as error:  # the user runs too many processes, or memory is short: that may be over soon
        connection.send(error)
        return
    code = 1
    try:
        control.close()
        _die_with_the_parent()
        if os.getppid() == parent:
            _work(work, connection)
        code = 0
    finally:
        os._exit(code)


def _work(work: Work, connection: Connection) -> None:
    """Take paths and send back what is made of them."""
    bound_memory()
    connection.send(os.getpid())
    while True:
        try:
            path = Path(os.fsdecode(connection.recv_bytes()))
        except EOFError:
            return
        connection.send(_answer(work, path))


def _answer(work: Work, path: Path) -> object:
    try:
        return work(path)
    except UnreadablePhotoError as error:
        return error
    except ModelError as error:  # it has no number for this photo
        return UnreadablePhotoError(error.detail, path)
    except MemoryError:
        return UnreadablePhotoError(f"needs more than {MAX_MEMORY_BYTES >> 30} GiB of memory to open", path)


def _large_pages(wanted: bool) -> None:
    """Whether the kernel may make large pages of small ones, and so fill the gaps between them once more."""
    ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, int(not wanted), 0, 0, 0)


def _end(worker: int) -> int:
    """Until its end has been asked for, the number is this worker's and no other process's."""
    os.kill(worker, signal.SIGKILL)  # of no effect on one that has ended
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])


def _die_with_the_parent() -> None:
    """A worker whose decoder hangs would not notice that the other side has hung up."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def bound_memory() -> None:
    """Let this process allocate no more than `MAX_MEMORY_BYTES` from here on, or what iqsd was started with."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit, most = pages * resource.getpagesize() + MAX_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
