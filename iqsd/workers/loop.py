"""What the process that loads everything does, and the workers forked from it; all end when the other side hangs up."""

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
"""How much a photo may make the worker allocate: beyond this the decoder fails, not the machine."""

_LONGEST = 1 << 16
"""Bytes of the argument: the longest path has a sixteenth of that."""

LAST = b"last"
"""Asks for a worker when no other will be needed soon."""

Work = Callable[[Path], object]


def serve(prepare: Callable[[str], Work]) -> None:
    """Fork workers when the connection named on the command line asks for them, until the other side hangs up.

    Args:
        prepare: turns the argument (the first message) into a function from a photo to an answer. It may raise
            IqsdError, which ends the run; the function may raise UnreadablePhotoError or ModelError, which become the
            answer.
    """
    _die_with_the_parent()
    control = socket.socket(fileno=int(sys.argv[1]))
    argument = os.fsdecode(control.recv(_LONGEST))
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
            work = _prepared(prepare, argument)
        with Connection(descriptors[0]) as connection:
            if isinstance(work, IqsdError):
                connection.send(work)
            else:
                _fork(work, connection, control)
        if message == LAST:  # the workers have copies of what they write to; nobody reads the one here
            work = None
            ctypes.CDLL(None).malloc_trim(0)
            _large_pages(False)
        let_go(lambda rights, _: "x" in rights)  # workers load code themselves; here it would only take up memory


def _prepared(prepare: Callable[[str], Work], argument: str) -> Work | IqsdError:
    try:
        work = prepare(argument)
    except IqsdError as error:
        return error
    gc.collect()
    gc.freeze()  # otherwise a worker's garbage collection would write to every page
    return work


def _fork(work: Work, connection: Connection, control: socket.socket) -> None:
    parent = os.getpid()
    try:
        if os.fork():
            return
    except OSError as error:  # too many processes, or memory is short: perhaps not for long
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
    """Receive paths and send back what is made of them."""
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
    """Whether the kernel may make large pages out of small ones, which fills the gaps between them again."""
    ctypes.CDLL(None).prctl(_PR_SET_THP_DISABLE, int(not wanted), 0, 0, 0)


def _end(worker: int) -> int:
    """Kill a worker. Until it has been waited for, its number cannot belong to any other process."""
    os.kill(worker, signal.SIGKILL)  # no effect on one that has already ended
    return os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])


def _die_with_the_parent() -> None:
    """End with the parent: a worker whose decoder hangs would not notice that the other side has hung up."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def bound_memory() -> None:
    """Limit what this process allocates from here on to `MAX_MEMORY_BYTES`, or to the limit iqsd was started with."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    limit, most = pages * resource.getpagesize() + MAX_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_AS)[1]
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))
