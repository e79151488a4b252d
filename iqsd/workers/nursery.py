"""The process from which a crew's workers are forked, from outside: start it, have it fork, ask how a worker ended."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from iqsd.workers.loop import LAST

_MALLOC = {"arena_max": 1, "mmap_threshold": 4 << 20, "trim_threshold": 1 << 20, "hugetlb": 1}
"""glibc: no memory is set aside for threads, a picture's memory goes back when it is done with. It comes in
pages of 2 MB where the kernel has such: to ask for thousands of small ones takes a tenth of the CPU."""

_ENVIRONMENT = {
    "GLIBC_TUNABLES": ":".join(f"glibc.malloc.{name}={value}" for name, value in _MALLOC.items()),
    # NumPy's threads wait for their next product of matrices by turning in circles, on cores that other photos need.
    "OPENBLAS_NUM_THREADS": "1",
}

_RUN = f"""
import signal, sys
for number in (signal.SIGHUP, signal.SIGINT, signal.SIGTERM):
    signal.signal(number, signal.SIG_IGN)
sys.path[:] = [*filter(None, sys.path), {str(Path(__file__).parents[2])!r}]
import runpy
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"""
"""As `-m` does, but for two things: that would take a `numpy.py` in the current folder for NumPy; and what Ctrl-C, a
terminal that is closed and `timeout` send reaches the whole group, where the parent decides what it means."""


class Nursery:
    """Libraries and model are loaded once, here. Its workers share that memory, and start in no time.

    Args:
        module: what it runs; it calls `iqsd.workers.loop.serve`.
        argument: what that needs to know.

    Raises:
        OSError: the system does not let it start.
    """

    def __init__(self, module: str, argument: str) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _RUN, module, str(theirs.fileno()), argument],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # the C libraries chatter there; what counts comes as an answer
                env={**os.environ, **_ENVIRONMENT},
            )
        except OSError:
            self._control.close()
            raise
        finally:
            theirs.close()

    @property
    def is_alive(self) -> bool:
        """Whether it can fork."""
        return self._process.poll() is None

    def fork(self, last: bool) -> Connection:
        """Ask for a worker; do not wait until all is loaded.

        Args:
            last: whether that is all for now: what only workers need is given back then, and loaded again for another.

        Returns:
            the connection to it. What is sent waits there; the first answer is its process number, the IqsdError
            that loading ended with, or the OSError that kept it from being forked. It ends without an answer if
            loading crashed.

        Raises:
            OSError: too many files are open.
        """
        ours, theirs = Pipe()
        with contextlib.suppress(OSError):  # it is dead: then the connection ends, too
            socket.send_fds(self._control, [LAST if last else b"fork"], [theirs.fileno()])
        theirs.close()
        return ours

    def end(self, worker: int) -> int:
        """Kill a worker if it still lives; its exit code, or minus the signal that ended it."""
        try:
            self._control.send(str(worker).encode())
            return int(self._control.recv(64))
        except (OSError, ValueError):  # this process was killed, and they with it
            return -signal.SIGKILL

    def close(self) -> int:
        """End it, and with it the workers that are left; its exit code, or minus the signal that ended it."""
        self._process.kill()
        self._control.close()
        return self._process.wait()
